import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Startable } from '../../kit/define-job';
import type { IndexSpec } from '../../store/indexes';
import type { Outbox } from '../outbox/outbox';
import type { Upkeep } from '../upkeep';

/** A job due at a business time. `_id` = `<kind>:<ref>:<occurrence>`: an occurrence fires once, whoever arms it how often. */
type TimerRow = {
  _id: string;
  dueAt: Date;
  job: string;
  data: Record<string, unknown>;
  state: 'armed' | 'fired';
};

export const timerIndexes: IndexSpec[] = [
  { collection: 'timers', key: { dueAt: 1 }, partial: { state: 'armed' }, why: 'what is due next' },
];

/** Business due-times. They follow the injected clock, which no queue's delay does. */
export function createTimers({ db, outbox, clock }: { db: Connection; outbox: Outbox; clock: Clock }) {
  const rows = db.collection<TimerRow>('timers');

  return {
    upkeep: {
      indexes: timerIndexes,
      forget: (ago) => rows.deleteMany({ state: 'fired', dueAt: { $lt: ago(30) } }),
    } satisfies Upkeep,
    async arm<Data extends Record<string, unknown>>(timer: {
      id: string;
      dueAt: Date;
      job: Startable<Data>;
      data: Data;
    }): Promise<void> {
      const { id, dueAt, job, data } = timer;
      await rows.updateOne(
        { _id: id },
        { $setOnInsert: { dueAt, job: job.name, data, state: 'armed' } },
        { upsert: true },
      );
    },
    /** Takes a timer back, if it has not fired. */
    async disarm(id: string): Promise<void> {
      await rows.deleteOne({ _id: id, state: 'armed' });
    },
    /** What waits under `<kind>:<ref>` is due now: what it waited for has come, perhaps sooner or later than its time. */
    async hasten(kindAndRef: string): Promise<void> {
      const now = new Date(clock.now());
      await rows.updateMany(
        { _id: { $gt: `${kindAndRef}:`, $lt: `${kindAndRef};` }, state: 'armed', dueAt: { $gt: now } },
        { $set: { dueAt: now } },
      );
    },
    /** Turns what is due into outbox rows (under the timer's id, so twice is once). Returns their causes. */
    async fireDue(limit = 200): Promise<string[]> {
      const due = await rows
        .find({ state: 'armed', dueAt: { $lte: new Date(clock.now()) } }, { sort: { dueAt: 1 }, limit })
        .toArray();
      for (const timer of due) {
        await outbox.add({ id: timer._id }, [{ kind: 'later', job: timer.job, data: timer.data }]);
        crashPoint('timer-queued');
        await rows.updateOne({ _id: timer._id, state: 'armed' }, { $set: { state: 'fired' } });
        crashPoint('timer-fired');
      }
      return due.map((timer) => timer._id);
    },
    /** What is due next, soonest first. */
    next: (limit: number): Promise<TimerRow[]> =>
      rows.find({ state: 'armed' }, { sort: { dueAt: 1 }, limit }).toArray(),
    /** The last that fired under `<kind>:<ref>`. */
    lastFired: (kindAndRef: string): Promise<TimerRow | null> =>
      rows.findOne(
        { _id: { $gt: `${kindAndRef}:`, $lt: `${kindAndRef};` }, state: 'fired' },
        { sort: { _id: -1 } },
      ),
    /** Business ms of the next armed timer. */
    async nextDue(): Promise<number | undefined> {
      const [next] = await rows
        .find({ state: 'armed' }, { sort: { dueAt: 1 }, limit: 1, projection: { dueAt: 1 } })
        .toArray();
      return next?.dueAt.getTime();
    },
  };
}

export type Timers = ReturnType<typeof createTimers>;
