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

/** Builds what is missing on collections that are not big. */
export async function createSmallIndexes(db: Connection, specs: readonly IndexSpec[]): Promise<void> {
  const sizes = new Map<string, number>();
  for (const { collection } of specs)
    if (!sizes.has(collection))
      sizes.set(collection, await db.collection(collection).estimatedDocumentCount());
  await createIndexes(
    db,
    specs.filter(({ collection }) => (sizes.get(collection) ?? 0) < big),
  );
}

/** Builds what is missing. Safe to run by several processes at once; never drops an index. */
export async function createIndexes(db: Connection, specs: readonly IndexSpec[]): Promise<void> {
  await Promise.all(
    specs.map((spec) =>
      db.collection(spec.collection).createIndex(spec.key, {
        name: nameOf(spec),
        ...(spec.unique ? { unique: true } : {}),
        ...(spec.partial ? { partialFilterExpression: spec.partial } : {}),
      }),
    ),
  );
}

/** The indexes that state invariants and are not there, as `collection.name`. */
export async function missingInvariants(db: Connection, specs: readonly IndexSpec[]): Promise<string[]> {
  const missing: string[] = [];
  for (const spec of specs.filter((one) => one.invariant)) {
    const present = await db
      .collection(spec.collection)
      .listIndexes()
      .toArray()
      .catch(() => []);
    if (!present.some((index) => index['name'] === nameOf(spec)))
      missing.push(`${spec.collection}.${nameOf(spec)}`);
  }
  return missing;
}
