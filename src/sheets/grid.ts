import { type Problem, quoted, type Unit, unreadable } from './problems';

/** What a file may hold. Beyond it the file is refused before it costs memory. */
export const tableLimits = { bytes: 20 * 1024 * 1024, rows: 50_000, columns: 100 } as const;

/** What a spreadsheet made of what was typed; `dressed`: a number that is shown with more than its digits, 「¥1,234.00」. */
export type Typed = 'number' | 'dressed' | 'date' | 'truth';

/**
 * A cell as a person sees it, or `wrong`: why it cannot be read. `address`: B2. `share`: what is wrong shows 「30%」 and keeps 0.3, which
 * is what was meant where a share is asked for.
 */
export type Shown = { text: string; typed?: Typed; wrong?: string; address?: string; share?: string };

/** The lines of a sheet that are not empty, each where it stands in the file; a cell's place in the list is its column. */
export type Grid = { name?: string; lines: { line: number; cells: Shown[] }[] };

/** Stands for a cell whose fault was told already. */
export const unread = Symbol('unread');

/** One line of a table: where it stands in the file, and its cells by column name. Empty cells are left out. */
export type Row = {
  line: number;
  cells: Record<string, unknown>;
  /** Which of them a spreadsheet did not keep as text. */
  typed?: Record<string, Typed>;
};

export type Table = {
  rows: Row[];
  columns: string[];
  problems: Problem[];
  /** What was left out of the file. */
  remarks: Problem[];
  unit: Unit;
  /** Only of CSV. */
  encoding?: string;
};

export const empty: Shown = { text: '' };

/** What is wrong with the cells themselves, each by its address. */
export const wrongCells = ({ lines }: Grid): Problem[] =>
  lines.flatMap(({ line, cells }) =>
    cells.flatMap(({ wrong, address }) =>
      wrong === undefined ? [] : [{ line, ...(address ? { value: address } : {}), message: wrong }],
    ),
  );

/** Nobody sees what came along with a copied name (U+200B, U+FEFF). */
const nameIn = (text: string): string =>
  text
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();

/** The first line names the columns, in lower case. Every fault is told once, where it is met first. */
export function tableOf(grid: Grid): Pick<Table, 'rows' | 'columns' | 'problems'> {
  const { name, lines } = grid;
  const [head, ...rest] = lines;
  const of = name === undefined ? '' : `${name} `;
  if (!head) throw unreadable(`${of}裡面沒有一行內容。`);
  if (rest.length > tableLimits.rows)
    throw unreadable(`${of}超過 ${tableLimits.rows} 行的上限，請刪去用不到的行。`);
  const problems = wrongCells(grid);
  const columns = head.cells.map(({ text }) => nameIn(text));
  while (columns.at(-1) === '') columns.pop();
  if (columns.length === 0) throw unreadable(`${of}第一行應是欄名，但它是空的。`);
  if (columns.length > tableLimits.columns)
    throw unreadable(`${of}有 ${columns.length} 欄，上限是 ${tableLimits.columns} 欄。`);
  columns.forEach((column, at) => {
    if (column !== '' && columns.indexOf(column) !== at)
      problems.push({ line: head.line, column, message: '這一欄出現了兩次，請刪去一個' });
  });

  // Also the columns whose name could not be read.
  const told = new Set(head.cells.flatMap(({ wrong }, at) => (wrong === undefined ? [] : [at])));
  const rows = rest.flatMap(({ line, cells: shown }) => {
    const row: Row = { line, cells: {} };
    for (const [at, { text, wrong, typed }] of shown.entries()) {
      const column = columns[at] ?? '';
      if (text === '' && wrong === undefined) continue;
      if (column !== '') {
        row.cells[column] = wrong === undefined ? text : unread;
        if (typed) (row.typed ??= {})[column] = typed;
      } else if (!told.has(at)) {
        told.add(at);
        problems.push({ line, value: quoted(text), message: '這一格上面沒有欄名，請補上欄名或清空這一欄' });
      }
    }
    return Object.keys(row.cells).length > 0 ? [row] : [];
  });
  return { rows, columns: columns.filter((column) => column !== ''), problems };
}
