/** A copy in which each of some strings, wherever it stands as a whole value, is another; in the order in which they stand. */
export function replaced<Value>(value: Value, before: readonly string[], after: readonly string[]): Value {
  const to = new Map(before.map((one, i) => [one, after[i] ?? one]));
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return to.get(one) ?? one;
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([key, inside]) => [key, walk(inside)]));
    return one;
  };
  return walk(value) as Value;
}
