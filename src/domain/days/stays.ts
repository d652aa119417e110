import type { mongo } from 'mongoose';
import { dayNumber, dayOfNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { ChannelDay } from './day-rows';

/** What one code brought: who followed by it, and of those who did so long enough ago, how many stayed so many days. */
export type Stay = {
  scene: string;
  joined: number;
  left: number;
  week: { of: number; kept: number };
  month: { of: number; kept: number };
};

/** Days since she followed. */
const spans = [7, 30] as const;

/** What codes brought, and who stayed. */
export function createStays({
  channelDays,
  leavings,
  clock,
}: {
  channelDays: mongo.Collection<ChannelDay>;
  leavings: {
    lostBy(
      from: string,
      to: string,
      within: readonly { days: number; upTo: string }[],
    ): Promise<Map<string, { n: number; within: number[] }>>;
  };
  clock: Clock;
}) {
  return {
    /** Of those who followed between two Beijing days that have been counted, both included; who brought most first. */
    async stays(from: string, to: string): Promise<Stay[]> {
      const today = dayNumber(clock.day());
      const within = spans.map((some) => ({ days: some, upTo: dayOfNumber(today - some) }));
      const oldEnough = within.map(({ upTo }, i) => [
        `w${i}`,
        { $sum: { $cond: [{ $lte: ['$day', upTo] }, '$joined', 0] } },
      ]);
      const [joined, lost] = await Promise.all([
        channelDays
          .aggregate<{ _id: string; joined: number; w0: number; w1: number }>([
            { $match: { day: { $gte: from, $lte: to } } },
            {
              $group: { _id: '$scene', joined: { $sum: '$joined' }, ...Object.fromEntries(oldEnough) },
            },
            { $sort: { joined: -1, _id: 1 } },
          ])
          .toArray(),
        // Today's are not counted yet: who followed and left today is in neither number.
        leavings.lostBy(from, min(to, dayOfNumber(today - 1)), within),
      ]);
      return joined.map(({ _id: scene, joined: all, w0, w1 }) => {
        const { n = 0, within: [week = 0, month = 0] = [] } = lost.get(scene) ?? {};
        return {
          scene,
          joined: all,
          left: n,
          week: { of: w0, kept: Math.max(0, w0 - week) },
          month: { of: w1, kept: Math.max(0, w1 - month) },
        };
      });
    },
  };
}

const min = (a: string, b: string): string => (a < b ? a : b);
