import type { Connection } from 'mongoose';
import { beijingDay, dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import type { AccountDay, ChannelDay, DayCounts } from './day-rows';
import { createRetention } from './retention';
import { createStays } from './stays';

const indexes: IndexSpec[] = [
  { collection: 'channelDays', key: { day: 1 }, why: 'what codes brought on these days' },
];
/** So far back days are counted that nobody has counted. */
const mostBack = 84;
/** Letters go after so many days. */
const lettersKept = 30;

/** What a day of the account comes to: joins, leaves, messages, answers. Today is counted now, the days before once for good. */
export function createDays(given: {
  db: Connection;
  clock: Clock;
  subscribers: {
    count(): Promise<number>;
    countFollowed(from: number, to: number): Promise<number>;
    followedBy(from: number, to: number): Promise<Map<string, number>>;
    leavings: {
      on(day: string): Promise<number>;
      since(followed: string): Promise<Map<string, number>>;
      lost(from: string, to: string): Promise<{ followed: string; after: number; n: number }[]>;
      lostBy(
        from: string,
        to: string,
        within: readonly { days: number; upTo: string }[],
      ): Promise<Map<string, { n: number; within: number[] }>>;
    };
  };
  /** Callbacks between two moments (business ms). */
  messages: (from: number, to: number) => Promise<number>;
  /** Answers given in all campaigns on a Beijing day. */
  answers: (day: string) => Promise<number>;
}) {
  const { db, clock, subscribers, messages, answers } = given;
  const { leavings } = subscribers;
  const days = db.collection<AccountDay>('accountDays');
  const cursors = db.collection<{ _id: string; day: string }>('cursors');
  const channelDays = db.collection<ChannelDay>('channelDays');

  /** Indexed counts; still they take their time on a busy day. */
  async function countOf(day: string): Promise<DayCounts> {
    const from = startOfBeijingDay(day);
    const [here, gone, left, written, answered] = await Promise.all([
      subscribers.countFollowed(from, from + dayMs),
      leavings.since(day),
      leavings.on(day),
      clock.now() - from > lettersKept * dayMs ? undefined : messages(from, from + dayMs),
      answers(day),
    ]);
    return {
      joined: here + sum(gone.values()),
      left,
      ...(written === undefined ? {} : { messages: written }),
      answers: answered,
    };
  }

  async function keepDay(day: string, partial: boolean): Promise<void> {
    const from = startOfBeijingDay(day);
    const [here, gone, counts] = await Promise.all([
      subscribers.followedBy(from, from + dayMs),
      leavings.since(day),
      countOf(day),
    ]);
    const scenes = new Set([...here.keys(), ...gone.keys()].filter((scene) => scene !== ''));
    if (scenes.size > 0)
      await channelDays.bulkWrite(
        [...scenes].map((scene) => ({
          replaceOne: {
            filter: { _id: `${day}/${scene}` },
            replacement: { day, scene, joined: (here.get(scene) ?? 0) + (gone.get(scene) ?? 0) },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    // The day last: a run that was cut off counts it again.
    await days.updateOne(
      { _id: day },
      { $setOnInsert: { ...counts, at: new Date(clock.now()), ...(partial ? { partial } : {}) } },
      { upsert: true },
    );
  }

  /** Counts the days before today that nobody has counted. Twice is as once. */
  async function keep(): Promise<void> {
    const today = startOfBeijingDay(clock.day());
    const last = await days.findOne({}, { sort: { _id: -1 }, projection: { _id: 1 } });
    const whole = (await wholeSince()) ?? '9999';
    const first = beijingDay(today - mostBack * dayMs);
    for (let at = today - mostBack * dayMs; at < today; at += dayMs) {
      const day = beijingDay(at);
      if (day >= first && day > (last?._id ?? '')) await keepDay(day, day < whole);
    }
  }

  /** The first day whose leavings are all counted. */
  const wholeSince = async (): Promise<string | undefined> => (await cursors.findOne({ _id: 'days' }))?.day;

  return {
    upkeep: {
      indexes,
      /** Of a house that has people already, it begins tomorrow: who left today before this was there is not counted. */
      async warm() {
        if ((await wholeSince()) !== undefined) return;
        const isNew = (await subscribers.count()) === 0;
        const day = isNew ? clock.day() : beijingDay(startOfBeijingDay(clock.day()) + dayMs);
        await cursors.updateOne({ _id: 'days' }, { $setOnInsert: { day } }, { upsert: true });
      },
      forget: () => keep(),
    } satisfies Upkeep,
    keep,
    wholeSince,
    /** As it is now, also of a day that is over. */
    countOf,
    /** Days as they were counted, the newest first, from `before` back. */
    list: (asked: {
      from?: string | undefined;
      to?: string | undefined;
      limit: number;
      before?: string | undefined;
    }) => {
      const { from = '', to = '9999', limit, before = '9999' } = asked;
      return days
        .find({ _id: { $gte: from, $lte: to, $lt: before } }, { sort: { _id: -1 }, limit })
        .toArray();
    },
    of: async (some: readonly string[]): Promise<Map<string, AccountDay>> =>
      new Map((await days.find({ _id: { $in: [...some] } }).toArray()).map((row) => [row._id, row])),
    ...createRetention({ days, leavings, clock }),
    ...createStays({ channelDays, leavings, clock }),
  };
}

export type Days = ReturnType<typeof createDays>;

const sum = (some: Iterable<number>): number => [...some].reduce((all, n) => all + n, 0);
