import { z } from 'zod';
import { type Row, type Typed, unread } from './grid';

/** What the columns of a table hold, by name. */
export type Columns = Record<string, z.ZodType>;
export type Values<C extends Columns> = { [K in keyof C]: z.output<C[K]> };

const asText = '請把這一欄設成「文字」，再照原樣填一次';
/** Why a cell is not what was typed. */
export const lostInTyping: Record<Typed, string> = {
  number: `這一格是數字格，前面的 0 和第 15 位以後的數字會丟；${asText}`,
  dressed: `這一格是數字格，顯示的貨幣符號、千分位或小數 0 不在數字裡；${asText}`,
  date: `這一格被當成日期存了，不是原來填的字；${asText}`,
  truth: `這一格被當成 TRUE/FALSE 存了，不是原來填的字；${asText}`,
};

/**
 * Reads each cell of a line by its column, and complains of a cell once. `wrong`: the cells whose values are missing
 * though something stands there, or should.
 */
export function readLine<C extends Columns>(
  columns: C,
  { cells, typed = {} }: Row,
  complain: (column: string, message: string) => void,
): { values: Partial<Values<C>>; wrong: ReadonlySet<string> } {
  const values: Record<string, unknown> = {};
  const wrong = new Set<string>();
  for (const [column, schema] of Object.entries(columns)) {
    const cell = cells[column];
    const type = typed[column];
    if (cell === unread) wrong.add(column);
    else if (type && !takes(schema, type)) {
      wrong.add(column);
      complain(column, lostInTyping[type]);
    } else {
      const { success, data, error } = schema.safeParse(cell);
      if (success) values[column] = data;
      else {
        wrong.add(column);
        complain(column, error.issues[0]?.message ?? '');
      }
    }
  }
  return { values: values as Partial<Values<C>>, wrong };
}

/** Columns that must be filled and are empty in every line: told once, not on each. */
export function lackingIn(rows: Row[], columns: Columns): string[] {
  const present = new Set(rows.flatMap(({ cells }) => Object.keys(cells)));
  return Object.entries(columns)
    .filter(([name, schema]) => !present.has(name) && !schema.safeParse(undefined).success)
    .map(([name]) => name);
}

/**
 * Whether a cell of this column may be a number, a date or a truth. Not where a word of its own is meant (an id, a code,
 * a phone): what a spreadsheet dropped from it cannot be known. Columns say so with
 * `meta({ holds: 'word' | 'time' | 'number' })`; the others hold a text, which is read as it is shown.
 */
function takes(schema: z.ZodType, type: Typed): boolean {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  const holds = inner.meta()?.['holds'];
  switch (type) {
    case 'date':
      return holds === 'time';
    case 'dressed':
      return holds === 'number';
    default:
      return holds !== 'word';
  }
}
