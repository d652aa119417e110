import type { Row } from '../../../sheets/grid';
import { type Problem, quoted, unreadable } from '../../../sheets/problems';
import { type Raw, type SheetName, sheetNames, sheets } from './workbook-fields';

/** A quiz as JSON; its problems are named as JSON names things. */
export function readQuizJson(json: unknown): Raw {
  if (!isObject(json)) throw unreadable('JSON 的最外層應是 {"quiz": {…}, "questions": […], "prizes": […]}。');
  const raw: Raw = {
    lines: { quiz: [], questions: [], prizes: [], sponsors: [], codes: [] },
    problems: [],
    remarks: [],
    called: { quiz: 'quiz', questions: 'questions', prizes: 'prizes', sponsors: 'sponsors', codes: 'codes' },
    at: {},
    json: true,
  };
  for (const name of Object.keys(json))
    if (!sheetNames.includes(name as SheetName))
      raw.problems.push({ sheet: quoted(name), message: `不認得；可用的：${sheetNames.join('、')}` });
  const { sponsors, ...quiz }: Record<string, unknown> = isObject(json['quiz']) ? json['quiz'] : {};
  for (const name of sheetNames) {
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

function lineFrom(sheet: SheetName, item: Record<string, unknown>, line: number, problems: Problem[]): Row {
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
