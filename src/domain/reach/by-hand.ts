import { AppError } from '../../errors';
import { beijingDay, momentAt, startOfBeijingDay } from '../../kit/beijing';
import type { MassSend, ReachLedger } from './reach';

export const mostByHand = 10;

/**
 * Writes down so many mass sends of a Beijing day in WeChat's own console; those that WeChat told of count among them. Said again,
 * the last word counts; 0 takes them back. @returns how many now count, and those that WeChat told of
 * @throws AppError Invalid push.day, push.times
 */
export async function noteByHand(
  { reach, now }: { reach: Pick<ReachLedger, 'massOf' | 'massSent' | 'massUnsent'>; now: number },
  { day, times, by }: { day: string; times: number; by: string },
): Promise<{ counts: number; told: MassSend[] }> {
  const wrong = (field: 'day' | 'times', message: string) =>
    new AppError('Invalid', `push.${field}`, message, { details: { fields: { [field]: message } } });
  if (!/^20\d\d-\d\d-\d\d$/.test(day) || beijingDay(startOfBeijingDay(day) || 0) !== day)
    throw wrong('day', `「${day}」不是日子；要寫成 2026-11-20。`);
  if (day > beijingDay(now)) throw wrong('day', `${day} 還沒有到；發過了再記。`);
  if (!Number.isInteger(times) || times < 0 || times > mostByHand)
    throw wrong('times', `次數要是 0 到 ${mostByHand}。`);
  const told = (await reach.massOf(day.slice(0, 7))).filter(
    (one) => beijingDay(one.at.getTime()) === day && one.push === undefined && !one._id.startsWith('hand/'),
  );
  const own = Math.max(0, times - told.length);
  for (let n = 1; n <= mostByHand; n++)
    if (n <= own)
      await reach.massSent({ _id: `hand/${day}/${n}`, at: new Date(momentAt(`${day} 12:00`)), by });
    else await reach.massUnsent(`hand/${day}/${n}`);
  return { counts: told.length + own, told };
}
