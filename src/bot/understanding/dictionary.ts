/** A word of a dictionary where it stands in a text. */
export type Match<T> = { from: number; to: number; word: string; value: T };

export type Dictionary<T> = ReturnType<typeof createDictionary<T>>;

/** Words found in a text wherever they stand, longest first; a few reads of a map for each place, whatever their number. */
export function createDictionary<T>(words: ReadonlyMap<string, T>) {
  const byHead = new Map<string, { word: string; value: T }[]>();
  for (const [word, value] of words) {
    if (word === '') continue;
    const head = word.slice(0, 2);
    byHead.set(head, [...(byHead.get(head) ?? []), { word, value }]);
  }
  for (const list of byHead.values()) list.sort((a, b) => b.word.length - a.word.length);

  function* at(text: string, from: number): Generator<Match<T>> {
    for (const head of [text.slice(from, from + 2), text.charAt(from)])
      for (const { word, value } of byHead.get(head) ?? [])
        if (
          text.startsWith(word, from) &&
          (head.length > 1 || word.length === 1) &&
          standsAlone(text, from, word)
        )
          yield { from, to: from + word.length, word, value };
  }

  /**
   * The words of a text that do not overlap and explain most of it: long ones count more than two short ones unless these leave
   * less over (「深圳北京」 is no 「深圳北」), of equal ones the earlier are taken.
   */
  function split(text: string): Match<T>[] {
    const best = new Float64Array(text.length + 1);
    const chosen: (Match<T> | undefined)[] = [];
    for (let from = text.length - 1; from >= 0; from--) {
      best[from] = best[from + 1] as number;
      for (const match of at(text, from)) {
        const worth = match.word.length * (match.word.length + 2) + (best[match.to] as number);
        if (worth < (best[from] as number) || (worth === best[from] && chosen[from])) continue;
        best[from] = worth;
        chosen[from] = match;
      }
    }
    const found: Match<T>[] = [];
    for (let from = 0; from < text.length; ) {
      const match = chosen[from];
      if (match) found.push(match);
      from = match ? match.to : from + 1;
    }
    return found;
  }

  return { split, entries: (): Iterable<[string, T]> => words.entries() };
}

/** Letters and digits are not cut from a longer word or number: 「xian」 in 「xiangyang」, 「666」 in 「6660」. */
function standsAlone(text: string, from: number, word: string): boolean {
  const goesOn = (a: string, b: string) => [/[a-z]/, /\d/].some((kind) => kind.test(a) && kind.test(b));
  const to = from + word.length;
  return !goesOn(text.charAt(from - 1), word.charAt(0)) && !goesOn(word.at(-1) as string, text.charAt(to));
}
