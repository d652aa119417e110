import type { City } from '../../domain/cities/city';
import { foldWithOffsets } from '../../kit/text';
import type { Dictionary, Match } from './dictionary';
import type { Meant } from './names';
import { findQuantities } from './quantities';
import { counts, type Small, smallWords } from './small-words';
import type { Wish } from './things';

/** A word of a topic, and how much it says for it. */
export type TopicWord = { topic: string; weight: number };
export type Word = { topics: readonly TopicWord[]; small?: Small };

export type Piece = { from: number; to: number } & (
  | { kind: 'name'; meant: Meant }
  | { kind: 'thing'; wish: Wish }
  | { kind: 'word'; word: Word; text: string }
  | { kind: 'count' }
  | { kind: 'unknown' }
);

/** One sentence, piece by piece. */
export type Reading = {
  raw: string;
  folded: string;
  pieces: Piece[];
  /** Where in `folded` a blank or line break stood before. */
  spaced(at: number): boolean;
  /** A piece as she typed it. */
  said(piece: { from: number; to: number }): string;
};

/** Longer texts are read no further: what she wants stands there, or nobody finds it. */
const mostRead = 240;

/** Reads a text: names first, longest before shorter, then quantities, then words, in what is left by those before. */
export function readText(
  raw: string,
  { names, words, today }: { names: Dictionary<Meant>; words: Dictionary<Word>; today: string },
): Reading {
  const { text, at } = foldWithOffsets(signsInWords(raw));
  const folded = text.slice(0, mostRead);
  const pieces: Piece[] = [];
  let left = folded;
  const take = (piece: Piece) => {
    pieces.push(piece);
    left = left.slice(0, piece.from) + ' '.repeat(piece.to - piece.from) + left.slice(piece.to);
  };

  for (const { from, to, value } of names.split(folded))
    if (Object.keys(value).length > 0) take({ kind: 'name', from, to, meant: value });
  // 「早上好」 is no hour, 「三日遊」 no day; but 「886元」 is a price.
  for (const { from, to, word, value } of wordsIn(left, words))
    if (word.length > 2 && /\D/.test(word) && value.topics.length > 0)
      take({ kind: 'word', from, to, text: word, word: value });
  for (const { from, to, wish } of findQuantities(left, today)) take({ kind: 'thing', from, to, wish });
  for (const match of left.matchAll(counts))
    take({ kind: 'count', from: match.index, to: match.index + match[0].length });
  for (const { from, to, word, value } of wordsIn(left, words))
    take({ kind: 'word', from, to, text: word, word: value });
  for (const match of left.matchAll(/[^ ]+/g))
    for (const piece of contentIn(match[0], match.index)) take({ kind: 'unknown', ...piece });

  pieces.sort((a, b) => a.from - b.from);
  return {
    raw,
    folded,
    pieces,
    spaced: (place) => /\s/.test(raw.charAt((at[place] ?? 0) - 1)),
    said: ({ from, to }) => raw.slice(at[from], to >= at.length - 1 ? undefined : at[to]).trim(),
  };
}

/** Folding drops spaces, and signs at both ends: what they say of numbers is put in words, of the same length. */
const signsInWords = (raw: string): string =>
  raw
    .replace(/(?<=[0-9０-９])\s(?=\s*[0-9０-９])/g, ',')
    .replace(/(?<=[0-9０-９])[+＋]/g, '起')
    .replace(
      /(?<=[1-9一二两兩三四五六七八九])[张張](?=毛爷爷|毛爺爺|以内|以內|以下|左右|上下|封顶|封頂)/g,
      '百',
    )
    .replace(/[<＜≤]=?(?=\s*[0-9０-９])/g, (sign) => (sign.length > 1 ? '低于' : '低'))
    .replace(/[>＞≥]=?(?=\s*[0-9０-９])/g, (sign) => (sign.length > 1 ? '超过' : '超'));

function* wordsIn(left: string, words: Dictionary<Word>): Generator<Match<Word>> {
  for (const match of left.matchAll(/[^ ]+/g))
    for (const one of words.split(match[0]))
      yield { ...one, from: one.from + match.index, to: one.to + match.index };
}

/** Letters and digits; emoji and signs say nothing. */
function* contentIn(text: string, from: number): Generator<{ from: number; to: number }> {
  for (const match of text.matchAll(/[\p{L}\p{N}]+/gu))
    yield { from: from + match.index, to: from + match.index + match[0].length };
}

/** All words of the topics and the small ones, as one dictionary's entries. */
export function mergeWords(topics: ReadonlyMap<string, readonly TopicWord[]>): Map<string, Word> {
  const merged = new Map<string, Word>();
  for (const [word, small] of smallWords) merged.set(word, { topics: [], small });
  for (const [word, of] of topics) {
    const small = smallWords.get(word);
    merged.set(word, { topics: of, ...(small ? { small } : {}) });
  }
  return merged;
}

export type Place = { city: City } | { cities: readonly City[] } | { elsewhere: string };
/** `i`: which piece of the sentence it is. */
export type PlacePiece = { piece: Piece & { kind: 'name' }; place: Place; i: number; role?: 'from' | 'to' };

/**
 * The cities of a sentence with the part they play: 「從A」「A出發」 is where from, 「到B」「去B」 where to. A region beside one of its
 * cities says nothing more, and a name that stands for several means the one that is named otherwise.
 */
export function placesOf({ pieces }: Reading): PlacePiece[] {
  const named = pieces.flatMap((piece, i) => {
    if (piece.kind !== 'name' || isDenied(pieces, i)) return [];
    const { cities, elsewhere } = piece.meant;
    const [only] = cities ?? [];
    const place: Place | undefined =
      elsewhere !== undefined
        ? { elsewhere }
        : cities && only
          ? cities.length > 1
            ? { cities }
            : { city: only }
          : undefined;
    return place ? [{ piece, place, i }] : [];
  });
  const sure = new Set(named.flatMap(({ place }) => ('city' in place ? [place.city.id] : [])));
  return named
    .filter(({ place }) => !('cities' in place) || !place.cities.some(({ id }) => sure.has(id)))
    .map(({ piece, place, i }) => {
      const role = roleOf(pieces, i);
      return { piece, place, i, ...(role ? { role } : {}) };
    });
}

/** 「不要酒店」「不是西安」. */
export function isDenied(pieces: readonly Piece[], i: number): boolean {
  const before = pieces[i - 1];
  return before?.kind === 'word' && before.word.small === 'not';
}

function roleOf(pieces: readonly Piece[], i: number): 'from' | 'to' | undefined {
  const [before, after] = [pieces[i - 1], pieces[i + 1]];
  const small = (piece: Piece | undefined) => (piece?.kind === 'word' ? piece.word.small : undefined);
  if (after?.kind === 'word' && /^(?:出发|走|过去|开往|坐车|坐火车|坐高铁|这边出发)$/.test(after.text))
    return 'from';
  if (small(before) === 'from') return 'from';
  if (small(before) === 'to') return 'to';
  return small(after) === 'to' ? 'from' : undefined;
}
