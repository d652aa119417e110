import { z } from 'zod';
import { fold } from '../../kit/text';
import * as cell from '../../sheets/cells';
import { type Columns, lackingIn, readLine } from '../../sheets/columns';
import type { Row, Table } from '../../sheets/grid';
import { createProblems, type Problems, valueOf } from '../../sheets/problems';
import { readPhone } from './phone';

/** What one line says. `order`: she bought something. Amounts in fen, `on` a Beijing day. */
export type Line = {
  line: number;
  phone: string;
  order?: { id: string; on: string; fen: number; what?: string };
  member?: { number?: string; level?: string };
};

type Part = 'phone' | 'order' | 'on' | 'yuan' | 'what' | 'number' | 'level';

/** Our names of the columns, as the template has them; beside them what other systems call the same. */
export const heads: Record<Part, readonly [string, ...string[]]> = {
  phone: ['手機號', '手機', '手機號碼', '會員手機', '客戶手機', 'mobile', 'phone'],
  order: ['訂單號', '訂單編號', '訂單號碼', 'order'],
  on: ['日期', '購買日期', '下單日期', '付款日期', '消費日期'],
  yuan: ['金額（元）', '金額', '實付金額', '訂單金額', '消費金額'],
  what: ['品名', '商品', '商品名稱'],
  number: ['會員號', '會員編號', '會員卡號'],
  level: ['會員等級', '會員級別', '等級'],
};

/** As sentences of segments quote it. */
const level = cell
  .text(40, '請填會員等級')
  .refine((text) => !/[「」（）；\p{C}]/u.test(text), { error: '裡不能有引號、括號、分號' });

const cells: Record<Part, z.ZodType> = {
  // Eleven digits and no nought before them: a spreadsheet keeps them also as a number.
  phone: cell.readable({ read: readPhone, wrong: '不是手機號', advice: '請填 11 位的大陸手機號' }),
  order: cell.id.optional(),
  on: cell.day.optional(),
  yuan: cell.yuan('請填實付的元數，最多兩位小數，如 128.50').optional(),
  what: cell.text(80, '請填品名').optional(),
  number: cell.id.optional(),
  level: level.optional(),
};

/**
 * The lines that can be counted on. Every bad cell is told, and its line is left out; so are all lines of an order that say
 * different things of it. `today`: nothing was bought later.
 */
export function readPurchases(table: Table, today: string): { lines: Line[]; problems: Problems } {
  const problems = createProblems(table.problems);
  const names = columnsOf(table, problems);
  if (!names) return { lines: [], problems };
  const columns: Columns = Object.fromEntries(
    Object.entries(names).map(([part, column]) => [column, cells[part as Part]]),
  );
  for (const column of lackingIn(table.rows, columns)) problems.add({ column, message: '整欄空著，請補上' });
  const lines = table.rows.flatMap((row) => readRow({ row, names, columns, today, problems }) ?? []);
  return { lines: withoutQuarrels(lines, names, problems), problems };
}

type Names = Partial<Record<Part, string>>;

/** Which column holds what: ours by its name, or else the only one with a name that means the same. */
function columnsOf(table: Table, problems: Problems): Names | undefined {
  const names: Names = {};
  let isClear = true;
  for (const [part, all] of Object.entries(heads) as [Part, readonly string[]][]) {
    const called = (some: readonly string[]) =>
      table.columns.filter((one) => some.some((name) => fold(name) === fold(one)));
    const [ours = ''] = all;
    const found = called([ours]).length > 0 ? called([ours]) : called(all);
    if (found[0] !== undefined) names[part] = found[0];
    if (found.length < 2) continue;
    isClear = false;
    problems.add({ line: 1, message: `「${found.join('」「')}」分不出該讀哪一欄，請只留一欄` });
  }
  if (names.phone === undefined) {
    isClear = false;
    problems.add({ line: 1, message: `沒有手機號這一欄，欄名請用：${heads.phone.join('、')}` });
  }
  const [some, lacking] = [true, false].map((has) =>
    (['order', 'on', 'yuan'] as const).filter((part) => (names[part] !== undefined) === has),
  ) as [Part[], Part[]];
  if (some.length > 0)
    for (const part of lacking) {
      isClear = false;
      problems.add({ line: 1, message: `沒有${heads[part][0]}這一欄；訂單要有訂單號、日期、金額三欄` });
    }
  return isClear ? names : undefined;
}

function readRow(given: {
  row: Row;
  names: Names;
  columns: Columns;
  today: string;
  problems: Problems;
}): Line | undefined {
  const { row, names, columns, today, problems } = given;
  const { line } = row;
  let isFine = true;
  const complain = (column: string | undefined, message: string, shown = true) => {
    isFine = false;
    problems.add({
      line,
      ...(column === undefined ? {} : { column }),
      ...(shown && column !== undefined ? valueOf(row.cells[column]) : {}),
      message,
    });
  };
  const { values, wrong } = readLine(columns, row, complain);
  // A cell that could not be read was told before.
  if (wrong.size > 0) return undefined;
  const of = (part: Part) => {
    const column = names[part];
    return column === undefined ? undefined : (values[column] as string | undefined);
  };
  const [id, on, yuan] = [of('order'), of('on'), of('yuan') as number | undefined];
  const [what, number, memberLevel] = [of('what'), of('number'), of('level')];
  const isOrder = id !== undefined || on !== undefined || yuan !== undefined;
  if (isOrder)
    for (const [part, value] of [
      ['order', id],
      ['on', on],
      ['yuan', yuan],
    ] as const)
      if (value === undefined) complain(names[part], '空著；有訂單的一行，訂單號、日期、金額都要填');
  if (on !== undefined && on > today) complain(names.on, `還沒到，請填已經過去的日子（今天是 ${today}）`);
  if (!isOrder && number === undefined && memberLevel === undefined)
    complain(undefined, '沒有訂單，也沒有會員號或會員等級');
  if (!isFine) return undefined;
  return {
    line,
    phone: of('phone') as string,
    ...(isOrder
      ? {
          order: {
            id: id as string,
            on: on as string,
            fen: yuan as number,
            ...(what === undefined ? {} : { what }),
          },
        }
      : {}),
    ...(number === undefined && memberLevel === undefined
      ? {}
      : {
          member: {
            ...(number === undefined ? {} : { number }),
            ...(memberLevel === undefined ? {} : { level: memberLevel }),
          },
        }),
  };
}

/** Nobody knows which of two lines is true; an order may also stand there item by item, and half of its amount is no amount. */
function withoutQuarrels(lines: Line[], names: Names, problems: Problems): Line[] {
  const first = new Map<string, Line>();
  const quarrels = new Set<string>();
  for (const one of lines) {
    const { order } = one;
    if (!order) continue;
    const before = first.get(order.id);
    if (!before) first.set(order.id, one);
    else if (JSON.stringify([before.phone, before.order]) !== JSON.stringify([one.phone, order])) {
      quarrels.add(order.id);
      problems.add({
        line: one.line,
        ...(names.order === undefined ? {} : { column: names.order }),
        value: order.id,
        message: `與第 ${before.line} 行是同一張訂單，內容卻不同；一張訂單只寫一行，金額填整單的。這張訂單沒有讀`,
      });
    }
  }
  return lines.filter(({ order }) => !order || !quarrels.has(order.id));
}
