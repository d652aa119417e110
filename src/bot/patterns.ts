import { AppError } from '../errors';
import { escaped, type Folded, fold } from '../kit/text';

/** One placeholder's value as she typed it, and where it stands in her text. */
export type Slot = SlotName & { raw: string; from: number; to: number };
/** `optional`: `{city?}`. `joined`: nothing fixed stands between it and the slot before, so the two share one piece of text. */
type SlotName = { name: string; kind: string; optional: boolean; joined: boolean };

type Pattern<Owner> = {
  owner: Owner;
  /** Folded pattern with bare `{}`: two files with the same one make the same claim. */
  claim: string;
  regexp: RegExp;
  slots: SlotName[];
  fixed: number;
};

/** Longer texts are talk, not keywords: only regular expressions see them. */
const longestKeyword = 60;

/** Patterns such as 「{city}天氣」, found by their longest fixed end in microseconds, whatever their number. */
export function createPatterns<Owner>() {
  const bySuffix = new Map<string, Pattern<Owner>[]>();
  const byPrefix = new Map<string, Pattern<Owner>[]>();
  const byFirstChar = new Map<string, Pattern<Owner>[]>();
  let longest = 0;

  /** Keeps each list in order: most fixed characters first. */
  function insert(map: Map<string, Pattern<Owner>[]>, key: string, pattern: Pattern<Owner>): void {
    const list = [...(map.get(key) ?? []), pattern];
    map.set(
      key,
      list.sort((a, b) => b.fixed - a.fixed || (a.claim < b.claim ? -1 : 1)),
    );
  }

  function add(pattern: Pattern<Owner>): void {
    const pieces = pattern.claim.split('{}');
    const last = pieces.at(-1) as string;
    const first = pieces[0] as string;
    const middle = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '');
    longest = Math.max(longest, last.length, first.length);
    if (last !== '') insert(bySuffix, last, pattern);
    else if (first !== '') insert(byPrefix, first, pattern);
    else insert(byFirstChar, middle.charAt(0), pattern);
  }

  /** The pattern with most fixed characters that a text matches, and what stands in its places. */
  function find(raw: string, { text, at }: Folded): { owner: Owner; slots: Slot[] } | undefined {
    if (text.length > longestKeyword) return undefined;
    const found = best(text);
    const slots = found?.pattern.slots.map((slot, i): Slot => {
      const [from, to] = (found.match.indices as RegExpIndicesArray)[i + 1] as [number, number];
      return { ...slot, ...cut(raw, at[from] as number, at[to] as number) };
    });
    return found && slots && { owner: found.pattern.owner, slots };
  }

  function best(text: string): { pattern: Pattern<Owner>; match: RegExpExecArray } | undefined {
    let chosen: { pattern: Pattern<Owner>; match: RegExpExecArray } | undefined;
    const consider = (candidates: Pattern<Owner>[] | undefined) => {
      for (const pattern of candidates ?? []) {
        if (chosen && pattern.fixed <= chosen.pattern.fixed) return;
        const match = pattern.regexp.exec(text);
        if (!match) continue;
        chosen = { pattern, match };
        return;
      }
    };
    for (let size = Math.min(longest, text.length - 1); size > 0; size--) {
      consider(bySuffix.get(text.slice(-size)));
      consider(byPrefix.get(text.slice(0, size)));
    }
    if (byFirstChar.size > 0) for (const char of new Set(text)) consider(byFirstChar.get(char));
    return chosen;
  }

  return { add, find };
}

export function readPattern<Owner extends { file: string }>(source: string, owner: Owner): Pattern<Owner> {
  const pieces = source.split(/\{([^{}]+)\}/);
  const literals = pieces
    .filter((_, i) => i % 2 === 0)
    .map((piece) => (piece === '' ? '' : foldInside(piece)));
  const slots = pieces
    .filter((_, i) => i % 2 === 1)
    .map((inside, i): SlotName => {
      const [name = '', kind = name] = inside.replace(/\?$/, '').split(':');
      return { name, kind, optional: inside.endsWith('?'), joined: i > 0 && literals[i] === '' };
    });
  const fixed = literals.join('').length;
  if (fixed === 0)
    throw new AppError(
      'Invalid',
      'bot.bare-pattern',
      `${owner.file}: 「${source}」 would match everything; give it fixed words, or use otherwise().`,
    );
  // Of slots side by side the last takes all that it can: the shortest match is the same, and is found without trying every split.
  const piece = (i: number): string => {
    const [slot, next] = [slots[i], slots[i + 1]];
    if (!slot) return '';
    if (next?.joined) return slot.joined ? '()' : '(.)';
    return slot.joined ? '(.*?)' : '(.+?)';
  };
  const regexp = literals.map((literal, i) => escaped(literal) + piece(i)).join('');
  return { owner, claim: literals.join('{}'), regexp: new RegExp(`^${regexp}$`, 'du'), slots, fixed };
}

/** Folds a piece of a pattern without dropping punctuation at its ends, which is inside the whole text. */
const foldInside = (piece: string): string => fold(`一${piece}一`).slice(1, -1);

/** The slot as she typed it, without spaces and punctuation at its ends. */
export function cut(raw: string, from: number, to: number): { raw: string; from: number; to: number } {
  const piece = raw.slice(from, to);
  const start = from + (piece.length - piece.replace(/^[\s\p{P}\p{Z}]+/u, '').length);
  const end = Math.max(start, to - (piece.length - piece.replace(/[\s\p{P}\p{Z}]+$/u, '').length));
  return { raw: raw.slice(start, end), from: start, to: end };
}
