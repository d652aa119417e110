/** Remembers the last `most` to twice as many keys. */
export function createRecent<Value>(most: number) {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return {
    get: (key: string): Value | undefined => young.get(key) ?? old.get(key),
    has: (key: string): boolean => young.has(key) || old.has(key),
    set(key: string, value: Value): void {
      young.set(key, value);
      if (young.size < most) return;
      old = young;
      young = new Map();
    },
    delete(key: string): void {
      young.delete(key);
      old.delete(key);
    },
  };
}
