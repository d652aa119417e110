import { type File, kindOf } from './file';
import type { Table } from './grid';
import { readCsv } from './read-csv';
import { readJson } from './read-json';
import { readXlsx } from './read-xlsx';

/**
 * Reads a CSV (UTF-8, UTF-16, GBK or Big5), XLSX (first sheet) or JSON (list of objects) file; its first line names the columns.
 * What is wrong with single lines comes back as `problems`.
 * @throws AppError `Invalid` when the file as a whole cannot be read or is beyond `tableLimits`.
 */
export async function readTable(file: File): Promise<Table> {
  switch (kindOf(file, ['csv', 'xlsx', 'json'])) {
    case 'csv':
      return readCsv(file.bytes);
    case 'xlsx':
      return await readXlsx(file);
    case 'json':
      return readJson(file.bytes);
  }
}
