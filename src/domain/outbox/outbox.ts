import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { Reply } from '../../wechat/protocol/reply';
import type { Upkeep } from '../upkeep';

/** What a reply, or a job, causes beside itself. */
export type Effect =
  | { kind: 'tell'; reply: Reply }
  | { kind: 'later'; job: string; data: Record<string, unknown> };

/**
 * Anything that leaves the program: a customer message (`tell`) or a job (`later`). Written with its cause, under the
 * cause's id, so that a second run of the cause adds nothing.
 */
export type OutboxRow = {
  /** `<cause>_<n>`, two digits, so that a cause's rows sort in the order in which they were said; `00` is a late reply. */
  _id: string;
  cause: string;
  fan?: string;
  effect?: Effect;
  /** `tell` only: `late` replies go to her mailbox when no window is open. */
  late?: boolean;
  state: 'pending' | 'sending' | 'done' | 'posted' | 'failed' | 'unknown' | 'cancelled';
  /** Business time of the cause. */
  at: Date;
  /** Machine time from which it may be tried. */
  dueAt: Date;
  tries: number;
  epoch: number;
  leaseUntil?: Date;
  reason?: string;
};

export const outboxIndexes: IndexSpec[] = [
  {
    collection: 'outbox',
    key: { dueAt: 1 },
    partial: { state: 'pending' },
    why: 'what is pending, oldest first',
  },
  {
    collection: 'outbox',
    key: { leaseUntil: 1 },
    partial: { state: 'sending' },
    why: 'which leases ran out',
  },
  { collection: 'outbox', key: { cause: 1, _id: 1 }, why: 'what did this callback cause, in order' },
  { collection: 'outbox', key: { fan: 1 }, why: 'what waits for her (erasure)' },
  { collection: 'outbox', key: { at: 1 }, why: 'what is older than its retention' },
  { collection: 'outbox', key: { state: 1 }, partial: { state: 'failed' }, why: 'what was put aside' },
];

/** How long a row that was taken is its holder's, ms, unless it is held for longer. */
export const leaseMs = 30_000;
/** A job over which so many processes died is put aside: one dies by chance, twenty die of it. */
const mostDeaths = 20;
export type Taken = OutboxRow & { epoch: number };
/** `kind`: a job's name, or `tell`; `again`: tried before. */
export type Waiting = { kind: string; n: number; again: number; oldest: Date };
export type Failed = { kind: string; n: number };
const putAside = { state: 'failed', 'effect.kind': 'later' } as const;

export function createOutbox({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<OutboxRow>('outbox');

  /** Machine ms for which the oldest pending row has been due, 0 when none is. */
  async function oldestPendingMs(): Promise<number> {
    const [oldest] = await rows
      .find({ state: 'pending' }, { sort: { dueAt: 1 }, limit: 1, projection: { dueAt: 1 } })
      .toArray();
    return oldest ? Math.max(0, Date.now() - oldest.dueAt.getTime()) : 0;
  }

  return {
    upkeep: {
      indexes: outboxIndexes,
      /** Nothing of what waits for her is sent, and the words go. */
      async erase({ fan, upTo }) {
        await rows.updateMany(
          { fan, at: { $lte: upTo }, state: 'pending', 'effect.kind': 'tell' },
          { $set: { state: 'cancelled', reason: 'she left' } },
        );
        await rows.updateMany({ fan, at: { $lte: upTo } }, { $unset: { effect: 1, fan: 1 } });
      },
      copy: async ({ fan }) => ({
        told: await rows
          .find({ fan, 'effect.kind': 'tell' }, { projection: { _id: 0, at: 1, state: 1, effect: 1 } })
          .toArray(),
      }),
      forget: (ago) => rows.deleteMany({ at: { $lt: ago(30) }, state: { $nin: ['pending', 'sending'] } }),
      gauges: [
        {
          name: 'outbox_oldest_pending_seconds',
          help: 'How long the oldest outbox row has been due',
          read: async () => (await oldestPendingMs()) / 1_000,
        },
      ],
    } satisfies Upkeep,
    /**
     * Adds a cause's effects, after the reply itself when that is `late`; those that are there already stay as they are.
     */
    async add(cause: { id: string; fan?: string; late?: Reply | null }, effects: Effect[]): Promise<void> {
      const late: Effect[] = cause.late ? [{ kind: 'tell', reply: cause.late }] : [];
      const all = [...late, ...effects];
      if (all.length === 0) return;
      const at = new Date(clock.now());
      await rows.bulkWrite(
        all.map((effect, i) => ({
          updateOne: {
            filter: { _id: `${cause.id}_${String(i + 1 - late.length).padStart(2, '0')}` },
            update: {
              $setOnInsert: {
                cause: cause.id,
                ...(cause.fan && effect.kind === 'tell' ? { fan: cause.fan } : {}),
                ...(i < late.length ? { late: true } : {}),
                effect,
                state: 'pending' as const,
                at,
                dueAt: new Date(),
                tries: 0,
                epoch: 0,
              },
            },
            upsert: true,
          },
        })),
        { ordered: false, timeoutMS: 2_500 },
      );
    },

    /** The rows of one cause that wait or are under way, in order. */
    async of(cause: string): Promise<Pick<OutboxRow, '_id' | 'state' | 'dueAt' | 'tries'>[]> {
      return rows
        .find(
          { cause, state: { $in: ['pending', 'sending'] } },
          { sort: { _id: 1 }, projection: { state: 1, dueAt: 1, tries: 1 } },
        )
        .toArray();
    },

    /** What was or is to be said to her between two business times, beside replies, with its words where they are still there. */
    async toldTo(
      fan: string,
      from: Date,
      until: Date,
    ): Promise<
      (Pick<OutboxRow, '_id' | 'cause' | 'state' | 'at' | 'late'> & { words: string | undefined })[]
    > {
      const found = await rows
        .find({ fan, at: { $gte: from, $lte: until } }, { sort: { at: -1 }, limit: 300 })
        .toArray();
      return found.map(({ _id, cause, state, at, late, effect }) => ({
        _id,
        cause,
        state,
        at,
        ...(late ? { late } : {}),
        words: effect?.kind === 'tell' && effect.reply.kind === 'text' ? effect.reply.text : undefined,
      }));
    },

    /** Takes a row by lease; the database's clock decides. Undefined: somebody else has it, or it is not pending. */
    async take(id: string): Promise<Taken | undefined> {
      const row = await rows.findOneAndUpdate(
        { _id: id, state: 'pending' },
        [
          {
            $set: {
              state: 'sending',
              epoch: { $add: ['$epoch', 1] },
              tries: { $add: ['$tries', 1] },
              leaseUntil: { $add: ['$$NOW', leaseMs] },
            },
          },
        ],
        { returnDocument: 'after' },
      );
      return row ?? undefined;
    },

    /** It is still being worked on: the lease begins anew. Does nothing when somebody else has taken it since. */
    async hold(row: Taken): Promise<void> {
      await rows.updateOne(
        { _id: row._id, epoch: row.epoch, state: 'sending' },
        [{ $set: { leaseUntil: { $add: ['$$NOW', leaseMs] } } }],
        { timeoutMS: leaseMs },
      );
    },

    /** Says how it ended. A zombie's epoch matches nothing. */
    async finish(
      row: Taken,
      state: Exclude<OutboxRow['state'], 'pending' | 'sending'>,
      reason?: string,
    ): Promise<void> {
      await rows.updateOne(
        { _id: row._id, epoch: row.epoch, state: 'sending' },
        {
          $set: { state, ...(reason ? { reason } : {}) },
          $unset: { leaseUntil: 1, ...(state === 'unknown' || state === 'failed' ? {} : { effect: 1 }) },
        },
      );
    },
    /** Back to pending, to be tried after a pause. */
    async retry(row: Taken, afterMs: number, reason: string): Promise<void> {
      await rows.updateOne(
        { _id: row._id, epoch: row.epoch, state: 'sending' },
        {
          $set: { state: 'pending', dueAt: new Date(Date.now() + afterMs), reason },
          $unset: { leaseUntil: 1 },
        },
      );
    },

    /**
     * Causes with rows that were due `olderThanMs` ago and that nobody took. What was never tried is due at once: when it
     * lies in the future, whoever wrote it has a clock that was set back, or another one than we.
     */
    async overdue(olderThanMs: number, limit: number): Promise<string[]> {
      const found = await rows
        .find(
          {
            state: 'pending',
            $or: [
              { dueAt: { $lt: new Date(Date.now() - olderThanMs) } },
              { tries: 0, dueAt: { $gt: new Date(Date.now() + olderThanMs) } },
            ],
          },
          { sort: { dueAt: 1 }, limit, projection: { cause: 1 } },
        )
        .toArray();
      return [...new Set(found.map((row) => row.cause))];
    },

    /**
     * Rows whose holder died: a job is run again (jobs are idempotent), unless it seems to be what they die of; a customer
     * message may or may not have arrived, and WeChat offers no key to find out, so it is `unknown` and never sent again by itself.
     */
    async expireLeases(): Promise<{ again: number; unknown: number; aside: number }> {
      const expired = { state: 'sending', $expr: { $lt: ['$leaseUntil', '$$NOW'] } } as const;
      const unknown = await rows.updateMany(
        { ...expired, 'effect.kind': 'tell' },
        {
          $set: { state: 'unknown', reason: 'the sender died between sending and writing it down' },
          $unset: { leaseUntil: 1 },
        },
      );
      const aside = await rows.updateMany(
        { ...expired, 'effect.kind': 'later', tries: { $gte: mostDeaths } },
        {
          $set: { state: 'failed', reason: `its process died ${mostDeaths} times` },
          $unset: { leaseUntil: 1 },
        },
      );
      const again = await rows.updateMany(
        { ...expired, 'effect.kind': 'later' },
        { $set: { state: 'pending', dueAt: new Date() }, $unset: { leaseUntil: 1 } },
      );
      return {
        again: again.modifiedCount,
        unknown: unknown.modifiedCount,
        aside: aside.modifiedCount,
      };
    },

    /** Jobs that were put aside after their tries, from behind `after` on; `replay` brings one back. */
    async putAside(limit = 50, after = ''): Promise<{ id: string; job: string; at: Date; reason: string }[]> {
      const found = await rows
        .find({ ...putAside, _id: { $gt: after } }, { sort: { _id: 1 }, limit })
        .toArray();
      return found.map(({ _id, effect, at, reason = '' }) => ({
        id: _id,
        job: effect?.kind === 'later' ? effect.job : '',
        at,
        reason,
      }));
    },
    /** Why a job was put aside. Undefined: there is none of this id. */
    async putAsideFor(id: string): Promise<string | undefined> {
      const row = await rows.findOne({ _id: id, ...putAside }, { projection: { reason: 1 } });
      return row ? (row.reason ?? '') : undefined;
    },
    /** A job that was put aside is due again, with all its tries. False: there is none of this id. */
    async replay(id: string): Promise<boolean> {
      const done = await rows.updateOne(
        { _id: id, ...putAside },
        { $set: { state: 'pending', dueAt: new Date(), tries: 0 }, $unset: { reason: 1 } },
      );
      return done.modifiedCount === 1;
    },

    /**
     * What waits, by kind: a job's name, or `tell`. Of a long queue the oldest `most` are looked at; `more`: there are more than those.
     */
    async board(most = 5_000): Promise<{ waiting: Waiting[]; more: boolean; failed: Failed[] }> {
      const some = await rows
        .find(
          { state: 'pending' },
          {
            sort: { dueAt: 1 },
            limit: most,
            projection: { 'effect.kind': 1, 'effect.job': 1, dueAt: 1, tries: 1 },
          },
        )
        .toArray();
      const kinds = new Map<string, Waiting>();
      for (const { effect, dueAt, tries } of some) {
        const kind = effect?.kind === 'later' ? effect.job : 'tell';
        const one = kinds.get(kind) ?? { kind, n: 0, again: 0, oldest: dueAt };
        one.n++;
        if (tries > 0) one.again++;
        kinds.set(kind, one);
      }
      const failed = await rows
        .aggregate<Failed>([
          { $match: { state: 'failed' } },
          {
            $group: {
              _id: { $cond: [{ $eq: ['$effect.kind', 'later'] }, '$effect.job', 'tell'] },
              n: { $sum: 1 },
            },
          },
          { $project: { _id: 0, kind: '$_id', n: 1 } },
          { $sort: { n: -1 } },
        ])
        .toArray();
      return {
        waiting: [...kinds.values()].toSorted((a, b) => b.n - a.n),
        more: some.length === most,
        failed,
      };
    },
    countAside: (): Promise<number> => rows.countDocuments(putAside),
    /** What became of a cause's row; undefined where there is none any more. */
    stateOf: async (id: string): Promise<Pick<OutboxRow, 'state' | 'reason'> | null> =>
      rows.findOne({ _id: id }, { projection: { state: 1, reason: 1 } }),

    pending: (): Promise<number> => rows.countDocuments({ state: { $in: ['pending', 'sending'] } }),
    oldestPendingMs,
  };
}

export type Outbox = ReturnType<typeof createOutbox>;
