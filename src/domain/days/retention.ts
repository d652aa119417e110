import type { mongo } from 'mongoose';
import { dayNumber, dayOfNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { AccountDay } from './day-rows';

/** Those who began to follow in one week (Monday to Sunday, Beijing), and the share of them still here after so many weeks. */
export type Cohort = {
  /** The Monday. */
  week: string;
  joined: number;
  left: number;
  /** From the first week on; undefined where that is not over for all of them. */
  kept: (number | undefined)[];
  /** Counted for the first time long after: who had left by then is in none of these numbers. */
  partial: boolean;
};

export const cohortWeeks = 12;

/** Of new followers, how many stay. Who comes back counts again with those of her new week. */
export function createRetention({
  days,
  leavings,
  clock,
}: {
  days: mongo.Collection<AccountDay>;
  leavings: { lost(from: string, to: string): Promise<{ followed: string; after: number; n: number }[]> };
  clock: Clock;
}) {
  return {
    /** The last weeks that have begun, the newest first. */
    async cohorts(): Promise<Cohort[]> {
      const today = dayNumber(clock.day());
      const first = mondayOf(today) - cohortWeeks * 7;
      const from = dayOfNumber(first);
      const to = dayOfNumber(today);
      const [counted, lost] = await Promise.all([
        days.find({ _id: { $gte: from, $lte: to } }).toArray(),
        leavings.lost(from, to),
      ]);
      const cohorts: Cohort[] = [];
      for (let monday = mondayOf(today); monday >= first; monday -= 7) {
        const inWeek = (day: string) => mondayOf(dayNumber(day)) === monday;
        const its = counted.filter(({ _id }) => inWeek(_id));
        const gone = lost.filter(({ followed }) => inWeek(followed));
        const joined = its.reduce((all, one) => all + one.joined, 0);
        const goneAfter = (least: number) =>
          gone.filter(({ after }) => after < least).reduce((all, { n }) => all + n, 0);
        // Who followed on the Sunday has been here the shortest.
        const weeks = Math.floor((today - (monday + 6)) / 7);
        cohorts.push({
          week: dayOfNumber(monday),
          joined,
          left: goneAfter(Infinity),
          kept: Array.from({ length: cohortWeeks }, (_, i) =>
            joined > 0 && i + 1 <= weeks ? 1 - goneAfter((i + 1) * 7) / joined : undefined,
          ),
          partial: its.some(({ partial }) => partial),
        });
      }
      return cohorts;
    },
  };
}

/** Day 0, 1970-01-01, was a Thursday. */
const mondayOf = (day: number): number => day - ((day + 3) % 7);
