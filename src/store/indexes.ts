import type { Connection } from 'mongoose';

/** An index a domain needs, and which question it answers. `invariant`: the program is wrong without it, so `web` refuses to start. */
export type IndexSpec = {
  collection: string;
  key: Record<string, 1 | -1 | '2dsphere'>;
  unique?: boolean;
  /** Only documents with these fields are in the index. */
  partial?: Record<string, unknown>;
  invariant?: boolean;
  why: string;
};

const nameOf = (spec: IndexSpec): string =>
  Object.entries(spec.key)
    .map(([field, kind]) => `${field}_${kind}`)
    .join('_');

/** From so many rows on an index is built by a person, with `npm run migrate`: it may take long. */
const big = 100_000;

/** Builds what is missing on collections that are not big. Where nothing is missing it only looks. */
export async function createSmallIndexes(db: Connection, specs: readonly IndexSpec[]): Promise<void> {
  const isSmall = async (collection: string) =>
    (await db.collection(collection).estimatedDocumentCount()) < big;
  await create(db, await missingOf(db, specs), isSmall);
}

/** Builds what is missing. Safe to run by several processes at once; never drops an index. */
export const createIndexes = (db: Connection, specs: readonly IndexSpec[]): Promise<void> =>
  create(db, specs, async () => true);

/** One collection after the other: on a first start three processes do this at once, on a small machine. */
async function create(
  db: Connection,
  specs: readonly IndexSpec[],
  isMeant: (collection: string) => Promise<boolean>,
): Promise<void> {
  for (const collection of new Set(specs.map((spec) => spec.collection))) {
    if (!(await isMeant(collection))) continue;
    const indexes = specs
      .filter((spec) => spec.collection === collection)
      .map((spec) => ({
        key: spec.key,
        name: nameOf(spec),
        ...(spec.unique ? { unique: true } : {}),
        ...(spec.partial ? { partialFilterExpression: spec.partial } : {}),
      }));
    // Not a command of ours: on a big collection it takes longer than any of those may.
    await db.collection(collection).createIndexes(indexes);
  }
}

async function missingOf(db: Connection, specs: readonly IndexSpec[]): Promise<IndexSpec[]> {
  const collections = [...new Set(specs.map(({ collection }) => collection))];
  const present = new Map<string, Record<string, unknown>[]>();
  // A few at a time: on a slow start as many processes as there are ask this at once, and a connection is not waited for long.
  for (let n = 0; n < collections.length; n += 8) {
    const some = collections.slice(n, n + 8);
    const found = await Promise.all(some.map((name) => indexesOf(db, name)));
    for (const [i, name] of some.entries()) present.set(name, found[i] ?? []);
  }
  // One of the same name that is not unique states nothing.
  return specs.filter(
    (spec) =>
      !present
        .get(spec.collection)
        ?.some(
          (index) => index['name'] === nameOf(spec) && Boolean(index['unique']) === Boolean(spec.unique),
        ),
  );
}

const namespaceNotFound = 26;

async function indexesOf(db: Connection, collection: string): Promise<Record<string, unknown>[]> {
  try {
    return await db.collection(collection).listIndexes().toArray();
  } catch (error) {
    if ((error as { code?: unknown }).code === namespaceNotFound) return [];
    throw error;
  }
}

const fullName = (spec: IndexSpec): string => `${spec.collection}.${nameOf(spec)}`;

/** The indexes that state invariants and are not there, as `collection.name`. */
export const missingInvariants = async (db: Connection, specs: readonly IndexSpec[]): Promise<string[]> =>
  (
    await missingOf(
      db,
      specs.filter(({ invariant }) => invariant),
    )
  ).map(fullName);

/** All that are not there, as `collection.name`. */
export const missingIndexes = async (db: Connection, specs: readonly IndexSpec[]): Promise<string[]> =>
  (await missingOf(db, specs)).map(fullName);
