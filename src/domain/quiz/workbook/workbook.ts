import { type Columns, lackingIn, readLine } from '../../../sheets/columns';
import { kindOf } from '../../../sheets/file';
import type { Row } from '../../../sheets/grid';
import { createProblems, type Problem, valueOf } from '../../../sheets/problems';
import { parseJson } from '../../../sheets/read-json';
import type { QuizContent } from '../definition';
import type { Lines } from './quiz-lines';
import { readQuizJson } from './read-quiz-json';
import { readWorkbook } from './read-workbook';
import { columnsOf, type Field, type Raw, type SheetName, sheetNames, sheets } from './workbook-fields';
import { type Complain, type Entry, quizFrom, type ReadSheets } from './workbook-quiz';

export type Reading =
  /** `remarks`: what was read otherwise than it was written, or not at all. */
  | { kind: 'read'; content: QuizContent; codes: ReadonlyMap<string, string[]>; remarks: Problem[] }
  | { kind: 'refused'; problems: Problem[]; total: number };

const most: Record<SheetName, number> = {
  quiz: 1,
  questions: 5000,
  prizes: 500,
  sponsors: 100,
  codes: 50_000,
};

/**
 * Reads a quiz from an XLSX workbook or from JSON `{quiz, questions, prizes, sponsors?, codes?}` with the same fields.
 * All that is wrong comes back at once, up to 200 places.
 * @throws AppError `Invalid` when the file as a whole cannot be read
 */
export async function readQuizFile(file: { name: string; bytes: Buffer }): Promise<Reading> {
  const kind = kindOf(file, ['xlsx', 'json']);
  return readAll(kind === 'xlsx' ? await readWorkbook(file) : readQuizJson(parseJson(file.bytes)));
}

/** Reads what was typed on a page, and the codes that came with it; it is told of its faults as JSON is. */
export const readQuizLines = (lines: Lines, codes: { prize: string; code: string }[] = []): Reading =>
  readAll(readQuizJson({ ...lines, codes }));

function readAll(raw: Raw): Reading {
  const { lines, called } = raw;
  const problems = createProblems(raw.problems);
  const remarks = [...raw.remarks];
  const rowsOf = (sheet: SheetName): Entry[] => {
    const rows = lines[sheet];
    const columns: Columns = columnsOf(sheets[sheet].fields);
    const lacking = new Set(rows.length > 1 ? lackingIn(rows, columns) : []);
    for (const column of lacking)
      problems.add({
        sheet: called[sheet],
        column: nameOf(raw, sheet, column),
        message: '缺少這一欄（或整欄空著），請補上',
      });
    return rows.map((row) => ({
      ...row,
      ...readLine(columns, row, (column, message) => {
        if (!lacking.has(column)) problems.add({ ...placeOf(raw, { sheet, row, column }), message });
      }),
    }));
  };
  if (lines.questions.length === 0) problems.add({ sheet: called.questions, message: '沒有一題' });
  for (const name of sheetNames)
    if (lines[name].length > most[name])
      problems.add({
        sheet: called[name],
        message: `有 ${lines[name].length} 行，上限是 ${most[name]} 行`,
      });

  const read = Object.fromEntries(sheetNames.map((name) => [name, rowsOf(name)])) as Omit<ReadSheets, 'ids'>;
  const idsIn = (sheet: SheetName) => new Set(lines[sheet].map(({ cells }) => String(cells['id'])));
  const ids = { questions: idsIn('questions'), prizes: idsIn('prizes'), sponsors: idsIn('sponsors') };
  // Even when cells are wrong the rest is compared, so that its author hears of everything at once.
  const tellTo =
    (add: (problem: Problem) => void): Complain =>
    ({ message, ...place }) => {
      if (!place.row.wrong.has(place.column)) add({ ...placeOf(raw, place), message });
    };
  const whole = quizFrom(
    { ...read, ids },
    tellTo(problems.add),
    tellTo((remark) => void remarks.push(remark)),
  );
  if (problems.total > 0 || !whole) {
    const order = sheetNames.map((name) => called[name]);
    return { kind: 'refused', problems: problems.first(order), total: problems.total };
  }
  return { kind: 'read', ...whole, remarks };
}

const nameOf = ({ json }: Raw, sheet: SheetName, column: string): string =>
  json ? column : ((sheets[sheet].fields as Record<string, Field>)[column]?.heading ?? column);

/** Where a cell stands in the file. On the sheet 「活動」 each field has a line of its own. */
function placeOf(
  raw: Raw,
  { sheet, row, column }: { sheet: SheetName; row: Row; column: string },
): Omit<Problem, 'message'> {
  const line = raw.json || sheet !== 'quiz' ? row.line : raw.at[column];
  return {
    sheet: raw.called[sheet],
    ...(line === undefined ? {} : { line }),
    column: nameOf(raw, sheet, column),
    ...valueOf(row.cells[column]),
  };
}
