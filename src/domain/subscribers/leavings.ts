import type { Connection } from 'mongoose';
import { beijingDay } from '../../kit/beijing';
import type { IndexSpec } from '../../store/indexes';

/**
 * `leavings{_id: '<left>/<followed>/<scene>'}`: how many left on one Beijing day who had followed on another, by the code with which
 * they came. Names nobody, so it stays when they are erased. `followed` is '' where that is not known, `scene` where there was none.
 */
export type Leaving = { _id: string; left: string; followed: string; scene: string; n: number };

export const leavingIndexes: IndexSpec[] = [
  { collection: 'leavings', key: { left: 1 }, why: 'how many left on these days' },
  {
    collection: 'leavings',
    key: { followed: 1 },
    why: 'how many of those who followed then have left (retention)',
  },
];

/** Of those who followed on a day, how many left so many days later. */
export type Lost = { followed: string; after: number; n: number };

export function createLeavings({ db }: { db: Connection }) {
  const rows = db.collection<Leaving>('leavings');
  const dayCount = (field: string) => ({
    $dateDiff: {
      startDate: { $dateFromString: { dateString: '$followed' } },
      endDate: { $dateFromString: { dateString: field } },
      unit: 'day',
    },
  });
  const followedIn = (from: string, to: string) => ({ followed: { $gte: from, $lte: to } });

  return {
    async count(
      her: { followedAt?: Date; channel?: { first: string } | undefined },
      leftAt: Date,
    ): Promise<void> {
      const left = beijingDay(leftAt.getTime());
      const followed = her.followedAt ? beijingDay(her.followedAt.getTime()) : '';
      const scene = her.channel?.first ?? '';
      await rows.updateOne(
        { _id: `${left}/${followed}/${scene}` },
        { $inc: { n: 1 }, $setOnInsert: { left, followed, scene } },
        { upsert: true, timeoutMS: 2_500 },
      );
    },
    /** How many left on a Beijing day. */
    async on(left: string): Promise<number> {
      const [sum] = await rows
        .aggregate<{ n: number }>([{ $match: { left } }, { $group: { _id: null, n: { $sum: '$n' } } }])
        .toArray();
      return sum?.n ?? 0;
    },
    /** Who followed on a Beijing day and has left since, by the code with which they came. */
    async since(followed: string): Promise<Map<string, number>> {
      const found = await rows
        .aggregate<{ _id: string; n: number }>([
          { $match: { followed } },
          { $group: { _id: '$scene', n: { $sum: '$n' } } },
        ])
        .toArray();
      return new Map(found.map(({ _id, n }) => [_id, n]));
    },
    /** Of those who followed between two Beijing days, how many left after how many days. */
    async lost(from: string, to: string): Promise<Lost[]> {
      return rows
        .aggregate<Lost>([
          { $match: followedIn(from, to) },
          { $group: { _id: { followed: '$followed', after: dayCount('$left') }, n: { $sum: '$n' } } },
          { $project: { _id: 0, followed: '$_id.followed', after: '$_id.after', n: 1 } },
        ])
        .toArray();
    },
    /** The same by code: how many left at all, and how many within so many days of those who followed up to a day. */
    async lostBy(
      from: string,
      to: string,
      within: readonly { days: number; upTo: string }[],
    ): Promise<Map<string, { n: number; within: number[] }>> {
      const early = within.map(({ days, upTo }, i) => [
        `w${i}`,
        {
          $sum: {
            $cond: [{ $and: [{ $lte: ['$followed', upTo] }, { $lt: [dayCount('$left'), days] }] }, '$n', 0],
          },
        },
      ]);
      const found = await rows
        .aggregate<Record<string, number> & { _id: string; n: number }>([
          { $match: followedIn(from, to) },
          { $group: { _id: '$scene', n: { $sum: '$n' }, ...Object.fromEntries(early) } },
        ])
        .toArray();
      return new Map(
        found.map((one) => [one._id, { n: one.n, within: within.map((_, i) => one[`w${i}`] ?? 0) }]),
      );
    },
  };
}

export type Leavings = ReturnType<typeof createLeavings>;
