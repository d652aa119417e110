import type { Reply } from '../wechat/protocol/reply';

/** An operator's own keyword rule, as it lies in the database. */
export type OperatorRule = { id: string; replies: Reply[]; mode: 'all' | 'random' };

/** Words are folded; both lists are in the order of their priority. */
export type OperatorSnapshot = {
  exact: Map<string, OperatorRule[]>;
  contains: { word: string; rule: OperatorRule }[];
  clicks: Map<string, OperatorRule[]>;
};

export type OperatorRules = ReturnType<typeof compileOperatorRules>;

/** Finds an operator's rule among thousands: the whole text first, then a contained word, found by its first two characters. */
export function compileOperatorRules(snapshot: OperatorSnapshot) {
  const byStart = new Map<string, { word: string; rule: OperatorRule; rank: number }[]>();
  snapshot.contains.forEach(({ word, rule }, rank) => {
    const start = word.slice(0, 2);
    byStart.set(start, [...(byStart.get(start) ?? []), { word, rule, rank }]);
  });

  function contained(folded: string): OperatorRule | undefined {
    let best: { rule: OperatorRule; rank: number } | undefined;
    for (let i = 0; i < folded.length; i++) {
      for (const size of [1, 2]) {
        for (const one of byStart.get(folded.slice(i, i + size)) ?? []) {
          if (one.word.length < size || (best && one.rank >= best.rank)) continue;
          if (folded.startsWith(one.word, i)) best = one;
        }
      }
    }
    return best?.rule;
  }

  return {
    match: (folded: string): OperatorRule | undefined => snapshot.exact.get(folded)?.[0] ?? contained(folded),
    clicks: { get: (key: string): OperatorRule | undefined => snapshot.clicks.get(key)?.[0] },
  };
}

export const noOperatorRules: OperatorRules = compileOperatorRules({
  exact: new Map(),
  contains: [],
  clicks: new Map(),
});
