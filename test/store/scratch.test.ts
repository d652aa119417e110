import { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import { dropScratch, scratchName } from '../../src/store/scratch';
import { testDatabase } from '../support/database';

const database = testDatabase();
const redis = new Redis(database.redisUrl);
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(async () => {
  redis.disconnect();
  await database.drop();
});

const namesNow = async (): Promise<string[]> => {
  const { databases } = await db.getClient().db('admin').admin().listDatabases({ nameOnly: true });
  return databases.map(({ name }) => name).filter((name) => name.startsWith(database.name));
};

test('a scratch database goes, with those that were left behind; the real one and one in use stay', async () => {
  const old = `${database.name}-rehearsal-${Date.now() - 90_000_000}-aaaa`;
  const inUse = scratchName(database.name);
  const mine = scratchName(database.name);
  for (const name of [database.name, old, inUse, mine]) {
    await db.getClient().db(name).collection('x').insertOne({ a: 1 });
    await redis.set(`xiaoyi-${name}:board`, '1');
  }
  await dropScratch(db.useDb(mine), redis);
  expect((await namesNow()).toSorted()).toEqual([database.name, inUse].toSorted());
  expect((await redis.keys(`*${database.name}*`)).length).toBe(2);
  await expect(dropScratch(db, redis)).rejects.toThrow('no scratch database');
  await dropScratch(db.useDb(inUse), redis);
  await redis.del(`xiaoyi-${database.name}:board`);
});
