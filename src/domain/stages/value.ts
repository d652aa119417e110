import type { Flat } from '../leaf';

/** Four numbers that part people into fifths. */
export type Cuts = [number, number, number, number];
/** How lately, how often, how much. */
export type Measures<T> = { r: T; f: T; m: T };
export type ValueKind = 'purchase' | 'engagement';
export type ValueCuts = Record<ValueKind, Measures<Cuts> | null>;
/** Each from 1 to 5, among those of the same kind. */
export type Value = Measures<number> & { kind: ValueKind };

const parts = ['r', 'f', 'm'] as const;

/** What is measured of a person: her purchases; where there are none, when she was here, what she asked and played, her points. */
export function measure({ n }: Flat): Measures<number> & { kind: ValueKind } {
  if (n['boughtOn'] !== undefined)
    return { kind: 'purchase', r: n['boughtOn'], f: n['purchases'] ?? 0, m: n['spentFen'] ?? 0 };
  let acts = 0;
  for (const [name, value] of Object.entries(n)) {
    if (name.startsWith('asked_')) acts += 1;
    else if (name.startsWith('days_')) acts += value;
  }
  return { kind: 'engagement', r: n['seenOn'] ?? 0, f: acts, m: n['points'] ?? 0 };
}

/** Gathers everybody's measures; 48 bytes a person. */
export function createFifths() {
  const all: Record<ValueKind, Measures<number[]>> = {
    purchase: { r: [], f: [], m: [] },
    engagement: { r: [], f: [], m: [] },
  };
  return {
    add(flat: Flat): void {
      const measured = measure(flat);
      for (const part of parts) all[measured.kind][part].push(measured[part]);
    },
    cuts(): ValueCuts {
      const of = (kind: ValueKind) => {
        const { r, f, m } = all[kind];
        return r.length === 0 ? null : { r: cutsOf(r), f: cutsOf(f), m: cutsOf(m) };
      };
      return { purchase: of('purchase'), engagement: of('engagement') };
    },
  };
}

/** The last of each of the first four fifths. */
export function cutsOf(values: readonly number[]): Cuts {
  const sorted = Float64Array.from(values).toSorted();
  const at = (fifth: number) => sorted[Math.ceil((fifth / 5) * sorted.length) - 1] as number;
  return [at(1), at(2), at(3), at(4)];
}

/** Equals get equal scores: where four of five bought once, those four have 1. */
export const scoreOf = (value: number, cuts: Cuts): number => 1 + cuts.filter((cut) => cut < value).length;

/** Undefined: nobody of her kind has been measured yet. */
export function valueOf(flat: Flat, all: ValueCuts): Value | undefined {
  const { kind, ...measured } = measure(flat);
  const cuts = all[kind];
  if (!cuts) return undefined;
  return {
    kind,
    r: scoreOf(measured.r, cuts.r),
    f: scoreOf(measured.f, cuts.f),
    m: scoreOf(measured.m, cuts.m),
  };
}
