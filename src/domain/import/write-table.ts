import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { ImportKind } from './tables';
import type { Stored, TableKind } from './table';

/** What an import changes, or would change. */
export type Changes = { added: number; changed: number; same: number; removed: number };

/** The last import of a kind, `imports{_id: kind}`. */
export type ImportRow = {
  _id: string;
  at: number;
  on: string;
  source: string;
  sample: boolean;
  rows: number;
};

const batch = 1000;

/**
 * Makes a collection hold exactly these documents, in one transaction: readers see the old table or the new one, a kill at any
 * moment leaves one of them. Only what differs is written, so the same file twice writes nothing; `versions{_id: kind}` moves
 * with the data, when it moves. Imports take turns by the document `imports{_id: 'turn'}`; the callback is right when run twice.
 */
export async function writeTable(given: {
  db: Connection;
  kind: ImportKind;
  table: TableKind;
  documents: Stored[];
  cityIds: Set<string>;
  dryRun: boolean;
  note: Omit<ImportRow, '_id' | 'rows'>;
  onProgress: (done: number, of: number) => void;
}): Promise<Changes> {
  const { db, kind, table, documents, note } = given;
  const session = await db.startSession();
  try {
    return await session.withTransaction(
      async () => {
        if (!given.dryRun) {
          await db
            .collection<{ _id: string }>('imports')
            .updateOne({ _id: 'turn' }, { $inc: { n: 1 } }, { upsert: true, session });
        }
        await requireCities({ db, ids: given.cityIds, session });
        const difference = await compare({ db, table, documents, session });
        const changes: Changes = {
          added: difference.added.length,
          changed: difference.changed.length,
          same: documents.length - difference.added.length - difference.changed.length,
          removed: difference.removed.length,
        };
        if (given.dryRun) return changes;
        await write({ db, table, difference, session, onProgress: given.onProgress });
        if (changes.added + changes.changed + changes.removed > 0) {
          await db
            .collection<{ _id: string }>('versions')
            .updateOne({ _id: kind }, { $inc: { n: 1 } }, { upsert: true, session });
        }
        await db
          .collection<ImportRow>('imports')
          .replaceOne({ _id: kind }, { ...note, rows: documents.length }, { upsert: true, session });
        return changes;
      },
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } },
    );
  } finally {
    await session.endSession();
  }
}

type Difference = { added: Stored[]; changed: Stored[]; removed: string[] };

async function compare(given: {
  db: Connection;
  table: TableKind;
  documents: Stored[];
  session: ClientSession;
}): Promise<Difference> {
  const left = new Map(given.documents.map((document) => [document._id, document]));
  const changed: Stored[] = [];
  const removed: string[] = [];
  const stored = given.db
    .collection<Stored>(given.table.collection)
    .find({}, { session: given.session, batchSize: batch });
  for await (const old of stored) {
    const wanted = left.get(old._id);
    left.delete(old._id);
    if (!wanted) removed.push(old._id);
    else if (JSON.stringify(old) !== JSON.stringify(wanted)) changed.push(wanted);
  }
  return { added: [...left.values()], changed, removed };
}

async function write(given: {
  db: Connection;
  table: TableKind;
  difference: Difference;
  session: ClientSession;
  onProgress: (done: number, of: number) => void;
}): Promise<void> {
  const { session, difference } = given;
  const rows = given.db.collection<Stored>(given.table.collection);
  const operations = [
    ...difference.removed.map((_id) => ({ deleteOne: { filter: { _id } } })),
    ...difference.changed.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id }, replacement },
    })),
    ...difference.added.map((document) => ({ insertOne: { document } })),
  ];
  for (let at = 0; at < operations.length; at += batch) {
    await rows.bulkWrite(operations.slice(at, at + batch), { session, ordered: false });
    given.onProgress(Math.min(at + batch, operations.length), operations.length);
  }
}

/** The rows were checked against the cities as they were a moment ago: they must still be there. */
async function requireCities(given: {
  db: Connection;
  ids: Set<string>;
  session: ClientSession;
}): Promise<void> {
  const ids = [...given.ids];
  if (ids.length === 0) return;
  const present = await given.db
    .collection<Stored>('cities')
    .countDocuments({ _id: { $in: ids } }, { session: given.session });
  if (present !== ids.length) {
    throw new AppError('Conflict', 'import.cities-changed', '城市表剛剛被換過,什麼都沒有寫入;請再導入一次。');
  }
}
