import { AppError } from '../errors';

/** What a file may hold. Beyond it the file is refused before it costs memory. */
export const tableLimits = { bytes: 20 * 1024 * 1024, rows: 50_000, columns: 100 } as const;

/** One line of a table: where it stands in the file, and its cells by column name. Empty cells are left out. */
export type Row = { line: number; cells: Record<string, unknown> };

/** Something wrong in a file, told so that the person who made the file can mend it. */
export type Problem = { line?: number; column?: string; value?: string; message: string };

/** `unit`: how a place is called, 「第 12 行」 of a sheet, 「第 12 項」 of a JSON list. `encoding` only for CSV. */
export type Table = {
  rows: Row[];
  columns: string[];
  problems: Problem[];
  unit: '行' | '項';
  encoding?: string;
  /** XLSX: hidden sheets, which are nobody's data. */
  unread?: string[];
  /** XLSX: which cells are no texts there, by 「line column」. A column of ids, phones or tracking numbers refuses them. */
  typed?: ReadonlyMap<string, 'number' | 'date'>;
};

/** The file as a whole is of no use. */
export const unreadable = (message: string): AppError =>
  new AppError('Invalid', 'import.unreadable', message);

export const tooManyRows = (): AppError =>
  unreadable(`超過 ${tableLimits.rows} 行的上限；導入會換掉整張表，請刪去用不到的行。`);

/** A cell as it is quoted in a sentence: short, on one line. */
export function quoted(value: unknown): string {
  const text = (typeof value === 'string' ? value : asJson(value)).replace(/\s+/g, ' ');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Nested so deep that writing it out overflows the stack.
    return '…';
  }
}

/** Column names: lower case, no spaces around. Problems for names that are missing or doubled. */
export function readHeader(cells: string[], line: number): { columns: string[]; problems: Problem[] } {
  if (cells.length > tableLimits.columns) {
    throw unreadable(`有 ${cells.length} 欄，上限是 ${tableLimits.columns} 欄。`);
  }
  const columns = cells.map((cell) => cell.trim().toLowerCase());
  while (columns.length > 0 && columns[columns.length - 1] === '') columns.pop();
  const problems: Problem[] = [];
  columns.forEach((name, at) => {
    if (name === '') problems.push({ line, message: `第 ${at + 1} 欄沒有欄名，請補上或刪去這一欄` });
    else if (columns.indexOf(name) !== at) {
      problems.push({ line, column: name, message: '這個欄名出現了兩次，請刪去一個' });
    }
  });
  if (columns.length === 0) throw unreadable('第一行應是欄名，但它是空的。');
  return { columns, problems };
}
