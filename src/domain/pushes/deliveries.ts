import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { writeTwice } from '../../store/command';
import type { IndexSpec } from '../../store/indexes';
import type { PushRow, RouteName } from './push';

export type DeliveryState = 'pending' | 'sending' | 'sent' | 'handed' | 'failed' | 'unknown' | 'skipped';
/** How it can end. */
export type Ended = Exclude<DeliveryState, 'pending' | 'sending'>;

/**
 * One push to one person. `sending` is written before the call, so that after a crash it says what may have happened;
 * `handed`: given to a mass send, which never says who got it.
 */
export type Delivery = {
  /** `<push>/<pid>` */
  _id: string;
  push: string;
  pid: string;
  /** Of which chunk. */
  n: number;
  route: RouteName;
  variant?: string;
  state: DeliveryState;
  /** Of the lease under which it may be changed. */
  epoch: number;
  /** Machine time of the first call with its key. */
  firstAt?: Date;
  tries?: number;
  /** Of a mass send: under which key she is asked for. */
  key?: string;
  msgId?: string;
  /** A reason of ours (`reasons.ts`), or what WeChat said. */
  reason?: string;
  /** It ended without having reached her for certain. */
  missed?: true;
  /** What WeChat reported of it afterwards. */
  report?: string;
  /** Business time at which it ended. */
  at?: Date;
  /** She opened a link in it. */
  clickedAt?: Date;
};

export type Counts = Record<Ended, number> & { reasons: Record<string, number> };
export const noCounts = (): Counts => ({
  sent: 0,
  handed: 0,
  failed: 0,
  unknown: 0,
  skipped: 0,
  reasons: {},
});

/** A mass send to people of one piece. */
export type Batch = {
  /** `clientmsgid`: what it is known by when an answer was lost. Its people have it in their rows. */
  key: string;
  firstAt: Date;
  people: number;
  msgId?: string;
  /** Why it is not with WeChat yet. */
  why?: string;
};

/** The run of a push whose audience grows. */
export const liveRun = 'live';

/** A piece of a frozen audience. */
export type Chunk = {
  /** `<push>/<run>/<n>` */
  _id: string;
  push: string;
  run: string;
  n: number;
  /** pids, at most 1,000; 10,000 where a mass send is among the routes. */
  ids: string[];
  /** Unset when every one of them is accounted for. */
  open?: true;
  owner?: string;
  epoch: number;
  /** By the database's clock: whose it is until then. */
  until?: Date;
  /** Not taken before (by the database's clock). */
  notBefore?: Date;
  batches?: Batch[];
  counts?: Counts;
  doneAt?: Date;
};
export type Taken = Chunk & { owner: string };

export const deliveryIndexes: IndexSpec[] = [
  { collection: 'audiences', key: { push: 1, n: 1 }, why: 'the chunks of a push, in order' },
  {
    collection: 'audiences',
    key: { push: 1, run: 1, n: 1 },
    partial: { open: true },
    why: 'what is still to be sent',
  },
  {
    collection: 'audiences',
    key: { open: 1, push: 1 },
    partial: { open: true },
    why: 'of which pushes something is still to be sent, a few times a second',
  },
  {
    collection: 'audiences',
    key: { 'batches.msgId': 1 },
    partial: { 'batches.msgId': { $exists: true } },
    why: 'whose mass send is this report about',
  },
  {
    collection: 'deliveries',
    key: { push: 1, reason: 1, _id: 1 },
    partial: { missed: true },
    why: 'whom did this push miss, and why',
  },
  {
    collection: 'deliveries',
    key: { pid: 1 },
    partial: { missed: true },
    why: 'what of hers may a late report settle',
  },
  {
    collection: 'deliveries',
    key: { msgId: 1 },
    partial: { msgId: { $exists: true } },
    why: 'which delivery is this report about',
  },
];

const leaseMs = 30_000;

/** The rows of pushes: pieces of audiences, taken by lease, and a row for each person in them. */
export function createDeliveries({ db, clock }: { db: Connection; clock: Clock }) {
  const chunks = db.collection<Chunk>('audiences');
  const rows = db.collection<Delivery>('deliveries');
  const idsOf = (push: string, pids: readonly string[]) => pids.map((pid) => `${push}/${pid}`);
  const mine = ({ _id, owner, epoch }: Taken) => ({ _id, owner, epoch });

  async function countsOf(push: string, pids: readonly string[]): Promise<Counts & { open: number }> {
    const counts = { ...noCounts(), open: 0 };
    const found = await rows
      .aggregate<{ _id: { state: DeliveryState; reason?: string }; n: number }>([
        { $match: { _id: { $in: idsOf(push, pids) } } },
        { $group: { _id: { state: '$state', reason: '$reason' }, n: { $sum: 1 } } },
      ])
      .toArray();
    for (const { _id, n } of found) {
      if (_id.state === 'pending' || _id.state === 'sending') {
        counts.open += n;
        continue;
      }
      counts[_id.state] += n;
      if (_id.reason !== undefined && _id.state !== 'sent' && _id.state !== 'handed')
        counts.reasons[_id.reason] = (counts.reasons[_id.reason] ?? 0) + n;
    }
    return counts;
  }

  return {
    chunks,
    rows,

    /** Takes the first piece of a push that nobody has; the database's clock decides. */
    async take(push: { _id: string; run: string }, owner: string): Promise<Taken | undefined> {
      const free = { $or: [{ until: { $exists: false } }, { $expr: { $lt: ['$until', '$$NOW'] } }] };
      const due = { $or: [{ notBefore: { $exists: false } }, { $expr: { $lt: ['$notBefore', '$$NOW'] } }] };
      const taken = await chunks.findOneAndUpdate(
        { push: push._id, run: push.run, open: true, $and: [free, due] },
        [
          {
            $set: {
              owner,
              epoch: { $add: ['$epoch', 1] },
              until: { $add: ['$$NOW', leaseMs] },
              notBefore: '$$REMOVE',
            },
          },
        ],
        { sort: { n: 1 }, returnDocument: 'after' },
      );
      if (!taken) return undefined;
      // From here on nothing that a former holder still does to its rows takes effect.
      await rows.updateMany(
        { _id: { $in: idsOf(push._id, taken.ids) }, n: taken.n, state: { $in: ['pending', 'sending'] } },
        { $set: { epoch: taken.epoch } },
        { timeoutMS: 30_000 },
      );
      return taken as Taken;
    },
    /** False: somebody else has it. */
    async keep(chunk: Taken): Promise<boolean> {
      const kept = await chunks.updateOne(mine(chunk), [{ $set: { until: { $add: ['$$NOW', leaseMs] } } }], {
        timeoutMS: 5_000,
      });
      return kept.matchedCount === 1;
    },
    /** Gives it back with what is left of it; nobody takes it for `restMs`. */
    async release(chunk: Taken, restMs = 0): Promise<void> {
      await chunks.updateOne(mine(chunk), [
        { $unset: ['until', 'owner'] },
        ...(restMs > 0 ? [{ $set: { notBefore: { $add: ['$$NOW', restMs] } } }] : []),
      ]);
    },
    /** Everybody in it is accounted for. False: not yet. */
    async close(chunk: Taken): Promise<boolean> {
      const { open, ...counts } = await countsOf(chunk.push, chunk.ids);
      const known = counts.sent + counts.handed + counts.failed + counts.unknown + counts.skipped;
      if (open > 0 || known < new Set(chunk.ids).size) return false;
      await chunks.updateOne(mine(chunk), {
        $set: { counts, doneAt: new Date(clock.now()) },
        $unset: { open: 1, owner: 1, until: 1 },
      });
      return true;
    },
    /** Before its people are marked. False: the piece is somebody else's. */
    addBatch: async (chunk: Taken, batch: Batch): Promise<boolean> =>
      (await chunks.updateOne(mine(chunk), { $push: { batches: batch } })).matchedCount === 1,
    /** It is not with WeChat for certain. */
    async dropBatch(chunk: Taken, key: string): Promise<void> {
      await chunks.updateOne(mine(chunk), { $pull: { batches: { key } } });
    },
    /** Whether a piece of these pushes is in somebody's hands, or free to be taken. */
    isBusy: async (pushes: readonly Pick<PushRow, '_id' | 'frozen'>[]): Promise<boolean> =>
      pushes.length > 0 &&
      (await chunks.countDocuments(
        {
          $or: pushes.map(({ _id, frozen }) => ({ push: _id, run: frozen?.run ?? '' })),
          open: true,
          $and: [{ $or: [{ notBefore: { $exists: false } }, { $expr: { $lt: ['$notBefore', '$$NOW'] } }] }],
        },
        { limit: 1 },
      )) > 0,
    noteBatch: async (chunk: Taken, key: string, set: Partial<Batch>): Promise<void> => {
      const fields = Object.entries(set).map(([name, value]) => [`batches.$.${name}`, value]);
      await chunks.updateOne(
        { ...mine(chunk), 'batches.key': key },
        { $set: Object.fromEntries(fields) as object },
      );
    },

    /** Rows for who has none yet. */
    async expand(made: Delivery[]): Promise<void> {
      if (made.length > 0)
        await writeTwice(db, { insert: 'deliveries', documents: made, ordered: false }, 30_000);
    },
    of: (push: string, pids: readonly string[]): Promise<Delivery[]> =>
      rows.find({ _id: { $in: idsOf(push, pids) } }).toArray(),

    /** `sending`, before the call. Which of them are ours to send: those whose lease is no longer this one are not. */
    async mark(some: readonly Delivery[], epoch: number, key?: string): Promise<Set<string>> {
      const ids = some.map(({ _id }) => _id);
      const answer = await writeTwice(
        db,
        {
          update: 'deliveries',
          updates: [
            {
              q: { _id: { $in: ids }, state: 'pending', epoch },
              u: {
                $set: { state: 'sending', ...(key === undefined ? {} : { key }) },
                $min: { firstAt: new Date() },
                $inc: { tries: 1 },
              },
              multi: true,
            },
          ],
        },
        10_000,
      );
      if (answer['n'] === ids.length) return new Set(ids);
      const still = await rows
        .find({ _id: { $in: ids }, state: 'sending', epoch }, { projection: { _id: 1 } })
        .toArray();
      return new Set(still.map(({ _id }) => _id));
    },
    /** How some of them ended, or that they wait again. A zombie's epoch matches nothing. */
    async settle(some: readonly Settled[]): Promise<void> {
      if (some.length === 0) return;
      const at = new Date(clock.now());
      const updates = some.map(({ row, to, ...more }) => ({
        q: { _id: row._id, epoch: row.epoch, state: { $in: ['pending', 'sending'] } },
        u: {
          $set: {
            state: to,
            ...more,
            ...(to === 'pending' ? {} : { at }),
            ...(to === 'failed' || to === 'unknown' || to === 'skipped' ? { missed: true } : {}),
          },
        },
      }));
      await writeTwice(db, { update: 'deliveries', updates, ordered: false }, 10_000);
    },
    /** All of these that are at `sending` under a lease end alike. */
    async settleAll(ids: readonly string[], epoch: number, set: Partial<Delivery>): Promise<number> {
      const missed = set.state === 'failed' || set.state === 'unknown' || set.state === 'skipped';
      const done = await rows.updateMany(
        { _id: { $in: [...ids] }, epoch, state: { $in: ['pending', 'sending'] } },
        { $set: { ...set, at: new Date(clock.now()), ...(missed ? { missed: true } : {}) } },
        { timeoutMS: 30_000 },
      );
      return done.modifiedCount;
    },
    /** Of a mass send that did not go: its people wait as before. */
    async unmark(ids: readonly string[], epoch: number): Promise<void> {
      await rows.updateMany(
        { _id: { $in: [...ids] }, epoch, state: 'sending' },
        { $set: { state: 'pending' }, $unset: { key: 1, firstAt: 1 } },
        { timeoutMS: 30_000 },
      );
    },
    countsOf,
    /** After a late report. */
    async recount(push: string, n: number): Promise<void> {
      const chunk = await chunks.findOne({ push, n, open: { $exists: false } });
      if (!chunk?.counts) return;
      const { open: _, ...counts } = await countsOf(push, chunk.ids);
      await chunks.updateOne({ _id: chunk._id }, { $set: { counts } });
    },
  };
}

export type Deliveries = ReturnType<typeof createDeliveries>;
export type Settled = { row: Delivery; to: DeliveryState } & Partial<
  Pick<Delivery, 'reason' | 'msgId' | 'route'>
>;
