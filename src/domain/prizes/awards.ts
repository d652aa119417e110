import type { Connection } from 'mongoose';
import { AppError, messageOf } from '../../errors';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { createGate } from '../../kit/gate';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { isDuplicate } from '../../store/duplicate';
import { createGroup } from '../../store/group';
import type { IndexSpec } from '../../store/indexes';
import {
  type Award,
  type AwardState,
  awardId,
  type Decision,
  type Duty,
  endOfDayAfter,
  isInstant,
  isLive,
  moves,
  newAward,
  type Step,
} from './award';
import type { Giver, Prize } from './prize';
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
];

export type Moved =
  | { kind: 'moved' | 'same'; award: Award }
  | { kind: 'refused'; award: Award; why: 'state' | 'kind' | 'waits' | 'other' }
  | { kind: 'unknown' };

export type Taken =
  | { kind: 'won'; award: Award }
  /** She has it already, or another try of hers is just being decided. */
  | { kind: 'already'; award: Award }
  | { kind: 'soldOut' };

/** What awards cause elsewhere. Each is idempotent in the award's id. */
export type AwardEffects = {
  points(award: Award, how: 'give' | 'takeBack'): Promise<void>;
  timers(award: Award): Promise<void>;
  tell(award: Award, what: 'won' | 'sent'): Promise<void>;
  /** Whether a reply told her that she won it; `open`: one that may is being worked out. */
  carried(award: Award): Promise<'yes' | 'open' | 'no'>;
  /** It is free again: settlement may give it to a reserve, or to the next. */
  pass(award: Award): Promise<void>;
};

const timeoutMS = 2_500;
/** What was not decided for so long has lost its process. */
const lostMs = 30_000;
/** Undone duties younger than this are being done by whoever wrote them. */
const undoneMs = 10_000;

/** Prizes that were won: written once, moved only along the table, with who and when. */
export function createAwards(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  tickets: Tickets;
  effects: AwardEffects;
}) {
  const { db, clock, log, tickets, effects } = given;
  const rows = db.collection<Award>('awards');

  /** Who asks while others ask shares their query. */
  const known = createGroup<string, Award | undefined>({
    maxAgeMs: 5_000,
    maxWaiting: 20_000,
    async run(ids) {
      const found = await rows.find({ _id: { $in: [...new Set(ids)] } }, { timeoutMS }).toArray();
      const byId = new Map(found.map((award) => [award._id, award]));
      return ids.map((id) => byId.get(id));
    },
  });
  /** A crowd at one prize goes through a few at a time: when the last ticket is gone the rest need not try. */
  const gate = createGate({ atOnce: 16, maxWaiting: 20_000 });

  /** Inserts unless it is there; what is there afterwards, and whether we put it there. */
  async function insert(award: Award): Promise<{ award: Award; fresh: boolean }> {
    const { _id, ...fields } = award;
    const done = await rows
      .updateOne({ _id }, { $setOnInsert: { ...fields, todoAt: new Date() } }, { upsert: true, timeoutMS })
      .catch((error: unknown) => {
        if (isDuplicate(error)) return { upsertedCount: 0 };
        throw error;
      });
    if (done.upsertedCount === 1) return { award, fresh: true };
    return { award: await mustHave(_id), fresh: false };
  }

  const read = async (id: string): Promise<Award | undefined> =>
    (await rows.findOne({ _id: id }, { timeoutMS })) ?? undefined;

  async function mustHave(id: string): Promise<Award> {
    const award = await read(id);
    if (!award) throw new AppError('NotFound', 'award.unknown', `沒有這個獎項：${id}`);
    return award;
  }

  /** Its ticket, and with a ticket its code. Undefined: none is left; it is looked for again when stock arrives. */
  async function attach(award: Award): Promise<Award | undefined> {
    if (award.ticket) {
      await tickets.give(award.ticket, award._id);
      return award;
    }
    const ticket = await tickets.hold({ campaign: award.campaign, prize: award.prize, award: award._id });
    if (!ticket) return undefined;
    crashPoint('award-ticket-held');
    const first = await rows.findOneAndUpdate(
      { _id: award._id, ticket: { $exists: false }, state: { $nin: ['pending', 'expired', 'void'] } },
      { $set: { ticket: ticket._id, ...(ticket.code ? { code: ticket.code } : {}) } },
      { returnDocument: 'after', timeoutMS },
    );
    const now = first ?? (await read(award._id));
    if (now?.ticket === ticket._id) await tickets.give(ticket._id, award._id);
    else await tickets.free(ticket);
    crashPoint('award-ticket-given');
    return now ?? award;
  }

  async function carryOut(award: Award, duty: Exclude<Duty, 'tell'>): Promise<boolean> {
    switch (duty) {
      case 'ticket':
        return (await attach(award)) !== undefined;
      case 'points':
        await effects.points(award, 'give');
        return true;
      case 'timers':
        await effects.timers(award);
        return true;
      case 'tellSent':
        await effects.tell(award, 'sent');
        return true;
      case 'return':
        // Given first: else a give that is under way elsewhere would come after its reversal's refusal.
        if (award.what.kind === 'points') {
          await effects.points(award, 'give');
          await effects.points(award, 'takeBack');
        }
        await tickets.release(award._id, { seen: award.code !== undefined });
        return true;
      case 'pass':
        await effects.pass(award);
        return true;
    }
  }

  const lacksTicket = (todo: Duty[], done: Duty[]): boolean =>
    todo.includes('ticket') && !done.includes('ticket');

  /** Does what is still to be done about an award. What fails stays to be done, and the sweeper tries again. */
  async function finish(award: Award): Promise<Award> {
    const done: Duty[] = [];
    const off = !isLive(award.state);
    let knows = false;
    for (const duty of award.todo) {
      try {
        if (off !== (duty === 'return' || duty === 'pass')) {
          done.push(duty); // it came to nothing meanwhile
          continue;
        }
        // Until codes are imported there is nothing to tell her.
        if (duty === 'tell' && award.what.kind === 'code' && lacksTicket(award.todo, done)) continue;
        if (duty === 'tell') {
          const carried = await effects.carried(award);
          if (carried === 'open') continue;
          knows = carried === 'yes';
          if (!knows) await effects.tell(award, 'won');
          done.push(duty);
        } else if (await carryOut(award, duty)) done.push(duty);
        else if (duty === 'ticket')
          log.warn({ award: award._id }, 'an award has no ticket: its stock is less than was promised');
        crashPoint('award-duty-done');
      } catch (err) {
        log.warn({ err, award: award._id, duty }, `an award's ${duty} failed and will be tried again`);
      }
    }
    const left = { $filter: { input: '$todo', cond: { $not: { $in: ['$$this', done] } } } };
    const after = await rows.findOneAndUpdate(
      { _id: award._id },
      [
        { $set: { todo: left } },
        { $set: { todoAt: { $cond: [{ $eq: ['$todo', []] }, '$$REMOVE', new Date()] } } },
      ],
      { returnDocument: 'after', timeoutMS },
    );
    if (knows) await told(award._id);
    return after && !knows ? after : mustHave(award._id);
  }

  /** One move along the table, by one conditional write. */
  async function move(
    id: string,
    to: keyof typeof moves,
    more: {
      by: string;
      reason?: string;
      set?: Partial<Pick<Award, 'sent' | 'used' | 'claimBy'>>;
      todo?: Duty[];
      only?: Record<string, unknown>;
    },
  ): Promise<Moved> {
    const { from, kinds, evenIfWaiting } = moves[to];
    const { by, reason, set = {}, todo = [], only = {} } = more;
    const step: Step = { state: to, at: clock.now(), by, ...(reason ? { reason } : {}) };
    const moved = await rows.findOneAndUpdate(
      {
        ...only,
        _id: id,
        state: { $in: from },
        ...(kinds ? { 'what.kind': { $in: kinds } } : {}),
        ...(evenIfWaiting ? {} : { waits: { $exists: false } }),
      },
      {
        $set: { ...set, state: to, ...(todo.length > 0 ? { todoAt: new Date() } : {}) },
        $push: { history: step },
        ...(todo.length > 0 ? { $addToSet: { todo: { $each: todo } } } : {}),
      },
      { returnDocument: 'after', timeoutMS },
    );
    crashPoint('award-moved');
    if (moved) return { kind: 'moved', award: todo.length > 0 ? await finish(moved) : moved };
    const award = await read(id);
    if (!award || award.state === 'pending') return { kind: 'unknown' };
    // Whoever moved it may have died before what follows was done, and whoever asks counts on that.
    if (award.state === to)
      return { kind: 'same', award: award.todo.length > 0 ? await finish(award) : award };
    if (kinds && !kinds.includes(award.what.kind)) return { kind: 'refused', award, why: 'kind' };
    if (!from.includes(award.state)) return { kind: 'refused', award, why: 'state' };
    return { kind: 'refused', award, why: award.waits && !evenIfWaiting ? 'waits' : 'other' };
  }

  /** Told, and done with it when there is nothing left to do for her. */
  async function told(id: string): Promise<Moved> {
    const award = await read(id);
    if (!award) return { kind: 'unknown' };
    const later = endOfDayAfter(clock.now(), award.claimDays);
    const longer = award.what.kind !== 'coupon' && award.claimBy !== undefined && later > award.claimBy;
    const moved = await move(id, 'told', {
      by: 'system',
      ...(longer ? { set: { claimBy: later }, todo: ['timers'] } : {}),
    });
    return moved.kind === 'moved' && isInstant(moved.award.what.kind)
      ? move(id, 'done', { by: 'system' })
      : moved;
  }

  /** First come: pending first, so that one person cannot hold two tickets; certain once it has a ticket. */
  async function decide(asked: {
    campaign: Pick<Giver, 'id'>;
    prize: Prize;
    won: Decision;
    told: boolean;
    /** A try of hers that was left undecided is gone on with; it may hold a ticket. */
    adopting: boolean;
  }): Promise<Taken> {
    const { campaign, prize, adopting } = asked;
    // Most of a crowd leaves here, without having written anything.
    if (!adopting && !(await tickets.anyLeft(campaign.id, prize.id))) return { kind: 'soldOut' };
    const attempt = randomId();
    const wanted = newAward({ ...asked, at: clock.now() });
    const { award, fresh } = await insert({ ...wanted, state: 'pending', attempt });
    if (!fresh && !(adopting && (await adopt(award._id, attempt)))) return { kind: 'already', award };
    crashPoint('take-pending');
    const ticket = await tickets.hold({ campaign: campaign.id, prize: prize.id, award: award._id });
    crashPoint('take-ticket-held');
    if (!ticket) {
      await rows.deleteOne({ _id: award._id, state: 'pending', attempt }, { timeoutMS });
      return { kind: 'soldOut' };
    }
    const { matchedCount } = await rows.updateOne(
      { _id: award._id, state: 'pending', attempt },
      {
        $set: { state: wanted.state, ticket: ticket._id, ...(ticket.code ? { code: ticket.code } : {}) },
        $unset: { attempt: 1 },
      },
      { timeoutMS },
    );
    crashPoint('take-certain');
    if (matchedCount === 0) {
      // The sweeper took us for dead. The ticket is not ours to free: another attempt may hold it.
      const now = await read(award._id);
      return now ? { kind: 'already', award: now } : { kind: 'soldOut' };
    }
    return { kind: 'won', award: await finish(await mustHave(award._id)) };
  }

  /** From now on only this attempt can make it certain; whoever had it finds that out. */
  async function adopt(id: string, attempt: string): Promise<boolean> {
    const set = { $set: { attempt, todoAt: new Date() } };
    return (await rows.updateOne({ _id: id, state: 'pending' }, set, { timeoutMS })).matchedCount === 1;
  }

  const prizeOf = (campaign: Giver, id: string): Prize => {
    const prize = campaign.prizes.find((one) => one.id === id);
    if (!prize) throw new AppError('NotFound', 'prize.unknown', `活動「${campaign.id}」沒有獎品「${id}」。`);
    return prize;
  };

  async function write(
    campaign: Giver,
    won: Decision,
    { told: isTold }: { told: boolean },
  ): Promise<{ award: Award; fresh: boolean }> {
    const prize = prizeOf(campaign, won.prize);
    const written = await insert(newAward({ campaign, prize, won, at: clock.now(), told: isTold }));
    if (written.award.pid !== won.pid)
      throw new AppError('Conflict', 'award.other', `${written.award._id} 已經是別人的了，不能再給一次。`);
    crashPoint('award-written');
    return written;
  }

  /**
   * Writes down that somebody won; again is the same award. A code is attached when this returns, if stock has one.
   *
   * @param options `told`: she knows of it already. Otherwise she is told by the outbox, unless a reply carried it.
   * @throws AppError Conflict when this unit was won by somebody else.
   */
  async function award(campaign: Giver, won: Decision, options: { told?: boolean } = {}): Promise<Award> {
    const { award: hers, fresh } = await write(campaign, won, { told: options.told ?? false });
    const whole = hers.todo.length > 0 ? await finish(hers) : hers;
    if (fresh || !options.told || whole.state !== 'won') return whole;
    const moved = await told(whole._id);
    return moved.kind === 'unknown' ? whole : moved.award;
  }

  return {
    award,
    /**
     * As `award`, for the reply that goes out now and will carry it: done at once is what it says, that the prize is hers,
     * and the code. The projector comes to the same answer within a second or so and does the rest; until then nobody
     * knows whether this reply will be the one that is said. Undefined: she was told before.
     */
    async announce(campaign: Giver, won: Decision): Promise<Award | undefined> {
      const { award: hers, fresh } = await write(campaign, won, { told: false });
      if (!fresh && (hers.state !== 'won' || (await effects.carried(hers)) === 'yes')) return undefined;
      if (hers.what.kind !== 'code' && hers.what.kind !== 'coupon') return hers;
      const coded = await attach(hers).catch((err: unknown) => {
        log.warn({ err, award: hers._id }, "an award's ticket failed and will be tried again");
        return undefined;
      });
      return coded ?? hers;
    },

    /**
     * First come, first served: an award only if a ticket is left. The unit is the limit: `<pid>` once in a campaign,
     * `<pid>-<on>` once a day.
     *
     * @param options `resume`: whoever asks is alone at it, so what is still undecided was left by a process that
     *   died: it is decided now.
     */
    async take(
      campaign: Giver,
      won: Decision,
      { told: isTold = false, resume = false }: { told?: boolean; resume?: boolean } = {},
    ): Promise<Taken> {
      const prize = prizeOf(campaign, won.prize);
      const before = await known.add(awardId(campaign.id, won));
      const adopting = resume && before?.state === 'pending';
      if (before && !adopting) return { kind: 'already', award: before };
      return gate(() => decide({ campaign, prize, won, told: isTold, adopting }));
    },

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

    /** Off, with the reason; its ticket returns and the prize passes on. */
    annul: (id: string, { by, reason }: { by: string; reason: string }): Promise<Moved> =>
      move(id, 'void', {
        by,
        reason,
        todo: ['return', 'pass'],
        only: { $or: [{ state: { $ne: 'done' } }, { 'what.kind': { $in: ['code', 'points'] } }] },
      }),

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

    /** Mends what killed processes left: pending ones without a decision, tickets held for nobody, undone duties. */
    async sweep(ages: { lostMs?: number; undoneMs?: number } = {}): Promise<void> {
      const lost = ages.lostMs ?? lostMs;
      await rows.deleteMany({
        state: 'pending',
        $expr: { $lt: ['$todoAt', { $subtract: ['$$NOW', lost] }] },
      });
      for (const ticket of await tickets.abandoned(lost)) {
        const award = ticket.award === undefined ? undefined : await read(ticket.award);
        if (award?.state === 'pending') continue;
        if (award && isLive(award.state) && (award.ticket ?? ticket._id) === ticket._id) await attach(award);
        else await tickets.free(ticket);
      }
      const age = ages.undoneMs ?? undoneMs;
      const undone = rows.find(
        {
          state: { $ne: 'pending' },
          // Far ahead of us: written by a clock that was set back, or by another one.
          $or: [
            { todoAt: { $lt: new Date(Date.now() - age) } },
            { todoAt: { $gt: new Date(Date.now() + age) } },
          ],
        },
        { sort: { todoAt: 1 }, limit: 500 },
      );
      for (const award of await undone.toArray())
        await finish(award).catch((err: unknown) =>
          log.warn({ err, award: award._id, why: messageOf(err) }, 'an award could not be finished'),
        );
    },
  };
}

export type Awards = ReturnType<typeof createAwards>;
