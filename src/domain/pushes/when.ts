import { beijingDay, dayMs, momentAt } from '../../kit/beijing';
import { findDays } from '../../kit/days';
import { fold } from '../../kit/text';
import { isQuiet } from './gate';
import type { PushRow } from './push';

/** Years whose official calendar of holidays (調休) is known to have been announced; those beyond are a guess by the rule. */
const announcedUntil = 2026;
const holidays = /元旦|春节|除夕|清明|五一|劳动节|端午|中秋|国庆/;

/**
 * The business moment of 「2026-12-01 09:00」, 「國慶節 09:00」, 「明天 9:30」; undefined for 「現在」. `warning`: a holiday of a year whose
 * official calendar was not out when this was written.
 */
export function readWhen(
  text: string,
  now: number,
): { at: number | undefined; warning?: string } | { problem: string } {
  const folded = fold(text);
  if (folded === '现在' || folded === '马上') return { at: undefined };
  const time = /(\d{1,2})[:：](\d{2})\s*$/u.exec(text.normalize('NFKC'));
  const found = findDays(fold(text.normalize('NFKC').replace(/\d{1,2}[:：]\d{2}\s*$/u, '')), beijingDay(now));
  if (!time || Number(time[1]) > 23 || Number(time[2]) > 59 || !found)
    return {
      problem: `看不懂「${text}」；要寫「現在」，或日子加時間：「2026-12-01 09:00」「國慶節 09:00」「明天 9:30」`,
    };
  const day = found.days.on;
  const at = momentAt(`${day} ${(time[1] ?? '').padStart(2, '0')}:${time[2]}`);
  if (at < now) return { problem: `「${text}」是 ${day} ${time[0].trim()}，已經過去了` };
  return {
    at,
    ...(holidays.test(folded) && Number(day.slice(0, 4)) > announcedUntil
      ? { warning: `${day.slice(0, 4)} 年的放假安排還沒有公布，「${text}」先按 ${day} 算，公布後請再看一次` }
      : {}),
  };
}

/** The next moment at which a Beijing clock shows this time. */
export function nextTime(time: string, after: number): number {
  const today = momentAt(`${beijingDay(after)} ${time}`);
  return today > after ? today : today + dayMs;
}

/** The first moment from `at` on that lies in no quiet hours. */
export const afterQuiet = (quiet: PushRow['quiet'], at: number): number =>
  isQuiet({ quiet }, at) ? nextTime(quiet.to, at) : at;
