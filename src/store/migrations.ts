import type { Connection } from 'mongoose';
import { AppError } from '../errors';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';

/** Runs once per database, in the order of `n`, while no older program works on it. */
export type Migration = { n: number; name: string; run(db: Connection): Promise<void> };

type MigrationRow = { _id: number; name: string; doneAt: Date };
type LeaseRow = { _id: string; owner: string; until: Date };

const leaseMs = 60_000;
/** Seconds for older programs to end: one that was killed seems to live a little longer. */
const mostWaits = 15;

/**
 * Runs what has not run yet, one process at a time; the others wait until it is done.
 *
 * @throws AppError Conflict while older programs run: what they write would be lost to the new ones, or the other way round
 */
export async function migrate(given: {
  db: Connection;
  migrations: Migration[];
  owner: string;
  /** How many other programs work on this database; before they are migrated for, they can only be older. */
  others: () => Promise<number>;
  log: Log;
}): Promise<void> {
  const { db, migrations, owner, others, log } = given;
  const done = db.collection<MigrationRow>('migrations');
  const missing = async () => {
    const known = new Set((await done.find().toArray()).map((row) => row._id));
    return migrations.filter((one) => !known.has(one.n)).toSorted((a, b) => a.n - b.n);
  };
  for (let tries = 0; (await missing()).length > 0; tries++) {
    if (tries > 120)
      throw new AppError(
        'Conflict',
        'store.migrating',
        'Another process has been migrating the database for two minutes. See its log.',
      );
    const older = await others();
    if (older > 0 && tries >= mostWaits)
      throw new AppError(
        'Conflict',
        'store.older-running',
        `資料庫要先換成這一版的樣子，但還有 ${older} 個舊版的程式在跑。請先把它們停下（npm run stop），再來一次。`,
      );
    if (older > 0 || !(await takeLease(db, 'migrations', owner))) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      continue;
    }
    const held = setInterval(() => void renewLease(db, 'migrations', owner).catch(() => {}), leaseMs / 3);
    try {
      crashPoint('migration-leased');
      for (const migration of await missing()) {
        log.info({ migration: migration.n, brings: migration.name }, 'migrating the database');
        await migration.run(db);
        crashPoint('migration-ran');
        await done.updateOne(
          { _id: migration.n },
          { $set: { name: migration.name, doneAt: new Date() } },
          { upsert: true },
        );
        crashPoint('migration-noted');
      }
    } finally {
      clearInterval(held);
      await db.collection<LeaseRow>('leases').deleteOne({ _id: 'migrations', owner });
    }
  }
}

/** Which have run, and when. */
export async function migrationsOf(
  db: Connection,
  all: Migration[],
): Promise<{ n: number; name: string; doneAt?: number }[]> {
  const rows = await db.collection<MigrationRow>('migrations').find().toArray();
  const doneAt = new Map(rows.map((row) => [row._id, row.doneAt.getTime()]));
  return all.map(({ n, name }) => {
    const at = doneAt.get(n);
    return { n, name, ...(at === undefined ? {} : { doneAt: at }) };
  });
}

/** A migration may take longer than a lease: the holder keeps it while it works. */
async function renewLease(db: Connection, name: string, owner: string): Promise<void> {
  await db
    .collection<LeaseRow>('leases')
    .updateOne({ _id: name, owner }, [{ $set: { until: { $add: ['$$NOW', leaseMs] } } }]);
}

/** A lease by the database's clock. */
async function takeLease(db: Connection, name: string, owner: string): Promise<boolean> {
  const leases = db.collection<LeaseRow>('leases');
  await leases
    .updateOne({ _id: name }, { $setOnInsert: { owner: '', until: new Date(0) } }, { upsert: true })
    .catch(() => {});
  const taken = await leases.updateOne({ _id: name, $expr: { $lt: ['$until', '$$NOW'] } }, [
    { $set: { owner, until: { $add: ['$$NOW', leaseMs] } } },
  ]);
  return taken.modifiedCount === 1;
}
