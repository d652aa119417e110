import { dayMs } from '../../kit/beijing';
import { foldWithOffsets } from '../../kit/text';

export type TrainKind = '高鐵' | '動車' | '城際' | '直達' | '特快' | '快速' | '普快';

/** `on`: a Beijing day. `rest`: what was not understood, as she typed it; empty when all was. */
export type TrainAsk = { on: string; kind?: TrainKind; rest: string };

/** Folded text is Simplified and without spaces; the longer forms come first. */
const dayWords: [RegExp, (match: RegExpExecArray, today: string) => string | undefined][] = [
  [
    /(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?/,
    (m) => realDay(Number(m[1]), Number(m[2]), Number(m[3])),
  ],
  [/(\d{1,2})月(\d{1,2})[日号]?/, (m, today) => nextDate(Number(m[1]), Number(m[2]), today)],
  [/(\d{1,2})[/-](\d{1,2})(?!\d)/, (m, today) => nextDate(Number(m[1]), Number(m[2]), today)],
  [/(?<![\d月])(\d{1,2})[日号]/, (m, today) => nextDayOfMonth(Number(m[1]), today)],
  [/下下?个?(?:周|星期|礼拜)([一二三四五六日天1-7])/, (m, today) => weekdayAfter(m, today)],
  [/(?:这|本)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])/, (m, today) => nextWeekday(weekdayOf(m[1]), today)],
  [/大后[天日]/, (_, today) => plus(today, 3)],
  [/后[天日]/, (_, today) => plus(today, 2)],
  [/明[天日晚早]|tomorrow/, (_, today) => plus(today, 1)],
  [/今[天日晚早]|today/, (_, today) => today],
];

const kindWords: [RegExp, TrainKind][] = [
  [/高铁|g字头/, '高鐵'],
  [/动车|d字头/, '動車'],
  [/城际|c字头/, '城際'],
  [/直达(?:特快)?|z字头/, '直達'],
  [/特快|t字头/, '特快'],
  [/普快|普客|绿皮车?/, '普快'],
  [/快速|k字头/, '快速'],
];

const fillers =
  /(?:火车|列车|车)?票|火车|列车|车次|班次|出发|的|坐|有没有|有|我想|我要|想|要|查|买|吗|呢|[,,。、;!?]/g;

/**
 * Day and kind of train from her words in either script: 今天、明天、後天、大後天、週五、下星期五、12月1日、12/1、1號、「高鐵」. A date without a year, or a
 * weekday, is its next occurrence from `today` on.
 */
export function parseTrainAsk(text: string, today: string): TrainAsk {
  const raw = text.slice(0, 200);
  const { text: folded, at } = foldWithOffsets(raw);
  let left = folded;
  const take = (match: RegExpExecArray) => {
    left =
      left.slice(0, match.index) + ' '.repeat(match[0].length) + left.slice(match.index + match[0].length);
  };

  let on: string | undefined;
  for (const [words, read] of dayWords) {
    const match = words.exec(left);
    const day = match && read(match, today);
    if (!match || !day) continue;
    on = day;
    take(match);
    break;
  }
  let kind: TrainKind | undefined;
  for (const [words, named] of kindWords) {
    const match = words.exec(left);
    if (!match) continue;
    kind = named;
    take(match);
    break;
  }
  left = left.replace(fillers, (whole) => ' '.repeat(whole.length));
  const rest = [...left.matchAll(/[^ ]+/g)]
    .map((piece) => raw.slice(at[piece.index], at[piece.index + piece[0].length]).trim())
    .filter((piece) => piece !== '')
    .join(' ');
  return { on: on ?? today, ...(kind ? { kind } : {}), rest };
}

const utc = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const plus = (day: string, days: number): string =>
  new Date(utc(day) + days * dayMs).toISOString().slice(0, 10);

/** Undefined for a 30th of February. */
function realDay(year: number, month: number, date: number): string | undefined {
  const at = new Date(Date.UTC(year, month - 1, date));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === date
    ? at.toISOString().slice(0, 10)
    : undefined;
}

function nextDate(month: number, date: number, today: string): string | undefined {
  const year = Number(today.slice(0, 4));
  // A 29th of February may be eight years off.
  for (let n = 0; n <= 8; n++) {
    const day = realDay(year + n, month, date);
    if (day && day >= today) return day;
  }
  return undefined;
}

function nextDayOfMonth(date: number, today: string): string | undefined {
  const [year = 0, month = 0] = today.split('-').map(Number);
  for (let n = 0; n <= 2; n++) {
    const first = new Date(Date.UTC(year, month - 1 + n, 1));
    const day = realDay(first.getUTCFullYear(), first.getUTCMonth() + 1, date);
    if (day && day >= today) return day;
  }
  return undefined;
}

const weekdayOf = (word = ''): number =>
  '一二三四五六日'.indexOf(word === '天' ? '日' : word) + 1 || Number(word);
const weekday = (day: string): number => new Date(utc(day)).getUTCDay() || 7;

const nextWeekday = (wanted: number, today: string): string => plus(today, (wanted - weekday(today) + 7) % 7);

/** 「下週五」 is the Friday of the next week, weeks beginning on Monday; 「下下週五」 of the one after. */
function weekdayAfter(match: RegExpExecArray, today: string): string {
  const weeks = match[0].startsWith('下下') ? 2 : 1;
  return plus(today, weeks * 7 + weekdayOf(match[1]) - weekday(today));
}
