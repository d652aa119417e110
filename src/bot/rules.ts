import type { Need } from '../domain/offers/offers';
import { AppError } from '../errors';
import { fold, foldWithOffsets } from '../kit/text';
import type { Rule } from './bot';

export type Loaded = { file: string; rule: Rule };

/** One placeholder's value as she typed it, and where it stands in her text. */
export type Slot = SlotName & { raw: string; from: number; to: number };
/** `optional`: `{city?}`. `joined`: nothing fixed stands between it and the slot before, so the two share one piece of text. */
type SlotName = { name: string; kind: string; optional: boolean; joined: boolean };
export type Choice = { rule: Rule; file: string; slots: Slot[]; groups?: Record<string, string | undefined> };

type Pattern = {
  loaded: Loaded;
  /** Folded pattern with bare `{}`: two files with the same one make the same claim. */
  claim: string;
  regexp: RegExp;
  slots: SlotName[];
  fixed: number;
};

/** Longer texts are talk, not keywords: only regular expressions see them. */
const longestKeyword = 60;

/** All rules of one boot, in a shape that finds the right one in microseconds, whatever their number. */
export function compileRules(loaded: Loaded[]) {
  const claims = new Map<string, string>();
  /** The same claims in the words of their authors, for people. */
  const table: { file: string; claim: string }[] = [];
  const claim = (what: string, file: string, written = what) => {
    const other = claims.get(what);
    if (other !== undefined)
      throw new AppError(
        'Conflict',
        'DOUBLE_CLAIM',
        `Both ${other} and ${file} claim ${written}. One of them must go or say something else.`,
      );
    claims.set(what, file);
    table.push({ file, claim: written });
  };

  const exact = new Map<string, Loaded>();
  const bySuffix = new Map<string, Pattern[]>();
  const byPrefix = new Map<string, Pattern[]>();
  const byFirstChar = new Map<string, Pattern[]>();
  const regexps: { loaded: Loaded; regexp: RegExp }[] = [];
  const kinds = new Map<string, Loaded>();
  const clicks = new Map<string, Loaded>();
  const scans = new Map<string, Loaded>();
  const forms = new Map<string, Loaded>();
  const claimers: (Loaded & { rule: { on: 'claims' } })[] = [];
  const only: { scan?: Loaded; follows?: Loaded; leaves?: Loaded; otherwise?: Loaded } = {};
  const keywords: { word: string; needs: Need | undefined }[] = [];
  let longest = 0;

  const push = <T>(map: Map<string, T[]>, key: string, value: T) =>
    map.set(key, [...(map.get(key) ?? []), value]);

  function addPattern(source: string, one: Loaded): void {
    if (!source.includes('{')) {
      const word = fold(source);
      if (word === '')
        throw new AppError(
          'Invalid',
          'EMPTY_KEYWORD',
          `${one.file}: the keyword 「${source}」 is empty once punctuation is dropped.`,
        );
      claim(`says 「${word}」`, one.file, `says 「${source}」`);
      exact.set(word, one);
      keywords.push({ word: source, needs: one.rule.needs });
      return;
    }
    const pattern = readPattern(source, one);
    claim(`says 「${pattern.claim}」`, one.file, `says 「${source}」`);
    const pieces = pattern.claim.split('{}');
    const last = pieces.at(-1) as string;
    const first = pieces[0] as string;
    const middle = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '');
    longest = Math.max(longest, last.length, first.length);
    if (last !== '') push(bySuffix, last, pattern);
    else if (first !== '') push(byPrefix, first, pattern);
    else push(byFirstChar, middle.charAt(0), pattern);
  }

  for (const one of loaded) {
    const { rule, file } = one;
    switch (rule.on) {
      case 'says':
        for (const pattern of rule.patterns) {
          if (typeof pattern === 'string') addPattern(pattern, one);
          else {
            claim(`says ${pattern}`, file);
            regexps.push({ loaded: one, regexp: pattern });
          }
        }
        break;
      case 'sends':
        for (const kind of rule.kinds) {
          claim(`sends ${kind}`, file);
          kinds.set(kind, one);
        }
        break;
      case 'clicks':
        for (const key of rule.keys) {
          claim(`clicks ${key}`, file);
          clicks.set(key, one);
        }
        break;
      case 'scans':
        claim(rule.scene === undefined ? 'scans (any)' : `scans ${rule.scene}`, file);
        if (rule.scene === undefined) only.scan = one;
        else scans.set(rule.scene, one);
        break;
      case 'claims':
        claimers.push({ file, rule });
        break;
      case 'form':
        claim(`form ${rule.form.name}`, file);
        forms.set(rule.form.name, one);
        break;
      default:
        claim(rule.on, file);
        only[rule.on] = one;
    }
  }
  for (const map of [bySuffix, byPrefix, byFirstChar])
    for (const list of map.values()) list.sort((a, b) => b.fixed - a.fixed || (a.claim < b.claim ? -1 : 1));

  const plain = (one: Loaded | undefined): Choice | undefined => one && { ...one, slots: [] };

  /** The most exact rule for a text: exact, then the pattern with most fixed characters, then a regular expression. */
  function forText(raw: string): Choice | undefined {
    const folded = foldWithOffsets(raw);
    const { text } = folded;
    const whole = exact.get(text);
    if (whole) return { ...whole, slots: [] };
    if (text.length <= longestKeyword) {
      const found = bestPattern(text);
      if (found) {
        const slots = found.pattern.slots.map((slot, i): Slot => {
          const [from, to] = (found.match.indices as RegExpIndicesArray)[i + 1] as [number, number];
          return { ...slot, ...cut(raw, folded.at[from] as number, folded.at[to] as number) };
        });
        return { ...found.pattern.loaded, slots };
      }
    }
    for (const { loaded: one, regexp } of regexps) {
      const match = regexp.exec(text);
      if (match) return { ...one, slots: [], groups: { ...match.groups } };
    }
    return undefined;
  }

  function bestPattern(text: string): { pattern: Pattern; match: RegExpExecArray } | undefined {
    let best: { pattern: Pattern; match: RegExpExecArray } | undefined;
    const consider = (candidates: Pattern[] | undefined) => {
      for (const pattern of candidates ?? []) {
        if (best && pattern.fixed <= best.pattern.fixed) return;
        const match = pattern.regexp.exec(text);
        if (!match) continue;
        best = { pattern, match };
        return;
      }
    };
    for (let size = Math.min(longest, text.length - 1); size > 0; size--) {
      consider(bySuffix.get(text.slice(-size)));
      consider(byPrefix.get(text.slice(0, size)));
    }
    if (byFirstChar.size > 0) for (const char of new Set(text)) consider(byFirstChar.get(char));
    return best;
  }

  return {
    forText,
    /** In the order of their files: their claims are their own affair, and data decides. */
    claimers,
    exact: (text: string): Choice | undefined => plain(exact.get(fold(text))),
    forKind: (kind: string) => plain(kinds.get(kind)),
    forClick: (key: string) => plain(clicks.get(key)),
    forScan: (scene: string) => plain(scans.get(scene) ?? only.scan),
    form: (name: string) => forms.get(name)?.rule,
    follows: plain(only.follows),
    leaves: plain(only.leaves),
    otherwise: plain(only.otherwise),
    /** Words that have an exact answer, as their authors wrote them. */
    keywords,
    menuKeys: [...clicks.keys()],
    /** What the button of a key can only be answered with. */
    needOf: (key: string): Need | undefined => clicks.get(key)?.rule.needs,
    claims,
    table,
  };
}

export type Rules = ReturnType<typeof compileRules>;

function readPattern(source: string, one: Loaded): Pattern {
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
      'BARE_PATTERN',
      `${one.file}: 「${source}」 would match everything; give it fixed words, or use otherwise().`,
    );
  // Of slots side by side the last takes all that it can: the shortest match is the same, and is found without trying every split.
  const piece = (i: number): string => {
    const [slot, next] = [slots[i], slots[i + 1]];
    if (!slot) return '';
    if (next?.joined) return slot.joined ? '()' : '(.)';
    return slot.joined ? '(.*?)' : '(.+?)';
  };
  const regexp = literals.map((literal, i) => escape(literal) + piece(i)).join('');
  return { loaded: one, claim: literals.join('{}'), regexp: new RegExp(`^${regexp}$`, 'du'), slots, fixed };
}

/** Folds a piece of a pattern without dropping punctuation at its ends, which is inside the whole text. */
const foldInside = (piece: string): string => fold(`一${piece}一`).slice(1, -1);

const escape = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The slot as she typed it, without spaces and punctuation at its ends. */
function cut(raw: string, from: number, to: number): { raw: string; from: number; to: number } {
  const piece = raw.slice(from, to);
  const start = from + (piece.length - piece.replace(/^[\s\p{P}\p{Z}]+/u, '').length);
  const end = Math.max(start, to - (piece.length - piece.replace(/[\s\p{P}\p{Z}]+$/u, '').length));
  return { raw: raw.slice(start, end), from: start, to: end };
}
