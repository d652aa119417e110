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

/** Builds what is missing. Safe to run by several processes at once; never drops an index. */
export async function createIndexes(db: Connection, specs: IndexSpec[]): Promise<void> {
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
export async function missingInvariants(db: Connection, specs: IndexSpec[]): Promise<string[]> {
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
