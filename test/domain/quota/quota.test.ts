import type { Connection } from 'mongoose';
import pino from 'pino';
import { createQuota } from '../../../src/domain/quota/quota';
import { dayMs, startOfBeijingDay } from '../../../src/kit/beijing';
import { createClock } from '../../../src/kit/clock';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterEach(() => database.clear());
afterAll(() => database.drop());

const log = pino({ level: 'silent' });
const send = '/cgi-bin/message/custom/send';
const noon = startOfBeijingDay('2026-11-23') + 12 * 3_600_000;
const clock = createClock();
beforeEach(() => clock.setOffset(noon - Date.now()));
const counter = () => createQuota({ db, clock, log });
const times = (n: number, act: () => void) => Array.from({ length: n }, act);

test('calls of all processes are counted by day and path, with what was refused', async () => {
  const [one, other] = [counter(), counter()];
  times(3, () => one.count({ path: send, errcode: 0, ms: 5 }));
  times(2, () => other.count({ path: send, errcode: 45009, ms: 5 }));
  other.count({ path: send, errcode: 'network', ms: 5 });
  other.count({ path: '/cgi-bin/user/get', errcode: 0, ms: 5 });
  await Promise.all([one.drained(), other.drained()]);
  one.count({ path: send, errcode: -1, ms: 5 });
  await one.drained();
  expect(await one.list('2026-11-23')).toEqual([
    { path: send, n: 7, refused: 3, errors: { 45009: 2, '-1': 1, network: 1 } },
    { path: '/cgi-bin/user/get', n: 1, refused: 0, errors: {} },
  ]);
  expect(await one.list('2026-11-22')).toEqual([]);
});

test('what is left counts the calls that are not written yet, and begins anew with the Beijing day', async () => {
  const quota = counter();
  times(4, () => quota.count({ path: '/cgi-bin/message/mass/send', errcode: 0, ms: 5 }));
  expect(await quota.usedToday('/cgi-bin/message/mass/send')).toBe(4);
  expect(await quota.left('/cgi-bin/message/mass/send')).toBe(96);
  times(200, () => quota.count({ path: '/cgi-bin/message/mass/send', errcode: 45009, ms: 5 }));
  expect(await quota.left('/cgi-bin/message/mass/send')).toBe(0);
  expect(await quota.left('/cgi-bin/no/limit/known')).toBeUndefined();
  clock.setOffset(clock.offset() + dayMs / 2);
  expect(await quota.left('/cgi-bin/message/mass/send')).toBe(100);
  await quota.drained();
});

test('while the database is away nothing is thrown, and nothing is lost', async () => {
  const broken = await database.connect();
  const quota = createQuota({ db: broken, clock, log });
  const rows = broken.collection('apiCalls');
  await db.collection('apiCalls').createIndex({ n: 1 }, { unique: true, name: 'in the way' });
  await db.collection<{ _id: string; n: number }>('apiCalls').insertOne({ _id: 'x', n: 1 });
  quota.count({ path: send, errcode: 0, ms: 5 });
  await quota.drained();
  expect(await rows.countDocuments()).toBe(1);
  await db.collection('apiCalls').dropIndex('in the way');
  await quota.drained();
  expect(await quota.list('2026-11-23')).toEqual([{ path: send, n: 1, refused: 0, errors: {} }]);
});

test('counts are kept for 60 days', async () => {
  const quota = counter();
  quota.count({ path: send, errcode: 0, ms: 5 });
  await quota.drained();
  const ago = (day: string) => (days: number) => new Date(startOfBeijingDay(day) - days * dayMs);
  await quota.upkeep.forget(ago('2027-01-22'));
  expect(await quota.list('2026-11-23')).toHaveLength(1);
  await quota.upkeep.forget(ago('2027-01-23'));
  expect(await quota.list('2026-11-23')).toHaveLength(0);
});
