import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { type Cell, safeCell } from './safe-cells';

export type SheetFormat = 'csv' | 'xlsx';
export type Column<Row> = { title: string; of(row: Row): Cell; width?: number };

/** Excel holds 1,048,576 lines in a sheet; then the next sheet begins. */
const linesInSheet = 1_000_000;
const breathEvery = 1_000;

/**
 * Writes a table row by row as the rows come, so that a million of them never lie in memory: CSV (UTF-8 with BOM, as Excel
 * wants it) or XLSX, where a second sheet says what this is (`about`). Ends `out`. Returns how many rows there were.
 */
export async function writeSheet<Row>(given: {
  format: SheetFormat;
  columns: Column<Row>[];
  rows: AsyncIterable<Row>;
  out: Writable;
  about: [string, Cell][];
}): Promise<number> {
  return given.format === 'csv' ? writeCsv(given) : writeXlsx(given);
}

type Given<Row> = Omit<Parameters<typeof writeSheet<Row>>[0], 'format'>;

async function writeCsv<Row>({ columns, rows, out }: Given<Row>): Promise<number> {
  let written = 0;
  async function* lines() {
    for await (const row of rows) {
      written++;
      yield columns.map((column) => safeCell(column.of(row)));
    }
  }
  const writer = stringify({
    bom: true,
    header: true,
    columns: columns.map(({ title }) => title),
    record_delimiter: 'windows',
    // A line break inside a cell is not the end of its row.
    quoted_match: /[\r\n]/,
  });
  await pipeline(Readable.from(lines()), writer, out);
  return written;
}

async function writeXlsx<Row>({ columns, rows, out, about }: Given<Row>): Promise<number> {
  // Loaded when it is needed: it takes 17 MB, which few processes ever need.
  const { default: ExcelJS } = await import('exceljs');
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({
    stream: out,
    useSharedStrings: false,
    useStyles: true,
  });
  const addSheet = (n: number) => {
    const sheet = book.addWorksheet(n === 1 ? '資料' : `資料 ${n}`);
    // Text also where nothing stands yet: who fills a tracking number in must get all of its digits back.
    const style = { numFmt: '@' };
    sheet.columns = columns.map(({ title, width = 16 }) => ({ header: inXlsx(title), width, style }));
    return sheet;
  };
  let failed: unknown;
  out.once('error', (error) => {
    failed = error;
  });
  let sheets = 1;
  let sheet = addSheet(sheets);
  let written = 0;
  for await (const row of rows) {
    if (failed) throw failed;
    if (written > 0 && written % linesInSheet === 0) {
      sheet.commit();
      sheet = addSheet(++sheets);
    }
    const line = sheet.addRow(columns.map((column) => inXlsx(safeCell(column.of(row)))));
    line.eachCell((cell) => {
      if (typeof cell.value === 'number') cell.numFmt = 'General';
    });
    line.commit();
    if (++written % breathEvery === 0 && out.writableNeedDrain) await once(out, 'drain');
  }
  sheet.commit();
  const note = book.addWorksheet('說明');
  for (const [name, value] of about) note.addRow([name, inXlsx(safeCell(value))]).commit();
  note.commit();
  await book.commit();
  return written;
}

/** Every reader of a workbook takes `_x003D_` for `=`; `_x005F_` is the `_` that is meant as one. */
const inXlsx = <Value extends string | number>(value: Value) =>
  typeof value === 'string' ? value.replace(/_(?=x[\da-f]{4}_)/gi, '_x005F_') : value;
