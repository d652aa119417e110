import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { swapCollection } from '../../store/swap';
import { bumpVersion } from '../../store/versions';
import type { Stored, TableKind } from './table';
import { type ImportKind, tables } from './tables';
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
  /** Who brought it, where somebody signed. */
  by?: string;
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
    const last = await imports(db).findOne({ _id: kind });
    await requireCities(db, given.cityIds);
    const changes = await compareTable(db, table, documents);
    // What came with the program is nobody's work. Other rows without a note are of somebody whose import was killed.
    const isTheirs = last ? !last.sample : changes.changed + changes.removed > 0;
    if (note.sample && isTheirs && !given.force) throw own(last?.source ?? '資料');
    if (isTheirs && !given.force && isDrastic(changes)) {
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
    await imports(db).replaceOne({ _id: kind }, { ...note, rows: documents.length }, { upsert: true });
    await bumpVersion(db, kind);
    if (kind === 'cities') await dropStranded(db, new Set(documents.map(({ _id }) => _id)));
    return changes;
  } finally {
    await turn.end();
  }
}

/** Takes the sample of a kind out again; a table that somebody imported stays. */
export async function clearSample(db: Connection, kind: ImportKind): Promise<void> {
  const turn = await takeTurn(db);
  try {
    const last = await imports(db).findOne({ _id: kind });
    if (!last?.sample) return;
    await db.collection(tables[kind].collection).deleteMany({});
    await imports(db).deleteOne({ _id: kind });
    await bump(db, kind);
  } finally {
    await turn.end();
  }
}

/** Rows that came with the program hold on to no city: with the last of it they go. */
async function dropStranded(db: Connection, cities: Set<string>): Promise<void> {
  const kinds = await sampleKinds(db);
  for (const kind of kinds) {
    const { collection, cityFields }: TableKind = tables[kind];
    if (cityFields.length === 0) continue;
    const gone = cityFields.map((field) => ({ [field]: { $nin: [...cities] } }));
    await db.collection(collection).deleteMany({ $or: gone });
    await bump(db, kind);
  }
}

/** The kinds whose table came with the program. */
export async function sampleKinds(db: Connection): Promise<ImportKind[]> {
  const rows = await imports(db).find({ sample: true }).toArray();
  return rows.map(({ _id }) => _id as ImportKind);
}

const imports = (db: Connection) => db.collection<ImportRow>('imports');

async function bump(db: Connection, kind: ImportKind): Promise<void> {
  await db
    .collection<{ _id: string; n: number }>('versions')
    .updateOne({ _id: kind }, { $inc: { n: 1 } }, { upsert: true });
}

const own = (source: string): AppError =>
  new AppError('Conflict', 'import.own', `保留你導入的 ${source}`, { details: { source } });

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
