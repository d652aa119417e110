import type { Connection } from 'mongoose';
import type { Ticket } from '../../../src/domain/prizes/tickets';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { prize, prizeStage, quizWith, won } from './stage';

const stage = prizeStage();
let dbs: Connection[];
let db: Connection;

beforeAll(async () => {
  stage.turnTo('2026-11-22');
  db = await stage.open();
  dbs = [db, await stage.open(), await stage.open(), await stage.open()];
});
afterEach(async () => {
  noCrash();
  await stage.database.clear();
});
afterAll(() => stage.database.drop());

/** Four processes; the i-th of a crowd goes to one of them. */
const processes = () => {
  const apps = dbs.map((one) => stage.on(one));
  return (i: number) => apps[i % apps.length] as (typeof apps)[number];
};
const tickets = (filter: object = {}) => db.collection<Ticket>('tickets').find(filter).toArray();
const awards = (filter: object = {}) => db.collection('awards').countDocuments(filter);

test('stock is made to the promised quantity, again changes nothing, and a rise adds only what is missing', async () => {
  const { tickets: stock } = stage.on(db);
  expect(await stock.stock('quiz', prize({ quantity: 2_500 }))).toEqual({
    promised: 2_500,
    have: 2_500,
    made: 2_500,
  });
  expect(await stock.stock('quiz', prize({ quantity: 2_500 }))).toMatchObject({ have: 2_500, made: 0 });
  expect(await stock.stock('quiz', prize({ quantity: 2_600 }))).toMatchObject({ have: 2_600, made: 100 });
});

test('stock that was killed half-way, or made by two at once, is whole after the next run', async () => {
  const { tickets: stock } = stage.on(db);
  planCrash('tickets-made', 1, () => {
    throw new Error('killed');
  });
  await expect(stock.stock('quiz', prize({ quantity: 3_000 }))).rejects.toThrow('killed');
  await Promise.all(dbs.map((one) => stage.on(one).tickets.stock('quiz', prize({ quantity: 3_000 }))));
  expect(await tickets()).toHaveLength(3_000);
});

test('Q1: 10,000 people claim 100 prizes over four processes: exactly 100 get one', async () => {
  const quiz = quizWith(prize());
  await stage.on(db).tickets.stock('quiz', prize());
  const app = processes();
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, (_, i) =>
      app(i).awards.claim(quiz, won(`p${i}`, { pid: `p${i}`, why: 'participation' })),
    ),
  );
  const winners = answers.flatMap((one) => (one.kind === 'won' ? [one.award] : []));
  expect(winners).toHaveLength(100);
  expect(new Set(winners.map(({ pid }) => pid)).size).toBe(100);
  expect(new Set(winners.map(({ ticket }) => ticket)).size).toBe(100);
  expect(answers.filter((one) => one.kind === 'soldOut')).toHaveLength(9_900);
  expect(await awards()).toBe(100);
  expect((await app(0).tickets.counts('quiz')).get('cup')).toEqual({
    free: 0,
    held: 0,
    given: 100,
    back: 0,
  });
});

test('Q2: a process dies at every gap again and again: what was awarded and what is left are still 100', async () => {
  const quiz = quizWith(prize());
  await stage.on(db).tickets.stock('quiz', prize());
  const app = processes();
  const gaps = ['claim-pending', 'claim-ticket-held', 'claim-certain', 'award-duty-done'];
  let killed = 0;
  for (let round = 0; round < 40; round++) {
    planCrash(gaps[round % gaps.length] as string, 1 + (round % 2), () => {
      throw new Error('killed');
    });
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => {
        const pid = `p${round}-${i}`;
        return app(i).awards.claim(quiz, won(pid, { pid, why: 'participation' }));
      }),
    );
    killed += answers.filter(({ status }) => status === 'rejected').length;
    noCrash();
  }
  expect(killed).toBeGreaterThan(5);
  await app(1).awards.sweep({ lostMs: -1_000, undoneMs: -1_000 });
  const counts = (await app(0).tickets.counts('quiz')).get('cup');
  const live = await awards({ state: { $in: ['won', 'told'] } });
  expect(counts?.held).toBe(0);
  expect(live + (counts?.free ?? 0)).toBe(100);
  expect(counts?.given).toBe(live);
  expect(live).toBeLessThanOrEqual(100);
  const holders = (await tickets({ state: 'given' })).map(({ award }) => award);
  expect(new Set(holders).size).toBe(live);
  expect(await awards({ state: 'pending' })).toBe(0);
});

test('who lost her process while claiming can claim again', async () => {
  const quiz = quizWith(prize({ quantity: 1 }));
  const app = stage.on(db);
  await app.tickets.stock('quiz', prize({ quantity: 1 }));
  for (const gap of ['claim-pending', 'claim-ticket-held']) {
    planCrash(gap, 1, () => {
      throw new Error('killed');
    });
    await expect(app.awards.claim(quiz, won('lin'))).rejects.toThrow('killed');
    await app.awards.sweep({ lostMs: -1_000 });
  }
  expect(await app.awards.claim(quiz, won('lin'))).toMatchObject({ kind: 'won', award: { pid: 'plin' } });
  expect(await app.awards.claim(quiz, won('wang'))).toEqual({ kind: 'soldOut' });
});

test('a claim that was taken for dead takes no ticket from the next', async () => {
  const quiz = quizWith(prize({ quantity: 1 }));
  const app = stage.on(db);
  await app.tickets.stock('quiz', prize({ quantity: 1 }));
  let swept: Promise<unknown> = Promise.resolve();
  planCrash('claim-ticket-held', 1, () => {
    // While this one stands still, the sweeper frees what it holds.
    swept = app.awards.sweep({ lostMs: -1_000 });
  });
  const slow = app.awards.claim(quiz, won('slow'));
  await Promise.all([slow, swept]);
  await app.awards.sweep({ lostMs: -1_000 });
  await app.awards.claim(quiz, won('quick'));
  expect(await awards({ state: 'won' })).toBe(1);
  expect(await tickets({ state: 'given' })).toHaveLength(1);
});

test('Q3: 500 claims of one person at once with a limit of one a day are one award and 499 times the same', async () => {
  const quiz = quizWith(prize());
  await stage.on(db).tickets.stock('quiz', prize());
  const app = processes();
  const claim = (i: number) => app(i).awards.claim(quiz, won('lin-2026-11-22', { pid: 'lin' }));
  const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => claim(i)));
  expect(answers.filter((one) => one.kind === 'won')).toHaveLength(1);
  expect(answers.filter((one) => one.kind === 'already')).toHaveLength(499);
  expect(new Set(answers.map((one) => ('award' in one ? one.award._id : undefined)))).toEqual(
    new Set(['quiz/cup/lin-2026-11-22']),
  );
  expect((await tickets({ state: 'free' })).length).toBe(99);
  expect(await app(0).awards.claim(quiz, won('lin-2026-11-23', { pid: 'lin' }))).toMatchObject({
    kind: 'won',
  });
});

test('imported codes lie in stock once, and are given one to an award', async () => {
  const app = stage.on(db);
  const code = prize({ id: 'card', kind: 'code', quantity: 3 });
  const item = { quiz: 'quiz', prize: 'card' };
  const lines = ['A-1', 'A-2'].map((one, i) => ({ line: i + 1, code: one }));
  expect(await app.tickets.addCodes(item, lines)).toEqual({ added: 2, known: 0 });
  expect(await app.tickets.addCodes(item, [...lines, { line: 3, code: 'A-3' }])).toEqual({
    added: 1,
    known: 2,
  });
  expect(await app.tickets.stock('quiz', code)).toEqual({ promised: 3, have: 3, made: 0 });
  expect(await app.tickets.codes('quiz')).toEqual(new Map([['card', 3]]));
  const given = await Promise.all(
    ['1', '2', '3'].map((unit) =>
      app.awards.award(quizWith(code), won(unit, { prize: 'card' }), { told: true }),
    ),
  );
  expect(new Set(given.map((one) => one.code))).toEqual(new Set(['A-1', 'A-2', 'A-3']));
  const fourth = await app.awards.award(quizWith(code), won('4', { prize: 'card' }), { told: true });
  expect(fourth).toMatchObject({ todo: ['ticket'] });
  expect(fourth.code).toBeUndefined();
  await app.tickets.addCodes(item, [{ line: 1, code: 'A-4' }]);
  await app.awards.sweep({ undoneMs: -1_000 });
  expect(await app.awards.read(fourth._id)).toMatchObject({ code: 'A-4', todo: [] });
});
