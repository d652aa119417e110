import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type ExcelJS from 'exceljs';
import { AppError } from '../errors';
import { root } from '../kit/root';
import { empty, type Grid, type Table, tableLimits, tableOf } from './grid';
import { type Problem, quoted, unreadable } from './problems';
import { readCell } from './read-cell';
import { brokenXlsx, guardZip } from './zip-guard';

/** A sheet as plain data: its rows and cells that are not empty. `format`: how a number is shown, 「0000」 or 「yyyy/m/d」. */
export type Sheet = {
  name: string;
  hidden: boolean;
  hiddenColumns: number[];
  rows: { line: number; hidden: boolean; cells: SheetCell[] }[];
};
type SheetCell = { address: string; column: number; value: ExcelJS.CellValue; format?: string };

/** 1,000,000 cells take 800 MB. */
const mostMemoryMb = 1_200;

/**
 * The first sheet of a workbook that is not hidden: an old price list may lie in front of it. Formulas are refused by
 * their address: what they give depends on who opened the file last.
 */
export async function readXlsx(file: { name: string; bytes: Buffer }): Promise<Table> {
  const { sheets, remarks } = await openXlsx(file);
  const [sheet] = sheets;
  if (!sheet || sheet.rows.length === 0) throw unreadable('工作簿的第一張表是空的。');
  const { grid, hidden } = gridOf(sheet);
  return { ...tableOf(grid), remarks: [...remarks, ...hidden], unit: '行' };
}

/** What of a sheet can be seen; what cannot is nobody's data, and is named in `hidden`. */
export function gridOf(sheet: Sheet): { grid: Grid; hidden: Problem[] } {
  const unseen = new Set(sheet.hiddenColumns);
  const columns = new Set<string>();
  const lines = sheet.rows.flatMap(({ line, hidden, cells: found }) => {
    if (hidden) return [];
    const cells: Grid['lines'][number]['cells'] = [];
    for (const { column, address, ...cell } of found) {
      if (column > tableLimits.columns)
        throw unreadable(`${sheet.name} 的 ${address} 超出了 ${tableLimits.columns} 欄的上限。`);
      if (unseen.has(column)) columns.add(address.replace(/\d+/, ''));
      else cells[column - 1] = { ...readCell(cell), address };
    }
    return [{ line, cells: Array.from(cells, (cell) => cell ?? empty) }];
  });
  const rows = sheet.rows.flatMap(({ line, hidden }) => (hidden ? [line] : []));
  return {
    grid: { name: sheet.name, lines },
    hidden: [
      ...tellHidden('行', spans(rows), sheet.name),
      ...tellHidden('欄', [...columns].toSorted(), sheet.name),
    ],
  };
}

const tellHidden = (what: string, places: string[], sheet?: string): Problem[] =>
  places.length === 0
    ? []
    : [{ ...(sheet === undefined ? {} : { sheet }), message: `隱藏的${what}沒有讀：${places.join('、')}` }];

/** 3, 5, 6, 7 → 3、5-7 */
function spans(numbers: number[]): string[] {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}

/** WPS keeps pictures in such a sheet, which nobody sees and nobody can take out. */
const ofWps = /^WpsReserved_/i;

/**
 * The sheets of a workbook that can be seen, and the names of those that cannot. First what it declares is looked at, then it is opened by a process of its own with bounds of time
 * and memory (open-xlsx.js): nothing that a file holds can hang or kill us.
 * @throws AppError `Invalid`
 */
export async function openXlsx({
  name,
  bytes,
}: {
  name: string;
  bytes: Buffer;
}): Promise<{ sheets: Sheet[]; hidden: string[]; remarks: Problem[] }> {
  try {
    const all = (await open(bytes)).filter((sheet) => !ofWps.test(sheet.name));
    const hidden = all.filter((sheet) => sheet.hidden).map((sheet) => sheet.name);
    return {
      sheets: all.filter((sheet) => !sheet.hidden),
      hidden,
      remarks: tellHidden('表', hidden.map(quoted)),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('Invalid', error.code, `${name}：${error.message}`, { cause: error });
  }
}

async function open(bytes: Buffer): Promise<Sheet[]> {
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0') {
    throw unreadable('這是舊式 .xls 或加了密碼的檔案，請在 Excel 裡另存為不加密的 .xlsx。');
  }
  guardZip(bytes);
  const child = fork(join(root, 'src/sheets/open-xlsx.js'), {
    execArgv: [`--max-old-space-size=${mostMemoryMb}`],
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // Its exit code; null when a bound was reached and it was killed.
  const ended = once(child, 'exit');
  const answered = once(child, 'message');
  answered.catch(() => undefined);
  child.send(bytes, () => undefined);
  try {
    const [answer] = (await Promise.race([answered, ended])) as [Sheet[] | { error: string } | number | null];
    if (answer === null)
      throw unreadable('這個 XLSX 花了太多時間或記憶體，沒有讀完；請把要用的內容複製到新的工作簿再存一次。');
    if (typeof answer === 'number') throw brokenXlsx(`exit ${answer}`);
    if ('error' in answer) throw brokenXlsx(answer.error);
    return answer;
  } finally {
    child.kill('SIGKILL');
  }
}
