import type { Connection } from 'mongoose';
import { dayMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { lackingIn } from '../../sheets/columns';
import { type Row, tableLimits } from '../../sheets/grid';
import {
  createProblems,
  type Problem,
  type Problems,
  quoted,
  type Unit,
  valueOf,
} from '../../sheets/problems';
import { readTable } from '../../sheets/read-table';
import { plainCell } from '../../sheets/safe-cells';
import type { Cities } from '../cities/cities';
import type { Lookups, Stored, TableKind } from './table';
import { type ImportKind, importKinds, tables } from './tables';
import { type Changes, compareTable, type ImportRow, sampleKinds, writeTable } from './write-table';

/**
 * `written` says what changed (with `dryRun`: what would). `refused`: nothing was written; `problems` are the first 200 of `total`,
 * in the order of the file.
 */
export type ImportResult =
  | ({ kind: 'written'; dryRun: boolean; rows: number } & Changes)
  | { kind: 'refused'; problems: Problem[]; total: number };

/** `unit`: how this kind of file counts its rows. `remarks`: what of it was not read. */
export type FileResult = ImportResult & { unit: Unit; remarks: Problem[] };

export type ImportAsk = {
  kind: ImportKind;
  rows: Row[];
  /** Found by whoever read the file; any refuses it. */
  problems?: Problem[];
  dryRun?: boolean;
  /** The file's name, kept with the date of the import. */
  source?: string;
  /** It comes with the program: a table that somebody imported keeps its place, and cities that he does not have are left out. */
  sample?: boolean;
  /** Who brings it, as signed. */
  by?: string;
  /** Also when more than half of the rows there are would go; a sample also in place of somebody's own. */
  force?: boolean;
  onProgress?: (done: number, of: number) => void | Promise<void>;
};

/** Importers of the travel tables. An import replaces the whole table of its kind, all or nothing. */
export function createImporter({ db, clock, cities }: { db: Connection; clock: Clock; cities: Cities }) {
  async function importTable(asked: ImportAsk): Promise<ImportResult> {
    const table: TableKind = tables[asked.kind];
    if (asked.kind !== 'cities') await cities.load();
    const problems = createProblems(asked.problems ?? []);
    problems.add(...tableProblems(asked.rows, table));
    // The sample comes with the program, whatever a machine's clock says.
    const latestOn = asked.sample ? '9999-12-31' : clock.day(clock.now() + 2 * dayMs);
    const lookups = lookupsIn(cities, latestOn);
    const rowsToRead = asked.sample ? asked.rows.filter((row) => hasCities(row, table, lookups)) : asked.rows;
    const documents = readRows({ rows: rowsToRead, table, lookups, problems });
    if (asked.kind === 'cities') problems.add(...(await stillNamed(db, documents)));
    if (problems.total > 0) return { kind: 'refused', problems: problems.first(), total: problems.total };

    const rows = documents.length;
    if (asked.dryRun)
      return { kind: 'written', dryRun: true, rows, ...(await compareTable(db, table, documents)) };

    const at = clock.now();
    const changes = await writeTable({
      db,
      kind: asked.kind,
      table,
      documents,
      cityIds:
        asked.kind === 'cities' ? new Set() : new Set(documents.flatMap((one) => cityIdsOf(one, table))),
      force: asked.force ?? false,
      note: {
        at,
        on: clock.day(at),
        source: asked.source ?? '',
        sample: asked.sample ?? false,
        ...(asked.by === undefined ? {} : { by: asked.by }),
      },
      onProgress: asked.onProgress ?? (() => undefined),
    });
    if (asked.kind === 'cities') await cities.load();
    return { kind: 'written', dryRun: false, rows, ...changes };
  }

  return {
    importTable,

    /** Reads a CSV, XLSX or JSON file and imports it. @throws AppError `Invalid` when it cannot be read at all. */
    async importFile(
      asked: Omit<ImportAsk, 'rows' | 'problems'> & { name: string; bytes: Buffer },
    ): Promise<FileResult> {
      const { name, bytes, ...rest } = asked;
      const { rows, problems, unit, remarks } = await readTable({ name, bytes });
      const result = await importTable({ source: name, ...rest, rows: rows.map(unquoted), problems });
      return { ...result, unit, remarks };
    },

    /** When each kind was last imported, from what; a kind never imported is missing. */
    async lastImports(): Promise<Partial<Record<ImportKind, Omit<ImportRow, '_id'>>>> {
      const rows = await db
        .collection<ImportRow>('imports')
        .find({ _id: { $in: importKinds } })
        .toArray();
      return Object.fromEntries(rows.map(({ _id, ...rest }) => [_id, rest]));
    },
  };
}

export type Importer = ReturnType<typeof createImporter>;

/** A file of ours came back: without the sign that kept a spreadsheet from running a cell. */
const unquoted = (row: Row): Row => ({
  ...row,
  cells: Object.fromEntries(
    Object.entries(row.cells).map(([column, cell]) => [
      column,
      typeof cell === 'string' && cell.startsWith("'") ? plainCell(cell) : cell,
    ]),
  ),
});

/** What is wrong with the table as a whole is told once, not on every line. */
function tableProblems(rows: Row[], table: TableKind): Problem[] {
  const [first] = rows;
  if (!first) return [{ message: '沒有一行資料；不會用空表換掉現有的資料' }];
  if (rows.length > tableLimits.rows)
    return [{ message: `超過 ${tableLimits.rows} 行的上限；導入會換掉整張表，請刪去用不到的行` }];
  const present = new Set(rows.flatMap((row) => Object.keys(row.cells)));
  const columns = Object.keys(table.columns);
  const unknown = [...present].filter((name) => !columns.includes(name));
  return [
    ...lackingIn(rows, table.columns).map((column) => ({
      column,
      message: '缺少這一欄（或整欄空著），請補上',
    })),
    ...unknown.slice(0, 20).map((column) => ({
      column: quoted(column),
      message: `不認得這一欄，請刪去或改名；可用的欄：${columns.join('、')}`,
    })),
  ];
}

function readRows(given: { rows: Row[]; table: TableKind; lookups: Lookups; problems: Problems }): Stored[] {
  const { rows, table, lookups, problems } = given;
  const lacking = new Set(lackingIn(rows, table.columns));
  const documents: Stored[] = [];
  const lines = new Map<string, number>();
  rows.forEach((row, place) => {
    const { line, cells } = row;
    const document = table.read({
      row,
      place,
      lookups,
      complain(column, message) {
        if (!lacking.has(column)) problems.add({ line, column, ...valueOf(cells[column]), message });
      },
    });
    if (!document) return;
    const before = lines.get(document._id);
    if (before !== undefined) {
      problems.add({
        line,
        value: quoted(document._id),
        message: `與第 ${before} 行重複，請刪去一個`,
      });
    } else {
      lines.set(document._id, line);
      documents.push(document);
    }
  });
  return documents;
}

const cityIdsOf = (document: Stored, table: TableKind): string[] =>
  table.cityFields.map((field) => String((document as Record<string, unknown>)[field]));

/** By id, else by a name that only one city has. */
const lookupsIn = (cities: Cities, latestOn: string): Lookups => ({
  latestOn,
  city(text) {
    const byId = cities.get(text);
    if (byId) return byId;
    const found = cities.find(text);
    return found.kind === 'one' ? found.city : undefined;
  },
});

const hasCities = ({ cells }: Row, { columns }: TableKind, lookups: Lookups): boolean =>
  Object.keys(columns)
    .filter((name) => /(^|_)city$/.test(name))
    .every((name) => lookups.city(String(cells[name])));

/** A new table of cities must keep those that hotels, guides, sights and trains name, where somebody imported them. */
async function stillNamed(db: Connection, documents: Stored[]): Promise<Problem[]> {
  const kept = new Set(documents.map((document) => document._id));
  const problems: Problem[] = [];
  const samples = await sampleKinds(db);
  for (const [kind, table] of Object.entries<TableKind>(tables)) {
    if (samples.some((one) => one === kind)) continue;
    for (const field of table.cityFields) {
      const named = (await db.collection(table.collection).distinct(field)) as unknown[];
      for (const id of named.map(String).filter((one) => !kept.has(one))) {
        problems.push({
          column: 'id',
          value: id,
          message: `不在新的城市表裡，但 ${table.collection} 還用著它；請保留這個城市，或先導入不含它的 ${table.collection}`,
        });
      }
    }
  }
  return problems;
}
