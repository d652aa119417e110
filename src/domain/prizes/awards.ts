import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingMoment } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Log } from '../../kit/log';
import type { IndexSpec } from '../../store/indexes';
import { type Award, type AwardState, type Decision, endOfDayAfter, newAward, type Step } from './award';
import { createCourse, type Moved } from './awards/course';
import type { AwardEffects } from './awards/duties';
import { createAwardRows, timeoutMS } from './awards/rows';
import { createAwardSweep } from './awards/sweep';
import { createTaking, prizeOf } from './awards/taking';
import type { Giver } from './prize';
import type { Tickets } from './tickets';

export const awardIndexes: IndexSpec[] = [
  { collection: 'awards', key: { pid: 1, at: 1 }, why: 'what did she win' },
  { collection: 'awards', key: { campaign: 1, _id: 1 }, why: 'the winners of a campaign, in a fixed order' },
  {
    collection: 'awards',
    key: { redeem: 1 },
    unique: true,
    invariant: true,
    partial: { redeem: { $type: 'string' } },
    why: 'whose coupon is this code',
  },
  { collection: 'awards', key: { todoAt: 1 }, partial: { todoAt: { $exists: true } }, why: 'what is undone' },
  {
    collection: 'awards',
    key: { 'used.at': 1 },
    partial: { 'used.at': { $exists: true } },
    why: 'used today',
  },
  {
    collection: 'awards',
    key: { campaign: 1, at: 1, _id: 1 },
    why: 'the newest winners; what was won today',
  },
  {
    collection: 'awards',
    key: { campaign: 1, prize: 1, state: 1, at: 1, _id: 1 },
    why: 'how many of a prize are in which state, and the newest of them',
  },
  {
    collection: 'awards',
    key: { campaign: 1, state: 1, at: 1, _id: 1 },
    why: 'the newest of a campaign in a state',
  },
  { collection: 'awards', key: { state: 1, at: 1, _id: 1 }, why: 'the newest of all; what waits for us' },
  { collection: 'awards', key: { on: 1, at: 1, _id: 1 }, why: 'what was won on a day' },
  {
    collection: 'awards',
    key: { 'what.sponsor': 1, at: 1, _id: 1 },
    partial: { 'what.sponsor': { $exists: true } },
    why: "the newest of a sponsor's prizes",
  },
  {
    collection: 'awards',
    key: { code: 1 },
    partial: { code: { $exists: true } },
    why: 'whose is this imported code',
  },
];

export type PlaceInList = { at: number; id: string };
/** What anybody may see; each state by name, so that an index that begins with it gives them in order. */
const shown: AwardState[] = ['won', 'told', 'claimed', 'approved', 'sent', 'used', 'done', 'expired', 'void'];

/** Prizes that were won: written once, moved only along the table, with who and when. */
export function createAwards(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  tickets: Tickets;
  effects: AwardEffects;
}) {
  const { db, clock, log, tickets, effects } = given;
  const stored = createAwardRows(db);
  const { rows, insert, read } = stored;
  const course = createCourse({ stored, clock, log, tickets, effects });
  const { attach, finish, move, told } = course;

  async function write(campaign: Giver, won: Decision): Promise<{ award: Award; fresh: boolean }> {
    const prize = prizeOf(campaign, won.prize);
    const written = await insert(newAward({ campaign, prize, won, at: clock.now() }));
    if (written.award.pid !== won.pid)
      throw new AppError('Conflict', 'award.other', `${written.award._id} 已經是別人的了，不能再給一次。`);
    crashPoint('award-written');
    return written;
  }

  /**
   * Writes down that somebody won; again is the same award. A code is attached when this returns, if stock has one. She is
   * told by the outbox, unless a reply carried it.
   *
   * @throws AppError Conflict when this unit was won by somebody else.
   */
  async function award(campaign: Giver, won: Decision): Promise<Award> {
    const { award: hers } = await write(campaign, won);
    return hers.todo.length > 0 ? finish(hers) : hers;
  }

  return {
    award,
    /**
     * As `award`, for the reply that goes out now and will carry it: done at once is what it says, that the prize is hers,
     * and the code. The projector comes to the same answer within a second or so and does the rest; until then nobody
     * knows whether this reply will be the one that is said. Undefined: she was told before.
     */
    async announce(campaign: Giver, won: Decision): Promise<Award | undefined> {
      const { award: hers, fresh } = await write(campaign, won);
      if (!fresh && (hers.state !== 'won' || (await effects.carried(hers)) === 'yes')) return undefined;
      if (hers.what.kind !== 'code' && hers.what.kind !== 'coupon') return hers;
      const coded = await attach(hers).catch((err: unknown) => {
        log.warn({ err, award: hers._id }, "an award's ticket failed and will be tried again");
        return undefined;
      });
      return coded ?? hers;
    },

    ...createTaking({ stored, course, clock, tickets }),
    ...createAwardSweep({ stored, course, tickets, log }),
    read,
    move,
    told,
    finish,

    /** All of hers, oldest first. */
    of: (pid: string, campaign?: string): Promise<Award[]> =>
      rows
        .find(
          { pid, state: { $ne: 'pending' }, ...(campaign === undefined ? {} : { campaign }) },
          { sort: { at: 1, _id: 1 }, limit: 200, timeoutMS },
        )
        .toArray(),

    /** By its redeem code (`readRedeemCode`). */
    byRedeemCode: async (code: string): Promise<Award | undefined> =>
      (await rows.findOne({ redeem: code, state: { $ne: 'pending' } }, { timeoutMS })) ?? undefined,

    /** The awards that a filter wants, in a fixed order, without those that are only being decided. */
    find: (
      filter: Record<string, unknown>,
      { limit, newest = false }: { limit?: number; newest?: boolean } = {},
    ): AsyncIterable<Award> =>
      rows.find(
        { state: { $ne: 'pending' as AwardState }, ...filter },
        {
          sort: newest ? { at: -1, _id: -1 } : { _id: 1 },
          batchSize: 500,
          ...(limit === undefined ? {} : { limit }),
        },
      ),
    /** So many that a filter wants by the time of winning, from a place in the list on. */
    page: (
      filter: Record<string, unknown>,
      { from, oldest = false, limit }: { from?: PlaceInList | undefined; oldest?: boolean; limit: number },
    ): Promise<Award[]> => {
      const [order, way, upTo] = oldest ? ([1, '$gt', '$gte'] as const) : ([-1, '$lt', '$lte'] as const);
      const after = from && {
        at: { [upTo]: from.at },
        $and: [{ $or: [{ at: { [way]: from.at } }, { _id: { [way]: from.id } }] }],
      };
      return rows
        .find(
          { state: { $in: shown }, ...filter, ...after },
          { sort: { at: order, _id: order }, limit, timeoutMS: 10_000 },
        )
        .toArray();
    },
    /** How many of each prize of a campaign are in which state, and how many have no ticket. */
    async tally(campaign: string): Promise<Map<string, Partial<Record<AwardState | 'short', number>>>> {
      const [states, short] = await Promise.all([
        rows
          .aggregate<{ _id: { prize: string; state: AwardState }; n: number }>([
            { $match: { campaign, prize: { $gte: '' }, state: { $in: shown } } },
            { $group: { _id: { prize: '$prize', state: '$state' }, n: { $sum: 1 } } },
          ])
          .toArray(),
        rows
          .aggregate<{ _id: string; n: number }>([
            { $match: { todoAt: { $exists: true }, campaign, todo: 'ticket' } },
            { $group: { _id: '$prize', n: { $sum: 1 } } },
          ])
          .toArray(),
      ]);
      const counts = new Map<string, Partial<Record<AwardState | 'short', number>>>();
      const add = (prize: string, what: AwardState | 'short', n: number) =>
        counts.set(prize, { ...counts.get(prize), [what]: n });
      for (const { _id, n } of states) add(_id.prize, _id.state, n);
      for (const { _id, n } of short) add(_id, 'short', n);
      return counts;
    },
    /** How many of these people have used a prize since, each from a moment of her own (business time). */
    async usedSince(some: readonly { pid: string; at: Date }[]): Promise<number> {
      const used = await rows
        .find(
          { pid: { $in: some.map(({ pid }) => pid) }, used: { $exists: true } },
          { projection: { pid: 1, 'used.at': 1 } },
        )
        .toArray();
      const since = new Map(some.map(({ pid, at }) => [pid, at.getTime()]));
      return new Set(
        used.flatMap((one) => ((one.used?.at ?? 0) > (since.get(one.pid) ?? Infinity) ? [one.pid] : [])),
      ).size;
    },
    count: (filter: Record<string, unknown>): Promise<number> =>
      rows.countDocuments({ state: { $ne: 'pending' }, ...filter }),

    /** Her prizes of a campaign wait for a decision about her (`reason`), or no longer: then the days to claim begin anew. */
    async wait(campaign: string, pid: string, reason: string | undefined): Promise<number> {
      if (reason !== undefined)
        return (await rows.updateMany({ campaign, pid }, { $set: { waits: reason } })).modifiedCount;
      let freed = 0;
      for (const award of await rows.find({ campaign, pid, waits: { $exists: true } }).toArray()) {
        const claimBy = award.claimBy && Math.max(award.claimBy, endOfDayAfter(clock.now(), award.claimDays));
        const extended = claimBy !== undefined && award.what.kind !== 'coupon';
        const after = await rows.findOneAndUpdate(
          { _id: award._id, waits: { $exists: true } },
          {
            $unset: { waits: 1 },
            ...(extended
              ? { $set: { claimBy, todoAt: new Date() }, $addToSet: { todo: 'timers' as const } }
              : {}),
          },
          { returnDocument: 'after', timeoutMS },
        );
        if (after) freed++;
        if (after && extended) await finish(after);
      }
      return freed;
    },

    /** Another parcel than was registered: she is told again, and the history keeps what was there before. */
    async correct(
      id: string,
      { by, sent }: { by: string; sent: NonNullable<Award['sent']> },
    ): Promise<Moved> {
      const award = await read(id);
      if (!award) return { kind: 'unknown' };
      if (award.state !== 'sent' || !award.sent) return { kind: 'refused', award, why: 'state' };
      const { courier, tracking } = award.sent;
      const step: Step = {
        state: 'sent',
        at: clock.now(),
        by,
        reason: `單號更正，原來是 ${courier} ${tracking}`,
      };
      const corrected = await rows.findOneAndUpdate(
        { _id: id, state: 'sent', 'sent.courier': courier, 'sent.tracking': tracking },
        {
          $set: { sent, todoAt: new Date() },
          $push: { history: step },
          $addToSet: { todo: 'tellSent' },
        },
        { returnDocument: 'after', timeoutMS },
      );
      return corrected
        ? { kind: 'moved', award: await finish(corrected) }
        : { kind: 'refused', award, why: 'other' };
    },

    /** Off, with the reason; its ticket returns and the prize passes on. */
    annul: (id: string, { by, reason }: { by: string; reason: string }): Promise<Moved> =>
      move(id, 'void', {
        by,
        reason,
        todo: ['return', 'pass'],
        only: { $or: [{ state: { $ne: 'done' } }, { 'what.kind': { $in: ['code', 'points'] } }] },
      }),

    /**
     * A coupon was marked as used by mistake: it can be used again, as it stood before; the history keeps both. Asked twice it is
     * taken back once. What was used long ago is done with, and stays.
     */
    async takeBackUse(id: string, { by, reason }: { by: string; reason: string }): Promise<Moved> {
      const award = await read(id);
      if (!award || award.state === 'pending') return { kind: 'unknown' };
      const { used, history } = award;
      if (award.state === 'used' && used) {
        const state = history.findLast((step) => step.state !== 'used')?.state ?? 'won';
        const why = `撤回核銷：${reason}（原來：${beijingMoment(used.at)} ${used.where}，${used.by}）`;
        const step: Step = { state, at: clock.now(), by, reason: why, back: true };
        const again = await rows.findOneAndUpdate(
          { _id: id, state: 'used', 'used.at': used.at },
          {
            $set: { state, todoAt: new Date() },
            $unset: { used: 1 },
            $push: { history: step },
            $addToSet: { todo: 'timers' as const },
          },
          { returnDocument: 'after', timeoutMS },
        );
        crashPoint('award-moved');
        if (again) return { kind: 'moved', award: await finish(again) };
      }
      const now = (await read(id)) ?? award;
      return now.history.at(-1)?.back
        ? { kind: 'same', award: now }
        : { kind: 'refused', award: now, why: 'state' };
    },

    /** Not claimed, or not used, in time. Nothing happens before its time, or while it waits. */
    expire: (id: string, now = clock.now()): Promise<Moved> =>
      move(id, 'expired', {
        by: 'system',
        todo: ['return', 'pass'],
        only: { claimBy: { $lte: now } },
      }),

    /** What arrived or was used long ago is done with. */
    async close(before: number): Promise<void> {
      for await (const { _id } of rows.find(
        { state: { $in: ['sent', 'used'] }, history: { $not: { $elemMatch: { at: { $gte: before } } } } },
        { projection: { _id: 1 } },
      ))
        await move(_id, 'done', { by: 'system' });
    },
  };
}

export type Awards = ReturnType<typeof createAwards>;
