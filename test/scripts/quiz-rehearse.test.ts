import { Readable } from 'node:stream';
import { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Asked } from '../../scripts/quiz/command';
import { perform, rehearse } from '../../scripts/quiz/rehearse';
import { aPrize, aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { testConfig } from '../support/config';
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

const quiz = aQuiz({
  title: '秋日一戰',
  keywords: ['開戰'],
  startsAt: beijing('2030-01-01 00:00:00'),
  endsAt: beijing('2030-01-07 23:59:59'),
  opensAt: '09:00',
  questions: Array.from({ length: 30 }, (_, i) =>
    aQuestion(`t${i}`, { kind: 'truefalse', options: ['對', '錯'], right: 0 }),
  ),
  prizes: [aPrize('lucky', { kind: 'floor', floors: [188] }, { kind: 'code' })],
});

async function heard(work: () => Promise<unknown>): Promise<string> {
  const said: string[] = [];
  const spies = (['log', 'error'] as const).map((how) =>
    jest.spyOn(console, how).mockImplementation((...line: unknown[]) => void said.push(line.join(' '))),
  );
  try {
    await work();
    return said.join('\n');
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const typed = (...lines: string[]) =>
  Readable.from(lines.map((line) => `${line}\n`)) as unknown as NodeJS.ReadStream;

test('a draft is played as a fan will play it, from its first opening on, and nothing is left behind', async () => {
  const asked = { config: testConfig(), mongoUri: database.uri, redisUrl: database.redisUrl, redis, db };
  const lines = ['開戰', '+187樓', 'A', '排行', '獎品', '+1天', '繼續', '離開', '不會說到'];
  const said = await heard(() => perform(asked, quiz, typed(...lines)));
  expect(said).toContain('彩排的 2030-01-01 09:00');
  expect(said).toContain('第 1 題');
  expect(said).toContain('答對了！＋15 分');
  expect(said).toContain('第 188 樓');
  expect(said).toContain('兌換碼 彩排-lucky-1');
  expect(said).toMatch(/你排第 1 \/ 188/);
  expect(said).toContain('現在是 2030-01-02 09:00');
  expect(said).not.toContain('不會說到');
  const { databases } = await db.getClient().db('admin').admin().listDatabases({ nameOnly: true });
  expect(databases.filter(({ name }) => name.startsWith(`${database.name}-`))).toEqual([]);
  expect(await redis.keys(`*${database.name}-rehearsal*`)).toEqual([]);
  expect(await db.collection('campaigns').countDocuments()).toBe(0);
});

test('--walk lists every question with its answer and what each prize would give', async () => {
  const { id, ...row } = quiz;
  const services = { campaigns: { row: async () => ({ _id: id, ...row, rev: 1, author: 'ann', log: [] }) } };
  const values = { walk: true, players: '100' };
  const said = await heard(() =>
    (rehearse as { run(asked: Asked): Promise<number> }).run({
      services,
      values,
      args: ['q'],
    } as unknown as Asked),
  );
  expect(said).toContain('30. [t29] 判斷 · 易');
  expect(said).toContain(' ✓ A. 對');
  expect(said).toContain('第 188 樓發完');
  expect(said).toContain('30 題都在平台的長度以內');
});
