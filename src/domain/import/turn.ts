import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../errors';

type LeaseRow = { _id: string; owner: string; until: Date };

const leaseMs = 30_000;
const name = 'import';

/**
 * One import at a time on a database, by its clock. `keep` renews the turn and throws when it was lost (the process slept too long and
 * another import began); `end` gives it back.
 * @throws AppError `Conflict` when another import is under way.
 */
export async function takeTurn(db: Connection) {
  const leases = db.collection<LeaseRow>('leases');
  const owner = randomBytes(8).toString('hex');
  const until = { $add: ['$$NOW', leaseMs] };
  await leases.updateOne(
    { _id: name },
    { $setOnInsert: { owner: '', until: new Date(0) } },
    { upsert: true },
  );
  const taken = await leases.updateOne({ _id: name, $expr: { $lt: ['$until', '$$NOW'] } }, [
    { $set: { owner, until } },
  ]);
  if (taken.modifiedCount !== 1)
    throw busy('另一個導入正在進行，什麼都沒有寫入；請等它結束（若它中斷了，半分鐘）再試。');

  return {
    async keep(): Promise<void> {
      const kept = await leases.updateOne({ _id: name, owner }, [{ $set: { until } }]);
      if (kept.matchedCount !== 1) throw busy('停頓太久，另一個導入已經開始；什麼都沒有寫入，請再試一次。');
    },
    async end(): Promise<void> {
      await leases.updateOne({ _id: name, owner }, { $set: { until: new Date(0) } });
    },
  };
}

/** Another import takes at most so long to end, or to be given up when it was killed. */
const mostTries = 60;

/** Imports once nobody else does: a start waits where a person would be told to. */
export async function whenFree<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const isBusy =
        error instanceof AppError && ['import.busy', 'import.cities-changed'].includes(error.code);
      if (!isBusy || tries === mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

export type Turn = Awaited<ReturnType<typeof takeTurn>>;

const busy = (message: string): AppError => new AppError('Conflict', 'import.busy', message);
