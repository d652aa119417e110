import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { root } from '../../src/kit/root';
import { prize, prizeStage } from '../domain/prizes/stage';
import { endOf, linesOf } from '../support/processes';
import { dice } from '../support/quiz-table';

const stage = prizeStage();
let db: Connection;
beforeAll(async () => {
  db = await stage.open();
});
afterAll(() => stage.database.drop());

type Claims = { counts: Record<string, number>; p99: number };
const say = (name: string, figures: object) =>
  void process.stderr.write(`${name}: ${JSON.stringify(figures)}\n`);

/** A process that claims for its share of the people. */
async function claimer(share: { from: number; to: number; onePerson?: true }) {
  const settings = { mongoUri: stage.database.uri, database: stage.database.name, ...share };
  const files = ['test/support/register-ts.js', 'test/fixtures/claim-program.ts'].map((file) =>
    join(root, file),
  );
  const args = ['-r', ...files, JSON.stringify(settings)];
  const program = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = linesOf(program);
  await lines.with('ready');
  return {
    share,
    /** Undefined when it was killed meanwhile. */
    async claim(quiz: string): Promise<Claims | undefined> {
      program.stdin.write(`${quiz}\n`);
      const line = await lines.with(quiz).catch(() => undefined);
      return line && { counts: line[quiz] as Claims['counts'], p99: line['p99'] as number };
    },
    kill: () => program.kill('SIGKILL'),
    async close(): Promise<void> {
      program.stdin.end();
      await endOf(program);
    },
  };
}
const shares = (people: number) =>
  [0, 1, 2, 3].map((n) => ({ from: (n * people) / 4, to: ((n + 1) * people) / 4 }));
const stocked = (quiz: string) => stage.on(db).tickets.stock(quiz, prize());
const sum = (all: Claims[], kind: string) => all.reduce((n, { counts }) => n + (counts[kind] ?? 0), 0);

async function expectWhole(quiz: string): Promise<number> {
  const { awards, tickets } = stage.on(db);
  await awards.sweep({ lostMs: -1_000, undoneMs: -1_000 });
  const counts = (await tickets.counts(quiz)).get('cup');
  const live = await db
    .collection('awards')
    .find({ campaign: quiz, state: { $in: ['won', 'told'] } })
    .toArray();
  const holders = (await db.collection('tickets').find({ campaign: quiz, state: 'given' }).toArray()).map(
    ({ award }) => award,
  );
  expect(counts).toMatchObject({ held: 0, given: live.length, free: 100 - live.length });
  expect(new Set(live.map(({ pid }) => pid)).size).toBe(live.length);
  expect(new Set(holders)).toEqual(new Set(live.map(({ _id }) => _id as unknown as string)));
  expect(await db.collection('awards').countDocuments({ campaign: quiz, state: 'pending' })).toBe(0);
  return live.length;
}

test('Q1, full: 10,000 people claim 100 prizes over four processes: exactly 100 get one', async () => {
  await stocked('q1');
  const four = await Promise.all(shares(10_000).map(claimer));
  const all = (await Promise.all(four.map((one) => one.claim('q1')))) as Claims[];
  for (const one of four) await one.close();
  say('Q1', { p99: Math.max(...all.map(({ p99 }) => p99)) });
  expect([sum(all, 'won'), sum(all, 'soldOut')]).toEqual([100, 9_900]);
  expect(await expectWhole('q1')).toBe(100);
}, 120_000);

test('Q2, full: the same with a process killed in the middle of the crowd, fifteen times', async () => {
  const random = dice(2);
  const four = await Promise.all(shares(10_000).map(claimer));
  const given: number[] = [];
  for (let round = 0; round < 15; round++) {
    const quiz = `q2-${round}`;
    await stocked(quiz);
    const claiming = four.map((one) => one.claim(quiz));
    // While the tickets go, or just after.
    await pause(20 + random() * 400);
    const n = round % 4;
    four[n]?.kill();
    await Promise.all(claiming);
    four[n] = await claimer(shares(10_000)[n] as { from: number; to: number });
    // What it left is found; whoever got no answer asks again.
    await stage.on(db).awards.sweep({ lostMs: -1_000, undoneMs: -1_000 });
    await four[n]?.claim(quiz);
    given.push(await expectWhole(quiz));
  }
  for (const one of four) await one.close();
  say('Q2', { given });
  expect(given).toEqual(given.map(() => 100));
}, 300_000);

test('Q3, full: 500 claims of one person from four processes are one award', async () => {
  await stocked('q3');
  const four = await Promise.all(shares(500).map((share) => claimer({ ...share, onePerson: true })));
  const all = (await Promise.all(four.map((one) => one.claim('q3')))) as Claims[];
  for (const one of four) await one.close();
  expect([sum(all, 'won'), sum(all, 'already')]).toEqual([1, 499]);
  expect(await expectWhole('q3')).toBe(1);
}, 60_000);
