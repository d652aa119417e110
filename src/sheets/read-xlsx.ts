import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { types } from 'node:util';
import type ExcelJS from 'exceljs';
import { AppError } from '../errors';
import { root } from '../kit/root';
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

/** The first sheet of a workbook that is not hidden: an old price list may lie in front of it. Formulas are refused by their address: what they give depends on who opened the file last. */
export async function readXlsx(file: { name: string; bytes: Buffer }): Promise<Table> {
  const sheets = await openXlsx(file);
  const [sheet] = sheets.filter(({ hidden }) => !hidden);
  if (!sheet || sheet.rows.length === 0) throw unreadable('工作簿的第一張表是空的。');
  if (sheet.rows.length > tableLimits.rows + 1) throw tooManyRows();

  const lines: { line: number; cells: string[] }[] = [];
  const problems: Problem[] = [];
  const typed: { line: number; column: number; type: 'number' | 'date' }[] = [];
  for (const { line, cells: found } of sheet.rows) {
    const cells: string[] = [];
    for (const { column, address, ...cell } of found) {
      if (column > tableLimits.columns)
        throw unreadable(`第 ${line} 行的 ${address} 超出了 ${tableLimits.columns} 欄的上限。`);
      const read = readCell(cell);
      const type = typeOf(cell);
      if (type) typed.push({ line, column, type });
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
  return {
    rows,
    columns: header.columns,
    problems: [...header.problems, ...problems],
    unit: '行',
    unread: sheets.filter(({ hidden }) => hidden).map(({ name }) => name),
    typed: new Map(
      typed.map(({ line, column, type }) => [`${line} ${header.columns[column - 1]}`, type] as const),
    ),
  };
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

/**
 * What a person sees in the cell, as text: dates `2026-11-21`, times `08:30`; with `minutes` moments `2026-11-21 08:30`.
 * A number that is shown as something else (0012, 50%, 1/2) is no longer what was meant: refused.
 */
export function readCell(
  { value, format = '' }: Pick<SheetCell, 'value' | 'format'>,
  how: { minutes?: true } = {},
): string | { problem: string } {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return decoded(value).trim();
  if (typeof value === 'number') return readNumber(value, format);
  if (typeof value === 'boolean') return String(value);
  if (types.isDate(value)) return readDate(value, format, how);
  if ('formula' in value || 'sharedFormula' in value)
    return { problem: '這一格是公式，請複製後「選擇性貼上 → 值」' };
  if ('error' in value) return { problem: `這一格是錯誤值 ${value.error}，請改正` };
  if ('richText' in value)
    return value.richText
      .map((part) => decoded(part.text))
      .join('')
      .trim();
  if ('text' in value) return readCell({ value: value.text }, how);
  return { problem: '這一格的內容讀不懂，請改成文字' };
}

/** `number` and `date`: what a column of words must not take, since what was typed is lost. */
export const typeOf = ({ value }: Pick<SheetCell, 'value'>): 'number' | 'date' | undefined =>
  typeof value === 'number' ? 'number' : types.isDate(value) ? 'date' : undefined;

const asText = '請把這一欄設成「文字」，再照原樣填一次';
/** What is told where a column must hold text. */
export const lostInTyping = {
  number: `這一格是數字格，前面的 0 和第 15 位以後的數字會丟；${asText}`,
  date: `這一格被當成日期存了，不是原來填的字；${asText}`,
} as const;

/** Decimals and thousands may be shown in any way, with a sign of money; they do not change what the number is. */
function readNumber(value: number, format: string): string | { problem: string } {
  // Excel keeps 15 digits: 0.1 + 0.2 is 0.3 there.
  const exact = Number(value.toPrecision(15));
  if (/^(General|@|)$/i.test(format)) return String(exact);
  const [shown = ''] = format
    .replace(/"([¥￥$元]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)|_.|\*./g, '$1$2$3')
    .split(';');
  const decimals = /^[¥￥$元\s]*(?:#,##)?(?:#*0?|0)(?:\.([0#]+))?[\s元]*$/.exec(shown);
  return decimals && Number(value.toFixed(decimals[1]?.length ?? 0)) === exact
    ? String(exact)
    : { problem: `這一格存的是 ${value}，顯示的卻是另一個樣子（格式 ${format}）；${asText}` };
}

/** A workbook writes as `_x000D_` what XML cannot carry, and `_x005F_` where a text has such a `_` itself. */
const decoded = (text: string): string =>
  text.replace(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Excel keeps a time of day as a moment of its day zero. A day is 1 there, so 08:00 may come back as 07:59:59.999. */
function readDate(value: Date, format: string, how: { minutes?: true }): string | { problem: string } {
  if (Number.isNaN(value.getTime())) return { problem: '這一格的日期無效' };
  const iso = new Date(Math.round(value.getTime() / 1_000) * 1_000).toISOString();
  const shown = format.replace(/"[^"]*"|\[[^\]]*\]|\\./g, '');
  const seconds = /s/i.test(shown) && iso.slice(17, 19) !== '00' ? iso.slice(16, 19) : '';
  if (value.getUTCFullYear() < 1901) return `${iso.slice(11, 16)}${seconds}`;
  return how.minutes && /h/i.test(shown)
    ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}${seconds}`
    : iso.slice(0, 10);
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
