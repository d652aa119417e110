import { z } from 'zod';
import type { QuizContent } from '../../../domain/quiz/definition';
import type { Refused } from '../../../domain/quiz/workbook/bring';
import { type Line, type Lines, linesOf, withIds } from '../../../domain/quiz/workbook/quiz-lines';
import {
  prizeFields,
  questionFields,
  quizFields,
  sponsorFields,
} from '../../../domain/quiz/workbook/workbook-fields';
import { wayColumns } from '../../../domain/quiz/workbook/workbook-quiz';
import { AppError } from '../../../errors';
import { rows, ticked } from '../form';

/*
 * The form in which a quiz is written: its fields are called as those of the workbook, and it is read and checked by what reads the
 * workbook. Here only is what a form has and a sheet has not: rows that were left empty, cells that are hidden.
 */

const cell = z.string().max(4_000, '太長了').default('');
const cellsOf = <Names extends string>(names: readonly Names[]) =>
  Object.fromEntries(names.map((name) => [name, cell])) as Record<Names, typeof cell>;
const names = <Fields extends object>(fields: Fields) => Object.keys(fields) as (keyof Fields & string)[];

/** At which places of the form what is wrong can stand. */
const quizNames = names(quizFields).filter((name) => name !== 'audience');
const questionNames = names(questionFields);
const prizeNames = names(prizeFields).filter((name) => name !== 'priceFen');
const sponsorNames = names(sponsorFields);

export const questionsAsked = rows(z.object(cellsOf(questionNames)), 200);
export const settingsAsked = {
  ...cellsOf(quizNames),
  prizes: rows(
    z.object({ ...cellsOf(prizeNames), codes: z.string().max(2_000_000).default(''), codesAnew: ticked }),
  ),
  sponsors: rows(z.object(cellsOf(sponsorNames)), 100),
};
const settings = z.object(settingsAsked);
export type Settings = z.output<typeof settings>;
export type Questions = z.output<typeof questionsAsked>;

/** What was written, and which row of the form each line came from. */
export type Written = {
  lines: Lines;
  codes: { prize: string; code: string }[];
  codesAnew: string[];
  /** By list and line: the row of the form. */
  rowOf: Record<'questions' | 'prizes' | 'sponsors', (number | undefined)[]>;
};

const typed = (row: Record<string, unknown>, of: readonly string[]): Line =>
  Object.fromEntries(
    of.flatMap((name) => {
      const value = row[name];
      return typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [];
    }),
  );

/** Rows that say something, or stood there before; each with its place in the form. */
function kept<Row extends { id: string }>(list: Row[], of: readonly string[], says: (keyof Row)[]) {
  return list.flatMap((row, n) =>
    row.id.trim() !== '' || says.some((name) => String(row[name]).trim() !== '')
      ? [{ line: typed(row, of), n, row }]
      : [],
  );
}

/** The cells that its way of winning and its kind do not show hold what was typed before another was chosen. */
function shownOnly(line: Line): Line {
  const used: readonly string[] | undefined = Object.entries(wayColumns).find(
    ([way]) => way === line['way'],
  )?.[1];
  const hidden = new Set<string>(
    used
      ? Object.values(wayColumns)
          .flat()
          .filter((name) => !used.includes(name))
      : [],
  );
  if (line['kind'] !== 'points') hidden.add('points');
  return Object.fromEntries(Object.entries(line).filter(([name]) => !hidden.has(name)));
}

function questionShown(line: Line): Line {
  const hidden =
    line['kind'] === 'profile'
      ? ['right']
      : line['kind'] === 'truefalse'
        ? ['attribute', 'optionC', 'optionD', 'optionE', 'optionF']
        : ['attribute'];
  return Object.fromEntries(Object.entries(line).filter(([name]) => !hidden.includes(name)));
}

/**
 * Puts together what was written. `before`: the quiz as it is, where only a part of it was on the page; `from`: the first of its
 * questions that was on it.
 */
export function written(given: {
  settings?: Settings | undefined;
  questions?: Questions | undefined;
  before?: QuizContent | undefined;
  window?: { from: number; count: number };
  id?: string;
}): Written {
  const { settings: form, questions, before, window, id } = given;
  const had: Lines = before ? linesOf(before) : { quiz: {}, questions: [], prizes: [], sponsors: [] };
  const prizes = form && kept(form.prizes, prizeNames, ['name', 'priceYuan', 'quantity', 'codes']);
  const sponsors = form && kept(form.sponsors, sponsorNames, ['name', 'words', 'logo']);
  const asked =
    questions && kept(questions, questionNames, ['text', 'optionA', 'optionB', 'optionC', 'explanation']);
  const { from, count } = window ?? { from: 0, count: had.questions.length };
  const list = asked?.map(({ line }) => questionShown(line));
  const lines = withIds({
    quiz: form ? { ...typed(form, quizNames), ...(id === undefined ? {} : { id }) } : had.quiz,
    questions: list
      ? [...had.questions.slice(0, from), ...list, ...had.questions.slice(from + count)]
      : had.questions,
    prizes: prizes?.map(({ line }) => shownOnly(line)) ?? had.prizes,
    sponsors: sponsors?.map(({ line }) => line) ?? had.sponsors,
  });
  const named = (n: number) => lines.prizes[n]?.['id'] ?? '';
  return {
    lines,
    codes: (prizes ?? []).flatMap(({ row }, n) =>
      row.codes
        .split('\n')
        .flatMap((code) => (code.trim() === '' ? [] : [{ prize: named(n), code: code.trim() }])),
    ),
    codesAnew: (prizes ?? []).flatMap(({ row }, n) =>
      row.codesAnew && row.codes.trim() !== '' ? [named(n)] : [],
    ),
    rowOf: {
      questions: asked ? [...Array<undefined>(from).fill(undefined), ...asked.map(({ n }) => n)] : [],
      prizes: prizes?.map(({ n }) => n) ?? [],
      sponsors: sponsors?.map(({ n }) => n) ?? [],
    },
  };
}

const listNames: Record<string, string> = {
  quiz: '活動',
  questions: '題目',
  prizes: '獎品',
  sponsors: '贊助商',
  codes: '兌換碼',
};

/** What was refused, each at its field; what has none stands together. */
export function refusedAt({ problems, total }: Refused, { rowOf, codes, lines }: Written): AppError {
  const fields: Record<string, string> = {};
  const elsewhere: string[] = [];
  for (const { sheet = '', line = 1, column = '', value, message } of problems) {
    const told = value === undefined || value === '' ? message : `「${value}」${message}`;
    const place = placeOf(sheet, line, column);
    const list = listNames[sheet] ?? sheet;
    if (place === undefined)
      elsewhere.push(column === '' ? `${list}：${told}` : `${list} 第 ${line} 行 ${column}：${told}`);
    else fields[place] = fields[place] === undefined ? told : `${fields[place]}；${told}`;
  }

  function placeOf(sheet: string, line: number, column: string): string | undefined {
    if (sheet === '活動') return 'staff';
    if (sheet === 'quiz')
      return quizNames.includes(column as (typeof quizNames)[number]) ? column : undefined;
    if (sheet === 'codes') {
      const prize = lines.prizes.findIndex(({ id }) => id === codes[line - 1]?.prize);
      const row = rowOf.prizes[prize];
      return row === undefined ? undefined : `prizes.${row}.codes`;
    }
    if (sheet !== 'questions' && sheet !== 'prizes' && sheet !== 'sponsors') return undefined;
    const row = rowOf[sheet][line - 1];
    const known: readonly string[] = { questions: questionNames, prizes: prizeNames, sponsors: sponsorNames }[
      sheet
    ];
    return row === undefined || !known.includes(column) ? undefined : `${sheet}.${row}.${column}`;
  }

  const text = [`有 ${total} 處要改，什麼都還沒有保存。`, ...elsewhere].join('\n');
  return new AppError('Invalid', 'quiz.form', text, { details: { fields } });
}

const whole = (line: Line, of: readonly string[]): Line =>
  Object.fromEntries(of.map((name) => [name, line[name] ?? '']));

/** As the templates take them: every field is there. */
export const asSettings = (lines: Lines) => ({
  settings: whole(lines.quiz, quizNames),
  prizes: lines.prizes.map((line) => whole(line, prizeNames)),
  sponsors: lines.sponsors.map((line) => whole(line, sponsorNames)),
  blankPrize: whole({ kind: 'goods', way: 'floor', conditions: '無', claimDays: '15' }, prizeNames),
  blankSponsor: whole({}, sponsorNames),
});
export const asQuestions = (list: readonly Line[]) => list.map((line) => whole(line, questionNames));
export const blankQuestion = asQuestions([{ kind: 'single', difficulty: '2' }])[0] ?? {};
/** What `<input type="datetime-local">` takes. */
export const asLocal = (moment: string): string => moment.replace(' ', 'T');
