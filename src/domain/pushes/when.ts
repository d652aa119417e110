import { beijingDay, beijingMoment, dayMs, minuteMs, momentAt } from '../../kit/beijing';
import { findDays } from '../../kit/days';
import { readNumber } from '../../kit/han-number';
import { fold, toSimplified } from '../../kit/text';
import { isQuiet } from './gate';
import type { PushRow } from './push';

/** Years whose official calendar of holidays (調休) is known to have been announced; those beyond are a guess by the rule. */
const announcedUntil = 2026;
const holidays = /元旦|春节|除夕|清明|五一|劳动节|端午|中秋|国庆/;

const festivals = '元旦、春節、元宵、清明、五一、端午、七夕、中秋、國慶節、重陽、聖誕';
/** 「9:30」, 「9點半」, 「晚上八點」, and 「今晚8點」, where the day keeps its 晚. */
const clockTime =
  /(?<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|(?<=[今明])[早晚])?\s*(?<hour>(?<!\d)\d{1,2}|(?<![一二三四五六七八九十])[一二三四五六七八九十]{1,3})\s*(?:[:：](?<minutes>\d{2})|[点时](?:(?<past>\d{1,2})分?|(?<half>半)|整|钟)?)\s*$/u;

/**
 * The business moment of 「2026-12-01 09:00」, 「國慶節 09:00」, 「明天 9:30」, 「今晚八點」; undefined for 「現在」. `warning`: a holiday of a
 * year whose official calendar was not out when this was written.
 */
export function readWhen(
  text: string,
  now: number,
): { at: number | undefined; warning?: string } | { problem: string } {
  const folded = fold(text);
  if (folded === '现在' || folded === '马上') return { at: undefined };
  const time = timeIn(text);
  const found = time && findDays(fold(time.day), beijingDay(now));
  if (!time || !found)
    return {
      problem: `看不懂「${text}」；要寫「現在」，或日子加時間：「2026-12-01 09:00」「今天 23:00」「下週一 09:00」「12/1 早上九點」「元旦 09:00」；節日有：${festivals}`,
    };
  const day = found.days.on;
  const at = momentAt(`${day} ${time.clock}`);
  if (at < now) {
    const isPlain = text.trim() === beijingMoment(at);
    return {
      problem: `${isPlain ? '' : `「${text}」是 `}${beijingMoment(at)}${isPlain ? ' ' : '，'}已經過去了；請寫以後的時間，或「現在」`,
    };
  }
  return {
    at,
    ...(holidays.test(folded) && Number(day.slice(0, 4)) > announcedUntil
      ? { warning: `${day.slice(0, 4)} 年的放假安排還沒有公布，「${text}」先按 ${day} 算，公布後請再看一次` }
      : {}),
  };
}

/** The time at the end of a text, `09:00`, and what stands before it. */
function timeIn(text: string): { day: string; clock: string } | undefined {
  const plain = toSimplified(text.normalize('NFKC'));
  const match = clockTime.exec(plain);
  if (!match) return undefined;
  const { part = '', hour = '', minutes, past, half } = match.groups as Record<string, string | undefined>;
  const said = readNumber(hour) ?? 24;
  const isLater = /^(?:下午|傍晚|晚上|晚)$/.test(part) ? said < 12 : part === '中午' && said < 3;
  const [h, m] = [isLater ? said + 12 : said, half ? 30 : Number(minutes ?? past ?? 0)];
  if (h > 23 || m > 59) return undefined;
  const before = plain.slice(0, match.index);
  return {
    day: part.length === 1 ? before + part : before,
    clock: `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`,
  };
}

/** It goes as soon as it is started. */
export const goesAtOnce = ({ at }: Pick<PushRow, 'at'>): boolean => ['现在', '马上'].includes(fold(at));

/** When it goes; where that is not when it was set for, why. */
export function tellDue(quiet: PushRow['quiet'], due: number): string {
  const at = afterQuiet(quiet, due);
  return at === due
    ? beijingMoment(due)
    : `${beijingMoment(at)}（排的是 ${beijingMoment(due)}，${quiet.from}–${quiet.to} 免打擾）`;
}

/** 「元旦 09:00（2027-01-01 09:00）」 */
export function tellWhen({ at }: Pick<PushRow, 'at'>, now: number): string {
  const when = readWhen(at, now);
  if ('problem' in when || when.at === undefined) return at;
  const told = beijingMoment(when.at);
  return told === at ? at : `${at}（${told}）`;
}

/** 「12 分鐘」「305 天」 */
export function tellWait(ms: number): string {
  const minutes = Math.ceil(ms / minuteMs);
  if (minutes < 120) return `${minutes} 分鐘`;
  return ms < 2 * dayMs ? `${Math.round(minutes / 60)} 小時` : `${Math.round(ms / dayMs)} 天`;
}

/** The next moment at which a Beijing clock shows this time. */
export function nextTime(time: string, after: number): number {
  const today = momentAt(`${beijingDay(after)} ${time}`);
  return today > after ? today : today + dayMs;
}

/** The first moment from `at` on that lies in no quiet hours. */
export const afterQuiet = (quiet: PushRow['quiet'], at: number): number =>
  isQuiet({ quiet }, at) ? nextTime(quiet.to, at) : at;
