/** Chance that can be had again: the same seed gives the same numbers. */
export function createChance(seed: string | number) {
  let state = [...String(seed)].reduce(
    (sum, sign) => Math.imul(sum ^ sign.charCodeAt(0), 0x01000193),
    0x811c9dc5,
  );

  /** From 0 up to, and never, 1. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const between = (from: number, to: number): number => Math.floor(from + next() * (to - from));

  return {
    /** A whole number from `from` up to, and never, `to`. */
    between,
    is: (share: number): boolean => next() < share,
    oneOf: <One>(list: readonly One[]): One => list[between(0, list.length)] as One,
    /** Another chance, of its own: what one person draws moves nobody else's. */
    of: (name: string | number) => createChance(`${seed}/${name}`),
  };
}

export type Chance = ReturnType<typeof createChance>;
