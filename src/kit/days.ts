import { Lunar } from 'lunar-typescript';
import { dayMs } from './beijing';
import { readNumber } from './han-number';

/** Beijing days, both included; a single day is `on` = `until`. */
export type Days = { on: string; until: string };

type Reader = { words: RegExp; read(match: RegExpExecArray, today: string): Days | string | undefined };

/** In folded text (Simplified, no spaces); the longer forms come first. */
const readers: Reader[] = [
  { words: /(20\d\d-\d\d-\d\d)到(20\d\d-\d\d-\d\d)/, read: (m) => span(m[1] as string, m[2] as string) },
  {
    words: /(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?/,
    read: (m) => realDay(Number(m[1]), Number(m[2]), Number(m[3])),
  },
  {
    words:
      /([0-9]{1,2}|[一二三四五六七八九十]{1,3})[月./]([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?(?:-|~|—|–|到|至)(?:([0-9]{1,2}|[一二三四五六七八九十]{1,3})[月./])?([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:[日号]|(?![\d点时:月.元块]))/,
    read: (m, today) => dates(num(m[1]), num(m[2]), num(m[3] ?? m[1]), num(m[4]), today),
  },
  {
    words: /(?:这个?|本|当)月([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]/,
    read: (m, today) => inMonth(today, num(m[1])),
  },
  {
    words: /下个?月([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]/,
    read: (m, today) => inMonth(month(today, 1).on, num(m[1])),
  },
  {
    words: /([0-9]{1,2}|[一二三四五六七八九十]{1,3})月([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?/,
    read: (m, today) => nextDate(num(m[1]), num(m[2]), today),
  },
  {
    words: /(?<![\d.])(\d{1,2})\.(\d{1,2})(?![\d.元块星分公里k点])/,
    read: (m, today) => nextDate(num(m[1]), num(m[2]), today),
  },
  {
    words:
      /(?<![\d月第])([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号](?:-|~|到|至)([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]/,
    read: (m, today) => daysOfMonth(num(m[1]), num(m[2]), today),
  },
  {
    words: /(\d{1,2})[/-](\d{1,2})(?![\d元块晚])/,
    read: (m, today) => nextDate(num(m[1]), num(m[2]), today),
  },
  {
    words: /下个?(?:周|星期|礼拜)[六6](?:、|和|跟|到|至)?(?:周|星期|礼拜)?[日天](?!气)/,
    read: (_, today) => weekend(today, 1),
  },
  {
    words: /(?:这个?|本)?(?:周|星期|礼拜)[六6](?:、|和|跟|到|至)?(?:周|星期|礼拜)?[日天](?!气)/,
    read: (_, today) => weekend(today, 0),
  },
  {
    words: /(?<![\d月第])([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号](?!线|馆|楼|院|店)/,
    read: (m, today) => nextDayOfMonth(num(m[1]), today),
  },

  { words: /下下个?(?:周|星期|礼拜)末/, read: (_, today) => weekend(today, 2) },
  { words: /下个?(?:周|星期|礼拜)末/, read: (_, today) => weekend(today, 1) },
  { words: /(?:这个?|本)?(?:周|星期|礼拜)末/, read: (_, today) => weekend(today, 0) },
  {
    words: /下下个?(?:周|星期|礼拜)([一二三四五六日天1-7])/,
    read: (m, today) => inWeek(today, 2, weekdayOf(m[1])),
  },
  {
    words: /下个?(?:周|星期|礼拜)([一二三四五六日天1-7])/,
    read: (m, today) => inWeek(today, 1, weekdayOf(m[1])),
  },
  {
    words: /(?:这|本)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])/,
    read: (m, today) => plus(today, (weekdayOf(m[1]) - weekday(today) + 7) % 7),
  },
  { words: /下个?(?:周|星期|礼拜)/, read: (_, today) => span(inWeek(today, 1, 1), inWeek(today, 1, 7)) },
  { words: /(?:这|本)个?(?:周|星期|礼拜)/, read: (_, today) => span(today, inWeek(today, 0, 7)) },
  { words: /(?:这个?|本)?月(?:最后一天|底|末)/, read: (_, today) => month(today, 0).until },
  { words: /下个?月(?:最后一天|底|末)/, read: (_, today) => month(today, 1).until },
  {
    words: /([0-9]{1,2}|[一二两三四五六七八九十]{1,3})(?:个?(?:周|星期|礼拜))(?:以?后|之后)/,
    read: (m, today) => plus(today, 7 * num(m[1])),
  },
  {
    words: /([0-9]{1,2}|[一二两三四五六七八九十]{1,3})天(?:以?后|之后)/,
    read: (m, today) => plus(today, num(m[1])),
  },
  { words: /下个?月/, read: (_, today) => month(today, 1) },

  { words: /明后[两]?天/, read: (_, today) => span(plus(today, 1), plus(today, 2)) },
  { words: /大后[天日]/, read: (_, today) => plus(today, 3) },
  { words: /后[天日]/, read: (_, today) => plus(today, 2) },
  { words: /明[天日儿]|听日|tomorrow|tmr/, read: (_, today) => plus(today, 1) },
  { words: /明(?=[晚早晨])/, read: (_, today) => plus(today, 1) },
  { words: /今[天日儿]|today|此刻|现在|今朝/, read: (_, today) => today },
  { words: /今(?=[晚早晨夜])/, read: (_, today) => today },
  { words: /前天|大前天/, read: (_, today) => plus(today, -2) },
  { words: /[昨寻][天日晚]/, read: (_, today) => plus(today, -1) },
  { words: /这[两]天|今明[两]?天/, read: (_, today) => span(today, plus(today, 1)) },
  {
    words:
      /(?:未来|接下来|这)(?:[三几3]|一?些)[天日]|最近[几三]天|近[几三]天|最近(?!的|一家|酒店|景点|地铁)|近期/,
    read: (_, today) => span(today, plus(today, 2)),
  },
  { words: /(?:未来|接下来)(?:一周|七天|7天)/, read: (_, today) => span(today, plus(today, 6)) },

  {
    words: /国庆(?:节)?(?:假期|长假|黄金周)?|十一(?:假期|长假|黄金周)/,
    read: (_, today) => days(nextDate(10, 1, today), 7),
  },
  { words: /五一(?:劳动节)?(?:假期|长假)?|劳动节/, read: (_, today) => days(nextDate(5, 1, today), 5) },
  { words: /元旦(?:节)?(?:假期)?|新年第一天/, read: (_, today) => nextDate(1, 1, today) },
  { words: /平安夜/, read: (_, today) => nextDate(12, 24, today) },
  { words: /圣诞(?:节)?/, read: (_, today) => nextDate(12, 25, today) },
  { words: /跨年(?:夜)?/, read: (_, today) => nextDate(12, 31, today) },
  {
    words:
      /(立春|雨水|惊蛰|春分|清明|谷雨|立夏|小满|芒种|夏至|小暑|大暑|立秋|处暑|白露|秋分|寒露|霜降|立冬|小雪(?!花)(?=节|那天|当天)|大雪(?=节|那天|当天)|冬至|小寒|大寒)(?:节)?(?:假期)?(?:那天|当天)?/,
    read: (m, today) => nextTerm(m[1] as string, today),
  },
  { words: /情人节/, read: (_, today) => nextDate(2, 14, today) },
  { words: /妇女节|三八节/, read: (_, today) => nextDate(3, 8, today) },
  { words: /儿童节|六一(?:节)?/, read: (_, today) => nextDate(6, 1, today) },
  { words: /教师节/, read: (_, today) => nextDate(9, 10, today) },
  { words: /双十一/, read: (_, today) => nextDate(11, 11, today) },
  { words: /双十二/, read: (_, today) => nextDate(12, 12, today) },
  { words: /暑假(?:期间)?/, read: (_, today) => running([7, 1], [8, 31], today) },
  { words: /寒假(?:期间)?/, read: (_, today) => running([1, 15], [2, 28], today) },
  { words: /腊八(?:节)?/, read: (_, today) => nextLunar(12, 8, today) },
  { words: /小年(?:夜)?/, read: (_, today) => nextLunar(12, 23, today) },
  { words: /除夕|年三十|大年夜/, read: (_, today) => back(nextLunar(1, 1, plus(today, 1)), 1) },
  {
    words: /春节(?:假期|期间)?|过年|大年初一|年初一|正月初一/,
    read: (_, today) => days(nextLunar(1, 1, today), 7),
  },
  { words: /元宵(?:节)?/, read: (_, today) => nextLunar(1, 15, today) },
  { words: /端午(?:节)?(?:假期)?/, read: (_, today) => nextLunar(5, 5, today) },
  { words: /七夕(?:节)?/, read: (_, today) => nextLunar(7, 7, today) },
  { words: /中秋(?:节)?(?:假期)?/, read: (_, today) => nextLunar(8, 15, today) },
  { words: /重阳(?:节)?/, read: (_, today) => nextLunar(9, 9, today) },
];

/**
 * The first day or span of days that a folded text names (今天、週末、下星期五、12月1號、國慶 …), and where it stands. A date without a
 * year, or a weekday, is its next occurrence from `today` on; a holiday its next one.
 */
export function findDays(text: string, today: string): Found | undefined {
  const first = firstDays(text, today);
  return first && (goingOn(text, today, first) ?? first);
}

/** The first reader that finds anything, wherever it stands. */
function firstDays(text: string, today: string): Found | undefined {
  for (const { words, read } of readers) {
    const match = words.exec(text);
    const found = match && read(match, today);
    if (!match || !found) continue;
    const days = typeof found === 'string' ? { on: found, until: found } : found;
    return { days, from: match.index, to: match.index + match[0].length };
  }
  return undefined;
}

type Found = { days: Days; from: number; to: number };

/** 「明天到禮拜天」. */
function goingOn(text: string, today: string, { days: first, from, to }: Found): Found | undefined {
  const before = /^(.+?)(?:到|至|-|~|—|–|和|跟|与|、|,)?$/.exec(text.slice(0, from))?.[1];
  const start = before === undefined ? undefined : firstDays(before, today);
  if (start && start.to === before?.length && start.days.on <= first.until)
    return { days: span(start.days.on, first.until), from: start.from, to };
  const joint = /^(?:到|至|-|~|—|–|和|跟|与|、|,)?/.exec(text.slice(to));
  const next = joint ? firstDays(text.slice(to + joint[0].length), today) : undefined;
  if (!joint || next?.from !== 0 || next.days.until < first.on) return undefined;
  return { days: span(first.on, next.days.until), from, to: to + joint[0].length + next.to };
}

const num = (text = ''): number => readNumber(text) ?? Number.NaN;
const utc = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const iso = (at: number): string => new Date(at).toISOString().slice(0, 10);
const plus = (day: string, count: number): string => iso(utc(day) + count * dayMs);
const back = (day: string | undefined, count: number) => (day === undefined ? undefined : plus(day, -count));
const span = (on: string, until: string): Days => ({ on, until });
const days = (on: string | undefined, count: number): Days | undefined =>
  on === undefined ? undefined : span(on, plus(on, count - 1));

const weekdayOf = (word = ''): number =>
  '一二三四五六日'.indexOf(word === '天' ? '日' : word) + 1 || Number(word);
const weekday = (day: string): number => new Date(utc(day)).getUTCDay() || 7;

/** Weeks begin on Monday: 「下週五」 is the Friday of the next one. */
const inWeek = (today: string, weeks: number, wanted: number): string =>
  plus(today, weeks * 7 + wanted - weekday(today));

function weekend(today: string, weeks: number): Days {
  const [saturday, sunday] = [inWeek(today, weeks, 6), inWeek(today, weeks, 7)];
  return span(saturday < today ? today : saturday, sunday);
}

function month(today: string, ahead: number): Days {
  const [year = 0, now = 0] = today.split('-').map(Number);
  return span(iso(Date.UTC(year, now - 1 + ahead, 1)), iso(Date.UTC(year, now + ahead, 0)));
}

/** Undefined for a 30th of February. */
function realDay(year: number, monthOfYear: number, date: number): string | undefined {
  if (!Number.isInteger(monthOfYear) || !Number.isInteger(date)) return undefined;
  const at = new Date(Date.UTC(year, monthOfYear - 1, date));
  return at.getUTCMonth() === monthOfYear - 1 && at.getUTCDate() === date ? iso(at.getTime()) : undefined;
}

function nextDate(monthOfYear: number, date: number, today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  // A 29th of February may be eight years off.
  for (let ahead = 0; ahead <= 8; ahead++) {
    const day = realDay(year + ahead, monthOfYear, date);
    if (day && day >= today) return day;
  }
  return undefined;
}

function nextDayOfMonth(date: number, today: string): string | undefined {
  const [year = 0, now = 0] = today.split('-').map(Number);
  for (let ahead = 0; ahead <= 2; ahead++) {
    const first = new Date(Date.UTC(year, now - 1 + ahead, 1));
    const day = realDay(first.getUTCFullYear(), first.getUTCMonth() + 1, date);
    if (day && day >= today) return day;
  }
  return undefined;
}

const lunarDays = new Map<string, string>();

/** A day of the farmers' calendar. The library takes milliseconds for it. */
function lunarDay(year: number, monthOfYear: number, date: number): string {
  const key = `${year}-${monthOfYear}-${date}`;
  const known = lunarDays.get(key) ?? Lunar.fromYmd(year, monthOfYear, date).getSolar().toYmd();
  lunarDays.set(key, known);
  return known;
}

/** The next day of a month of the farmers' calendar. */
function nextLunar(monthOfYear: number, date: number, today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  return [year - 1, year, year + 1]
    .map((one) => lunarDay(one, monthOfYear, date))
    .find((day) => day >= today);
}

type Terms = ReturnType<Lunar['getJieQiTable']>;
const terms = new Map<number, Terms>();

/** A year's table takes milliseconds to work out, and is the same for ever. */
function termsOf(year: number): Terms {
  const known = terms.get(year) ?? Lunar.fromYmd(year, 6, 1).getJieQiTable();
  terms.set(year, known);
  return known;
}

/** One of the 24 terms of the farmers' calendar, as the library writes it (Simplified). */
function nextTerm(term: string, today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  return [year - 1, year, year + 1]
    .flatMap((one) => [
      termsOf(one)[term]?.toYmd(),
      ...(term === '冬至' ? [termsOf(one)['DONG_ZHI']?.toYmd()] : []),
    ])
    .filter((day) => day !== undefined && day >= today)
    .toSorted()[0];
}

/** A date without a year, and another behind it. */
function dates(
  month1: number,
  date1: number,
  month2: number,
  date2: number,
  today: string,
): Days | undefined {
  const on = nextDate(month1, date1, today);
  const until = on === undefined ? undefined : nextDate(month2, date2, on);
  return on === undefined || until === undefined ? undefined : span(on, until);
}

function daysOfMonth(date1: number, date2: number, today: string): Days | undefined {
  const on = nextDayOfMonth(date1, today);
  const until = on === undefined ? undefined : nextDayOfMonth(date2, on);
  return on === undefined || until === undefined ? undefined : span(on, until);
}

const inMonth = (first: string, date: number): string | undefined =>
  realDay(Number(first.slice(0, 4)), Number(first.slice(5, 7)), date);

/** A stretch of each year: what is left of it while it runs, else the next. */
function running(from: [number, number], to: [number, number], today: string): Days | undefined {
  const until = nextDate(...to, today);
  if (until === undefined) return undefined;
  const on = nextDate(...from, `${Number(until.slice(0, 4)) - 1}${until.slice(4)}`);
  return on === undefined ? undefined : span(on < today ? today : on, until);
}
