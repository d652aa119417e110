import { z } from 'zod';
import { fold } from '../../../kit/text';
import { decodeText } from '../../../sheets/decode-text';
import { lostInTyping, openXlsx, readCell, typeOf } from '../../../sheets/read-xlsx';
import { quoted, tableLimits, unreadable } from '../../../sheets/rows';
import type { QuizContent } from '../definition';
import { type Field, type Fields, type Read, type SheetName, sheets, takes } from './workbook-fields';
import { type Complain, type Place, quizFrom } from './workbook-quiz';

/** Something wrong in a workbook, told so that its author finds the cell. */
export type Problem = Place & { value?: string; message: string };

export type Reading =
  /** `remarks`: what was read otherwise than it was written. */
  | { kind: 'read'; content: QuizContent; codes: ReadonlyMap<string, string[]>; remarks: Problem[] }
  | { kind: 'refused'; problems: Problem[]; total: number };

/** A line of a sheet (or an item of a JSON list), its cells by the name of their field. */
export type Line = { line: number; cells: Record<string, unknown> };
/** `called`: what each sheet is called in the file, for its author to find it. */
type Raw = {
  lines: Record<SheetName, Line[]>;
  problems: Problem[];
  remarks: Problem[];
  called: Record<SheetName, string>;
  json: boolean;
};

const mostProblems = 200;
const most: Record<SheetName, number> = {
  quiz: 1,
  questions: 5000,
  prizes: 500,
  sponsors: 100,
  codes: 50_000,
};
const names = Object.keys(sheets) as SheetName[];

/**
 * Reads a quiz from an XLSX workbook or from JSON `{quiz, questions, prizes, sponsors?, codes?}` with the same fields.
 * All that is wrong comes back at once, up to 200 places.
 * @throws AppError `Invalid` when the file as a whole cannot be read
 */
export async function readQuizFile(file: { name: string; bytes: Buffer }): Promise<Reading> {
  if (file.bytes.length > tableLimits.bytes) throw unreadable(`${file.name} 超過 20 MB 的上限。`);
  const ending = /\.([a-z]+)$/i.exec(file.name)?.[1]?.toLowerCase();
  if (ending === 'xlsx') return readAll(await readWorkbook(file));
  if (ending === 'json') return readAll(readQuizJson(parsed(file.bytes)));
  throw unreadable(`${file.name}：題庫只認得 .xlsx 與 .json。`);
}

/** 「題目 第 12 行 答案 欄「G」:…」 */
export function tellProblem({ sheet, line, column, value, message }: Problem): string {
  const where = [sheet, line === undefined ? '' : `第 ${line} 行`, column ? `${column} 欄` : '']
    .filter((part) => part !== '')
    .join(' ');
  return `${where}${value === undefined ? '：' : `「${value}」：`}${message}`;
}

function readAll(raw: Raw): Reading {
  const { lines, problems, called } = raw;
  const found = [...problems];
  let total = problems.length;
  const complain = (problem: Problem): void => {
    total++;
    if (found.length < mostProblems) found.push(problem);
  };
  const rowsOf = <F extends Fields>(sheet: SheetName, fields: F) => {
    const lacking = new Set(lackingIn(lines[sheet], fields));
    for (const column of lacking)
      complain({
        ...placeOf(raw, { sheet, column }),
        message: '缺少這一欄（或整欄空著），請補上',
      });
    return lines[sheet].flatMap((row) => {
      const values = readLine(fields, row.cells, ({ column, message }) => {
        // Both were told already.
        if (row.cells[column] === unread || lacking.has(column)) return;
        complain({ ...placeOf(raw, { sheet, row, column }), ...valueOf(row.cells[column]), message });
      });
      return values ? [{ row, values }] : [];
    });
  };
  if (lines.questions.length === 0) complain({ sheet: called.questions, message: '沒有一題' });
  for (const name of names)
    if (lines[name].length > most[name])
      complain({ sheet: called[name], message: `有 ${lines[name].length} 行，上限是 ${most[name]} 行` });

  const read = {
    quiz: rowsOf('quiz', sheets.quiz.fields),
    questions: rowsOf('questions', sheets.questions.fields),
    prizes: rowsOf('prizes', sheets.prizes.fields),
    sponsors: rowsOf('sponsors', sheets.sponsors.fields),
    codes: rowsOf('codes', sheets.codes.fields),
  };
  // Even when cells are wrong the rest is compared, so that its author hears of everything at once.
  const idsIn = (sheet: SheetName) => new Set(lines[sheet].map(({ cells }) => String(cells['id'])));
  const ids = { questions: idsIn('questions'), prizes: idsIn('prizes'), sponsors: idsIn('sponsors') };
  const remarks = [...raw.remarks];
  const toProblem = ({ sheet, row, column, message }: Parameters<Complain>[0]): Problem => ({
    ...(row && column ? placeOf(raw, { sheet, row, column }) : { sheet: called[sheet] }),
    ...(row && !column ? { line: row.line } : {}),
    ...(row && column ? valueOf(row.cells[column]) : {}),
    message,
  });
  const whole = quizFrom(
    { ...read, ids },
    (about) => complain(toProblem(about)),
    (about) => void remarks.push(toProblem(about)),
  );
  if (total > 0 || !whole)
    return { kind: 'refused', problems: inOrder(found, called).slice(0, mostProblems), total };
  return { kind: 'read', ...whole, remarks };
}

/** As its author goes through the file; what is about a sheet as a whole, or about none of ours, goes first. */
function inOrder(problems: Problem[], called: Raw['called']): Problem[] {
  const place = names.map((name) => called[name]);
  return problems.toSorted(
    (a, b) => place.indexOf(a.sheet) - place.indexOf(b.sheet) || (a.line ?? 0) - (b.line ?? 0),
  );
}

const schemas = new WeakMap<Fields, z.ZodObject>();

/** The cells of one line, each read by its field; undefined when one of them is wrong. */
function readLine<F extends Fields>(
  fields: F,
  cells: Record<string, unknown>,
  complain: (problem: { column: string; message: string }) => void,
): Read<F> | undefined {
  let schema = schemas.get(fields);
  if (!schema) {
    schema = z.object(Object.fromEntries(Object.entries(fields).map(([name, { cell }]) => [name, cell])));
    schemas.set(fields, schema);
  }
  const result = schema.safeParse(cells);
  if (result.success) return result.data as Read<F>;
  const told = new Set<string>();
  for (const { path, message } of result.error.issues) {
    const column = String(path[0]);
    // One complaint per cell is enough.
    if (!told.has(column)) complain({ column, message });
    told.add(column);
  }
  return undefined;
}

/** On the sheet 「活動」 each field has a line of its own. */
function placeOf(
  { called, json }: Raw,
  { sheet, row, column }: { sheet: SheetName; row?: Line; column: string },
): Place {
  const { heading } = (sheets[sheet].fields as Record<string, Field>)[column] ?? { heading: column };
  const place = { sheet: called[sheet], column: json ? column : heading };
  if (!row) return place;
  if (sheet !== 'quiz') return { ...place, line: row.line };
  const line = (row.cells[lineKey] as Record<string, number> | undefined)?.[column];
  return line === undefined ? place : { ...place, line };
}

const valueOf = (value: unknown): { value?: string } => (value === undefined ? {} : { value: quoted(value) });

/** Columns that must be filled and are empty in every line: told once, not on each. */
function lackingIn(rows: Line[], fields: Fields): string[] {
  if (rows.length < 2) return [];
  const present = new Set(rows.flatMap(({ cells }) => Object.keys(cells)));
  return Object.entries(fields)
    .filter(([name, { cell }]) => !present.has(name) && !cell.safeParse(undefined).success)
    .map(([name]) => name);
}

/** Stands for a cell that could not be read. */
const unread = '\u0000unread';

/** Where each field of the sheet 「活動」 stands, kept beside its cells. */
const lineKey = ' lines';

// ── XLSX ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Excel keeps 15 digits; the rest of such a code is lost before it is saved. */
const tooLong = '這個數太長，Excel 已改掉後面幾位；請把這一欄設成「文字」再貼一次';

const notText = '這一格是數字或日期，開頭的 0 和格式都不算在內；請把這一欄設成「文字」，再從原始檔案貼一次';

/** A sheet with explanations, which the template has, is nobody's data. */
const explanations = fold('說明');

async function readWorkbook(file: { name: string; bytes: Buffer }): Promise<Raw> {
  const book = await openXlsx(file);
  const raw: Raw = {
    lines: { quiz: [], questions: [], prizes: [], sponsors: [], codes: [] },
    problems: [],
    remarks: [],
    called: { quiz: '活動', questions: '題目', prizes: '獎品', sponsors: '贊助商', codes: '兌換碼' },
    json: false,
  };
  const seen = new Set<SheetName>();
  for (const sheet of book) {
    if (sheet.hidden) {
      raw.remarks.push({ sheet: quoted(sheet.name), message: '這張表是隱藏的，沒有讀' });
      continue;
    }
    const name = names.find((one) => isCalled(sheet, one));
    if (!name) {
      if (fold(sheet.name) !== explanations && sheet.rows.length > 0)
        raw.problems.push({
          sheet: quoted(sheet.name),
          message: `不認得這張表，請改名或刪去；認得的：${names.map((one) => sheets[one].heading).join('、')}`,
        });
      continue;
    }
    if (seen.has(name))
      raw.problems.push({ sheet: quoted(sheet.name), message: '這張表出現了兩次，請刪去一張' });
    seen.add(name);
    raw.called[name] = sheet.name;
    if (sheet.rows.length > tableLimits.rows + 1)
      throw unreadable(`${sheet.name} 超過 ${tableLimits.rows} 行的上限。`);
    const grid: GridLine[] = [];
    for (const { line, cells: found } of sheet.rows) {
      const cells: string[] = [];
      const types: GridLine['types'] = [];
      for (const { column, address, ...one } of found) {
        if (column > tableLimits.columns)
          throw unreadable(`${sheet.name} 的 ${address} 超出了 ${tableLimits.columns} 欄的上限。`);
        if (typeof one.value === 'number' && Math.abs(one.value) >= 1e15) {
          raw.problems.push({ sheet: sheet.name, line, value: address, message: tooLong });
          cells[column - 1] = unread;
          continue;
        }
        // What it shows (00001234, 1-2) is not what it holds, and what was pasted may be lost already.
        const [head] = grid;
        const isCode = name === 'codes' && head && fieldIn(name, head.cells[column - 1] ?? '') === 'code';
        if (isCode && (typeOf(one) || typeof one.value === 'boolean')) {
          raw.problems.push({ sheet: sheet.name, line, value: address, message: notText });
          cells[column - 1] = unread;
          continue;
        }
        const read = readCell(one, { minutes: true });
        types[column - 1] = typeOf(one);
        if (typeof read === 'string') cells[column - 1] = read;
        else {
          cells[column - 1] = unread;
          raw.problems.push({ sheet: sheet.name, line, value: address, message: read.problem });
        }
      }
      grid.push({ line, cells: Array.from(cells, (one) => one ?? ''), types });
    }
    raw.lines[name] = name === 'quiz' ? upright(grid, raw) : lying(name, grid, raw);
  }
  for (const name of ['quiz', 'questions', 'prizes'] as const)
    if (!seen.has(name))
      raw.problems.push({
        sheet: sheets[name].heading,
        message: book.some((sheet) => isCalled(sheet, name))
          ? '這張表是隱藏的，沒有讀；請取消隱藏'
          : '沒有這張表，請補上',
      });
  return raw;
}

const isCalled = ({ name }: { name: string }, sheet: SheetName): boolean =>
  [sheet, sheets[sheet].heading].some((one) => fold(one) === fold(name));

const fieldIn = (sheet: SheetName, heading: string): string | undefined => {
  const folded = fold(heading);
  return Object.entries<Field>(sheets[sheet].fields).find(
    ([name, field]) => fold(name) === folded || fold(field.heading) === folded,
  )?.[0];
};

type GridLine = { line: number; cells: string[]; types: ('number' | 'date' | undefined)[] };

/** Why this cell is not what its author typed. */
function lostTyping(
  sheet: SheetName,
  field: string,
  type: 'number' | 'date' | undefined,
): string | undefined {
  const known = (sheets[sheet].fields as Record<string, Field>)[field];
  return type && known && !takes(known, type) ? lostInTyping[type] : undefined;
}

/** 「活動」: one field a line, its name in the first column, its value in the second. */
function upright(grid: GridLine[], { problems, called }: Raw): Line[] {
  const cells: Record<string, unknown> = {};
  const at: Record<string, number> = {};
  const sheet = called.quiz;
  for (const { line, cells: row, types } of grid) {
    const [heading = '', value = ''] = row.map((one) => one.trim());
    if (heading === '' && value === '') continue;
    const field = fieldIn('quiz', heading);
    if (!field) {
      if (line === (grid[0]?.line ?? 1)) continue; // 「欄位 | 內容 | 說明」
      problems.push({
        sheet,
        line,
        value: quoted(heading),
        message: `不認得這個欄位；可用的：${headingsOf('quiz')}`,
      });
    } else if (field in at)
      problems.push({ sheet, line, column: heading, message: `與第 ${at[field]} 行重複` });
    else {
      at[field] = line;
      const lost = value === unread ? undefined : lostTyping('quiz', field, types[1]);
      if (lost) problems.push({ sheet, line, column: heading, value: quoted(value), message: lost });
      if (value !== '') cells[field] = lost ? unread : value;
    }
  }
  return [{ line: 1, cells: { ...cells, [lineKey]: at } }];
}

/** The other sheets: names of the fields in the first line. */
function lying(name: SheetName, grid: GridLine[], { problems, called }: Raw): Line[] {
  const [head, ...rest] = grid;
  if (!head) return [];
  const sheet = called[name];
  const columns = head.cells.map((heading) => {
    if (heading.trim() === '') return undefined;
    const field = fieldIn(name, heading);
    if (!field)
      problems.push({
        sheet,
        line: head.line,
        value: quoted(heading),
        message: `不認得這一欄，請刪去或改名；可用的：${headingsOf(name)}`,
      });
    return field;
  });
  for (const [i, field] of columns.entries())
    if (field && columns.indexOf(field) !== i)
      problems.push({ sheet, line: head.line, column: head.cells[i] as string, message: '這一欄出現了兩次' });
  return rest.flatMap(({ line, cells, types }) => {
    const named: Record<string, unknown> = {};
    for (const [i, one] of cells.entries()) {
      const value = one.trim();
      if (value === '') continue;
      const field = columns[i];
      const lost = field && value !== unread ? lostTyping(name, field, types[i]) : undefined;
      if (lost)
        problems.push({ sheet, line, column: head.cells[i] as string, value: quoted(value), message: lost });
      if (field) named[field] = lost ? unread : value;
      else if ((head.cells[i] ?? '').trim() === '')
        problems.push({ sheet, line, value: quoted(value), message: '這一格上面沒有欄名，請補上欄名或清空' });
    }
    return Object.keys(named).length > 0 ? [{ line, cells: named }] : [];
  });
}

const headingsOf = (sheet: SheetName): string =>
  Object.values<Field>(sheets[sheet].fields)
    .map(({ heading }) => heading)
    .join('、');

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(decodeText(bytes).text) as unknown;
  } catch (error) {
    throw unreadable(`JSON 讀不懂：${error instanceof Error ? error.message : String(error)}`);
  }
}

function readQuizJson(json: unknown): Raw {
  if (!isObject(json)) throw unreadable('JSON 的最外層應是 {"quiz": {…}, "questions": […], "prizes": […]}。');
  const raw: Raw = {
    lines: { quiz: [], questions: [], prizes: [], sponsors: [], codes: [] },
    problems: [],
    remarks: [],
    called: { quiz: 'quiz', questions: 'questions', prizes: 'prizes', sponsors: 'sponsors', codes: 'codes' },
    json: true,
  };
  for (const name of Object.keys(json))
    if (!names.includes(name as SheetName))
      raw.problems.push({ sheet: quoted(name), message: `不認得；可用的：${names.join('、')}` });
  const { sponsors, ...quiz }: Record<string, unknown> = isObject(json['quiz']) ? json['quiz'] : {};
  for (const name of names) {
    const value =
      name === 'codes'
        ? codeList(json[name])
        : name === 'sponsors'
          ? (json[name] ?? sponsors) // also inside the quiz, where the program keeps them
          : json[name];
    if (name === 'quiz') {
      if (isObject(value)) raw.lines.quiz = [lineFrom(name, quiz, 1, raw.problems)];
      else raw.problems.push({ sheet: name, message: '應是一個物件 {…}' });
    } else if (Array.isArray(value))
      raw.lines[name] = value.flatMap((item: unknown, i) => {
        if (isObject(item)) return [lineFrom(name, item, i + 1, raw.problems)];
        raw.problems.push({ sheet: name, line: i + 1, message: '應是一個物件 {…}' });
        return [];
      });
    else if (value !== undefined || name === 'questions' || name === 'prizes')
      raw.problems.push({ sheet: name, message: '應是一個列表 […]' });
  }
  return raw;
}

function lineFrom(sheet: SheetName, item: Record<string, unknown>, line: number, problems: Problem[]): Line {
  const cells: Record<string, unknown> = {};
  const flat = sheet === 'prizes' ? flatPrize(item) : sheet === 'questions' ? flatQuestion(item) : item;
  for (const [name, value] of Object.entries(flat)) {
    if (value === null || value === undefined || value === '') continue;
    if (Object.hasOwn(sheets[sheet].fields, name)) cells[name] = value;
    else problems.push({ sheet, line, column: quoted(name), message: '不認得這個欄位' });
  }
  return { line, cells };
}

/** `options: […]` is `optionA`, `optionB` …; `retired: true` is 「是」. */
function flatQuestion({ options, retired, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const letters = [...'ABCDEFGHIJ'];
  const named = Array.isArray(options)
    ? Object.fromEntries(options.slice(0, 10).map((text: unknown, i) => [`option${letters[i]}`, text]))
    : options === undefined
      ? {}
      : { options };
  return {
    ...rest,
    ...named,
    ...(typeof retired === 'boolean' ? { retired: retired ? '是' : '否' } : { retired }),
  };
}

/** `way: {kind, …, condition: {…}}` lies flat, as in the sheet; `perPerson` is what the program calls `perQuiz`. */
function flatPrize({ way, perPerson, ...more }: Record<string, unknown>): Record<string, unknown> {
  const rest = perPerson === undefined ? more : { ...more, perQuiz: perPerson };
  if (!isObject(way)) return { ...rest, way };
  const { kind, condition, ...its } = way;
  if (condition !== undefined && !isObject(condition)) return { ...rest, ...its, way: kind, condition };
  const { points: score, ...conditions } = isObject(condition) ? condition : {};
  return { ...rest, ...its, way: kind, ...conditions, ...(score === undefined ? {} : { score }) };
}

/** Also `{prize: [code, …]}` and `[{prize, codes: […]}]`. */
function codeList(value: unknown): unknown {
  const pairs = (prize: unknown, codes: unknown[]) => codes.map((code) => ({ prize, code }));
  if (isObject(value))
    return Object.entries(value).flatMap(([prize, codes]) =>
      Array.isArray(codes) ? pairs(prize, codes) : [codes],
    );
  if (!Array.isArray(value)) return value;
  return value.flatMap((item: unknown) =>
    isObject(item) && Array.isArray(item['codes'])
      ? pairs(item['prize'], item['codes'] as unknown[])
      : [item],
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
