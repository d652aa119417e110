import type { Connection } from 'mongoose';
import type { Batch } from '../../../../src/domain/quiz/log/floors';
import { createPace } from '../../../../src/domain/quiz/log/pace';
import { testDatabase } from '../../../support/database';
import { anEntry } from '../a-quiz';

const database = testDatabase();
let db: Connection;
const now = Date.parse('2026-11-22T01:00:00+08:00');
/** 300 batches of two answers, one each half minute up to `now`; the day changes an hour before. */
const batches: Batch[] = Array.from({ length: 300 }, (_, i) => {
  const at = new Date(now - (300 - i) * 30_000);
  const on = at.getTime() < now - 3_600_000 ? '2026-11-21' : '2026-11-22';
  const seq = i + 1;
  const a = [1, 2].map((n) => anEntry(`p${seq}-${n}`, 't1', { on }));
  return { _id: `q/${String(seq).padStart(9, '0')}`, quiz: 'q', seq, first: i * 2 + 1, v: 1, at, a };
});
beforeAll(async () => {
  db = await database.connect();
  await db.collection<Batch>('answers').insertMany(batches);
});
afterAll(() => database.drop());

test('answers are counted by minute and by day without reading the log', async () => {
  const pace = createPace({ db });
  expect(await pace.head('q')).toEqual({ seq: 300, answers: 600, sealed: false });
  expect(await pace.perMinute('q', { minutes: 60, now })).toEqual(Array(60).fill(4));
  const later = await pace.perMinute('q', { minutes: 3, now: now + 90_000 });
  expect(later).toEqual([4, 2, 0]);
  expect(await pace.since('q', '2026-11-22')).toBe(240);
  expect(await pace.since('q', '2026-11-23')).toBe(0);
  expect(await pace.perMinute('other', { minutes: 2, now })).toEqual([0, 0]);
});

test('the newest come first, and go on where they stopped; a sealed log holds no more', async () => {
  const pace = createPace({ db });
  const first = await pace.newest('q', { most: 3 });
  expect(first.map(({ floor }) => floor)).toEqual([600, 599, 598]);
  const last = first.at(-1);
  const next = await pace.newest('q', { upTo: last && { seq: last.seq, floor: last.floor }, most: 2 });
  expect(next.map(({ floor }) => floor)).toEqual([598, 597]);
  const seal = {
    ...batches[0],
    _id: 'q/000000301',
    seq: 301,
    first: 601,
    sealed: true,
    a: [{ k: 'q:sealed' }],
  };
  await db.collection('answers').insertOne(seal as never);
  expect(await pace.head('q')).toEqual({ seq: 301, answers: 600, sealed: true });
  expect((await pace.newest('q', { most: 1 })).map(({ floor }) => floor)).toEqual([600]);
});
