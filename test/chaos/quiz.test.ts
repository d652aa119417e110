import { join } from 'node:path';
import mongoose from 'mongoose';
import { root } from '../../src/kit/root';
import { createSweep, quizPointsInSource } from '../accept/crash-sweep';
import { answerAll, answersPlaced, twoLettersAtOnce, withQuiz } from '../accept/quiz';
import { quizFlows } from '../accept/quiz-flows';

const say = (name: string, figures: object) =>
  void process.stderr.write(`${name}: ${JSON.stringify(figures)}\n`);

test(
  'C1, full: 1,000 right answers of 200 people, each three times at once, while workers are killed',
  () =>
    withQuiz({ webs: 2, workers: 2, real: true }, async (table, fans) => {
      const kill = { role: 'worker' as const, everyMs: 2_000 };
      const figures = await answerAll(table, { fans: fans(200), rounds: 5, storm: true, kill });
      say('C1', figures);
      expect(table.copies.filter((said) => said.length !== 3 || new Set(said).size !== 1)).toEqual([]);
      expect(await answersPlaced(table)).toBe(1_000);
      expect(figures.kills).toBeGreaterThan(2);
      expect(await table.judge()).toEqual([]);
    }),
  300_000,
);

test(
  'C2, full: the same in single copies, five seconds apart, while web processes are killed',
  () =>
    withQuiz({ webs: 2, workers: 1, real: true, callbacks: { gapMs: 5_000 } }, async (table, fans) => {
      const kill = { role: 'web' as const, everyMs: 2_000 };
      const figures = await answerAll(table, { fans: fans(200), rounds: 5, kill });
      const acknowledged = table.sent.filter(({ heard }) => heard.length > 0).length;
      say('C2', { ...figures, sent: table.sent.length, acknowledged });
      expect(figures.kills).toBeGreaterThan(2);
      expect(await table.judge()).toEqual([]);
    }),
  300_000,
);

test(
  'C4, full: 500 answers while MongoDB closes the connection before or after every tenth write',
  () =>
    withQuiz(
      { webs: 2, workers: 1, real: true, callbacks: { gapMs: 1_000, copies: 6 } },
      async (table, fans) => {
        const { rig } = table;
        const admin = await mongoose.createConnection(rig.database.uri, { dbName: 'admin' }).asPromise();
        const failPoint = (mode: unknown) =>
          admin.db?.command({
            configureFailPoint: 'failCommand',
            mode,
            data: {
              closeConnection: true,
              failCommands: ['insert', 'update', 'findAndModify'],
              namespace: `${rig.database.name}.answers`,
            },
          });
        try {
          await failPoint({ activationProbability: 0.1 });
          for (const member of rig.members)
            member.mongo.loseAnswers(['insert', 'update', 'findAndModify'], 10);
          const people = fans(100);
          const figures = await answerAll(table, { fans: people, rounds: 6 });
          const lost = rig.members.reduce((sum, { mongo }) => sum + mongo.lost(), 0);
          for (const member of rig.members) member.mongo.restore();
          await failPoint('off');
          say('C4', { ...figures, lost, sent: table.sent.length });
          expect(lost).toBeGreaterThan(20);
          expect(table.sent.length).toBeGreaterThanOrEqual(500);
          await table.drain();
          expect(await table.judge()).toEqual([]);
        } finally {
          await failPoint('off');
          await admin.close();
        }
      },
    ),
  300_000,
);

test(
  'C7, full: 300 pairs of letters, the two of a pair in one second',
  () =>
    withQuiz({ webs: 2, real: true }, async (table, fans) => {
      expect(await twoLettersAtOnce(table, fans(300))).toEqual([]);
    }),
  120_000,
);

test('C3, full: a crash at each point of the quiz, at its first three passes of every flow that passes it', async () => {
  const start = () => createSweep(quizFlows, { handlers: join(root, 'handlers'), at: '2026-11-24T09:50' });
  const first = await start();
  const passing = await first.explore();
  await first.close();
  let crashes = 0;
  for (const point of quizPointsInSource()) {
    // A database for each: what is proved at the end of a run is proved of all that is in it.
    const sweep = await start();
    try {
      for (const flow of passing.get(point) ?? [])
        for (const pass of [1, 2, 3]) {
          const crashed = await sweep.run(flow, point, pass).catch((error: unknown) => {
            throw new Error(`${flow.name}, at ${point}, pass ${pass}`, { cause: error });
          });
          if (!crashed) break; // it is not passed that often
          crashes++;
        }
    } finally {
      await sweep.close();
    }
    say('C3', { point, crashes });
  }
  expect(crashes).toBeGreaterThan(2 * quizPointsInSource().length);
}, 2_400_000);
