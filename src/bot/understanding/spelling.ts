import { looseSound, syllablesOf } from '../../kit/sounds';
import type { Piece, Reading } from './read';

const longestWord = 6;
const han = /^\p{Script=Han}+$/u;

const keyOf = (syllables: readonly string[]): string => syllables.map(looseSound).join(' ');

/** Words by how they sound; made when the first mistyped text comes. */
export function createSpelling(words: () => Iterable<string>) {
  let of: Iterable<string> | undefined;
  let bySound = new Map<string, string>();
  let byLetters = new Map<string, string>();

  function learn(): void {
    const now = words();
    if (now === of) return;
    of = now;
    bySound = new Map();
    byLetters = new Map();
    for (const word of now) {
      if (!han.test(word) || word.length < 2 || word.length > longestWord) continue;
      // 「便宜」 is piányi, and 「便怡」 is read biànyí.
      for (const syllables of [syllablesOf(word), word.split('').flatMap((char) => syllablesOf(char))]) {
        const [sound, letters] = [keyOf(syllables), syllables.join('')];
        if (!bySound.has(sound)) bySound.set(sound, word);
        if (letters.length >= 4 && !byLetters.has(letters)) byLetters.set(letters, word);
      }
    }
  }

  /** The text with what nobody understood replaced by words that sound the same; undefined when there are none. */
  function corrected(reading: Reading): string | undefined {
    learn();
    const spelt = inLetters(reading) ?? bySounds(reading);
    return spelt === reading.folded ? undefined : spelt;
  }

  /** 「hangzhoutianqi」: letters that are words from the first to the last. */
  function inLetters({ folded, pieces }: Reading): string | undefined {
    let text = folded;
    for (const { from, to } of pieces.filter(isUnknown).toReversed()) {
      const run = folded.slice(from, to);
      const words = /^[a-z]{4,60}$/.test(run) ? spelt(run) : undefined;
      if (words) text = text.slice(0, from) + words.join('') + text.slice(to);
    }
    return text === folded ? undefined : text;
  }

  function spelt(letters: string): string[] | undefined {
    const best: (string[] | undefined)[] = [[]];
    for (let to = 1; to <= letters.length; to++)
      for (let from = Math.max(0, to - 24); from < to && !best[to]; from++) {
        const word = byLetters.get(letters.slice(from, to));
        const before = best[from];
        if (word && before) best[to] = [...before, word];
      }
    return best[letters.length];
  }

  function bySounds({ folded, pieces }: Reading): string | undefined {
    const syllables = syllablesOf(folded);
    if (syllables.length !== folded.length) return undefined;
    const strange = new Set(pieces.filter(isUnknown).flatMap(({ from, to }) => range(from, to)));
    const fixed = new Set(pieces.filter(isSure).flatMap(({ from, to }) => range(from, to)));
    for (let size = Math.min(longestWord, folded.length); size >= 2; size--)
      for (let from = 0; from + size <= folded.length; from++) {
        const places = range(from, from + size);
        if (!places.some((at) => strange.has(at)) || places.some((at) => fixed.has(at))) continue;
        const word = bySound.get(keyOf(syllables.slice(from, from + size)));
        const typed = folded.slice(from, from + size);
        if (word && word !== typed && han.test(typed))
          return folded.slice(0, from) + word + folded.slice(from + size);
      }
    return undefined;
  }

  return { corrected };
}

const isUnknown = ({ kind }: Piece): boolean => kind === 'unknown';
/** What was understood as it stands is no slip of somebody's finger. */
const isSure = (piece: Piece): boolean =>
  piece.kind === 'name' ||
  (piece.kind === 'word' && piece.text.length > 1 && piece.word.topics.length > 0) ||
  piece.kind === 'thing';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
