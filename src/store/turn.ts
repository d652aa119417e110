import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../errors';

type LeaseRow = { _id: string; owner: string; until: Date };

/**
 * One at a time on a database, by its clock. `keep` renews the turn and throws `lost` when another has begun (the process slept
 * too long); `end` gives it back. Who was killed has it for `leaseMs` more, half a minute.
 * @throws AppError `Conflict` under `code`, saying `busy`, when somebody has it
 */
export async function takeTurn(
  db: Connection,
  asked: { name: string; code: string; busy: string; lost: string; leaseMs?: number },
) {
  const { name, code, busy, lost, leaseMs = 30_000 } = asked;
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
  if (taken.modifiedCount !== 1) throw new AppError('Conflict', code, busy);

  return {
    async keep(): Promise<void> {
      const kept = await leases.updateOne({ _id: name, owner }, [{ $set: { until } }]);
      if (kept.matchedCount !== 1) throw new AppError('Conflict', code, lost);
    },
    async end(): Promise<void> {
      await leases.updateOne({ _id: name, owner }, { $set: { until: new Date(0) } });
    },
  };
}

export type Turn = Awaited<ReturnType<typeof takeTurn>>;
