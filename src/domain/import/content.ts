import { PassThrough, type Readable } from 'node:stream';
import { type Connection, mongo } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import { escaped, spellings } from '../../kit/text';
import { tellProblem } from '../../sheets/problems';
import type { Cell } from '../../sheets/safe-cells';
import { writeSheet } from '../../sheets/sheet';
import type { IndexSpec } from '../../store/indexes';
import { readAcrossSwap } from '../../store/swap';
import type { Cities } from '../cities/cities';
import type { Upkeep } from '../upkeep';
import { bringFile, bringOurs } from './content.tasks';
import { fileRow } from './file-rows';
import { createImporter, type FileResult } from './import';
import { importSample, type SampleResult } from './sample';
import type { Stored } from './table';
import { type ImportKind, importKinds, tables } from './tables';
import { isDrastic } from './write-table';

type FilePiece = { _id: string; name: string; data: mongo.Binary; at: Date };

export const contentIndexes: IndexSpec[] = [
  { collection: 'importFiles', key: { at: 1 }, why: 'files whose import is long over' },
];

const pieceBytes = 8_000_000;

/** By what the rows of a kind are looked for. */
const searched: Record<ImportKind, readonly string[]> = {
  cities: ['_id', 'name', 'nameHans', 'region', 'aliases'],
  hotels: ['_id', 'name', 'address', 'cityId'],
  guides: ['_id', 'title'],
  sights: ['_id', 'name', 'aliases', 'cityId'],
  trains: ['number', 'fromStation', 'toStation'],
  channels: ['_id', 'name', 'words'],
};

export type ContentTable = {
  kind: ImportKind;
  rows: number;
  /** The last import; undefined: never. */
  last?: { at: number; source: string; sample: boolean; by?: string };
};

/** The travel tables as the team sees them: what is there, who brought it, and how it is brought anew. */
export function createContent(given: { db: Connection; clock: Clock; cities: Cities; simulated: boolean }) {
  const { db, clock, cities, simulated } = given;
  const importer = createImporter({ db, clock, cities });
  const pieces = db.collection<FilePiece>('importFiles');
  const rowsOf = (kind: ImportKind) => db.collection<Stored>(tables[kind].collection);

  async function overview(): Promise<ContentTable[]> {
    const last = await importer.lastImports();
    return Promise.all(
      importKinds.map(async (kind) => {
        const its = last[kind];
        return {
          kind,
          rows: await rowsOf(kind).estimatedDocumentCount(),
          ...(its ? { last: its } : {}),
        };
      }),
    );
  }

  async function readKept(id: string): Promise<{ name: string; bytes: Buffer }> {
    const found = await pieces
      .find({ _id: { $gte: `${id}/`, $lt: `${id}0` } }, { sort: { _id: 1 } })
      .toArray();
    const [first] = found;
    if (!first) throw new AppError('NotFound', 'content.file', '上傳的文件已經不在了，請再傳一次。');
    return { name: first.name, bytes: Buffer.concat(found.map(({ data }) => Buffer.from(data.buffer))) };
  }

  return {
    upkeep: {
      indexes: contentIndexes,
      tasks: [bringFile, bringOurs],
      forget: (ago) => pieces.deleteMany({ at: { $lt: ago(7) } }),
    } satisfies Upkeep,
    overview,

    /** A page of a table, by the rows' ids. `q` in either script. */
    async page(asked: {
      kind: ImportKind;
      q?: string | undefined;
      after?: string | undefined;
      most: number;
    }): Promise<Stored[]> {
      const { kind, q, after, most } = asked;
      const like = q === undefined ? undefined : new RegExp(spellings(q).map(escaped).join('|'), 'i');
      const filter = {
        ...(after === undefined ? {} : { _id: { $gt: after } }),
        ...(like ? { $or: searched[kind].map((field) => ({ [field]: like })) } : {}),
      };
      return readAcrossSwap(() =>
        rowsOf(kind)
          .find(filter, { sort: { _id: 1 }, limit: most, maxTimeMS: 5_000 })
          .toArray(),
      );
    },
    /** @throws AppError NotFound */
    async get(kind: ImportKind, id: string): Promise<Stored> {
      const row = await readAcrossSwap(() => rowsOf(kind).findOne({ _id: id }));
      if (!row) throw new AppError('NotFound', 'content.row', `表裡沒有這一行：${id}`);
      return row;
    },
    /** As a line of the file it would be imported from. */
    fileRow,
    columns: (kind: ImportKind): string[] => Object.keys(tables[kind].columns),

    /** The whole table as the file it could be imported from again: also what a new file begins as. */
    csv(kind: ImportKind): Readable {
      const out = new PassThrough();
      const columns = Object.keys(tables[kind].columns).map((title) => ({
        title,
        of: (row: Record<string, Cell>) => row[title],
      }));
      const order: Record<string, 1> = kind === 'sights' ? { place: 1 } : { _id: 1 };
      async function* lines() {
        for await (const row of rowsOf(kind).find({}, { batchSize: 1_000 }).sort(order))
          yield fileRow(kind, row);
      }
      writeSheet({ format: 'csv', columns, rows: lines(), out, about: [] }).catch((error: Error) =>
        out.destroy(error),
      );
      return out;
    },

    /** Everything but the writing, told in sentences; `drastic`: somebody's own table would lose more than half of its rows. */
    async check(asked: {
      kind: ImportKind;
      name: string;
      bytes: Buffer;
    }): Promise<{ result: FileResult; drastic: boolean; problems: string[]; remarks: string[] }> {
      const last = (await importer.lastImports())[asked.kind];
      const result = await importer.importFile({ ...asked, dryRun: true });
      const own = last !== undefined && !last.sample;
      return {
        result,
        drastic: own && result.kind === 'written' && isDrastic(result),
        problems:
          result.kind === 'refused' ? result.problems.map((one) => tellProblem(one, result.unit)) : [],
        remarks: result.remarks.map((one) => tellProblem(one)),
      };
    },
    /** Keeps a file for the task that imports it; a week at most. */
    async keep(name: string, bytes: Buffer): Promise<string> {
      const id = randomId();
      const at = new Date(clock.now());
      for (let n = 0; n * pieceBytes < bytes.length; n++)
        await pieces.insertOne({
          _id: `${id}/${String(n).padStart(3, '0')}`,
          name,
          data: new mongo.Binary(bytes.subarray(n * pieceBytes, (n + 1) * pieceBytes)),
          at,
        });
      return id;
    },
    /** Imports what was kept; once more changes nothing. */
    async bring(asked: {
      kind: ImportKind;
      file: string;
      force: boolean;
      by: string;
      onProgress: (done: number, of: number) => Promise<void>;
    }): Promise<FileResult> {
      const { file, ...rest } = asked;
      return importer.importFile({ ...rest, ...(await readKept(file)) });
    },
    /** The tables that come with the program; what is invented is only for the simulator. */
    bringOurs: (force: boolean): Promise<SampleResult[]> =>
      importSample({ importer, force, factsOnly: !simulated }),
  };
}

export type Content = ReturnType<typeof createContent>;
