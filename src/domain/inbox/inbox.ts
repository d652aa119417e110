import type { Connection } from 'mongoose';
import { AppError, willPass } from '../../errors';
import { beijingDay, dayNumber } from '../../kit/beijing';
import { monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Log } from '../../kit/log';
import { writeTwice } from '../../store/command';
import { isDuplicate } from '../../store/duplicate';
import { createGroup } from '../../store/group';
import type { IndexSpec } from '../../store/indexes';
import type { Reply } from '../../wechat/protocol/reply';
import type { Audience } from '../audience';
import type { Upkeep } from '../upkeep';
import { inboxLeaves, mostAsks, nthAsked, topicOf } from './inbox.leaves';
import type { Processes } from './processes';

/**
 * One callback, kept before it is answered. At once the de-duplication (its `_id`), the durable record, the message
 * log, and the place where the reply is kept.
 */
export type InboxRow = {
  /** Keyed hash of appid + openid + the message's identity. */
  _id: string;
  /** Keyed hash of the openid; unset when she is erased. */
  fan?: string;
  /** When we accepted it, business time. The Beijing day of everything that follows from it. */
  at: Date;
  /** `<boot>:<n>` of the process that answers it; empty when that process let go. */
  owner: string;
  /** When the owner took it, machine time. */
  ownedAt: Date;
  /** The decrypted callback; unset when she is erased. */
  body?: string;
  /** What was (or will be) said; null is said as `success`. */
  reply?: Reply | null;
  /** Awards that the reply tells her of. */
  carries?: string[];
  /** What the reply is about, in words that would be answered the same; unset when she is erased. */
  about?: string;
  doneAt?: Date;
  /** The deadline passed: the reply goes out as a customer message or through her mailbox. */
  late?: boolean;
  tries: number;
  failed?: string;
  quarantinedAt?: Date;
};

export const inboxIndexes: IndexSpec[] = [
  {
    collection: 'inbox',
    key: { ownedAt: 1 },
    partial: { open: true },
    why: 'which rows are undone (sweeper, oldest undone)',
  },
  { collection: 'inbox', key: { fan: 1, at: -1 }, why: 'what did she say (console, erasure)' },
  { collection: 'inbox', key: { at: 1 }, why: 'what is older than its retention' },
  {
    collection: 'inbox',
    key: { carries: 1 },
    partial: { carries: { $exists: true } },
    why: 'was this award told in a reply',
  },
  {
    collection: 'inbox',
    key: { failed: 1, at: 1 },
    partial: { failed: 'limited' },
    why: 'what is left of floods, older than its retention',
  },
  {
    collection: 'inbox',
    key: { quarantinedAt: 1 },
    partial: { quarantinedAt: { $exists: true } },
    why: 'what was put aside (doctor, console)',
  },
];

export type Accepted = { kind: 'new' | 'copy' };
export type Followed =
  | { kind: 'done'; reply: Reply | null }
  | { kind: 'late' }
  | { kind: 'taken'; row: InboxRow; owner: string };

/** What became of an attempt to end a row. */
export type Ended = 'kept' | 'late' | 'lost';

const insertTimeoutMs = 2_500;

export function createInbox({
  db,
  processes,
  log,
  onGroup,
}: {
  db: Connection;
  processes: Processes;
  log: Log;
  onGroup?: (size: number) => void;
}) {
  const rows = db.collection<InboxRow & { open?: true }>('inbox');
  let counter = 0;
  const nextOwner = () => `${processes.boot}:${++counter}`;

  /**
   * The raw command costs about half of `insertMany`. It is not retried by the driver: after a lost answer the caller's
   * sender repeats, and finds its own row by `owner`.
   */
  const inserts = createGroup<InboxRow, Accepted>({
    ...(onGroup ? { onGroup } : {}),
    async run(group) {
      const command = {
        insert: 'inbox',
        documents: group.map((row) => ({ ...row, open: true })),
        ordered: false,
      };
      const answer = await writeTwice(db, command, insertTimeoutMs);
      const errors = (answer['writeErrors'] ?? []) as { index: number; code: number; errmsg: string }[];
      const results = group.map((): Accepted => ({ kind: 'new' }));
      for (const error of errors) {
        if (!isDuplicate(error))
          throw new AppError('Upstream', 'inbox.refused', `The inbox refused a row: ${error.errmsg}`);
        results[error.index] = { kind: 'copy' };
      }
      return results;
    },
  });

  type Ending = { id: string; owner: string; set: Partial<InboxRow>; unset?: Record<string, 1> };
  const endings = createGroup<Ending, Ended>({
    async run(group) {
      const command = {
        update: 'inbox',
        updates: group.map(({ id, owner, set, unset }) => ({
          q: { _id: id, owner, ...(set.late ? {} : { late: { $ne: true } }) },
          u: { $set: set, ...(unset ? { $unset: unset } : {}) },
        })),
        ordered: false,
      };
      const answer = await writeTwice(db, command, insertTimeoutMs);
      if (answer['writeErrors'])
        throw new AppError('Upstream', 'inbox.refused', 'The inbox refused a reply.');
      if (answer['n'] === group.length) return group.map(() => 'kept');
      const found = await rows
        .find(
          { _id: { $in: group.map((one) => one.id) } },
          { projection: { owner: 1, late: 1, doneAt: 1 }, timeoutMS: insertTimeoutMs },
        )
        .toArray();
      const byId = new Map(found.map((row) => [row._id, row]));
      return group.map(({ id, owner, set }): Ended => {
        const row = byId.get(id);
        if (row?.owner !== owner) return 'lost';
        return row.late && !row.doneAt && !set.late ? 'late' : 'kept';
      });
    },
  });

  /**
   * Owners of rows that this process gave up on, and whether that was a try; let go at the next beat, so that others may
   * take them.
   */
  const givenUp = new Map<string, boolean>();
  processes.onBeat(async () => {
    for (const counts of [true, false]) {
      const owners = [...givenUp].filter(([, tried]) => tried === counts).map(([owner]) => owner);
      if (owners.length === 0) continue;
      await rows.updateMany(
        { owner: { $in: owners }, open: true },
        { $set: { owner: '' }, ...(counts ? {} : { $inc: { tries: -1 } }) },
        { timeoutMS: 2_000 },
      );
      for (const owner of owners) givenUp.delete(owner);
    }
  });

  const watch = createGroup<string, InboxRow | undefined>({
    breathMs: 50,
    async run(ids) {
      const found = await rows
        .find(
          { _id: { $in: [...new Set(ids)] } },
          // What is said to a copy must not be taken back by a change of primary.
          { timeoutMS: insertTimeoutMs, readConcern: { level: 'majority' } },
        )
        .toArray();
      const byId = new Map(found.map((row) => [row._id, row]));
      return ids.map((id) => byId.get(id));
    },
  });

  async function takeOver(row: InboxRow): Promise<string | undefined> {
    const owner = nextOwner();
    try {
      const taken = await rows.updateOne(
        { _id: row._id, owner: row.owner, open: true },
        { $set: { owner, ownedAt: new Date() }, $inc: { tries: 1 } },
        { timeoutMS: insertTimeoutMs },
      );
      return taken.modifiedCount === 1 ? owner : undefined;
    } catch (error) {
      givenUp.set(owner, false); // the write may have been applied all the same
      throw error;
    }
  }

  /**
   * Erases what she said and was told up to a moment. Undone rows of hers are closed and taken from their owners, who
   * would otherwise write a reply into them: she left.
   */
  async function erase(fan: string, upTo: Date): Promise<void> {
    await rows.updateMany({ fan, at: { $lte: upTo }, open: true }, { $set: { owner: '' } });
    crashPoint('erase-owners-gone');
    await rows.updateMany(
      { fan, at: { $lte: upTo } },
      {
        $unset: { fan: 1, body: 1, reply: 1, about: 1, open: 1, failed: 1 },
        $set: { doneAt: new Date() },
      },
    );
  }

  /** Age in ms of the oldest undone row (machine time), 0 when none. */
  async function oldestUndoneMs(): Promise<number> {
    const [oldest] = await rows
      .find({ open: true }, { sort: { ownedAt: 1 }, limit: 1, projection: { ownedAt: 1 } })
      .toArray();
    return oldest ? Math.max(0, Date.now() - oldest.ownedAt.getTime()) : 0;
  }

  return {
    upkeep: {
      indexes: inboxIndexes,
      erase: ({ fan, upTo }) => erase(fan, upTo),
      copy: async ({ fan }) => ({
        messages: await rows
          .find({ fan }, { projection: { _id: 0, at: 1, body: 1, reply: 1, about: 1 }, sort: { at: 1 } })
          .toArray(),
      }),
      /** In the order of age. A flood goes after a day: nothing came of it, and WeChat sends no copy of it any more. */
      async forget(ago) {
        await rows.deleteMany({ at: { $lt: ago(30) }, open: { $exists: false } });
        await rows.deleteMany({ failed: 'limited', at: { $lt: ago(1) } });
      },
      gauges: [
        {
          name: 'inbox_oldest_undone_seconds',
          help: 'Age of the oldest undone callback',
          read: async () => (await oldestUndoneMs()) / 1_000,
        },
      ],
    } satisfies Upkeep,
    audience: {
      from: { group: '看見的', how: '最近 30 天問過什麼' },
      leaves: inboxLeaves,
      async facts(people) {
        const pidOf = new Map(people.map(({ fan, pid }) => [fan, pid]));
        const found = new Map<string, { numbers: Record<string, number> }>();
        const asked = rows.find(
          { fan: { $in: [...pidOf.keys()] }, about: { $exists: true } },
          { projection: { fan: 1, at: 1, about: 1 }, sort: { fan: 1, at: -1 }, batchSize: 5_000 },
        );
        for await (const { fan = '', at, about = '' } of asked) {
          const topic = topicOf(about);
          const pid = pidOf.get(fan);
          if (!topic || pid === undefined) continue;
          const { numbers } = found.get(pid) ?? { numbers: {} };
          const n = Array.from({ length: mostAsks }, (_, i) => i + 1).find(
            (one) => !(nthAsked(topic, one) in numbers),
          );
          if (n !== undefined) numbers[nthAsked(topic, n)] = dayNumber(beijingDay(at.getTime()));
          found.set(pid, { numbers });
        }
        return found;
      },
    } satisfies Audience,
    /** Who sent something between two moments (business ms), the second not included. */
    wrote: (from: number, to: number): Promise<string[]> =>
      rows.distinct('fan', { at: { $gte: new Date(from), $lt: new Date(to) } }) as Promise<string[]>,
    /** When somebody next sent something, from a moment on (business ms). */
    async firstWrote(from: number): Promise<number | undefined> {
      const row = await rows.findOne(
        { at: { $gte: new Date(from) } },
        { sort: { at: 1 }, projection: { at: 1 } },
      );
      return row?.at.getTime();
    },
    /** Majority-writes the row. `copy`: it was there already; `follow` says what became of the first. */
    async accept(row: {
      id: string;
      fan: string;
      at: Date;
      body: string;
    }): Promise<Accepted & { owner: string }> {
      const owner = nextOwner();
      try {
        const accepted = await inserts.add({
          _id: row.id,
          fan: row.fan,
          at: row.at,
          owner,
          ownedAt: new Date(),
          body: row.body,
          tries: 1,
        });
        return { ...accepted, owner };
      } catch (error) {
        givenUp.set(owner, false); // the write may have been applied all the same
        throw error;
      }
    },

    /** What she was answered last, from `since` on (business ms), in words that would be answered the same. */
    async lastAbout(fan: string, since: number): Promise<string | undefined> {
      const [row] = await rows
        .find(
          { fan, at: { $gte: new Date(since) }, about: { $exists: true } },
          { projection: { about: 1 }, sort: { at: -1 }, limit: 1, timeoutMS: insertTimeoutMs },
        )
        .toArray();
      return row?.about;
    },

    /** What she sent up to a moment (business time) and was answered, the last so many, the oldest first. */
    async talkOf(
      fan: string,
      until: Date,
      most: number,
    ): Promise<Pick<InboxRow, '_id' | 'at' | 'body' | 'reply' | 'late'>[]> {
      const found = await rows
        .find(
          { fan, at: { $lte: until } },
          { projection: { at: 1, body: 1, reply: 1, late: 1 }, sort: { at: -1 }, limit: most },
        )
        .toArray();
      return found.toReversed();
    },

    /** Whether it was kept before; one query for all who ask. */
    has: async (id: string): Promise<boolean> => (await watch.add(id)) !== undefined,

    /**
     * What a copy does: waits for the first one's reply, asking every 50 to 200 ms (one query for all that wait);
     * when the owner is dead it takes the row over. Returns `late` when the first is late or `until` (monotonic ms) passes.
     */
    async follow(id: string, mine: string, until: number): Promise<Followed> {
      for (let pause = 50; ; pause = Math.min(pause + 50, 200)) {
        const row = await watch.add(id);
        if (!row)
          throw new AppError(
            'Upstream',
            'inbox.lost',
            'The first delivery of this callback is not in the inbox yet.',
          );
        if (row.owner === mine) return { kind: 'taken', row, owner: mine };
        if (row.doneAt) return row.late ? { kind: 'late' } : { kind: 'done', reply: row.reply ?? null };
        if (row.quarantinedAt) return { kind: 'done', reply: null };
        if (processes.isDead(row.owner)) {
          const owner = await takeOver(row);
          if (owner) return { kind: 'taken', row: { ...row, tries: row.tries + 1 }, owner };
        }
        if (row.late) return { kind: 'late' };
        const left = until - monotonicMs();
        if (left > 0) {
          await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
          continue;
        }
        const marked = await rows.updateOne(
          { _id: id, open: true },
          { $set: { late: true } },
          { timeoutMS: insertTimeoutMs },
        );
        if (marked.matchedCount === 1) return { kind: 'late' };
        // It ended just now: look once more what was said.
      }
    },

    /**
     * Keeps the reply. `lost`: the row is no longer ours (somebody took it over, or she was erased), and nothing may be
     * said. `late`: a copy elsewhere ran into its deadline and said `success`; the reply must go out another way.
     */
    async finish(
      id: string,
      owner: string,
      end: {
        reply: Reply | null;
        carries?: string[];
        about?: string | undefined;
        late?: boolean;
        failed?: string;
      },
    ): Promise<Ended> {
      const set = {
        reply: end.reply,
        doneAt: new Date(),
        ...(end.carries?.length ? { carries: end.carries } : {}),
        ...(end.about ? { about: end.about } : {}),
        ...(end.late ? { late: true } : {}),
        ...(end.failed ? { failed: end.failed } : {}),
      };
      return endings.add({ id, owner, set, unset: { open: 1 } });
    },

    /** The deadline passed while it is being answered. Majority-written before `success` is said. */
    markLate: (id: string, owner: string): Promise<Ended> => endings.add({ id, owner, set: { late: true } }),

    /**
     * This process cannot finish the row: let others have it as soon as possible. `error`: why; what will pass is not
     * counted as a try, else a busy hour would put letters out of the way that nothing is wrong with.
     */
    giveUp: (owner: string, error: unknown): void => void givenUp.set(owner, !willPass(error)),

    takeOver,

    /** Undone rows older than `olderThanMs` (or, by a clock set back, as far ahead) whose owner is dead, oldest first. */
    async abandoned(olderThanMs: number, limit: number): Promise<InboxRow[]> {
      const found = await rows
        .find(
          {
            open: true,
            $or: [
              { ownedAt: { $lt: new Date(Date.now() - olderThanMs) } },
              { ownedAt: { $gt: new Date(Date.now() + olderThanMs) } },
            ],
          },
          { sort: { ownedAt: 1 }, limit },
        )
        .toArray();
      return found.filter((row) => processes.isDead(row.owner));
    },

    /** Takes a row out of the way after too many tries; `replay` brings it back. */
    async quarantine(id: string, reason: string): Promise<void> {
      await rows.updateOne(
        { _id: id, open: true },
        { $set: { quarantinedAt: new Date(), failed: reason }, $unset: { open: 1 } },
      );
      log.error(
        { inbox: id, reason },
        'a callback was quarantined after too many tries; `npm run doctor` lists it',
      );
    },
    async replay(id: string): Promise<boolean> {
      const done = await rows.updateOne(
        { _id: id, quarantinedAt: { $exists: true } },
        { $set: { open: true, owner: '', tries: 0 }, $unset: { quarantinedAt: 1, failed: 1 } },
      );
      return done.modifiedCount === 1;
    },
    /** Why a callback was put out of the way. Undefined: there is none of this id. */
    async quarantinedFor(id: string): Promise<string | undefined> {
      const row = await rows.findOne(
        { _id: id, quarantinedAt: { $exists: true } },
        { projection: { failed: 1 } },
      );
      return row ? (row.failed ?? '') : undefined;
    },
    /** Callbacks that were put out of the way, the first to be so first; `after`: where the list goes on. */
    quarantined: (limit = 50, after?: { at: Date; id: string }) =>
      rows
        .find(
          {
            quarantinedAt: { $exists: true },
            ...(after && {
              $or: [
                { quarantinedAt: { $gt: after.at } },
                { quarantinedAt: after.at, _id: { $gt: after.id } },
              ],
            }),
          },
          {
            projection: { failed: 1, quarantinedAt: 1, at: 1 },
            sort: { quarantinedAt: 1, _id: 1 },
            limit,
          },
        )
        .toArray(),

    /**
     * Whether a reply that she was given tells her of this award; `open` as long as one that may is not kept yet. Of one
     * who left (no `fan`) it is still known: she may come back to it.
     */
    async carried(fan: string | undefined, award: string): Promise<'yes' | 'open' | 'no'> {
      const found = await rows
        .find(
          { $or: [{ carries: award }, ...(fan === undefined ? [] : [{ fan, open: true as const }])] },
          {
            projection: { carries: 1 },
            timeoutMS: insertTimeoutMs,
            readConcern: { level: 'majority' },
          },
        )
        .toArray();
      if (found.some(({ carries }) => carries?.includes(award))) return 'yes';
      return found.length > 0 ? 'open' : 'no';
    },
    oldestUndoneMs,
    /** How many callbacks accepted up to a moment (business ms) are not answered yet. */
    undoneUpTo: (at: number): Promise<number> =>
      rows.countDocuments({ open: true, at: { $lte: new Date(at) } }),
    undone: (): Promise<number> => rows.countDocuments({ open: true }),
    /** How many callbacks were accepted between two moments (business ms). */
    countBetween: (from: number, to: number): Promise<number> =>
      rows.countDocuments({ at: { $gte: new Date(from), $lt: new Date(to) } }),
    countQuarantined: (): Promise<number> => rows.countDocuments({ quarantinedAt: { $exists: true } }),

    drained: async (): Promise<void> => {
      await Promise.all([inserts.drained(), endings.drained()]);
    },
  };
}

export type Inbox = ReturnType<typeof createInbox>;
