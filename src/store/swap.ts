import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';

type Document = { _id: string };

const marker = '.incoming.';
const batch = 1000;

/**
 * Replaces a collection by these documents at one stroke: they are written beside it, with its indexes, and put in its place by a
 * rename. A reader finds the old rows or the new ones, a kill leaves the old ones. (A transaction would do up to some
 * 30,000 rows; beyond that it does not fit in the server's cache.) Callers take turns themselves.
 */
export async function swapCollection(given: {
  db: Connection;
  name: string;
  documents: Document[];
  /** After each batch; what it throws stops the swap. */
  onProgress: (done: number) => Promise<void>;
  /** The last chance to stop. */
  beforeSwap: () => Promise<void>;
}): Promise<void> {
  const { db, name, documents } = given;
  await dropLeftOver(db, name);
  const incoming = db.collection<Document>(`${name}${marker}${randomBytes(4).toString('hex')}`);
  try {
    for (const { key, name: index, ...options } of await indexesOf(db, name)) {
      await incoming.createIndex(key, { ...options, name: index });
    }
    for (let at = 0; at < documents.length; at += batch) {
      // Not each for itself on the majority: the rename is, and comes after them in the log.
      await incoming.insertMany(documents.slice(at, at + batch), { ordered: false, writeConcern: { w: 1 } });
      await given.onProgress(Math.min(at + batch, documents.length));
    }
    await given.beforeSwap();
    await incoming.rename(name, { dropTarget: true });
  } catch (error) {
    await incoming.drop().catch(() => undefined);
    throw error;
  }
}

type Index = { key: Record<string, 1 | -1 | '2dsphere'>; name: string; unique?: boolean };

async function indexesOf(db: Connection, name: string): Promise<Index[]> {
  const indexes = await db
    .collection(name)
    .listIndexes()
    .toArray()
    .catch(() => []);
  return indexes
    .filter((one) => one['name'] !== '_id_')
    .map(({ v: _version, ns: _namespace, '2dsphereIndexVersion': _sphere, ...rest }) => rest as Index);
}

/** What a killed swap left behind. */
async function dropLeftOver(db: Connection, name: string): Promise<void> {
  const found = (await db.db?.listCollections({}, { nameOnly: true }).toArray()) ?? [];
  for (const one of found.filter((collection) => collection.name.startsWith(`${name}${marker}`))) {
    await db.collection(one.name).drop();
  }
}

/** A query that was under way while its collection was swapped is stopped by the server. */
const stopped = new Set([
  26, // NamespaceNotFound
  43, // CursorNotFound
  175, // QueryPlanKilled
  237, // CursorKilled
]);

/** Runs a read of a collection that may be swapped meanwhile: once more when it was. */
export async function readAcrossSwap<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && stopped.has(Number(error.code)))) throw error;
    return await read();
  }
}
