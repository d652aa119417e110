import { fold } from '../../../kit/text';
import { type Grid, type Row, tableOf, unread, wrongCells } from '../../../sheets/grid';
import { type Problem, quoted } from '../../../sheets/problems';
import { gridOf, openXlsx } from '../../../sheets/read-xlsx';
import { type Field, type Raw, type SheetName, sheetNames, sheets } from './workbook-fields';

/** A sheet with explanations, which the template has, is nobody's data. */
const explanations = fold('說明');

/** A quiz as a workbook: a sheet of each kind, called as the program or as the template calls it, in either script. */
export async function readWorkbook(file: { name: string; bytes: Buffer }): Promise<Raw> {
  const { sheets: visible, hidden, remarks } = await openXlsx(file);
  const raw: Raw = {
    lines: { quiz: [], questions: [], prizes: [], sponsors: [], codes: [] },
    problems: [],
    remarks,
    called: { quiz: '活動', questions: '題目', prizes: '獎品', sponsors: '贊助商', codes: '兌換碼' },
    at: {},
    json: false,
  };
  const seen = new Set<SheetName>();
  for (const sheet of visible) {
    const complain = (message: string) => void raw.problems.push({ sheet: quoted(sheet.name), message });
    const name = sheetNames.find((one) => isCalled(sheet.name, one));
    if (!name) {
      if (fold(sheet.name) !== explanations && sheet.rows.length > 0)
        complain(
          `不認得這張表，請改名或刪去；認得的：${sheetNames.map((one) => sheets[one].heading).join('、')}`,
        );
      continue;
    }
    if (seen.has(name)) complain('這張表出現了兩次，請刪去一張');
    seen.add(name);
    raw.called[name] = sheet.name;
    const { grid, hidden: unseen } = gridOf(sheet);
    raw.remarks.push(...unseen);
    raw.lines[name] = name === 'quiz' ? [upright(grid, raw)] : lying(name, grid, raw);
  }
  for (const name of ['quiz', 'questions', 'prizes'] as const)
    if (!seen.has(name))
      raw.problems.push({
        sheet: sheets[name].heading,
        message: hidden.some((one) => isCalled(one, name))
          ? '這張表是隱藏的，沒有讀；請取消隱藏'
          : '沒有這張表，請補上',
      });
  return raw;
}

const isCalled = (called: string, sheet: SheetName): boolean =>
  [sheet, sheets[sheet].heading].some((one) => fold(one) === fold(called));

const fieldIn = (sheet: SheetName, heading: string): string | undefined => {
  const folded = fold(heading);
  return Object.entries<Field>(sheets[sheet].fields).find(
    ([name, field]) => fold(name) === folded || fold(field.heading) === folded,
  )?.[0];
};

const headingsOf = (sheet: SheetName): string =>
  Object.values<Field>(sheets[sheet].fields)
    .map(({ heading }) => heading)
    .join('、');

/** 「活動」: one field a line, its name in the first column, its value in the second. */
function upright(grid: Grid, { problems, called, at }: Raw): Row {
  const row: Required<Row> = { line: 1, cells: {}, typed: {} };
  const complain = (problem: Problem) => void problems.push({ sheet: called.quiz, ...problem });
  const lines = grid.lines.map(({ line, cells }) => ({ line, cells: cells.slice(0, 2) }));
  for (const problem of wrongCells({ lines })) complain(problem);
  for (const { line, cells } of lines) {
    const [heading, value] = cells;
    if (!heading || heading.wrong !== undefined || (heading.text === '' && !value?.text)) continue;
    const field = fieldIn('quiz', heading.text);
    if (!field) {
      if (line === (lines[0]?.line ?? 1)) continue; // 「欄位 | 內容 | 說明」
      complain({
        line,
        value: quoted(heading.text),
        message: `不認得這個欄位；可用的：${headingsOf('quiz')}`,
      });
    } else if (field in at) complain({ line, column: heading.text, message: `與第 ${at[field]} 行重複` });
    else {
      at[field] = line;
      if (value?.wrong !== undefined) row.cells[field] = unread;
      else if (value?.text) row.cells[field] = value.text;
      if (value?.typed) row.typed[field] = value.typed;
    }
  }
  return row;
}

/** The other sheets: names of the fields in the first line. */
function lying(name: SheetName, grid: Grid, { problems, called }: Raw): Row[] {
  const [head] = grid.lines;
  if (!head) return [];
  const complain = (problem: Problem) => void problems.push({ sheet: called[name], ...problem });
  const table = tableOf(grid);
  for (const problem of table.problems) complain(problem);
  const fields = new Map<string, string>();
  for (const heading of new Set(table.columns)) {
    const field = fieldIn(name, heading);
    if (!field)
      complain({
        line: head.line,
        value: quoted(heading),
        message: `不認得這一欄，請刪去或改名；可用的：${headingsOf(name)}`,
      });
    else if ([...fields.values()].includes(field))
      complain({ line: head.line, column: heading, message: '這一欄出現了兩次，請刪去一個' });
    else fields.set(heading, field);
  }
  const named = <Value>(cells: Record<string, Value>): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(cells).flatMap(([heading, value]) => {
        const field = fields.get(heading);
        return field ? [[field, value]] : [];
      }),
    );
  return table.rows
    .map(({ line, cells, typed = {} }) => ({ line, cells: named(cells), typed: named(typed) }))
    .filter(({ cells }) => Object.keys(cells).length > 0);
}
