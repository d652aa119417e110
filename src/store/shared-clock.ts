import type { Connection } from 'mongoose';
import type { TurnableClock } from '../kit/clock';

type OffsetRow = { _id: 'offset'; ms: number };
const pollMs = 250;

/** How far the simulator has turned business time, shared by all processes through the database. */
export const tellClock = async (db: Connection, ms: number): Promise<void> => {
  await db.collection<OffsetRow>('clock').updateOne({ _id: 'offset' }, { $set: { ms } }, { upsert: true });
};

/** Follows it. Returns how to stop. */
export async function followClock({
  db,
  clock,
}: {
  db: Connection;
  clock: TurnableClock;
}): Promise<() => void> {
  const follow = async () => {
    const row = await db.collection<OffsetRow>('clock').findOne({ _id: 'offset' });
    clock.setOffset(row?.ms ?? 0);
  };
  await follow();
  const timer = setInterval(() => void follow().catch(() => {}), pollMs);
  return () => clearInterval(timer);
}

/** Long enough for every process to have followed. */
export const followedMs = 2 * pollMs;
