import type { Connection } from 'mongoose';
import { createSharedToken } from '../../src/store/shared-token';
import { testDatabase } from '../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterEach(() => database.clear());
afterAll(() => database.drop());

const dataKey = 'a key for tests, longer than thirty-two';
const place = (more: { dataKey?: string; appId?: string } = {}) =>
  createSharedToken({ db, appId: 'wx1', dataKey, ...more });
const hour = 3_600_000;

test('what one process keeps another reads, with what is left of its time', async () => {
  const [one, other] = [place(), place()];
  expect(await one.read()).toBeUndefined();
  expect(await one.lease()).toBe(true);
  await one.write({ token: 'token-1', freshMs: hour });
  const kept = await other.read();
  expect(kept?.token).toBe('token-1');
  expect(kept?.freshMs).toBeLessThanOrEqual(hour);
  expect(kept?.freshMs).toBeGreaterThan(0);
  expect(await place({ appId: 'wx2' }).read()).toBeUndefined();
});

test('of many who want to ask one may, and none while there is a token', async () => {
  const all = Array.from({ length: 8 }, () => place());
  const may = await Promise.all(all.map((one) => one.lease()));
  expect(may.filter(Boolean)).toHaveLength(1);
  const winner = all[may.indexOf(true)];
  expect(await winner?.lease()).toBe(true);
  await winner?.write({ token: 'token-1', freshMs: hour });
  expect(await Promise.all(all.map((one) => one.lease()))).not.toContain(true);
});

test('who could not get one gives the turn to the next', async () => {
  const [one, other] = [place(), place()];
  await one.lease();
  await one.write();
  expect(await one.read()).toBeUndefined();
  expect(await other.lease()).toBe(true);
});

test('a lease ends by itself, and who had it then keeps nothing any more', async () => {
  const [slow, next] = [place(), place()];
  await slow.lease();
  await db
    .collection<{ _id: string }>('tokens')
    .updateOne({ _id: 'wx1' }, { $set: { leaseUntil: new Date(0) } });
  expect(await next.lease()).toBe(true);
  await slow.write({ token: 'late', freshMs: hour });
  expect(await next.read()).toBeUndefined();
});

test('a token whose time is over is none', async () => {
  const one = place();
  await one.lease();
  await one.write({ token: 'token-1', freshMs: -1 });
  expect(await one.read()).toBeUndefined();
  expect(await place().lease()).toBe(true);
});

test('only the refused token is forgotten, not the one that came after it', async () => {
  const one = place();
  await one.lease();
  await one.write({ token: 'token-2', freshMs: hour });
  await one.forget('token-1');
  expect((await one.read())?.token).toBe('token-2');
  await one.forget('token-2');
  expect(await one.read()).toBeUndefined();
});

test('a token sealed under another data key is out of the way at once', async () => {
  const old = place({ dataKey: 'the key of before, also longer than 32' });
  await old.lease();
  await old.write({ token: 'token-1', freshMs: hour });
  const one = place();
  expect(await one.read()).toBeUndefined();
  expect(await one.lease()).toBe(true);
});
