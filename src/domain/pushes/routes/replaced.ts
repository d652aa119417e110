/** A copy in which each of some strings, wherever it is the whole of a field of these names, is another. */
export function replaced<Value>(
  value: Value,
  names: readonly string[],
  before: readonly string[],
  after: readonly string[],
): Value {
  const to = new Map(before.map((one, i) => [one, after[i] ?? one]));
  const walk = (one: unknown, name = ''): unknown => {
    if (typeof one === 'string') return names.includes(name) ? (to.get(one) ?? one) : one;
    if (Array.isArray(one)) return one.map((inside) => walk(inside, name));
    if (typeof one === 'object' && one !== null)
      return Object.fromEntries(Object.entries(one).map(([key, inside]) => [key, walk(inside, key)]));
    return one;
  };
  return walk(value) as Value;
}
