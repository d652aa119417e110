import { fold } from '../../kit/text';
import type { Rule } from './rule';

/** A rule that matches, by which word. */
export type Found = { rule: Rule; kind: 'exact' | 'contains' | 'click'; word: string };

/** All rules that are switched on, ready to be asked: a snapshot that never changes. */
export type Compiled = {
  /** By folded word. */
  exact: ReadonlyMap<string, Rule[]>;
  /** Folded words, longest first. */
  contains: readonly { word: string; rule: Rule }[];
  /** By menu key. */
  clicks: ReadonlyMap<string, Rule[]>;
  /**
   * The rule for a text (folded by `fold`) at a moment (business ms), or undefined. By priority, then exact before
   * contains, then the longer word, then the older rule. Costs microseconds with thousands of rules.
   */
  find(folded: string, at: number): Found | undefined;
  /** The rule for a click on a menu key. */
  click(key: string, at: number): Found | undefined;
};

export function compile(rules: readonly Rule[]): Compiled {
  const exact = new Map<string, Rule[]>();
  const clicks = new Map<string, Rule[]>();
  const contains: { word: string; rule: Rule }[] = [];
  for (const rule of rules.filter((one) => one.on)) {
    for (const { kind, words } of rule.match) {
      for (const raw of words) {
        if (kind === 'click') add(clicks, raw, rule);
        const word = fold(raw);
        // A word of nothing but punctuation folds to nothing and would match everything.
        if (kind === 'click' || word === '') continue;
        if (kind === 'exact') add(exact, word, rule);
        else contains.push({ word, rule });
      }
    }
  }
  contains.sort((a, b) => b.word.length - a.word.length);

  // Only words that begin like some place of the text are compared: by their first two characters, or the only one.
  const byStart = new Map<string, { word: string; rule: Rule }[]>();
  for (const entry of contains) add(byStart, entry.word.slice(0, 2), entry);

  function find(folded: string, at: number): Found | undefined {
    let best: Found | undefined;
    const offer = (found: Found) => {
      if (isValid(found.rule, at) && (!best || before(found, best))) best = found;
    };
    for (const rule of exact.get(folded) ?? []) offer({ rule, kind: 'exact', word: folded });
    for (let i = 0; i < folded.length; i++) {
      const starts = new Set([folded.slice(i, i + 2), folded.slice(i, i + 1)]);
      for (const start of starts) {
        for (const { word, rule } of byStart.get(start) ?? []) {
          if (folded.startsWith(word, i)) offer({ rule, kind: 'contains', word });
        }
      }
    }
    return best;
  }

  function click(key: string, at: number): Found | undefined {
    return (clicks.get(key) ?? [])
      .filter((rule) => isValid(rule, at))
      .map((rule): Found => ({ rule, kind: 'click', word: key }))
      .toSorted((a, b) => (before(a, b) ? -1 : 1))[0];
  }

  return { exact, contains, clicks, find, click };
}

const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};

const isValid = ({ validFrom, validUntil }: Rule, at: number): boolean =>
  (!validFrom || at >= validFrom.getTime()) && (!validUntil || at < validUntil.getTime());

function before(a: Found, b: Found): boolean {
  if (a.rule.priority !== b.rule.priority) return a.rule.priority > b.rule.priority;
  if (a.kind !== b.kind) return a.kind === 'exact';
  if (a.word.length !== b.word.length) return a.word.length > b.word.length;
  const older = a.rule.createdAt.getTime() - b.rule.createdAt.getTime();
  return older === 0 ? a.rule._id < b.rule._id : older < 0;
}
