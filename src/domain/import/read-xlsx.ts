import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { types } from 'node:util';
import type ExcelJS from 'exceljs';
import { AppError } from '../../errors';
import { root } from '../../kit/root';
import { type Problem, type Row, readHeader, type Table, tableLimits, tooManyRows, unreadable } from './rows';
import { brokenXlsx, guardZip } from './zip-guard';

/** A sheet as plain data: its rows and cells that are not empty. `format`: how a number is shown, 「0000」 or 「yyyy/m/d」. */
export type Sheet = {
  name: string;
  hidden: boolean;
  rows: { line: number; cells: SheetCell[] }[];
};
type SheetCell = { address: string; column: number; value: ExcelJS.CellValue; format?: string };

/** 1,000,000 cells take 800 MB. */
const mostMemoryMb = 1_200;

/** The first sheet of a workbook. Formulas are refused by their address: what they give depends on who opened the file last. */
export async function readXlsx(file: { name: string; bytes: Buffer }): Promise<Table> {
  const [sheet] = await openXlsx(file);
  if (!sheet || sheet.rows.length === 0) throw unreadable('工作簿的第一張表是空的。');
  if (sheet.rows.length > tableLimits.rows + 1) throw tooManyRows();

  const lines: { line: number; cells: string[] }[] = [];
  const problems: Problem[] = [];
  for (const { line, cells: found } of sheet.rows) {
    const cells: string[] = [];
    for (const { column, address, value } of found) {
      if (column > tableLimits.columns)
        throw unreadable(`第 ${line} 行的 ${address} 超出了 ${tableLimits.columns} 欄的上限。`);
      const read = readCell(value);
      if (typeof read === 'string') cells[column - 1] = read;
      else problems.push({ line, value: address, message: read.problem });
    }
    lines.push({ line, cells: Array.from(cells, (cell) => cell ?? '') });
  }

  const [first, ...rest] = lines;
  if (!first) throw unreadable('工作簿的第一張表是空的。');
  const header = readHeader(first.cells, first.line);
  const rows: Row[] = [];
  for (const { line, cells } of rest) {
    const row = toRow({ cells, columns: header.columns, line });
    if (row === 'too wide') problems.push({ line, message: '這一行有超出欄名的格子，請補上欄名或清空它們' });
    else if (row) rows.push(row);
  }
  return { rows, columns: header.columns, problems: [...header.problems, ...problems], unit: '行' };
}

/**
 * The sheets of a workbook. First what it declares is looked at, then it is opened by a process of its own with bounds of time
 * and memory (open-xlsx.js): nothing that a file holds can hang or kill us.
 * @throws AppError `Invalid`
 */
export async function openXlsx({ name, bytes }: { name: string; bytes: Buffer }): Promise<Sheet[]> {
  try {
    return await open(bytes);
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
  const child = fork(join(root, 'src/domain/import/open-xlsx.js'), {
    execArgv: [`--max-old-space-size=${mostMemoryMb}`],
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(child, 'exit');
  const answered = once(child, 'message');
  answered.catch(() => undefined);
  child.send(bytes, () => undefined);
  try {
    const first = await Promise.race([answered, ended.then(() => undefined)]);
    if (!first)
      throw unreadable('這個 XLSX 花了太多時間或記憶體，沒有讀完；請把要用的內容複製到新的工作簿再存一次。');
    const [answer] = first as [Sheet[] | { error: string }];
    if ('error' in answer) throw brokenXlsx(answer.error);
    return answer;
  } finally {
    child.kill('SIGKILL');
  }
}

/** What a person sees in the cell, as text: dates `2026-11-21`, times `08:30`; with `minutes` moments `2026-11-21 08:30`. */
export function readCell(
  value: ExcelJS.CellValue,
  how: { minutes?: true } = {},
): string | { problem: string } {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return decoded(value).trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (types.isDate(value)) return readDate(value, how);
  if ('formula' in value || 'sharedFormula' in value)
    return { problem: '這一格是公式，請複製後「選擇性貼上 → 值」' };
  if ('error' in value) return { problem: `這一格是錯誤值 ${value.error}，請改正` };
  if ('richText' in value)
    return value.richText
      .map((part) => decoded(part.text))
      .join('')
      .trim();
  if ('text' in value) return readCell(value.text, how);
  return { problem: '這一格的內容讀不懂，請改成文字' };
}

/** A workbook writes as `_x000D_` what XML cannot carry, and `_x005F_` where a text has such a `_` itself. */
const decoded = (text: string): string =>
  text.replace(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Excel keeps a time of day as a moment of its day zero. */
function readDate(value: Date, how: { minutes?: true }): string | { problem: string } {
  if (Number.isNaN(value.getTime())) return { problem: '這一格的日期無效' };
  const iso = value.toISOString();
  if (value.getUTCFullYear() < 1901) return iso.slice(11, 16);
  if (!how.minutes) return iso.slice(0, 10);
  // A day is 1 there, so 08:00 is a fraction, and may come back as 07:59:59.999.
  const minute = new Date(Math.round(value.getTime() / 60_000) * 60_000).toISOString();
  return minute.endsWith('T00:00:00.000Z') ? minute.slice(0, 10) : minute.slice(0, 16).replace('T', ' ');
}

function toRow(given: { cells: string[]; columns: string[]; line: number }): Row | 'too wide' | undefined {
  const { cells, columns, line } = given;
  if (cells.every((cell) => cell === '')) return undefined;
  if (cells.slice(columns.length).some((cell) => cell !== '')) return 'too wide';
  const named: Record<string, unknown> = {};
  columns.forEach((name, at) => {
    if (cells[at]) named[name] = cells[at];
  });
  return { line, cells: named };
}
