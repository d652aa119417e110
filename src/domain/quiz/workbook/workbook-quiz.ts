import { fold } from '../../../kit/text';
import type { Row } from '../../../sheets/grid';
import type { Sponsor } from '../../campaigns/campaign';
import type { Prize, Way } from '../../prizes/prize';
import type { Question, QuizContent } from '../definition';
import { withoutLetters } from '../shuffled';
import {
  type codeFields,
  type prizeFields,
  type questionFields,
  type quizFields,
  type Read,
  type SheetName,
  sheets,
  type sponsorFields,
} from './workbook-fields';

/** A line as far as it could be read; `wrong`: cells whose fault was told, which nothing more is said of. */
export type Entry<Values = unknown> = Row & { values: Partial<Values>; wrong: ReadonlySet<string> };
export type ReadSheets = {
  quiz: Entry<Read<typeof quizFields>>[];
  questions: Entry<Read<typeof questionFields>>[];
  prizes: Entry<Read<typeof prizeFields>>[];
  sponsors: Entry<Read<typeof sponsorFields>>[];
  codes: Entry<Read<typeof codeFields>>[];
  /** Also of lines whose id is wrong: who refers to them is not to blame. */
  ids: Record<'questions' | 'prizes' | 'sponsors', ReadonlySet<string>>;
};
export type Complain = (about: { sheet: SheetName; row: Entry; column: string; message: string }) => void;

/** Puts the cells together: what they refer to exists, what belongs together fits. Undefined when the quiz's own line is wrong. */
export function quizFrom(
  read: ReadSheets,
  complain: Complain,
  /** What was changed and is no reason to refuse. */
  remark: Complain,
): { content: QuizContent; codes: Map<string, string[]> } | undefined {
  const sponsors = read.sponsors.flatMap(({ values: { id, name, words, logo } }): Sponsor[] =>
    id === undefined || name === undefined ? [] : [{ id, name, ...defined({ words, logo }) }],
  );
  for (const name of ['questions', 'prizes', 'sponsors'] as const) once(name, read[name], complain);
  const sponsorId = (name: string | undefined, at: { sheet: SheetName; row: Entry }) => {
    if (name === undefined) return undefined;
    const found = sponsors.find((one) => one.id === name || fold(one.name) === fold(name));
    if (!found && !read.ids.sponsors.has(name))
      complain({ ...at, column: 'sponsor', message: '贊助商表裡沒有它，請補上或改正' });
    return found?.id;
  };

  const questions = read.questions.flatMap((row) => {
    const at = { sheet: 'questions' as const, row };
    const question = questionFrom(
      row,
      (column, message) => complain({ ...at, column, message }),
      (column, message) => remark({ ...at, column, message }),
    );
    const sponsor = sponsorId(row.values.sponsor, at);
    return question ? [{ ...question, ...(sponsor ? { sponsor } : {}) }] : [];
  });
  const prizes = read.prizes.flatMap((row) => {
    const at = { sheet: 'prizes' as const, row };
    const prize = prizeFrom(row.values, (column, message) => complain({ ...at, column, message }));
    const sponsor = sponsorId(row.values.sponsor, at);
    const asked = row.values.question;
    if (row.values.way === 'first' && asked !== undefined) {
      const question = read.questions.find((one) => one.values.id === asked);
      if (!question) {
        if (!read.ids.questions.has(asked))
          complain({ ...at, column: 'question', message: '題目表裡沒有這一題' });
      } else if (question.values.kind === 'profile')
        complain({ ...at, column: 'question', message: '屬性題沒有對錯，不能搶答' });
      else if (question.values.retired)
        complain({ ...at, column: 'question', message: '這一題停用了，不能搶答' });
    }
    return prize ? [{ ...prize, ...(sponsor ? { sponsor } : {}) }] : [];
  });

  const codes = new Map<string, string[]>();
  const seen = new Set<string>();
  const called = new Map<string, ReadSheets['prizes']>();
  for (const prize of read.prizes) {
    const name = fold(prize.values.name ?? '');
    called.set(name, [...(called.get(name) ?? []), prize]);
  }
  const withId = new Map(read.prizes.map((one) => [one.values.id, one]));
  for (const row of read.codes) {
    const at = { sheet: 'codes' as const, row };
    const { prize: of, code } = row.values;
    if (of !== undefined) {
      const byId = withId.get(of);
      const found = byId ? [byId] : (called.get(fold(of)) ?? []);
      const [prize] = found;
      if (!prize && !read.ids.prizes.has(of))
        complain({ ...at, column: 'prize', message: '獎品表裡沒有它，請填那裡的編號或名稱' });
      if (found.length > 1) complain({ ...at, column: 'prize', message: '有兩種獎品叫這個名稱，請改填編號' });
      if (prize?.values.kind && !['code', 'coupon'].includes(prize.values.kind))
        complain({ ...at, column: 'prize', message: '這個獎品不是兌換碼或優惠券' });
      if (prize?.values.id !== undefined && code !== undefined) {
        const list = codes.get(prize.values.id);
        if (list) list.push(code);
        else codes.set(prize.values.id, [code]);
      }
    }
    if (code === undefined) continue;
    if (seen.has(code)) complain({ ...at, column: 'code', message: '這個兌換碼出現了兩次，請刪去一個' });
    seen.add(code);
  }

  const [first] = read.quiz;
  if (!first) return undefined;
  const wrong = (column: keyof typeof quizFields, message: string) =>
    complain({ sheet: 'quiz', row: first, column, message });
  const { startsAt, endsAt, opensAt = '00:00', closesAt = '24:00' } = first.values;
  if (startsAt !== undefined && endsAt !== undefined && endsAt <= startsAt) wrong('endsAt', '結束要晚於開始');
  if (!first.wrong.has('opensAt') && closesAt <= opensAt)
    wrong('closesAt', '每日關閉要晚於每日開放（不能跨過午夜）');
  if (first.wrong.size > 0) return undefined;
  const values = first.values as Read<typeof quizFields>;
  const { mix } = values;
  const content: QuizContent = {
    id: values.id,
    title: values.title,
    intro: values.intro ?? '',
    keywords: [...new Map(values.keywords.map((word) => [fold(word), word])).values()],
    ...defined({ menuKey: values.menuKey, timerSeconds: values.timerSeconds }),
    startsAt: values.startsAt,
    endsAt: values.endsAt,
    opensAt,
    closesAt,
    perDay: values.perDay,
    pointsPerAnswer: values.pointsPerAnswer,
    firstBonus: values.firstBonus ?? 0,
    levels: values.levels,
    rules: values.rules ?? '',
    organiser: values.organiser ?? '',
    contact: values.contact ?? '',
    forfeiture: values.forfeiture ?? '',
    sponsors,
    ...(mix ? { mix } : {}),
    audience: values.audience ?? 'all',
    staff: values.staff ?? [],
    questions,
    prizes,
  };
  return { content, codes };
}

function once(
  sheet: 'questions' | 'prizes' | 'sponsors',
  rows: Entry<{ id: string }>[],
  complain: Complain,
): void {
  const lines = new Map<string, number>();
  for (const row of rows) {
    const { id } = row.values;
    if (id === undefined) continue;
    const before = lines.get(id);
    if (before === undefined) lines.set(id, row.line);
    else complain({ sheet, row, column: 'id', message: `與第 ${before} 行重複` });
  }
}

type Wrong<Column> = (column: Column, message: string) => void;

function questionFrom(
  { values, wrong: unread }: ReadSheets['questions'][number],
  wrong: Wrong<keyof typeof questionFields>,
  remark: Wrong<keyof typeof questionFields>,
): Question | undefined {
  const {
    id,
    kind = 'single',
    text,
    explanation,
    brand,
    city,
    difficulty,
    picture,
    attribute,
    retired,
  } = values;
  if (unread.has('kind')) return undefined;
  const letters = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
  const written = letters.map((letter) => values[`option${letter}`]);
  const filled = written.filter((option) => option !== undefined);
  const bare = written.slice(0, filled.length).includes(undefined) ? undefined : withoutLetters(filled);
  if (bare) remark('optionA', '各選項前面自帶的字母或數字拿掉了：每個人看到的順序不同，字母由程式加');
  const given = bare ?? written;
  const last = given.findLastIndex((option) => option !== undefined);
  const options = given.slice(0, last + 1).filter((option) => option !== undefined);
  if (kind === 'truefalse' && options.length === 0) options.push('對', '錯');
  let fine = true;
  const not: typeof wrong = (column, message) => {
    fine = false;
    wrong(column, message);
  };

  for (const [i, option] of given.slice(0, last + 1).entries())
    if (option === undefined) not(`option${letters[i] as 'A'}`, '空著，但後面還有選項；請從 A 起連著填');
  for (const [i, option] of given.entries())
    if (option !== undefined && given.indexOf(option) !== i)
      not(`option${letters[i] as 'A'}`, '與前面的選項相同');
  const sure = !letters.some((letter) => unread.has(`option${letter}`));
  if (sure && (kind === 'truefalse' ? options.length !== 2 : options.length < 2))
    not('optionB', kind === 'truefalse' ? '判斷題只有兩個選項，可以空著' : '至少要兩個選項');

  const right = rightOf(values.right, options);
  if (kind === 'profile') {
    if (values.right !== undefined) not('right', '屬性題沒有對錯，請清空');
    if (attribute === undefined) not('attribute', '空著；屬性題要寫她的回答存成哪個屬性');
  } else {
    if (values.right === undefined)
      not('right', kind === 'truefalse' ? '空著，請填 對 或 錯' : '空著，請填 A 到 F');
    else if (sure && right === undefined)
      not('right', `不是這一題的選項，請填 ${letters[0]} 到 ${letters[Math.max(1, last)]}`);
    if (attribute !== undefined) not('attribute', '只有屬性題才填，請清空');
  }
  if (!fine || id === undefined || text === undefined) return undefined;
  return {
    id,
    kind,
    text,
    options,
    difficulty: Number(difficulty ?? 2) as 1 | 2 | 3,
    ...defined({ right, explanation, brand, city, picture, attribute }),
    ...(retired ? { retired } : {}),
  };
}

/** A letter, or one of the options themselves (對, 錯); in JSON also its index, from 0. */
function rightOf(value: number | string | undefined, options: string[]): number | undefined {
  if (value === undefined) return undefined;
  const folded = typeof value === 'string' ? fold(value).toUpperCase() : '';
  const index =
    typeof value === 'number'
      ? value
      : /^[A-F]$/.test(folded)
        ? folded.charCodeAt(0) - 65
        : options.findIndex((option) => fold(option) === fold(value));
  return index >= 0 && index < options.length ? index : undefined;
}

type PrizeValues = Partial<Read<typeof prizeFields>>;
type PrizeColumn = keyof typeof prizeFields;

/** Which cells each way of winning reads. */
export const wayColumns: Record<Way['kind'], PrizeColumn[]> = {
  floor: ['floors', 'every', 'endings'],
  first: ['question', 'at'],
  ranking: ['board', 'from', 'to'],
  participation: ['rounds', 'daysInRow'],
  draw: ['at', 'rounds', 'days', 'score', 'level', 'reserves', 'publicValue'],
};
const allWayColumns = new Set(Object.values(wayColumns).flat());

function prizeFrom(values: PrizeValues, wrong: Wrong<PrizeColumn>): Prize | undefined {
  const wayName = sheets.prizes.fields.way.heading;
  const used = values.way && wayColumns[values.way];
  for (const column of used ? allWayColumns : [])
    if (values[column] !== undefined && !used?.includes(column))
      wrong(column, `這種${wayName}用不到這一格，請清空`);
  if (values.priceYuan !== undefined && values.priceFen !== undefined)
    wrong('priceFen', '已經填了單價（元），請清空一個');
  if (values.kind === 'points' && values.points === undefined) wrong('points', '空著；積分類獎品請填幾分');
  if (values.kind && values.kind !== 'points' && values.points !== undefined)
    wrong('points', '只有積分類獎品才填，請清空');
  const way = wayFrom(values, wrong);
  const { id, name, kind, points, usedAt, validUntil, conditions, delivery, perDay, perQuiz } = values;
  if (!way || id === undefined || name === undefined || kind === undefined) return undefined;
  return {
    id,
    name,
    kind,
    priceFen: values.priceYuan ?? values.priceFen ?? 0,
    quantity: values.quantity ?? 0,
    way,
    claimDays: values.claimDays ?? 0,
    ...defined({ points, usedAt, validUntil, conditions, delivery, perDay, perPerson: perQuiz }),
  };
}

function wayFrom(values: PrizeValues, wrong: Wrong<PrizeColumn>): Way | undefined {
  const { floors, every, endings, question, at, board, from, rounds, daysInRow, days, score, level } = values;
  switch (values.way) {
    case undefined:
      return undefined;
    case 'floor':
      if (floors || every || endings) return { kind: 'floor', ...defined({ floors, every, endings }) };
      wrong('floors', '空著；樓層、每隔幾樓、樓層尾數至少填一個');
      return undefined;
    case 'first':
      if (question === undefined) wrong('question', '空著；請填題目表裡的編號');
      if (at === undefined) wrong('at', '空著；請填什麼時候發這一題');
      return question !== undefined && at !== undefined ? { kind: 'first', question, at } : undefined;
    case 'ranking': {
      if (board === undefined) wrong('board', '空著；請填日榜或總榜');
      if (from === undefined) wrong('from', '空著；請填第幾名起');
      const to = values.to ?? from;
      if (from !== undefined && to !== undefined && to < from) wrong('to', '不能小於「名次從」');
      else if (board !== undefined && from !== undefined && to !== undefined)
        return { kind: 'ranking', board, from, to };
      return undefined;
    }
    case 'participation':
      if (rounds !== undefined || daysInRow !== undefined)
        return { kind: 'participation', ...defined({ rounds, daysInRow }) };
      wrong('rounds', '空著；局數與連續天數至少填一個');
      return undefined;
    case 'draw':
      // Time and public value may still be missing in a draft: the gate asks for them.
      return {
        kind: 'draw',
        reserves: values.reserves ?? 0,
        condition: defined({ rounds, days, points: score, level }),
        publicValue: values.publicValue ?? '',
        at: at ?? 0,
      };
  }
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the fields that are undefined. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
