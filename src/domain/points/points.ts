import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Audience } from '../audience';
import type { Upkeep } from '../upkeep';
import { pointLeaves } from './points.leaves';

/** One movement. Rows are only ever inserted; a correction is a row of its own. */
export type LedgerRow = {
  /** The cause, once: `answer/<k>`, `award/<awardId>`, `spend/<id>`, `reversal/<the cause it takes back>`. */
  _id: string;
  pid: string;
  /** Whole points, never 0, at most `mostPoints` either way. */
  delta: number;
  at: Date;
  campaign?: string;
  /** The first word of `_id`. */
  cause: string;
};

/** A projection of the ledger: what she has now. */
export type BalanceRow = {
  _id: string;
  points: number;
  /** Moves with every change that is not an answer's; those changes are conditional on it. */
  v: number;
  /** From answers, by campaign: only ever grows, so writing it again changes nothing. */
  earned: Record<string, number>;
  /** Rows that are in `points` and may not have reached the ledger yet. */
  recent: LedgerRow[];
};

export type Movement = { id: string; pid: string; points: number; campaign?: string };
export type Spent = { kind: 'spent' | 'again'; left: number } | { kind: 'short'; left: number };
export type BalanceDifference = { pid: string; balance: number; ledger: number };

export const pointsIndexes: IndexSpec[] = [
  {
    collection: 'ledger',
    key: { pid: 1, at: -1, delta: 1 },
    why: "a person's movements, newest first; the sum of them, from the index alone",
  },
  {
    collection: 'balances',
    key: { 'recent._id': 1 },
    partial: { 'recent._id': { $exists: true } },
    why: 'which rows may not have reached the ledger',
  },
];

/** The most that one movement may give or take. */
export const mostPoints = 1_000_000;
const mostRecent = 20;
const mostTries = 50;
const timeoutMS = 5_000;

/**
 * Points. The ledger is the truth, insert-only, its `_id` is the cause; balances are projections of it.
 *
 * Answers: the projector writes ledger rows (`record`) and then says how much she has earned in that campaign in all
 * (`earned`), a number that only grows, so both may be repeated and no kill between them loses or doubles anything.
 * Everything else (`give`, `spend`, `reverse`): one conditional write changes the balance and keeps the row in it, then
 * the row goes to the ledger; a row that a kill left behind is found in `recent` by the next call, or by `settle`.
 */
export function createPoints({ db, clock }: { db: Connection; clock: Clock }) {
  const ledger = db.collection<LedgerRow>('ledger');
  const balances = db.collection<BalanceRow>('balances');

  async function record(rows: LedgerRow[]): Promise<void> {
    for (const row of rows) checkDelta(row.delta);
    if (rows.length === 0) return;
    await ledger
      .insertMany(
        rows.map((row) => ({ ...row })),
        { ordered: false, timeoutMS: 30_000 },
      )
      .catch(unlessOnlyRepeats);
  }

  /** Applies rows of one person to her balance and the ledger, each once. In this process one at a time. */
  const turns = new Map<string, Promise<unknown>>();
  function post(...args: Parameters<typeof postNow>): ReturnType<typeof postNow> {
    const [pid] = args;
    const mine = (turns.get(pid) ?? Promise.resolve()).then(() => postNow(...args));
    const over = mine
      .catch(() => {})
      .finally(() => {
        if (turns.get(pid) === over) turns.delete(pid);
      });
    turns.set(pid, over);
    return mine;
  }

  async function postNow(
    pid: string,
    wanted: LedgerRow[],
    { atLeast }: { atLeast?: number } = {},
  ): Promise<{ again: boolean; short: boolean; left: number }> {
    for (let tries = 0; tries < mostTries; tries++) {
      const now = await balances.findOne({ _id: pid }, { readConcern: 'majority', timeoutMS });
      // Only after reading the balance: a row that has left `recent` by then is in the ledger.
      const ids = wanted.map(({ _id }) => _id);
      const known = new Set(
        (await ledger.find({ _id: { $in: ids } }, { projection: { _id: 1 }, timeoutMS }).toArray()).map(
          ({ _id }) => _id,
        ),
      );
      const recent = now?.recent ?? [];
      const unwritten = recent.filter(({ _id }) => ids.includes(_id) && !known.has(_id));
      await record(unwritten);
      for (const { _id } of recent) known.add(_id);
      const rows = wanted.filter(({ _id }) => !known.has(_id));
      const points = now?.points ?? 0;
      if (rows.length === 0) return { again: true, short: false, left: points };
      if (atLeast !== undefined && points < atLeast) return { again: false, short: true, left: points };
      const full = recent.length + rows.length > mostRecent;
      if (full) await record(recent);
      const kept = [...(full ? [] : recent), ...rows];
      const sum = rows.reduce((all, { delta }) => all + delta, 0);
      if (!(await change(pid, now, { sum, kept, atLeast }))) continue;
      crashPoint('points-balance-changed');
      await record(rows);
      return { again: false, short: false, left: points + sum };
    }
    throw new AppError('Upstream', 'points.busy', 'Too many changes of one balance at once; try again.', {
      again: true,
    });
  }

  /** False: somebody else was faster. */
  async function change(
    pid: string,
    now: BalanceRow | null,
    to: { sum: number; kept: LedgerRow[]; atLeast: number | undefined },
  ): Promise<boolean> {
    if (!now) {
      const first: BalanceRow = { _id: pid, points: to.sum, v: 1, earned: {}, recent: to.kept };
      return balances.insertOne(first, { timeoutMS }).then(() => true, unlessTaken);
    }
    const { matchedCount } = await balances.updateOne(
      { _id: pid, v: now.v, ...(to.atLeast === undefined ? {} : { points: { $gte: to.atLeast } }) },
      { $inc: { points: to.sum, v: 1 }, $set: { recent: to.kept } },
      { timeoutMS },
    );
    return matchedCount === 1;
  }

  const rowOf = (kind: string, one: Movement, delta: number): LedgerRow => ({
    _id: `${kind}/${one.id}`,
    pid: one.pid,
    delta,
    at: new Date(clock.now()),
    ...(one.campaign ? { campaign: one.campaign } : {}),
    cause: kind,
  });

  /** What stands in the ledger for these people; everybody when absent. */
  const sums = (pids?: string[]) =>
    ledger.aggregate<{ _id: string; sum: number }>(
      [
        ...(pids ? [{ $match: { pid: { $in: pids } } }] : []),
        { $group: { _id: '$pid', sum: { $sum: '$delta' } } },
      ],
      { allowDiskUse: true, readConcern: 'majority' },
    );

  async function differences(pids?: string[]): Promise<BalanceDifference[]> {
    const inLedger = new Map<string, number>();
    for await (const { _id, sum } of sums(pids)) inLedger.set(_id, sum);
    const found: BalanceDifference[] = [];
    const rows = balances.find(pids ? { _id: { $in: pids } } : {}, {
      projection: { points: 1 },
      readConcern: 'majority',
    });
    for await (const { _id: pid, points } of rows) {
      const sum = inLedger.get(pid) ?? 0;
      if (sum !== points) found.push({ pid, balance: points, ledger: sum });
      inLedger.delete(pid);
    }
    for (const [pid, sum] of inLedger) if (sum !== 0) found.push({ pid, balance: 0, ledger: sum });
    return found;
  }

  /** Brings to the ledger what a kill left behind. Returns how many rows were looked at. */
  async function settle(): Promise<number> {
    let seen = 0;
    for await (const { recent } of balances.find(
      { 'recent._id': { $exists: true } },
      { projection: { recent: 1 } },
    )) {
      await record(recent);
      seen += recent.length;
    }
    return seen;
  }

  return {
    upkeep: {
      indexes: pointsIndexes,
      copy: async ({ pid }) => ({
        points: await balances.find({ _id: pid }, { projection: { points: 1 } }).toArray(),
        movements: await ledger.find({ pid }, { sort: { at: 1 } }).toArray(),
      }),
    } satisfies Upkeep,
    audience: {
      from: { group: '活動裡的', how: '積分賬' },
      leaves: pointLeaves,
      async facts(people) {
        const some = balances.find(
          { _id: { $in: people.map(({ pid }) => pid) } },
          { projection: { points: 1 } },
        );
        return new Map((await some.toArray()).map((row) => [row._id, { numbers: { points: row.points } }]));
      },
    } satisfies Audience,
    /** Ledger rows of answers. Safe to repeat; the balance follows by `earned`. @throws AppError Invalid */
    record,
    /** All that each of these has earned in a campaign so far. Safe to repeat and to come late: it only ever grows. */
    async earned(campaign: string, totals: { pid: string; points: number }[]): Promise<void> {
      const field = `earned.${fieldOf(campaign)}`;
      const writes = totals
        .filter(({ points }) => points > 0)
        .map(({ pid, points }) => ({
          updateOne: {
            filter: { _id: pid },
            update: [
              {
                $set: {
                  points: {
                    $add: [orZero('$points'), { $max: [0, { $subtract: [points, orZero(`$${field}`)] }] }],
                  },
                  [field]: { $max: [orZero(`$${field}`), points] },
                  v: orZero('$v'),
                  recent: { $ifNull: ['$recent', []] },
                },
              },
            ],
            upsert: true,
          },
        }));
      if (writes.length === 0) return;
      const write = () => balances.bulkWrite(writes, { ordered: false, timeoutMS: 30_000 });
      // Two upserts of one new row meet: the second time it is there.
      await write().catch(async (error: unknown) => {
        unlessOnlyRepeats(error);
        await write();
      });
    },

    /** What balances hold of a campaign, by pid: for the audit. */
    async earnedIn(campaign: string, pids?: string[]): Promise<Map<string, number>> {
      const name = fieldOf(campaign);
      const all = new Map<string, number>();
      const rows = balances.find(
        { [`earned.${name}`]: { $exists: true }, ...(pids ? { _id: { $in: pids } } : {}) },
        { projection: { [`earned.${name}`]: 1 }, readConcern: 'majority' },
      );
      for await (const { _id, earned } of rows) all.set(_id, earned[name] ?? 0);
      return all;
    },

    /** What she has, whole points. The answers of the last second may not be in it yet. */
    async balance(pid: string): Promise<number> {
      const row = await balances.findOne({ _id: pid }, { projection: { points: 1 }, timeoutMS });
      return row?.points ?? 0;
    },

    /** Gives points once: `kind` and `id` are the cause (`award`, the award's id). True: now; false: before. */
    async give(kind: string, one: Movement): Promise<boolean> {
      checkAmount(one.points);
      return !(await post(one.pid, [rowOf(kind, one, one.points)])).again;
    },

    /** Takes points if she has that many; the same `id` again is the same purchase again. */
    async spend(one: Movement): Promise<Spent> {
      checkAmount(one.points);
      const { again, short, left } = await post(one.pid, [rowOf('spend', one, -one.points)], {
        atLeast: one.points,
      });
      return { kind: short ? 'short' : again ? 'again' : 'spent', left };
    },

    /**
     * Takes movements back, each once, by rows `reversal/<cause>`. A balance may fall below zero: she has spent what was
     * not hers. Returns the causes that are not in the ledger.
     */
    async reverse(causes: string[]): Promise<{ missing: string[] }> {
      const rows = await ledger.find({ _id: { $in: causes } }, { readConcern: 'majority' }).toArray();
      const byPid = new Map<string, LedgerRow[]>();
      for (const row of rows) {
        const { pid, campaign } = row;
        const back = rowOf(
          'reversal',
          { id: row._id, pid, points: 0, ...(campaign ? { campaign } : {}) },
          -row.delta,
        );
        byPid.set(pid, [...(byPid.get(pid) ?? []), back]);
      }
      for (const [pid, back] of byPid) await post(pid, back);
      const found = new Set(rows.map(({ _id }) => _id));
      return { missing: causes.filter((cause) => !found.has(cause)) };
    },

    /** Her movements, newest first. */
    statement: (pid: string, limit = 50): Promise<LedgerRow[]> =>
      ledger.find({ pid }, { sort: { at: -1 }, limit, timeoutMS }).toArray(),

    settle,
    /**
     * Balances that are not the sum of their ledger rows: must be none. While answers are being projected a balance may
     * be a moment behind, so only a difference that stands still counts.
     */
    async audit(): Promise<BalanceDifference[]> {
      await settle();
      let found = await differences();
      for (let looks = 0; looks < 3 && found.length > 0; looks++) {
        const again = await differences(found.map(({ pid }) => pid));
        const before = new Map(found.map((one) => [one.pid, one]));
        found = again.filter(
          ({ pid, balance, ledger: sum }) =>
            before.get(pid)?.balance === balance && before.get(pid)?.ledger === sum,
        );
      }
      return found;
    },
    /** Works a balance out of the ledger again: for after a disaster, the audit says for whom. */
    async repair(pid: string): Promise<void> {
      const now = await balances.findOne({ _id: pid }, { readConcern: 'majority', timeoutMS });
      await record(now?.recent ?? []);
      const rows = await ledger
        .find({ pid }, { projection: { delta: 1, campaign: 1, cause: 1 }, readConcern: 'majority' })
        .toArray();
      const earned: Record<string, number> = {};
      for (const { cause, campaign, delta } of rows)
        if (cause === 'answer' && campaign)
          earned[fieldOf(campaign)] = (earned[fieldOf(campaign)] ?? 0) + delta;
      const points = rows.reduce((all, { delta }) => all + delta, 0);
      if (!now) {
        await balances.insertOne({ _id: pid, points, v: 1, earned, recent: [] }).catch(unlessTaken);
        return;
      }
      await balances.updateOne(
        { _id: pid, v: now.v, points: now.points },
        { $set: { points, earned, recent: [] }, $inc: { v: 1 } },
      );
    },
  };
}

export type Points = ReturnType<typeof createPoints>;

const orZero = (path: string) => ({ $ifNull: [path, 0] });

/** A campaign id as the name of a field. */
const fieldOf = (campaign: string): string => encodeURIComponent(campaign).replaceAll('.', '%2E');

/** @throws AppError Invalid for everything that is no whole number of points in the range */
export function checkDelta(delta: unknown): asserts delta is number {
  if (
    typeof delta !== 'number' ||
    !Number.isSafeInteger(delta) ||
    delta === 0 ||
    Math.abs(delta) > mostPoints
  )
    throw new AppError(
      'Invalid',
      'points.range',
      `Points move by whole numbers from 1 to ${mostPoints}, not by ${String(delta)}.`,
    );
}

function checkAmount(points: unknown): void {
  checkDelta(points);
  if (points < 0) throw new AppError('Invalid', 'points.range', `Say ${-points} points, without a sign.`);
}

/** A bulk that failed only because rows were there already has done its work. */
function unlessOnlyRepeats(error: unknown): void {
  if (!isDuplicate(error)) throw error;
}

function unlessTaken(error: unknown): false {
  if (isDuplicate(error)) return false;
  throw error;
}
