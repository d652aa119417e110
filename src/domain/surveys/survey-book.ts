import { toSimplified } from '../../kit/text';
import { type Row, type Shown, tableOf, wrongCells } from '../../sheets/grid';
import { type Problem, unreadable } from '../../sheets/problems';
import { gridOf, openXlsx, type Sheet } from '../../sheets/read-xlsx';
import { writeBook } from '../../sheets/write-book';
import type { QuestionKind, Survey } from './survey';

/** The two sheets of a workbook, and what their fields are called there. The first has a line for each field. */
const sheetNames = { survey: '問卷', questions: '題目' } as const;
const fieldHeading = '欄位';
const surveyHeadings = {
  id: ['編號', '小寫字母、數字、連字號，字母開頭'],
  title: ['名稱', '最多 30 字'],
  keywords: ['關鍵字', '說了就開始填；1 到 5 個，用 | 隔開'],
  scenes: ['二維碼', '掃了就開始填的場景，像 hotel-lobby；幾個用 | 隔開'],
  afterQuiz: ['答題之後', '答題活動的編號；答完一天的題，請她填一次'],
  intro: ['開場白', '最多 150 字'],
  consent: ['同意的話', '最先問；不同意就結束，什麼都不留。答案要記在她名下、問手機號或生日，就一定要填'],
  version: ['同意版本', '改了字就改版本，像 2026-11'],
  purpose: ['用途', '她的答案用來做什麼，最多 40 字'],
  points: ['積分', '填完送多少，0 到 1000；一個人只送一次'],
  thanks: ['結束語', '最多 200 字'],
} as const;
const questionHeadings = {
  id: '編號',
  kind: '題型',
  text: '題目',
  options: '選項',
  least: '最小',
  most: '最大',
  optional: '可跳過',
  when: '哪一題',
  is: '答了什麼才問',
  attribute: '記成屬性',
  mark: '記成標記',
} as const;
const kindWords: Record<QuestionKind, string> = {
  text: '文字',
  number: '數字',
  choice: '單選',
  multi: '多選',
  phone: '手機號',
  date: '日期',
  birthday: '生日',
  nps: '推薦度',
  csat: '滿意度',
};

/** A survey as JSON would have it, and where in the workbook its parts stand. */
export type Laid = {
  json: unknown;
  problems: Problem[];
  remarks: Problem[];
  place(problem: Problem): Problem;
};

/** Reads a workbook into the shape that `readSurvey` checks. @throws AppError Invalid when it is none of ours */
export async function readSurveyBook(file: { name: string; bytes: Buffer }): Promise<Laid> {
  const { sheets, remarks } = await openXlsx(file);
  const named = (name: string): Sheet => {
    const found = sheets.find((one) => plain(one.name) === plain(name));
    if (found) return found;
    throw unreadable(
      `${file.name} 裡沒有叫「${name}」的表；可以先 npm run survey -- template 寫一份，照著改。`,
    );
  };
  const [top, below] = [gridOf(named(sheetNames.survey)), gridOf(named(sheetNames.questions))];
  const problems = wrongCells(top.grid).map((one) => ({ sheet: sheetNames.survey, ...one }));
  const table = tableOf(below.grid);
  problems.push(...table.problems.map((one) => ({ sheet: sheetNames.questions, ...one })));
  const columns = columnsIn(table.columns, problems);
  const survey = surveyIn(top.grid.lines, problems);
  const questions = table.rows.map((row) => questionIn(row, columns, problems));
  return {
    json: { ...survey, questions },
    problems,
    remarks: [...remarks, ...top.hidden, ...below.hidden],
    place({ sheet, line, column, value, message }) {
      const inQuestions = sheet === 'questions';
      const row = line === undefined ? undefined : table.rows[line - 1];
      return {
        sheet: inQuestions ? sheetNames.questions : sheetNames.survey,
        ...(row ? { line: row.line } : {}),
        ...(column === undefined
          ? {}
          : { column: inQuestions ? headingOf(column) : topHeadingOf(sheet, column) }),
        // Lists and conditions are not written there as JSON writes them.
        ...(value === undefined || /^[[{]/.test(value) ? {} : { value }),
        message,
      };
    },
  };
}

function surveyIn(
  lines: readonly { line: number; cells: readonly Shown[] }[],
  problems: Problem[],
): Record<string, unknown> {
  const found: Partial<Record<keyof typeof surveyHeadings, string>> = {};
  for (const { line, cells } of lines) {
    const label = cells[0]?.text ?? '';
    if (label === '' || plain(label) === plain(fieldHeading)) continue;
    const field = Object.entries(surveyHeadings).find(
      ([name, [heading]]) => plain(heading) === plain(label) || name === label,
    )?.[0] as keyof typeof surveyHeadings | undefined;
    if (!field) problems.push({ sheet: sheetNames.survey, line, value: label, message: '不認得這個欄位' });
    else if ((cells[1]?.text ?? '') !== '') found[field] = cells[1]?.text ?? '';
  }
  const { keywords, scenes, afterQuiz, points, consent: text, version, purpose, ...rest } = found;
  const asked = text ?? version ?? purpose;
  return {
    ...rest,
    ...(keywords === undefined ? {} : { keywords: keywords.split(/[|｜,，、\n]+/u) }),
    ...(scenes === undefined && afterQuiz === undefined
      ? {}
      : {
          starts: {
            ...(scenes === undefined ? {} : { scenes: listIn(scenes) }),
            ...(afterQuiz === undefined ? {} : { afterQuiz }),
          },
        }),
    ...(points === undefined ? {} : { points: numberIn(points) }),
    ...(asked === undefined ? {} : { consent: { text, version, purpose } }),
  };
}

function columnsIn(columns: readonly string[], problems: Problem[]): Map<string, string> {
  const known = new Map<string, string>();
  for (const column of columns) {
    const field = Object.entries(questionHeadings).find(
      ([name, heading]) => plain(heading) === plain(column) || name === column,
    )?.[0];
    if (field) known.set(field, column);
    else problems.push({ sheet: sheetNames.questions, column, message: '不認得這一欄' });
  }
  return known;
}

function questionIn(
  row: Row,
  columns: ReadonlyMap<string, string>,
  problems: Problem[],
): Record<string, unknown> {
  const cell = (field: keyof typeof questionHeadings): string | undefined => {
    const value = row.cells[columns.get(field) ?? ''];
    return typeof value === 'string' ? value : undefined;
  };
  const wrong = (column: string, message: string) =>
    problems.push({ sheet: sheetNames.questions, line: row.line, column, message });
  const [kind, options, optional] = [cell('kind'), cell('options'), cell('optional')];
  const [when, is, attribute, mark] = [cell('when'), cell('is'), cell('attribute'), cell('mark')];
  if ((when === undefined) !== (is === undefined))
    wrong(questionHeadings[when === undefined ? 'when' : 'is'], '「哪一題」和「答了什麼才問」要一起填');
  if (attribute !== undefined && mark !== undefined)
    wrong(questionHeadings.mark, '「記成屬性」和「記成標記」只能填一個');
  if (optional !== undefined && !/^[是否]$/.test(optional)) wrong(questionHeadings.optional, '請填 是 或 否');
  const written = Object.entries({
    id: cell('id'),
    kind: kind === undefined ? undefined : kindIn(kind),
    text: cell('text'),
    options: options === undefined ? undefined : listIn(options),
    least: cell('least') === undefined ? undefined : numberIn(cell('least') ?? ''),
    most: cell('most') === undefined ? undefined : numberIn(cell('most') ?? ''),
    optional: optional === '是' ? true : undefined,
    when: when === undefined || is === undefined ? undefined : { question: when, is: listIn(is) },
    to: attribute === undefined ? (mark === undefined ? undefined : { mark }) : { attribute },
  });
  return Object.fromEntries(written.filter(([, value]) => value !== undefined));
}

/** The template: a survey as a workbook to change into one's own. */
export function writeSurveyBook({ consent, starts, ...survey }: Survey): Promise<Buffer> {
  const top: Record<keyof typeof surveyHeadings, string | number | undefined> = {
    ...survey,
    keywords: survey.keywords.join('|'),
    scenes: starts?.scenes?.join('|'),
    afterQuiz: starts?.afterQuiz,
    consent: consent?.text,
    version: consent?.version,
    purpose: consent?.purpose,
  };
  return writeBook([
    {
      name: sheetNames.survey,
      columns: [
        { title: fieldHeading, width: 14 },
        { title: '內容', width: 60, wrapped: true },
        { title: '說明', width: 70, faint: true },
      ],
      rows: Object.entries(surveyHeadings).map(([name, [heading, help]]) => [
        heading,
        top[name as keyof typeof surveyHeadings],
        help,
      ]),
    },
    {
      name: sheetNames.questions,
      columns: Object.entries(questionHeadings).map(([name, title]) => ({
        title,
        width: name === 'text' || name === 'options' ? 40 : 14,
        ...(name === 'kind' ? { choices: Object.values(kindWords) } : {}),
        ...(name === 'optional' ? { choices: ['是', '否'] } : {}),
      })),
      rows: survey.questions.map(({ kind, options, least, most, when, to, ...question }) => [
        question.id,
        kindWords[kind],
        question.text,
        options.join('|'),
        kind === 'number' ? least : undefined,
        kind === 'number' || kind === 'text' ? most : undefined,
        question.optional ? '是' : undefined,
        when?.question,
        when?.is.join('|'),
        to && 'attribute' in to ? to.attribute : undefined,
        to && 'mark' in to ? to.mark : undefined,
      ]),
    },
  ]);
}

const plain = (text: string): string => toSimplified(text.replace(/\s/g, ''));

const kindIn = (word: string): string =>
  Object.entries(kindWords).find(([, its]) => plain(its) === plain(word))?.[0] ?? word;

export const listIn = (text: string): string[] =>
  text
    .split(/[|｜\n]+/u)
    .map((one) => one.trim())
    .filter((one) => one !== '');

export const numberIn = (text: string): number | string => (/^\d{1,9}$/.test(text) ? Number(text) : text);

function headingOf(column: string): string {
  if (column === 'to') return `${questionHeadings.attribute}／${questionHeadings.mark}`;
  if (column === 'when') return questionHeadings.is;
  return Object.hasOwn(questionHeadings, column)
    ? questionHeadings[column as keyof typeof questionHeadings]
    : column;
}

function topHeadingOf(sheet: string | undefined, column: string): string {
  if (sheet === 'consent' && column === 'text') return surveyHeadings.consent[0];
  return Object.hasOwn(surveyHeadings, column)
    ? surveyHeadings[column as keyof typeof surveyHeadings][0]
    : column;
}
