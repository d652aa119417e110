import type { Connection } from 'mongoose';
import { createAudit } from '../../../src/domain/audit/audit';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
const alarms: string[] = [];
const open = () =>
  createAudit({
    db,
    key: 'a key for tests, longer than thirty-two',
    alarm: async (text) => void alarms.push(text),
  });
const entry = (n: number) => ({
  by: '林梅（登錄 lin）',
  ip: '::1',
  what: `第 ${n} 件`,
  path: '/x',
  end: 'done' as const,
  asked: { n },
});
type Row = { _id: number; why?: string };

beforeEach(async () => {
  db = await database.connect();
  await db.collection('audit').deleteMany({});
  await db.collection('auditHead').deleteMany({});
  alarms.length = 0;
});
afterAll(() => database.drop());

test('two processes write one chain without a gap', async () => {
  const [one, other] = [open(), open()];
  await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? one : other).add(entry(n))));
  expect(await one.check()).toEqual({ rows: 60 });
  const ids = (await db.collection<Row>('audit').find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  expect(ids).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
});

test.each<[string, (rows: ReturnType<Connection['collection']>) => Promise<unknown>, number]>([
  ['changed', (rows) => rows.updateOne({ _id: 7 as never }, { $set: { what: '沒有這回事' } }), 7],
  ['taken out', (rows) => rows.deleteOne({ _id: 7 as never }), 7],
  ['taken off the end', (rows) => rows.deleteMany({ _id: { $gt: 17 } as never }), 18],
])('a row that was %s is found, and somebody is told (K20)', async (_, harm, broken) => {
  const audit = open();
  for (let n = 0; n < 20; n++) await audit.add(entry(n));
  expect(await audit.check()).toEqual({ rows: 20 });
  await harm(db.collection('audit'));
  expect((await audit.check()).broken).toBe(broken);
  await audit.upkeep.forget();
  expect(alarms).toHaveLength(1);
});

test('what one person did, and what was refused, can be listed', async () => {
  const audit = open();
  for (let n = 0; n < 60; n++)
    await audit.add({
      ...entry(n),
      ...(n % 10 ? {} : { by: '王芳（登錄 wang）', end: 'refused' as const, why: '沒有權限' }),
    });
  expect(await audit.list({ by: 'wang' })).toHaveLength(6);
  expect((await audit.list({ end: 'refused' })).every(({ why }) => why === '沒有權限')).toBe(true);
  const first = await audit.list({});
  expect(first).toHaveLength(50);
  expect(await audit.list({ before: first.at(-1)?._id ?? 0 })).toHaveLength(10);
});
