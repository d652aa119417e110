import type { Connection } from 'mongoose';
import { isDuplicate } from '../../../store/duplicate';
import type { IndexSpec } from '../../../store/indexes';

/** `sequenceRuns{_id: '<sequence>/<occurrence>/<pid>'}`: one person's way through a sequence, once per occurrence. */
export type Run = {
  _id: string;
  sequence: string;
  version: number;
  occurrence: string;
  pid: string;
  /** The one that comes next, from 0. */
  step: number;
  /** Business time of it. */
  dueAt: Date;
  /** Her step is being taken: the piece of its push that she goes with. */
  piece?: string;
  /** Steps that were left out for her. */
  skipped?: number[];
  state: 'waiting' | 'done' | 'left';
  /** `stop`: by a step's own condition; `let-go`: the sequence was stopped for good. */
  why?: 'stop' | 'let-go';
  /** Business time at which she came in, and at which it ended. */
  at: Date;
  endedAt?: Date;
};

/** What becomes of a run: it waits for a step, or is over. */
export type Next = Pick<Run, 'step' | 'dueAt'> | { state: 'done' | 'left'; why?: NonNullable<Run['why']> };

export type RunFilter = {
  version?: number | undefined;
  state?: Run['state'] | undefined;
  /** Where she stands, from 0. */
  step?: number | undefined;
  why?: Run['why'] | undefined;
  /** A step that was left out for her, from 0. */
  skipped?: number | undefined;
  cursor?: string | undefined;
};

/** Runs that stand at the same step. */
export type Group = { ids: string[]; step: number };

export const runIndexes: IndexSpec[] = [
  {
    collection: 'sequenceRuns',
    key: { sequence: 1, dueAt: 1 },
    partial: { state: 'waiting' },
    why: 'whose step is due next',
  },
  {
    collection: 'sequenceRuns',
    key: { piece: 1 },
    partial: { piece: { $exists: true } },
    why: 'who goes with this piece; which pieces were cut off',
  },
  { collection: 'sequenceRuns', key: { pid: 1 }, why: 'what is she in (erasure, copy)' },
  {
    collection: 'sequenceRuns',
    key: { sequence: 1, version: 1, state: 1, step: 1, _id: 1 },
    why: 'the report, and who is behind its numbers',
  },
];

export const runId = (sequence: string, occurrence: string, pid: string): string =>
  `${sequence}/${occurrence}/${pid}`;

/** People's ways. Every move is conditional, so twice is once and of two workers one moves her. */
export function createRuns({ db }: { db: Connection }) {
  const rows = db.collection<Run>('sequenceRuns');
  const free = { state: 'waiting' as const, piece: { $exists: false } };

  return {
    rows,
    /** Fifty of them, in the order of their names. */
    async page(sequence: string, asked: RunFilter): Promise<{ rows: Run[]; next?: string }> {
      const { version, state, step, why, skipped, cursor } = asked;
      const found = await rows
        .find(
          {
            sequence,
            _id: { $gt: cursor ?? `${sequence}/`, $lt: `${sequence}0` },
            ...(version === undefined ? {} : { version }),
            ...(state === undefined ? {} : { state }),
            ...(step === undefined ? {} : { step }),
            ...(why === undefined ? {} : { why }),
            ...(skipped === undefined ? {} : { skipped }),
          },
          { sort: { _id: 1 }, limit: 51, maxTimeMS: 2_000 },
        )
        .toArray();
      return { rows: found.slice(0, 50), ...(found.length > 50 ? { next: found[49]?._id ?? '' } : {}) };
    },
    /** Those of the ids that have no run. */
    async missing(ids: string[]): Promise<Set<string>> {
      const there = await rows.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
      const has = new Set(there.map(({ _id }) => _id));
      return new Set(ids.filter((id) => !has.has(id)));
    },
    /** Who has one already keeps it. How many are new. */
    async enter(made: Run[]): Promise<number> {
      if (made.length === 0) return 0;
      try {
        return (await rows.insertMany(made, { ordered: false })).insertedCount;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return (error as { insertedCount?: number }).insertedCount ?? 0;
      }
    },
    /** Who is due, longest first. */
    due: (sequence: string, at: number, limit: number): Promise<Run[]> =>
      rows
        .find({ sequence, ...free, dueAt: { $lte: new Date(at) } }, { sort: { dueAt: 1 }, limit })
        .toArray(),
    /** Business ms at which somebody is next due, after `at`. */
    async nextDue(sequence: string, at: number): Promise<number | undefined> {
      const next = await rows.findOne(
        { sequence, state: 'waiting', dueAt: { $gt: new Date(at) } },
        { sort: { dueAt: 1 }, projection: { dueAt: 1 } },
      );
      return next?.dueAt.getTime();
    },
    /** Pieces under way, or cut off. */
    pieces: (sequence: string): Promise<string[]> =>
      rows.distinct('piece', { sequence, piece: { $exists: true } }) as Promise<string[]>,
    of: (piece: string): Promise<Run[]> => rows.find({ piece }).toArray(),
    /** They go with a piece, but for those whom another worker took. */
    async claim({ ids, step }: Group, piece: string): Promise<void> {
      await rows.updateMany({ _id: { $in: ids }, ...free, step }, { $set: { piece } });
    },
    /** They are not in the piece: they wait again. */
    async letOff(ids: string[], piece: string): Promise<void> {
      if (ids.length > 0) await rows.updateMany({ _id: { $in: ids }, piece }, { $unset: { piece: 1 } });
    },
    /** Their piece was fed: on with them. */
    async move(ids: string[], piece: string, next: Next, at: Date): Promise<void> {
      await rows.updateMany({ _id: { $in: ids }, piece }, { $set: setOf(next, at), $unset: { piece: 1 } });
    },
    /** On without a piece. `skips`: this step is left out for them. */
    async pass({ ids, step }: Group, next: Next, { at, skips }: { at: Date; skips: boolean }): Promise<void> {
      if (ids.length === 0) return;
      await rows.updateMany(
        { _id: { $in: ids }, ...free, step },
        { $set: setOf(next, at), ...(skips ? { $push: { skipped: step } } : {}) },
      );
    },
    /** Everybody who is between two steps leaves. How many are left inside. */
    async letGo(sequence: string, at: Date): Promise<number> {
      await rows.updateMany({ sequence, ...free }, { $set: setOf({ state: 'left', why: 'let-go' }, at) });
      return rows.countDocuments({ sequence, state: 'waiting' }, { limit: 1 });
    },
  };
}

export type Runs = ReturnType<typeof createRuns>;

const setOf = (next: Next, at: Date): Partial<Run> =>
  'state' in next ? { ...next, endedAt: at } : { ...next };
