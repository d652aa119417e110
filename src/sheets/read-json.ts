import { decodeText } from './decode-text';
import { type Row, type Table, tableLimits } from './grid';
import { type Problem, unreadable } from './problems';

/** A list of objects. `line` counts the items from 1. */
export function readJson(bytes: Buffer): Table {
  const list = parseJson(bytes);
  if (!Array.isArray(list)) throw unreadable('JSON 檔案的最外層應是一個列表 […]，每一項是一行。');
  if (list.length > tableLimits.rows) throw unreadable(`超過 ${tableLimits.rows} 項的上限，請刪去用不到的。`);

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
  return { rows, columns: [...columns], problems, remarks: [], unit: '項' };
}

/** `updatedOn` and `updated_on` are the same column. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @throws AppError `Invalid` that says where it stops being JSON. */
export function parseJson(bytes: Buffer): unknown {
  const { text } = decodeText(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The engine's own words are English, and seldom name the place.
    const lines = text.slice(0, lengthOfSound(text) + 1).split('\n');
    const place = `第 ${lines.length} 行第 ${Math.max(1, lines.at(-1)?.length ?? 1)} 個字`;
    throw unreadable(`JSON 讀不懂：${place}起不合 JSON 的寫法；請核對引號、逗號與括號。`);
  }
}

/** How far a text is the beginning of some JSON: of what is cut off before its fault nothing but the end is missing. */
function lengthOfSound(text: string): number {
  let [sound, wrong] = [0, text.length + 1];
  while (wrong - sound > 1) {
    const middle = Math.floor((sound + wrong) / 2);
    if (isBeginning(text.slice(0, middle))) sound = middle;
    else wrong = middle;
  }
  return sound;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const [, position] = /position (\d+)/.exec(String(error)) ?? [];
    return position === undefined ? /end of JSON/.test(String(error)) : Number(position) >= text.length;
  }
}
