import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import { dayMs } from '../kit/beijing';
import { randomId } from '../kit/ids';

const mark = '-rehearsal-';

/** A name for a database beside `base` that is thrown away: it tells when it was made. */
export const scratchName = (base: string): string =>
  `${base}${mark}${Date.now()}-${randomId(4).replaceAll(/\W/g, '0')}`;

/** Throws away a scratch database and what Redis knows of it, and those that a kill left behind more than a day ago. */
export async function dropScratch(db: Connection, redis: Redis): Promise<void> {
  if (!db.name.includes(mark)) throw new Error(`${db.name} is no scratch database.`);
  const admin = db.getClient().db('admin').admin();
  const { databases } = await admin.listDatabases({ nameOnly: true }).catch(() => ({ databases: [] }));
  const base = db.name.slice(0, db.name.indexOf(mark) + mark.length);
  const old = databases
    .map(({ name }) => name)
    .filter(
      (name) => name.startsWith(base) && Number.parseInt(name.slice(base.length), 10) < Date.now() - dayMs,
    );
  for (const name of [db.name, ...old]) {
    await db.getClient().db(name).dropDatabase();
    for await (const keys of redis.scanStream({ match: `*${name}*`, count: 1_000 }))
      if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
}
