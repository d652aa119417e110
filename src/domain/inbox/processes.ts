import type { Connection } from 'mongoose';
import { hourMs } from '../../kit/beijing';
import { monotonicMs } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import type { Upkeep } from '../upkeep';

type ProcessRow = { _id: string; role: string; at: Date };

/** A process that has not beaten for this long (by the database's clock) is dead, and its rows may be taken over. */
const deadAfterMs = 5_000;

/**
 * Who is alive. Every process beats once a second; the database's clock judges, so skewed machines do no harm.
 * A beat also brings the list of the living, which makes `isDead` a look into memory.
 */
export function createProcesses({ db, role, log }: { db: Connection; role: string; log: Log }) {
  const rows = db.collection<ProcessRow>('processes');
  const boot = randomId(9);
  let living = new Set<string>([boot]);
  let lastBeat = -Infinity;
  let beats = 0;
  /** Boots that are not among the living: known to be dead, or asked about in vain since so many beats. */
  let missing = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const onBeat: (() => Promise<void>)[] = [];

  async function beat(): Promise<void> {
    await rows.updateOne(
      { _id: boot },
      { $set: { role }, $currentDate: { at: true } },
      { upsert: true, timeoutMS: 2_000 },
    );
    const all = await rows
      .find<{ _id: string; alive: boolean }>(
        {},
        {
          projection: { alive: { $gt: ['$at', { $subtract: ['$$NOW', deadAfterMs] }] } },
          timeoutMS: 2_000,
        },
      )
      .toArray();
    const before = living;
    living = new Set([boot, ...all.filter((row) => row.alive).map((row) => row._id)]);
    if (missing.size > 10_000) missing = new Map();
    for (const one of [...before, ...all.map((row) => row._id)])
      if (living.has(one)) missing.delete(one);
      else missing.set(one, -Infinity);
    beats++;
    lastBeat = monotonicMs();
    for (const act of onBeat) await act();
  }

  return {
    upkeep: {
      /** Rows of processes dead for an hour. */
      forget: () => rows.deleteMany({ $expr: { $lt: ['$at', { $subtract: ['$$NOW', hourMs] }] } }),
    } satisfies Upkeep,
    boot,
    beat,
    /**
     * `owner` is `<boot>:<n>`; an empty owner has let go of its row. Unknown counts as alive: when our own list is old, and
     * for a process we never saw until two more beats have not shown it (it may be younger than our list).
     */
    isDead(owner: string): boolean {
      if (owner === '') return true;
      if (monotonicMs() - lastBeat > 3_000) return false;
      const its = owner.slice(0, owner.indexOf(':'));
      if (living.has(its)) return false;
      const missedAt = missing.get(its);
      if (missedAt === undefined) missing.set(its, beats);
      return missedAt !== undefined && beats - missedAt >= 2;
    },
    /** How many other processes have beaten lately. */
    others: (): Promise<number> =>
      rows.countDocuments({
        _id: { $ne: boot },
        $expr: { $gt: ['$at', { $subtract: ['$$NOW', deadAfterMs] }] },
      }),
    /** All that beat in the last hour, by role; `silentMs` by the database's clock. */
    list: (): Promise<{ role: string; silentMs: number; alive: boolean }[]> =>
      rows
        .aggregate<{ role: string; silentMs: number; alive: boolean }>([
          { $set: { silentMs: { $max: [0, { $subtract: ['$$NOW', '$at'] }] } } },
          {
            $project: { _id: 0, role: 1, silentMs: 1, alive: { $lt: ['$silentMs', deadAfterMs] } },
          },
          { $sort: { role: 1, silentMs: 1 } },
        ])
        .toArray(),
    /** Runs after each successful beat. */
    onBeat: (act: () => Promise<void>) => void onBeat.push(act),
    async start(): Promise<void> {
      await beat();
      const tick = () => {
        timer = setTimeout(() => {
          beat()
            .catch((err: unknown) => log.warn({ err }, 'a heartbeat failed'))
            .finally(() => timer && tick());
        }, 1_000);
        timer.unref();
      };
      tick();
    },
    /** Says at once that this process is gone, so that nobody waits for it. */
    async stop(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      await rows.deleteOne({ _id: boot }, { timeoutMS: 2_000 });
    },
  };
}

export type Processes = ReturnType<typeof createProcesses>;
