import type { Connection } from 'mongoose';
import type { Prize } from '../../../src/domain/prizes/prize';
import type { Ticket } from '../../../src/domain/prizes/tickets/rows';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { awardTold, prize, prizeStage, quizWith, won } from './stage';

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
      app(i).awards.take(quiz, won(`p${i}`, { pid: `p${i}`, why: 'participation' })),
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
  const gaps = ['take-pending', 'take-ticket-held', 'take-certain', 'award-duty-done'];
  let killed = 0;
  for (let round = 0; round < 40; round++) {
    planCrash(gaps[round % gaps.length] as string, 1 + (round % 2), () => {
      throw new Error('killed');
    });
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => {
        const pid = `p${round}-${i}`;
        return app(i).awards.take(quiz, won(pid, { pid, why: 'participation' }));
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
  for (const gap of ['take-pending', 'take-ticket-held']) {
    planCrash(gap, 1, () => {
      throw new Error('killed');
    });
    await expect(app.awards.take(quiz, won('lin'))).rejects.toThrow('killed');
    await app.awards.sweep({ lostMs: -1_000 });
  }
  expect(await app.awards.take(quiz, won('lin'))).toMatchObject({ kind: 'won', award: { pid: 'plin' } });
  expect(await app.awards.take(quiz, won('wang'))).toEqual({ kind: 'soldOut' });
});

test('a claim that was taken for dead takes no ticket from the next', async () => {
  const quiz = quizWith(prize({ quantity: 1 }));
  const app = stage.on(db);
  await app.tickets.stock('quiz', prize({ quantity: 1 }));
  let swept: Promise<unknown> = Promise.resolve();
  planCrash('take-ticket-held', 1, () => {
    // While this one stands still, the sweeper frees what it holds.
    swept = app.awards.sweep({ lostMs: -1_000 });
  });
  const slow = app.awards.take(quiz, won('slow'));
  await Promise.all([slow, swept]);
  await app.awards.sweep({ lostMs: -1_000 });
  await app.awards.take(quiz, won('quick'));
  expect(await awards({ state: 'won' })).toBe(1);
  expect(await tickets({ state: 'given' })).toHaveLength(1);
});

test('Q3: 500 claims of one person at once with a limit of one a day are one award and 499 times the same', async () => {
  const quiz = quizWith(prize());
  await stage.on(db).tickets.stock('quiz', prize());
  const app = processes();
  const claim = (i: number) => app(i).awards.take(quiz, won('lin-2026-11-22', { pid: 'lin' }));
  const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => claim(i)));
  expect(answers.filter((one) => one.kind === 'won')).toHaveLength(1);
  expect(answers.filter((one) => one.kind === 'already')).toHaveLength(499);
  expect(new Set(answers.map((one) => ('award' in one ? one.award._id : undefined)))).toEqual(
    new Set(['quiz/cup/lin-2026-11-22']),
  );
  expect((await tickets({ state: 'free' })).length).toBe(99);
  expect(await app(0).awards.take(quiz, won('lin-2026-11-23', { pid: 'lin' }))).toMatchObject({
    kind: 'won',
  });
});

const card = (more: Partial<Prize> = {}) => prize({ id: 'card', kind: 'code', quantity: 3, ...more });
const onTickets = async () =>
  (await tickets({ prize: 'card' })).flatMap(({ code }) => (code === undefined ? [] : [code])).toSorted();

test('a ticket bears an imported code, once, and is given to one award; more codes make no more tickets', async () => {
  const app = stage.on(db);
  const two = await app.imports(card(), ['A-1', 'A-2']);
  expect(await onTickets()).toEqual(['A-1', 'A-2']);
  const four = await app.imports(two, ['A-1', 'A-2', 'A-3', 'A-4']);
  expect(await onTickets()).toEqual(['A-1', 'A-2', 'A-3']);
  expect(await app.tickets.codes(quizWith(four))).toEqual(new Map([['card', 4]]));
  const quiz = quizWith(four);
  const given = await Promise.all(
    ['1', '2', '3'].map((unit) => awardTold(app.awards, quiz, won(unit, { prize: 'card' }))),
  );
  expect(new Set(given.map(({ code }) => code))).toEqual(new Set(['A-1', 'A-2', 'A-3']));
  const fourth = await awardTold(app.awards, quiz, won('4', { prize: 'card' }));
  expect(fourth).toMatchObject({ todo: ['ticket', 'tell'] });
  // The quantity is raised: the code that lay ready comes into its own.
  await app.imports({ ...four, quantity: 4 }, []);
  await app.awards.sweep({ undoneMs: -1_000 });
  expect(await app.awards.read(fourth._id)).toMatchObject({ code: 'A-4', todo: [] });
});

test('codes for a coupon whose tickets lie there go onto those that are free, and make none', async () => {
  const app = stage.on(db);
  const coupon = card({ kind: 'coupon', quantity: 2 });
  await app.tickets.stock('quiz', coupon);
  const first = await app.awards.award(quizWith(coupon), won('1', { prize: 'card' }));
  expect(first.code).toBeUndefined();
  const coded = await app.imports(coupon, ['B-1', 'B-2']);
  expect(await tickets()).toHaveLength(2);
  expect(await onTickets()).toEqual(['B-1']);
  // The one that went without a code needs none: with two more there is one too many.
  expect(await app.tickets.codes(quizWith(coded))).toEqual(new Map([['card', 3]]));
  expect(await app.awards.take(quizWith(coded), won('2', { prize: 'card' }))).toMatchObject({ kind: 'won' });
  expect(await app.awards.take(quizWith(coded), won('3', { prize: 'card' }))).toEqual({ kind: 'soldOut' });
});

test('codes imported by four processes at once, killed at every thousand: as many tickets as promised, each code once', async () => {
  const codes = Array.from({ length: 3_500 }, (_, i) => `C-${i}`);
  const { codes: list } = await stage.on(db).tickets.addCodes({ campaign: 'quiz', prize: 'card' }, codes);
  const whole = { ...card({ quantity: 3_000 }), codes: list };
  for (let kill = 0; kill < 3; kill++) {
    planCrash('tickets-made', 1, () => {
      throw new Error('killed');
    });
    await expect(stage.on(db).tickets.stock('quiz', whole)).rejects.toThrow('killed');
    expect((await tickets()).length).toBeLessThanOrEqual(3_000);
  }
  await Promise.all(dbs.map((one) => stage.on(one).tickets.stock('quiz', whole)));
  expect(await tickets()).toHaveLength(3_000);
  expect(new Set(await onTickets()).size).toBe(3_000);
});

test('whatever lists four processes have in hand, there are never more tickets than the quantity', async () => {
  const app = stage.on(db);
  const item = { campaign: 'quiz', prize: 'card' };
  const lists = [['D-1'], ['D-2', 'D-3'], ['D-3', 'D-4', 'D-5'], ['D-6', 'D-1', 'D-2']];
  const cards = await Promise.all(
    lists.map(async (codes) => ({ ...card(), codes: (await app.tickets.addCodes(item, codes)).codes })),
  );
  for (let round = 0; round < 5; round++) {
    await Promise.all(dbs.map((one, i) => stage.on(one).tickets.stock('quiz', cards[i] as Prize)));
    const all = await onTickets();
    expect(all).toHaveLength(3);
    expect(new Set(all).size).toBe(3);
  }
});

test('a wrong code that nobody has is taken out for good, and another takes its place', async () => {
  const app = stage.on(db);
  const item = { campaign: 'quiz', prize: 'card' };
  const wrong = await app.imports(card({ quantity: 2 }), ['E-1', 'E-X']);
  const out = { ...wrong, codes: await app.tickets.takeOut(item, ['E-X'], wrong.codes) };
  await app.tickets.stock('quiz', out);
  expect(await onTickets()).toEqual(['E-1']);
  expect(await app.tickets.codesOf('quiz', wrong)).toEqual([
    { code: 'E-1', state: 'free' },
    { code: 'E-X', state: 'back' },
  ]);
  const { added, out: kept } = await app.tickets.addCodes(item, ['E-1', 'E-X', 'E-2'], out.codes);
  expect([added, kept]).toEqual([1, ['E-X']]);
  const mended = await app.imports(out, ['E-X', 'E-2']);
  expect(await onTickets()).toEqual(['E-1', 'E-2']);
  // A process that still has the old list in hand brings nothing back.
  await app.tickets.stock('quiz', wrong);
  expect(await onTickets()).toEqual(['E-1', 'E-2']);
  expect(await tickets()).toHaveLength(2);

  const { code = '' } = await app.awards.award(quizWith(mended), won('1', { prize: 'card' }));
  await expect(app.tickets.takeOut(item, [code], mended.codes)).rejects.toThrow(
    `已經發出去了，不能取出：${code}`,
  );
  await expect(app.tickets.takeOut(item, ['F-1'], mended.codes)).rejects.toThrow('沒有這些碼：F-1');
});
