import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { swapCollection } from '../../store/swap';
import type { Stored, TableKind } from './table';
import type { ImportKind } from './tables';
import { takeTurn } from './turn';

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

type Given = {
  db: Connection;
  kind: ImportKind;
  table: TableKind;
  documents: Stored[];
  /** Cities that the documents name. */
  cityIds: Set<string>;
  note: Omit<ImportRow, '_id' | 'rows'>;
  force: boolean;
  onProgress: (done: number, of: number) => void | Promise<void>;
};

/**
 * Makes a collection hold exactly these documents: readers see the old table or the new one, a kill at any moment leaves one of
 * them. The same file twice swaps nothing. `versions{_id: kind}` moves after every import, also after one without changes: so
 * running it again mends one that was killed right after the swap.
 */
export async function writeTable(given: Given): Promise<Changes> {
  const { db, kind, table, documents, note } = given;
  const turn = await takeTurn(db);
  try {
    await requireCities(db, given.cityIds);
    const changes = await compareTable(db, table, documents);
    if (!given.force && isDrastic(changes)) {
      throw new AppError('Conflict', 'import.drastic', `什麼都沒有寫入：${drasticWords(changes)}`);
    }
    if (changes.added + changes.changed + changes.removed > 0) {
      await swapCollection({
        db,
        name: table.collection,
        documents,
        onProgress: async (done) => {
          await turn.keep();
          await given.onProgress(done, documents.length);
        },
        beforeSwap: () => turn.keep(),
      });
    }
    await db
      .collection<ImportRow>('imports')
      .replaceOne({ _id: kind }, { ...note, rows: documents.length }, { upsert: true });
    await db
      .collection<{ _id: string; n: number }>('versions')
      .updateOne({ _id: kind }, { $inc: { n: 1 } }, { upsert: true });
    return changes;
  } finally {
    await turn.end();
  }
}

/** More than half of what is there would go: rarely meant. */
export const isDrastic = ({ removed, changed, same }: Changes): boolean => removed > changed + same;

export const drasticWords = ({ removed, changed, same }: Changes): string =>
  `現有 ${removed + changed + same} 行，會刪去 ${removed} 行。整張表真的要換成檔案的內容，請加 --force。`;

/** How the documents differ from what is stored. */
export async function compareTable(db: Connection, table: TableKind, documents: Stored[]): Promise<Changes> {
  const wanted = new Map(documents.map((document) => [document._id, document]));
  const changes = { added: 0, changed: 0, same: 0, removed: 0 };
  for await (const stored of db.collection<Stored>(table.collection).find({}, { batchSize: 1000 })) {
    const document = wanted.get(stored._id);
    wanted.delete(stored._id);
    if (!document) changes.removed++;
    else if (JSON.stringify(stored) === JSON.stringify(document)) changes.same++;
    else changes.changed++;
  }
  return { ...changes, added: wanted.size };
}

/** The rows were checked against the cities as they were a moment ago: they must still be there. */
async function requireCities(db: Connection, cityIds: Set<string>): Promise<void> {
  const ids = [...cityIds];
  const present = await db.collection<Stored>('cities').countDocuments({ _id: { $in: ids } });
  if (present !== ids.length) {
    throw new AppError(
      'Conflict',
      'import.cities-changed',
      '城市表剛剛被換過，什麼都沒有寫入；請再導入一次。',
    );
  }
}
