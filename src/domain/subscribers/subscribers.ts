import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingDay, dayMs, dayNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Point } from '../../kit/geo';
import { keyedHash, randomId } from '../../kit/ids';
import type { Script } from '../../kit/text';
import { command, writeTwice } from '../../store/command';
import { createGroup } from '../../store/group';
import type { IndexSpec } from '../../store/indexes';
import type { Audience, Facts } from '../audience';
import type { Upkeep } from '../upkeep';
import { createLeavings, leavingIndexes } from './leavings';
import { erase } from './subscribers.jobs';
import { subscriberLeaves } from './subscribers.leaves';
import type { Kept, Plays, Talk } from './talk';

export type Subscriber = {
  /** Keyed hash of the openid. */
  _id: string;
  openid: string;
  /** The random name under which everything else knows her. */
  pid: string;
  /** Moves with every change of what the talk depends on; who writes with an old one loses and runs again. */
  v: number;
  following: boolean;
  /** CreateTime of her last follow. */
  followedAt?: Date;
  /** She was here before: nothing that may happen once per person happens again. */
  once: string[];
  script?: Script;
  /** She asked for this script; until then it is guessed from what she types. */
  scriptChosen?: boolean;
  cityId?: string;
  spot?: Point & { label?: string; at: Date };
  /** The scenes of the codes by which she came: the first, and the last. */
  channel?: { first: string; last: string };
  talk: Talk;
  /** The conversation in which a person of ours talks with her: the bot is silent meanwhile. */
  desk?: string;
  /** What was said with each of the last changes, newest last: a callback taken over finds its own and says the same. */
  said?: Kept[];
  /** Words that could not be delivered; the first words of her next reply. */
  mailbox: { id: string; text: string; at: Date }[];
  seenAt: Date;
  /** The last walk through WeChat's list of followers in which she stood (`sync.ts`; business ms of its beginning). */
  listed?: number;
};

/** Somebody as WeChat's list of followers tells of her: nothing she did towards us. */
export type Listed = { openid: string; followedAt?: Date; scene?: string };

/** What a handler may change about her. */
export type FanChanges = Partial<
  Pick<Subscriber, 'script' | 'scriptChosen' | 'cityId' | 'spot' | 'channel' | 'talk'>
> & {
  once?: string[];
};

type Change = {
  fan: string;
  v: number;
  changes: FanChanges & { said: Kept[]; takeMail?: string[]; followedAt?: Date };
};

export const subscriberIndexes: IndexSpec[] = [
  { collection: 'subscribers', key: { pid: 1 }, unique: true, invariant: true, why: 'who is this pid' },
  { collection: 'subscribers', key: { followedAt: 1 }, why: 'who began to follow on these days (numbers)' },
  { collection: 'graves', key: { until: 1 }, why: 'which graves may be forgotten' },
  ...leavingIndexes,
];

type Grave = {
  _id: string;
  once: string[];
  until: Date;
  /** CreateTime of her leave. */
  leftAt?: Date;
  /** Her name in campaigns, until their claims are closed: she comes back as the same player. */
  pid?: string;
  /** Where she stood in them: the same question, with the same timer. */
  plays?: Plays;
  playing?: string;
  pidUntil?: Date;
};

/** After this nothing about a person who left is kept, not even what may happen once. */
const graveMs = 2 * 366 * dayMs;
const timeoutMS = 2_500;
const freshMs = 60_000;

/** Only this collection knows an openid. The talk with her lies in the same row: one read and one write a callback. */
export function createSubscribers(given: {
  db: Connection;
  dataKey: string;
  appId: string;
  clock: Clock;
  placeOf: (cityId: string) => { name: string; region: string } | undefined;
}) {
  const { db, dataKey, appId, clock, placeOf } = given;
  const rows = db.collection<Subscriber>('subscribers');
  const graves = db.collection<Grave>('graves');
  const leavings = createLeavings({ db });

  const loads = createGroup<string, Subscriber | undefined>({
    async run(ids) {
      const wanted = [...new Set(ids)];
      const answer = await command(
        db,
        {
          find: 'subscribers',
          filter: { _id: { $in: wanted } },
          batchSize: wanted.length,
          singleBatch: true,
        },
        timeoutMS,
      );
      const found = (answer as { cursor: { firstBatch: Subscriber[] } }).cursor.firstBatch;
      const byId = new Map(found.map((row) => [row._id, row]));
      return ids.map((id) => byId.get(id));
    },
  });

  /** Last seen: written behind, a few times a second. */
  const touches = createGroup<string, void>({
    breathMs: 250,
    aloneMs: 250,
    full: 5_000,
    maxWaiting: 20_000,
    maxAgeMs: 10_000,
    maxGroup: 5_000,
    async run(group) {
      const u = { $set: { seenAt: new Date(clock.now()) } };
      const updates = group.map((fan) => ({ q: { _id: fan }, u }));
      const answer = await writeTwice(db, { update: 'subscribers', updates, ordered: false }, 5_000);
      if (answer['writeErrors'])
        throw new AppError(
          'Upstream',
          'subscribers.not-touched',
          'The database refused what she was last seen doing.',
        );
      return group.map(() => undefined);
    },
  });

  /**
   * The command says only how many rows it found. When one is missing, all are told that nothing is certain: who loads
   * again finds what was said among `said`, if it was written.
   */
  const changes = createGroup<Change, boolean>({
    maxAgeMs: 3_000, // her letter is in the inbox: it need not be refused as early as one that is not
    async run(group) {
      const updates = group.map(({ fan, v, changes: { takeMail, followedAt, once, ...set } }) => ({
        q: { _id: fan, v },
        u: {
          $set: {
            ...set,
            seenAt: new Date(clock.now()),
            ...(followedAt ? { following: true, followedAt } : {}),
          },
          $inc: { v: 1 },
          ...(once ? { $addToSet: { once: { $each: once } } } : {}),
          ...(takeMail ? { $pull: { mailbox: { id: { $in: takeMail } } } } : {}),
        },
      }));
      const answer = await writeTwice(db, { update: 'subscribers', updates, ordered: false }, timeoutMS);
      if (answer['writeErrors'])
        throw new AppError(
          'Upstream',
          'subscribers.not-changed',
          'The database refused what was said to her.',
        );
      const written = answer['n'] === group.length;
      return group.map(() => written);
    },
  });

  /** A new pid, and what her grave remembers. */
  function firstRow({ openid, followedAt, scene }: Listed, grave: Grave | null): Omit<Subscriber, '_id'> {
    const now = new Date(clock.now());
    const same = grave?.pid && grave.pidUntil && grave.pidUntil > now ? grave : undefined;
    return {
      openid,
      pid: same?.pid ?? randomId(),
      v: 0,
      following: true, // only who follows can write; many did so before we were connected
      ...(followedAt ? { followedAt } : {}),
      once: grave?.once ?? [],
      ...(scene === undefined ? {} : { channel: { first: scene, last: scene } }),
      talk: same ? playsOf(same) : {},
      mailbox: [],
      seenAt: followedAt ?? now,
    };
  }

  /** Those of whom WeChat alone told us: they follow, and nothing is owed to them. Whom we know stays as she is. */
  async function meetListed(people: readonly Listed[]): Promise<number> {
    if (people.length === 0) return 0;
    const byFan = new Map(people.map((one) => [fanOf(one.openid), one]));
    const here = { _id: { $in: [...byFan.keys()] }, until: { $gt: new Date(clock.now()) } };
    const buried = new Map((await graves.find(here).toArray()).map((grave) => [grave._id, grave]));
    const done = await rows.bulkWrite(
      Array.from(byFan, ([_id, one]) => ({
        updateOne: {
          filter: { _id },
          update: { $setOnInsert: firstRow(one, buried.get(_id) ?? null) },
          upsert: true,
        },
      })),
      { ordered: false },
    );
    return done.upsertedCount;
  }

  /** A person we have not met, or who came back. */
  async function meet(openid: string): Promise<Subscriber> {
    const _id = fanOf(openid);
    const grave = await graves.findOne({ _id, until: { $gt: new Date(clock.now()) } }, { timeoutMS });
    const met = await rows.findOneAndUpdate(
      { _id },
      {
        $setOnInsert: firstRow({ openid }, grave),
      },
      { upsert: true, returnDocument: 'after', timeoutMS },
    );
    if (!met)
      throw new AppError('Upstream', 'subscribers.not-met', 'The database did not keep the new subscriber.');
    return met;
  }

  const isGone = async (fan: string, at: Date): Promise<boolean> =>
    (await graves.countDocuments({ _id: fan, leftAt: { $gte: at } }, { limit: 1, timeoutMS })) > 0;

  const fanOf = (openid: string): string => keyedHash(dataKey, 'fan', appId, openid);

  /**
   * What was said with her last changes, and forms she never ended: a name, a phone, an address may stand there. Of those
   * who have not been here since `before`.
   */
  async function forgetWords(before: Date): Promise<void> {
    await rows.updateMany(
      {
        seenAt: { $lt: before },
        $or: [
          { 'said.0': { $exists: true } },
          { 'talk.form': { $exists: true } },
          { 'talk.waiting': { $exists: true } },
        ],
      },
      { $set: { said: [] }, $unset: { 'talk.form': '', 'talk.waiting': '' }, $inc: { v: 1 } },
    );
  }

  return {
    upkeep: {
      indexes: subscriberIndexes,
      jobs: [erase],
      copy: async ({ fan }) => ({
        subscriber: await rows.find({ _id: fan }, { projection: { said: 0, v: 0 } }).toArray(),
      }),
      async forget(ago) {
        await forgetWords(ago(30));
        await graves.deleteMany({ until: { $lt: new Date(clock.now()) } });
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '看見的', how: '她發來的消息、定位，掃過的碼' },
      leaves: subscriberLeaves,
      async facts(people) {
        const some = await rows
          .find(
            { _id: { $in: people.map(({ fan }) => fan) } },
            { projection: { said: 0, mailbox: 0, talk: 0 } },
          )
          .toArray();
        return new Map(some.map((row) => [row.pid, factsOf(row, placeOf)]));
      },
    } satisfies Audience,
    /** The keyed hash under which her row is found. */
    fanOf,
    /** Concurrent loads share one query. */
    load: (fan: string): Promise<Subscriber | undefined> => loads.add(fan),
    meet,
    meetListed,
    /** Names the message for good: a keyed hash of account, person and the message's own identity. */
    inboxId: (openid: string, key: string): string => keyedHash(dataKey, 'inbox', appId, openid, key),

    /**
     * Writes what the reply to one callback changed and when she was seen, and keeps the reply
     * with it (last in `said`). False: it may not be written, perhaps because something else was since `v` was read;
     * load her again, and unless it is among `said`, run again.
     */
    change: (fan: string, v: number, what: Change['changes']): Promise<boolean> =>
      changes.add({ fan, v, changes: what }),
    /** She was here: written, unless it was less than a minute ago. */
    async touch(her: Subscriber): Promise<void> {
      if (clock.now() - her.seenAt.getTime() > freshMs) await touches.add(her._id);
    },

    /** The first words of her next reply. The same id twice is one letter; the ten newest are kept. */
    async post(fan: string, letter: { id: string; text: string }): Promise<boolean> {
      const done = await rows.updateOne(
        { _id: fan, 'mailbox.id': { $ne: letter.id } },
        {
          $push: { mailbox: { $each: [{ ...letter, at: new Date(clock.now()) }], $slice: -10 } },
          $inc: { v: 1 },
        },
        { timeoutMS },
      );
      return done.matchedCount === 1;
    },

    /** A person of ours talks with her in this conversation, or no longer does. What is being answered in this moment is answered again. */
    async atDesk(fan: string, conversation: string, talks: boolean): Promise<void> {
      await (talks
        ? rows.updateOne(
            { _id: fan, desk: { $ne: conversation } },
            { $set: { desk: conversation }, $inc: { v: 1 } },
            { timeoutMS },
          )
        : rows.updateOne(
            { _id: fan, desk: conversation },
            { $unset: { desk: 1 }, $inc: { v: 1 } },
            { timeoutMS },
          ));
    },

    /**
     * She left: her row goes, and her grave keeps what may happen once. Who plays in campaigns keeps her name in them
     * until `pidUntil` says (business ms), so that she comes back as the same player, with the same floors and claims.
     * A row that followed after `leftAt` (CreateTime) stays: this is an old leave, taken up again.
     */
    async remove(
      fan: string,
      leftAt: Date,
      pidUntil: (campaigns: string[]) => number | undefined = () => undefined,
    ): Promise<void> {
      const _id = fan;
      const gone = { _id, $or: [{ followedAt: { $exists: false } }, { followedAt: { $lte: leftAt } }] };
      const row = await rows.findOne(gone, {
        projection: { once: 1, pid: 1, talk: 1, followedAt: 1, channel: 1 },
        timeoutMS,
      });
      if (!row && (await isGone(fan, leftAt))) return; // done before
      const until = row && pidUntil(Object.keys(row.talk.plays ?? {}));
      await graves.updateOne(
        { _id },
        {
          $addToSet: { once: { $each: row?.once ?? [] } },
          $max: { leftAt },
          $set: {
            until: new Date(clock.now() + graveMs),
            ...(until ? { pid: row.pid, pidUntil: new Date(until), ...playsOf(row.talk) } : {}),
          },
        },
        { upsert: true, timeoutMS },
      );
      crashPoint('grave-dug');
      // Who takes the row away counts it, so that twice is once; a process that dies in between leaves one uncounted.
      if (row && (await rows.deleteOne(gone, { timeoutMS })).deletedCount === 1)
        await leavings.count(row, leftAt);
      crashPoint('row-removed');
    },
    /** Whether what she sent at `at` comes from before she left: then nothing of it may bring her back. */
    isGone,
    /** Who this pid is now; undefined when she left. */
    async byPid(pid: string): Promise<{ fan: string; script?: Script } | undefined> {
      const row = await rows.findOne({ pid }, { projection: { script: 1 }, timeoutMS });
      return row ? { fan: row._id, ...(row.script ? { script: row.script } : {}) } : undefined;
    },
    /** By her pid, or by her openid. @throws AppError NotFound */
    async mustFind(who: string): Promise<{ fan: string; pid: string }> {
      const row =
        (await rows.findOne({ pid: who }, { projection: { pid: 1 }, timeoutMS })) ??
        (await rows.findOne({ _id: fanOf(who) }, { projection: { pid: 1 }, timeoutMS }));
      if (!row)
        throw new AppError(
          'NotFound',
          'subscribers.unknown',
          `沒有這個人：${who.slice(0, 64)}。要的是 pid 或 openid；也可能她已經取消關注，或資料刪除了。`,
        );
      return { fan: row._id, pid: row.pid };
    },
    /** The openids of those of the pids that are somebody's now. For calls to WeChat alone, and kept nowhere else. */
    async openidsOf(pids: readonly string[]): Promise<Map<string, string>> {
      const some = rows.find({ pid: { $in: [...pids] } }, { projection: { pid: 1, openid: 1 } });
      return new Map((await some.toArray()).map(({ pid, openid }) => [pid, openid]));
    },
    /** Those of the pids that are nobody's: no fan's, and of none who left and would come back with it. */
    async strangers(pids: string[]): Promise<string[]> {
      const known = new Set<unknown>();
      for (const collection of [rows, graves] as const)
        for (const pid of await collection.distinct('pid', { pid: { $in: pids } })) known.add(pid);
      return pids.filter((pid) => !known.has(pid));
    },
    /** Everybody, in the order of `fan`, from behind `after` on. */
    async everybody(after: string, limit: number): Promise<{ fan: string; pid: string }[]> {
      const some = rows.find({ _id: { $gt: after } }, { projection: { pid: 1 }, sort: { _id: 1 }, limit });
      return (await some.toArray()).map(({ _id, pid }) => ({ fan: _id, pid }));
    },
    /** Those of the fans whom we know. */
    async among(fans: string[]): Promise<{ fan: string; pid: string }[]> {
      const some = rows.find({ _id: { $in: fans } }, { projection: { pid: 1 } });
      return (await some.toArray()).map(({ _id, pid }) => ({ fan: _id, pid }));
    },
    /** As `known`, with the script each reads. */
    async readers(pids: string[]): Promise<{ fan: string; pid: string; script: Script | undefined }[]> {
      const some = rows.find({ pid: { $in: pids } }, { projection: { pid: 1, script: 1 } });
      return (await some.toArray()).map(({ _id, pid, script }) => ({ fan: _id, pid, script }));
    },
    /** The cities that these people last asked about or were in, by pid. */
    async citiesOf(pids: string[]): Promise<Map<string, string>> {
      const some = rows.find(
        { pid: { $in: pids }, cityId: { $exists: true } },
        { projection: { pid: 1, cityId: 1 } },
      );
      const found = (await some.toArray()).map(({ pid, cityId }): [string, string] => [
        pid,
        placeOf(cityId ?? '')?.name ?? '',
      ]);
      return new Map(found.filter(([, name]) => name !== ''));
    },
    /** How many of these people have been here since, each from a moment of her own (business time). */
    async backSince(some: readonly { pid: string; at: Date }[]): Promise<number> {
      const seen = rows.find(
        { pid: { $in: some.map(({ pid }) => pid) } },
        { projection: { pid: 1, seenAt: 1 } },
      );
      const byPid = new Map((await seen.toArray()).map(({ pid, seenAt }) => [pid, seenAt]));
      return some.filter(({ pid, at }) => (byPid.get(pid) ?? at) > at).length;
    },
    /** Who these pids are now; without those who left. */
    async known(pids: string[]): Promise<{ fan: string; pid: string }[]> {
      const some = rows.find({ pid: { $in: pids } }, { projection: { pid: 1 } });
      return (await some.toArray()).map(({ _id, pid }) => ({ fan: _id, pid }));
    },
    /** Those of the pids that are somebody's now. */
    here: async (pids: string[]): Promise<string[]> => rows.distinct('pid', { pid: { $in: pids } }),
    /** Who follows now and began between two moments (business ms). */
    countFollowed: (from: number, to: number): Promise<number> =>
      rows.countDocuments({ followedAt: { $gte: new Date(from), $lt: new Date(to) } }),
    /** As `countFollowed`, by the scene of the code by which each came; '' for who came by none. */
    async followedBy(from: number, to: number): Promise<Map<string, number>> {
      const found = await rows
        .aggregate<{ _id: string; n: number }>([
          { $match: { followedAt: { $gte: new Date(from), $lt: new Date(to) } } },
          { $group: { _id: { $ifNull: ['$channel.first', ''] }, n: { $sum: 1 } } },
        ])
        .toArray();
      return new Map(found.map(({ _id, n }) => [_id, n]));
    },
    leavings,
    count: (): Promise<number> => rows.estimatedDocumentCount(),
    drained: async (): Promise<void> => {
      await Promise.all([changes.drained(), touches.drained()]);
    },
  };
}

const playsOf = ({ plays, playing }: Pick<Talk, 'plays' | 'playing'>): Pick<Talk, 'plays' | 'playing'> => ({
  ...(plays ? { plays } : {}),
  ...(playing === undefined ? {} : { playing }),
});

export type Subscribers = ReturnType<typeof createSubscribers>;

/** What her row says of her, for segments. */
function factsOf(
  { script, cityId, channel, followedAt, seenAt }: Subscriber,
  placeOf: (cityId: string) => { name: string; region: string } | undefined,
): Facts {
  const place = cityId === undefined ? undefined : placeOf(cityId);
  return {
    tokens: [
      ...(script ? [`script:${script}`] : []),
      ...(place ? [`city:${place.name}`, `region:${place.region}`] : []),
      ...(channel ? [`channel:first:${channel.first}`, `channel:last:${channel.last}`] : []),
    ],
    numbers: {
      seenOn: dayNumber(beijingDay(seenAt.getTime())),
      ...(followedAt ? { followedOn: dayNumber(beijingDay(followedAt.getTime())) } : {}),
    },
  };
}
