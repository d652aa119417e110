import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { IndexSpec } from '../../store/indexes';
import type { Played, Reason } from '../campaigns/kind';
import type { Points } from '../points/points';
import type { Awards } from '../prizes/awards';
import type { SettlementRow } from './progress';

/**
 * Somebody whose prizes of a campaign wait until a person has looked: `holds{_id: '<campaign>:<pid>'}`. She keeps floors and points
 * and leaves the public boards. `rejected`: her points are taken back by rows of their own, her prizes pass on.
 */
export type Hold = {
  _id: string;
  campaign: string;
  pid: string;
  state: 'held' | 'released' | 'rejected';
  reasons: Reason[];
  at: number;
  by: string;
  decided?: {
    at: number;
    by: string;
    reason: string;
    /** The settlement's count of decisions with this one: what publication has seen and what not. */
    rev: number;
  };
  /** What follows from its state is not yet done. */
  undone?: true;
};

export const holdIndexes: IndexSpec[] = [
  { collection: 'holds', key: { campaign: 1, state: 1 }, why: 'who is held in a campaign, who was rejected' },
];

export type Decided = { kind: 'decided' | 'same'; hold: Hold };

export function createHolds(given: {
  db: Connection;
  clock: Clock;
  points: Pick<Points, 'reverse'>;
  awards: Pick<Awards, 'of' | 'annul' | 'wait'>;
  playedIn: (campaign: string) => Promise<Pick<Played, 'hide' | 'unhide' | 'earned'>>;
  /** What else follows from a decision. May be called twice. */
  decided?: (campaign: string, pid: string) => Promise<void>;
}) {
  const { db, clock, points, awards, playedIn } = given;
  const rows = db.collection<Hold>('holds');
  const settlements = db.collection<SettlementRow>('settlements');

  async function mustHave(campaign: string, pid: string): Promise<Hold> {
    const hold = await rows.findOne({ _id: idOf(campaign, pid) }, { readConcern: 'majority' });
    if (!hold) throw new AppError('NotFound', 'hold.unknown', `「${pid}」在活動「${campaign}」沒有被留置。`);
    return hold;
  }

  /** What follows from the state; every part may be done twice. */
  async function carryOut({ _id, campaign, pid, state, reasons, decided, at }: Hold): Promise<void> {
    const played = await playedIn(campaign);
    if (state === 'released') {
      await awards.wait(campaign, pid, undefined);
      await played.unhide(campaign, pid);
    } else {
      await played.hide(campaign, pid, new Date(at));
      await awards.wait(campaign, pid, reasons.map(({ seen }) => seen).join(';'));
    }
    crashPoint('hold-carried-out');
    if (state === 'rejected') {
      await points.reverse(await played.earned(campaign, pid));
      crashPoint('hold-points-reversed');
      const why = { by: decided?.by ?? 'system', reason: decided?.reason ?? '' };
      for (const award of await awards.of(pid, campaign)) {
        const over = award.state === 'void' || award.state === 'expired';
        // Void and not yet back in stock: a kill came between. The next must find it there.
        if (!over || award.todo.length > 0) await awards.annul(award._id, why);
        crashPoint('hold-award-annulled');
      }
    }
    if (state !== 'held') await given.decided?.(campaign, pid);
    await rows.updateOne({ _id, state }, { $unset: { undone: 1 } });
  }

  async function decide(
    state: 'released' | 'rejected',
    asked: { campaign: string; pid: string; by: string; reason: string },
  ): Promise<Decided> {
    const { campaign, pid, by, reason } = asked;
    const hold = await mustHave(campaign, pid);
    if (hold.state !== 'held') {
      if (hold.state === state) return { kind: 'same', hold };
      throw new AppError(
        'Conflict',
        'hold.decided',
        `「${pid}」已由 ${hold.decided?.by} ${hold.state === 'released' ? '放行' : '取消資格'}，不能再改。`,
      );
    }
    // Both or neither: publication takes every decision into account that came before it, and none that came after.
    await db.transaction(async (session) => {
      const settlement = await settlements.findOneAndUpdate(
        { _id: campaign },
        { $inc: { rev: 1 }, $setOnInsert: { steps: {} } },
        { upsert: true, returnDocument: 'after', session },
      );
      if (state === 'rejected' && !settlement?.steps.project)
        throw new AppError(
          'Conflict',
          'hold.early',
          `活動「${campaign}」還沒有開始結算，不能取消資格；被留置的人先留著。`,
        );
      const decided = { at: clock.now(), by, reason, rev: settlement?.rev ?? 0 };
      const { matchedCount } = await rows.updateOne(
        { _id: hold._id, state: 'held' },
        { $set: { state, decided, undone: true } },
        { session },
      );
      if (matchedCount === 0)
        throw new AppError('Conflict', 'hold.decided', `「${pid}」剛剛被別人處理了；請看過再做。`);
    });
    crashPoint('hold-decided');
    const now = await mustHave(campaign, pid);
    await carryOut(now);
    return { kind: 'decided', hold: now };
  }

  const pidsIn = async (filter: Record<string, unknown>): Promise<Set<string>> => {
    const pids = new Set<string>();
    for await (const { pid } of rows.find(filter, { projection: { pid: 1 }, readConcern: 'majority' }))
      pids.add(pid);
    return pids;
  };

  return {
    /** Holds somebody, with the reasons. Who was looked at before is not held again. */
    async hold(asked: {
      campaign: string;
      pid: string;
      reasons: Hold['reasons'];
      by: string;
    }): Promise<void> {
      const { campaign, pid, reasons, by } = asked;
      const _id = idOf(campaign, pid);
      await rows.updateOne(
        { _id },
        { $setOnInsert: { campaign, pid, reasons, by, at: clock.now(), state: 'held', undone: true } },
        { upsert: true },
      );
      crashPoint('hold-written');
      const hold = await mustHave(campaign, pid);
      if (hold.undone) await carryOut(hold);
    },
    /** She may keep all, and gets what waited for her. */
    release: (asked: { campaign: string; pid: string; by: string; reason: string }) =>
      decide('released', asked),
    /** Her points are taken back, her prizes pass on. Not before settlement has begun. */
    reject: (asked: { campaign: string; pid: string; by: string; reason: string }) =>
      decide('rejected', asked),
    /** Does what a kill left undone, and holds what those who are held have won since. */
    async finish(campaign: string): Promise<void> {
      const due = { campaign, $or: [{ undone: true as const }, { state: 'held' as const }] };
      for (const hold of await rows.find(due).toArray()) await carryOut(hold);
    },
    /** Who is held and not decided about. */
    held: (campaign: string): Promise<Set<string>> => pidsIn({ campaign, state: 'held' }),
    /** Who was rejected; `upTo`: by a decision that publication has seen. */
    rejected: (campaign: string, upTo?: number): Promise<Set<string>> =>
      pidsIn({
        campaign,
        state: 'rejected',
        ...(upTo === undefined ? {} : { 'decided.rev': { $lte: upTo } }),
      }),
    /** Whether she was ever held in it, and how that stands. */
    of: async (campaign: string, pid: string): Promise<Hold | undefined> =>
      (await rows.findOne({ _id: idOf(campaign, pid) })) ?? undefined,
    /** A piece of the list; `after`: the pid after which it goes on. */
    page: ({
      campaign,
      state,
      after,
      most,
    }: {
      campaign: string;
      state?: Hold['state'] | undefined;
      after?: string | undefined;
      most: number;
    }): Promise<Hold[]> =>
      rows
        .find(
          {
            campaign,
            ...(state ? { state } : {}),
            ...(after === undefined ? {} : { _id: { $gt: idOf(campaign, after) } }),
          },
          { sort: { _id: 1 }, limit: most },
        )
        .toArray(),
    list: (campaign: string, state?: Hold['state']): Promise<Hold[]> =>
      rows.find({ campaign, ...(state ? { state } : {}) }, { sort: { _id: 1 } }).toArray(),
  };
}

export type Holds = ReturnType<typeof createHolds>;

const idOf = (campaign: string, pid: string): string => `${campaign}:${pid}`;
