import { decodeText } from './decode-text';
import { type Problem, type Row, type Table, tableLimits, tooManyRows, unreadable } from './rows';

/** A list of objects. `line` counts the items from 1. */
export function readJson(bytes: Buffer): Table {
  const { text } = decodeText(bytes);
  const list = parsed(text);
  if (!Array.isArray(list)) throw unreadable('JSON 檔案的最外層應是一個列表 […]，每一項是一行。');
  if (list.length > tableLimits.rows) throw tooManyRows();

  const problems: Problem[] = [];
  const rows: Row[] = [];
  const columns = new Set<string>();
  list.forEach((item: unknown, at) => {
    const line = at + 1;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      problems.push({ line, message: '應是一個物件 {…}' });
      return;
    }
    const names = Object.keys(item);
    if (names.length > tableLimits.columns) {
      problems.push({ line, message: `有 ${names.length} 個欄，上限是 ${tableLimits.columns} 個` });
      return;
    }
    const cells: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(item)) {
      if (name === '__proto__') continue;
      const column = snakeCase(name);
      columns.add(column);
      if (value !== null && value !== '') cells[column] = value as unknown;
    }
    rows.push({ line, cells });
  });
  return { rows, columns: [...columns], problems, unit: '項' };
}

/** `updatedOn` and `updated_on` are the same column. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable(`JSON 讀不懂：${error instanceof Error ? error.message : String(error)}`);
  }
}
