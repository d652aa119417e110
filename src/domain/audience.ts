import type { Flat, Leaf } from './leaf';

/** Who is asked about: her name among the domains, and the keyed hash of her openid. */
export type Known = { pid: string; fan: string };

/** What one domain knows of one person. */
export type Facts = { tokens?: readonly string[]; numbers?: Readonly<Record<string, number>> };

/** 「她說的」: 「答題裡的屬性題、問卷」. Leaves of one group stand together. */
export type Source = { group: string; how: string };

/**
 * What a domain brings to segments, as `audience` on what it creates: what it knows of people, and what may be asked of that.
 * `services.ts` collects it from all domains.
 */
export type Audience = {
  /** Where it is known from, for whoever asks. */
  from: Source;
  leaves?: readonly Leaf[];
  /** Of those of the people whom it knows; one query for all of them. */
  facts?(people: readonly Known[], day: number): Promise<Map<string, Facts>>;
};

type Bringing = { audience: Audience };
const brings = (one: unknown): one is Bringing =>
  typeof one === 'object' && one !== null && 'audience' in one;

/** What all domains bring, in the order in which they stand. */
export function collectAudience(domains: Record<string, unknown>) {
  const all = Object.values(domains)
    .filter(brings)
    .map(({ audience }) => audience);
  const leaves = new Map<string, Leaf>();
  /** Of each leaf. */
  const sources = new Map(
    all.flatMap(({ from, leaves: its = [] }) => its.map(({ name }) => [name, from] as const)),
  );
  for (const leaf of all.flatMap((one) => one.leaves ?? [])) {
    if (leaves.has(leaf.name)) throw new Error(`Two leaves are called ${leaf.name}.`);
    leaves.set(leaf.name, leaf);
  }

  /** The flat row of each, from what is true now. */
  async function flatOf(people: readonly Known[], day: number): Promise<Map<string, Flat>> {
    const known = await Promise.all(all.map(async (one) => one.facts?.(people, day)));
    return new Map(
      people.map(({ pid }) => {
        const flat: Flat = { t: [], n: {} };
        for (const facts of known) {
          const { tokens = [], numbers = {} } = facts?.get(pid) ?? {};
          flat.t.push(...tokens);
          Object.assign(flat.n, numbers);
        }
        flat.t = [...new Set(flat.t)].toSorted();
        return [pid, flat];
      }),
    );
  }

  return { leaves, sources, flatOf };
}

export type AllAudience = ReturnType<typeof collectAudience>;
