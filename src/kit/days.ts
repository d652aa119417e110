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
    words: /([0-9]{1,2}|[一二三四五六七八九十]{1,3})月([0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?/,
    read: (m, today) => nextDate(num(m[1]), num(m[2]), today),
  },
  {
    words: /(\d{1,2})[/-](\d{1,2})(?![\d元块晚])/,
    read: (m, today) => nextDate(num(m[1]), num(m[2]), today),
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
  { words: /下个?月/, read: (_, today) => month(today, 1) },

  { words: /明后[两]?天/, read: (_, today) => span(plus(today, 1), plus(today, 2)) },
  { words: /大后[天日]/, read: (_, today) => plus(today, 3) },
  { words: /后[天日]/, read: (_, today) => plus(today, 2) },
  { words: /明[天日儿]|tomorrow|tmr/, read: (_, today) => plus(today, 1) },
  { words: /明(?=[晚早晨])/, read: (_, today) => plus(today, 1) },
  { words: /今[天日儿]|today|此刻|现在/, read: (_, today) => today },
  { words: /今(?=[晚早晨夜])/, read: (_, today) => today },
  { words: /前天|大前天/, read: (_, today) => plus(today, -2) },
  { words: /昨[天日晚]/, read: (_, today) => plus(today, -1) },
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
  { words: /清明(?:节)?(?:假期)?/, read: (_, today) => nextQingming(today) },
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
export function findDays(text: string, today: string): { days: Days; from: number; to: number } | undefined {
  for (const { words, read } of readers) {
    const match = words.exec(text);
    const found = match && read(match, today);
    if (!match || !found) continue;
    const named = typeof found === 'string' ? { on: found, until: found } : found;
    return { days: named, from: match.index, to: match.index + match[0].length };
  }
  return undefined;
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

/** The next day of a month of the farmers' calendar. */
function nextLunar(monthOfYear: number, date: number, today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  return [year - 1, year, year + 1]
    .map((one) => Lunar.fromYmd(one, monthOfYear, date).getSolar().toYmd())
    .find((day) => day >= today);
}

function nextQingming(today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  return [year, year + 1]
    .map((one) => Lunar.fromYmd(one, 1, 1).getJieQiTable()['清明']?.toYmd())
    .find((day) => day !== undefined && day >= today);
}
