import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Connection } from 'mongoose';
import { createPoints, type LedgerRow, pointsIndexes } from '../../../../src/domain/points/points';
import { answerIndexes, createAnswerLog } from '../../../../src/domain/quiz/log/answers';
import type { Batch, Entry, Win } from '../../../../src/domain/quiz/log/floors';
import { createProjection, MovedOn, placings } from '../../../../src/domain/quiz/log/project';
import {
  createProjector,
  type ProjectionRow,
  type ProjectorOptions,
} from '../../../../src/domain/quiz/log/projector';
import { createProof } from '../../../../src/domain/quiz/log/proof';
import {
  createScores,
  type RoundRow,
  type ScoreRow,
  scoreIndexes,
} from '../../../../src/domain/quiz/log/scores';
import { createClock } from '../../../../src/kit/clock';
import { noCrash, planCrash } from '../../../../src/kit/crash-point';
import { createLog } from '../../../../src/kit/log';
import { root } from '../../../../src/kit/root';
import { createIndexes } from '../../../../src/store/indexes';
import { testDatabase } from '../../../support/database';
import { entryOf, floorPrize, type Given, orderLog, quizId } from './answer-log';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, [...answerIndexes, ...pointsIndexes, ...scoreIndexes]);
});
beforeEach(() => database.clear());
afterEach(noCrash);
afterAll(() => database.drop());

const log = createLog({ level: 'silent', name: 'test' });
const rulesAt = async () => ({ prizes: [floorPrize(5)] });

/** A process of its own, as far as projecting goes. */
function newProcess(more: Partial<ProjectorOptions> = {}) {
  const wins = new Map<string, Win>();
  const points = createPoints({ db, clock: createClock() });
  const answerLog = createAnswerLog({ db, rulesAt });
  const award = async ({ win }: { win: Win }) => void wins.set(win.unit, win);
  const given = { db, answerLog, points, rulesAt, quizzes: () => [quizId], award, log, ...more };
  const projector = createProjector(given);
  return {
    projector,
    points,
    wins,
    proof: createProof({ ...given, projector, points, awarded: async () => new Map() }),
  };
}

const scoreOf = (pid: string) => db.collection<ScoreRow>('scores').findOne({ _id: `${quizId}:${pid}` });
const expire = () =>
  db.collection<ProjectionRow>('projections').updateMany({}, { $set: { until: new Date(0) } });

test('answers become ledger rows, rounds, scores, balances and awards', async () => {
  const { projector, points, wins, proof } = newProcess();
  await orderLog(db).append(
    [
      { pid: 'lin', q: '1', points: 15 },
      { pid: 'mei', q: '1', points: 0 },
      { pid: 'lin', q: '2', points: 0, more: { took: 9_000 } },
    ],
    [{ pid: 'lin', q: '3', points: 10, more: { level: 2, last: 'passed' } }],
    [{ pid: 'lin', q: '9', points: 20, more: { flash: true } }],
    [{ pid: 'lin', on: '2026-11-22', q: '4', points: 10, more: { level: 2 } }],
  );
  await projector.project(quizId);
  expect(await scoreOf('lin')).toMatchObject({
    points: 55,
    right: 3,
    answered: 4,
    flash: 1,
    level: 2,
    days: 2,
    streak: 2,
    bestStreak: 2,
    reached: 6,
    firstFloor: 1,
    seq: 4,
  });
  expect(await scoreOf('mei')).toMatchObject({ points: 0, answered: 1, right: 0, reached: 2, streak: 1 });
  const round = await db.collection<RoundRow>('rounds').findOne({ _id: `${quizId}:lin:2026-11-21` });
  expect(round).toMatchObject({
    points: 45,
    answered: 3,
    flash: 1,
    took: [4_000, 9_000, 4_000],
    passed: 1,
    reached: 5,
  });
  expect(await db.collection<LedgerRow>('ledger').countDocuments()).toBe(4);
  expect(
    await db.collection<LedgerRow>('ledger').findOne({ _id: `answer/${quizId}:lin:2026-11-21:1` }),
  ).toMatchObject({
    pid: 'lin',
    delta: 15,
    campaign: quizId,
    cause: 'answer',
  });
  expect(await points.balance('lin')).toBe(55);
  expect([...wins.values()]).toEqual([
    { prize: 'lamp', pid: 'lin', floor: 5, on: '2026-11-21', why: 'floor', unit: '5' },
  ]);
  expect(await proof.audit(quizId)).toEqual([]);
  expect(await proof.replay(quizId)).toMatchObject({
    seq: 4,
    answers: 6,
    differences: [],
    wins: [...wins.values()],
  });
});

test('days in a row count whatever the order in which they reach the log around midnight', async () => {
  const { projector } = newProcess();
  const on = (day: string): Given => ({ pid: 'lin', on: day, q: day });
  await orderLog(db).append(
    [on('2026-11-28'), on('2026-12-01')],
    [on('2026-11-30'), on('2026-11-29')],
    [on('2026-12-03')],
  );
  await projector.project(quizId);
  expect(await scoreOf('lin')).toMatchObject({ days: 5, streak: 1, bestStreak: 4 });
});

test('two processes at once, one of them a zombie, count each answer once', async () => {
  const lively = newProcess({ stepSize: 7 });
  const zombie = newProcess({ stepSize: 5 });
  const answerLog = orderLog(db);
  for (let round = 0; round < 6; round++) {
    await answerLog.append(
      ...Array.from({ length: 20 }, (_, i) => [
        { pid: `p${i % 4}`, q: `${round}-${i}` },
        { pid: `p${i % 3}`, q: `${round}-${i}b`, points: i % 2 },
      ]),
    );
    // Neither respects the other's lease: it is always over.
    await Promise.all([
      lively.projector.project(quizId),
      expire().then(() => zombie.projector.project(quizId)),
      expire().then(() => lively.projector.project(quizId)),
    ]);
  }
  await expire();
  await lively.projector.catchUp(quizId);
  expect(await lively.proof.audit(quizId)).toEqual([]);
  expect(await lively.proof.replay(quizId)).toMatchObject({ answers: 240, differences: [] });
});

test('a zombie that read before and writes after another process changes nothing', async () => {
  const answerLog = orderLog(db);
  await answerLog.append([{ pid: 'lin', q: '1' }], [{ pid: 'lin', q: '2', points: 15 }]);
  const batches: Batch[] = [];
  for await (const batch of createAnswerLog({ db, rulesAt }).read(quizId, 0)) batches.push(batch);
  const answers = placings(batches, 0);
  await createProjection({ db }).take(quizId, answers.slice(0, 1));
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  let reading = () => {};
  const read = new Promise<void>((resolve) => {
    reading = resolve;
  });
  // Stands still between its reading and its writing.
  const slow = new Proxy(db, {
    get: (target, name) =>
      name === 'collection'
        ? (table: string) =>
            new Proxy(target.collection(table), {
              get: (rows, method) =>
                method === 'bulkWrite'
                  ? async (...args: Parameters<typeof rows.bulkWrite>) => {
                      reading();
                      await gate;
                      return rows.bulkWrite(...args);
                    }
                  : (Reflect.get(rows, method, rows) as unknown),
            })
        : (Reflect.get(target, name, target) as unknown),
  });
  const zombie = createProjection({ db: slow }).take(quizId, answers);
  await read;
  await createProjection({ db }).take(quizId, answers);
  await answerLog.append([{ pid: 'lin', q: '3' }]);
  await newProcess().projector.project(quizId);
  const before = await scoreOf('lin');
  go();
  await expect(zombie).rejects.toThrow(MovedOn);
  expect(before).toMatchObject({ points: 35, seq: 3 });
  expect(await scoreOf('lin')).toEqual(before);
  expect(await db.collection<RoundRow>('rounds').findOne({ pid: 'lin' })).toMatchObject({
    points: 35,
    seq: 3,
  });
});

test('a process that waits for the projection takes over from one that died', async () => {
  const dead = newProcess();
  const answerLog = orderLog(db);
  await answerLog.append([{ pid: 'lin', q: '1' }]);
  await dead.projector.project(quizId);
  await answerLog.append([{ pid: 'lin', q: '2' }]);
  const { projector } = newProcess();
  expect(await projector.project(quizId)).toBe('elsewhere');
  expect(await projector.lag()).toMatchObject({ answers: 1 });
  await expire();
  await projector.catchUp(quizId);
  expect(await scoreOf('lin')).toMatchObject({ points: 20 });
  expect(await projector.lag()).toEqual({ answers: 0, seconds: 0 });
});

test('the loop projects what is appended, and lets go of the lease when it closes', async () => {
  const one = newProcess();
  await orderLog(db).append([{ pid: 'lin', q: '1' }]);
  one.projector.start();
  await one.projector.close();
  expect(await scoreOf('lin')).toMatchObject({ points: 10 });
  expect(await newProcess().projector.project(quizId)).toBe('done');
});

test('replay and audit name what is wrong', async () => {
  const { projector, proof } = newProcess();
  await orderLog(db).append([
    { pid: 'lin', q: '1' },
    { pid: 'mei', q: '1' },
    { pid: 'tao', q: '1' },
  ]);
  await projector.project(quizId);
  await db.collection<ScoreRow>('scores').updateOne({ _id: `${quizId}:lin` }, { $inc: { points: 1 } });
  await db.collection<RoundRow>('rounds').deleteOne({ pid: 'mei' });
  await db.collection<LedgerRow>('ledger').deleteOne({ pid: 'tao' });
  const { differences } = await proof.replay(quizId);
  expect(differences.map(({ what, id }) => `${what} ${id}`).toSorted()).toEqual([
    `ledger answer/${quizId}:tao:2026-11-21:1`,
    `rounds ${quizId}:mei:2026-11-21`,
    `scores ${quizId}:lin`,
  ]);
  const told = (await proof.audit(quizId)).map(({ what, id }) => `${what} ${id}`).toSorted();
  expect(told).toEqual([
    'autumn: ledger and balance tao',
    'autumn: ledger and score lin',
    'autumn: ledger and score tao',
    'autumn: rounds and score lin',
    'autumn: rounds and score mei',
    'balance tao',
  ]);
});

test('a gap in the log stops the projection', async () => {
  const { projector } = newProcess();
  await orderLog(db).append([{ pid: 'lin', q: '1' }], [{ pid: 'lin', q: '2' }], [{ pid: 'lin', q: '3' }]);
  await db.collection<{ _id: string }>('answers').deleteOne({ _id: `${quizId}/000000002` });
  await expect(projector.project(quizId)).rejects.toMatchObject({ code: 'answers.gap' });
});

test('rankings come out of the database by points and then by who reached them first', async () => {
  const { projector } = newProcess();
  await orderLog(db).append([
    { pid: 'late', q: '1', points: 0 },
    { pid: 'first', q: '1' },
    { pid: 'late', q: '2' },
    { pid: 'best', q: '1', points: 20 },
  ]);
  await projector.project(quizId);
  const scores = createScores({ db });
  const pids: string[] = [];
  for await (const { pid } of scores.ranking(quizId)) pids.push(pid);
  for await (const { pid } of scores.dayRanking(quizId, '2026-11-21')) pids.push(pid);
  expect(pids).toEqual(['best', 'first', 'late', 'best', 'first', 'late']);
  expect((await scores.roundsOf(quizId, 'late')).map(({ on }) => on)).toEqual(['2026-11-21']);
});

/** What the rows must say, worked out from the entries alone, without any code of ours. */
function oracle(entries: Entry[]) {
  const people = new Map<
    string,
    { points: number; answered: number; reached: number; rounds: Map<string, number> }
  >();
  entries.forEach((entry, i) => {
    const one = people.get(entry.pid) ?? {
      points: 0,
      answered: 0,
      reached: i + 1,
      rounds: new Map<string, number>(),
    };
    one.points += entry.points;
    if (!entry.flash) one.answered++;
    if (entry.points > 0) one.reached = i + 1;
    one.rounds.set(entry.on, (one.rounds.get(entry.on) ?? 0) + entry.points);
    people.set(entry.pid, one);
  });
  return people;
}

/** The gaps that a kill can fall into, as they stand in the source. */
const gaps = ['project', 'projector'].flatMap((file) =>
  [
    ...readFileSync(join(root, `src/domain/quiz/log/${file}.ts`), 'utf8').matchAll(
      /crashPoint\('([^']+)'\)/g,
    ),
  ].map((match) => match[1] as string),
);

test.each(gaps)('three kills at %s leave nothing out and nothing double', async (gap) => {
  const answerLog = orderLog(db);
  const wins: Win[] = [];
  const award = async ({ win }: { win: Win }) => void wins.push(win);
  for (let n = 0; n < 3; n++) {
    await answerLog.append(
      [1, 2, 3].map((i) => ({ pid: `p${i}`, q: `a${n}` })),
      [2, 3, 4].map((i) => ({ pid: `p${i}`, q: `b${n}` })),
    );
    let reached = false;
    planCrash(gap, 1, () => {
      reached = true;
      throw new Error(`killed at ${gap}`);
    });
    await expire();
    const stepped = newProcess({ bulkSize: 1, award }).projector.project(quizId);
    await expect(stepped).rejects.toThrow('killed');
    expect(reached).toBe(true);
  }
  noCrash();
  await expire();
  const { projector, proof } = newProcess({ award });
  await projector.project(quizId);
  expect(await scoreOf('p2')).toMatchObject({ points: 60, answered: 6 });
  expect(new Set(wins.map(({ unit }) => unit))).toEqual(new Set(['5', '10', '15']));
  expect(await proof.audit(quizId)).toEqual([]);
  expect((await proof.replay(quizId)).differences).toEqual([]);
});

test('whatever is killed between whichever two writes, every answer counts once', async () => {
  const given = fc.record({
    pid: fc.constantFrom('lin', 'mei', 'tao', 'an'),
    on: fc.constantFrom('2026-11-21', '2026-11-22', '2026-11-23'),
    points: fc.constantFrom(0, 0, 10, 15),
    flash: fc.boolean(),
  });
  const run = fc.record({
    batches: fc.array(fc.array(given, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
    gap: fc.constantFrom(...gaps),
    pass: fc.integer({ min: 1, max: 6 }),
    stepSize: fc.integer({ min: 1, max: 12 }),
  });
  let q = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 6 }), async (runs) => {
      await database.clear();
      const answerLog = orderLog(db);
      const wins = new Map<string, Win>();
      const award = async ({ win }: { win: Win }) => void wins.set(win.unit, win);
      for (const { batches, gap, pass, stepSize } of runs) {
        await answerLog.append(
          ...batches.map((batch) =>
            batch.map((one) => ({ ...one, q: String(++q), more: one.flash ? { flash: true as const } : {} })),
          ),
        );
        planCrash(gap, pass, () => {
          throw new Error(`killed at ${gap}`);
        });
        await expire();
        await newProcess({ stepSize, bulkSize: 1, award })
          .projector.project(quizId)
          .catch(() => {});
        noCrash();
      }
      await expire();
      const { projector, points, proof } = newProcess({ award });
      await projector.project(quizId);
      const expected = oracle(answerLog.entries);
      for (const [pid, { rounds, ...score }] of expected) {
        expect(await scoreOf(pid)).toMatchObject(score);
        expect(await points.balance(pid)).toBe(score.points);
        const hers = await db.collection<RoundRow>('rounds').find({ pid }).toArray();
        expect(new Map(hers.map((round) => [round.on, round.points]))).toEqual(rounds);
      }
      expect(await db.collection('scores').countDocuments()).toBe(expected.size);
      const floors = Math.floor(answerLog.entries.length / 5);
      expect(wins.size).toBeLessThanOrEqual(floors);
      const replayed = await proof.replay(quizId);
      expect(replayed).toMatchObject({ answers: answerLog.entries.length, differences: [] });
      expect(new Map(replayed.wins.map((win) => [win.unit, win]))).toEqual(wins);
      expect(await proof.audit(quizId)).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test('an answer that is not whole points is refused, and tells which', async () => {
  const { projector } = newProcess();
  await orderLog(db).append([{ pid: 'lin', q: '1', points: 1.5 }]);
  await expect(projector.project(quizId)).rejects.toMatchObject({ code: 'points.range' });
  expect(entryOf({ pid: 'lin', q: '1' }).k).toBe('autumn:lin:2026-11-21:1');
});
