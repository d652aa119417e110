import { readCsv } from './read-csv';
import { readJson } from './read-json';
import { readXlsx } from './read-xlsx';
import { type Table, tableLimits, unreadable } from './rows';

/**
 * Reads a CSV (UTF-8, UTF-16, GBK or Big5), XLSX (first sheet) or JSON (list of objects) file; its first line names the columns.
 * What is wrong with single lines comes back as `problems`.
 * @throws AppError `Invalid` when the file as a whole cannot be read or is beyond `tableLimits`.
 */
export async function readTable(file: { name: string; bytes: Buffer }): Promise<Table> {
  if (file.bytes.length > tableLimits.bytes) {
    throw unreadable(
      `${file.name} 有 ${megabytes(file.bytes.length)} MB，上限是 20 MB；請刪去用不到的欄和行。`,
    );
  }
  if (file.bytes.length === 0) throw unreadable(`${file.name} 是空的。`);
  const ending = /\.([a-z]+)$/i.exec(file.name)?.[1]?.toLowerCase();
  switch (ending) {
    case 'csv':
      return readCsv(file.bytes);
    case 'xlsx':
      return await readXlsx(file);
    case 'json':
      return readJson(file.bytes);
    default:
      throw unreadable(`${file.name}：只認得 .csv、.xlsx、.json 三種檔案，請另存為其中一種。`);
  }
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
