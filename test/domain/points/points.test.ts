import * as fc from 'fast-check';
import type { Connection } from 'mongoose';
import {
  type BalanceRow,
  createPoints,
  type LedgerRow,
  pointsIndexes,
} from '../../../src/domain/points/points';
import { createClock } from '../../../src/kit/clock';
import { noCrash, planCrash } from '../../../src/kit/crash-point';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let points: ReturnType<typeof createPoints>;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, pointsIndexes);
  points = createPoints({ db, clock: createClock() });
});
beforeEach(() => database.clear());
afterEach(noCrash);
afterAll(() => database.drop());

const answer = (k: string, pid: string, delta: number): LedgerRow => ({
  _id: `answer/${k}`,
  pid,
  delta,
  at: new Date(),
  campaign: 'q',
  cause: 'answer',
});
const inLedger = () => db.collection<LedgerRow>('ledger').find().toArray();
const crash = (name: string) =>
  planCrash(name, 1, () => {
    throw new Error(`crashed at ${name}`);
  });

test('answers written and counted again change nothing', async () => {
  const rows = [answer('1', 'lin', 10), answer('2', 'lin', 15)];
  await points.record(rows);
  await points.record([...rows, answer('3', 'lin', 5)]);
  await points.earned('q', [{ pid: 'lin', points: 25 }]);
  await points.earned('q', [{ pid: 'lin', points: 30 }]);
  await points.earned('q', [{ pid: 'lin', points: 25 }]); // a zombie's, late
  expect(await points.balance('lin')).toBe(30);
  expect(await points.audit()).toEqual([]);
});

test('points of several quizzes, awards and purchases make one balance', async () => {
  await points.record([answer('1', 'lin', 10)]);
  await points.earned('q', [{ pid: 'lin', points: 10 }]);
  await points.record([{ ...answer('2', 'lin', 7), campaign: 'a.b 答題' }]);
  await points.earned('a.b 答題', [{ pid: 'lin', points: 7 }]);
  expect(await points.give('award', { id: 'w1', pid: 'lin', points: 100, campaign: 'q' })).toBe(true);
  expect(await points.give('award', { id: 'w1', pid: 'lin', points: 100, campaign: 'q' })).toBe(false);
  expect(await points.spend({ id: 's1', pid: 'lin', points: 17 })).toEqual({ kind: 'spent', left: 100 });
  expect(await points.spend({ id: 's1', pid: 'lin', points: 17 })).toEqual({ kind: 'again', left: 100 });
  expect(await points.spend({ id: 's2', pid: 'lin', points: 101 })).toEqual({ kind: 'short', left: 100 });
  expect(await points.spend({ id: 's3', pid: 'nobody', points: 1 })).toEqual({ kind: 'short', left: 0 });
  expect(await points.audit()).toEqual([]);
  expect((await points.statement('lin')).map(({ delta }) => delta).toSorted((a, b) => a - b)).toEqual([
    -17, 7, 10, 100,
  ]);
});

test('purchases at once, of two processes, never spend what is not there, and each only once', async () => {
  const other = createPoints({ db, clock: createClock() });
  await points.give('award', { id: 'w', pid: 'lin', points: 30 });
  const ids = Array.from({ length: 20 }, (_, i) => `s${i}`);
  const spent = await Promise.all(
    ids.flatMap((id) => [points, other].map((one) => one.spend({ id, pid: 'lin', points: 2 }))),
  );
  expect(spent.filter(({ kind }) => kind === 'spent')).toHaveLength(15);
  expect(await points.balance('lin')).toBe(0);
  expect(await points.audit()).toEqual([]);
  await points.give('award', { id: 'w2', pid: 'mei', points: 100 });
  await Promise.all([points, other].map((one) => one.spend({ id: 'm', pid: 'mei', points: 2 })));
  expect(await points.balance('mei')).toBe(98);
});

test('a kill between balance and ledger loses nothing and doubles nothing', async () => {
  await points.give('award', { id: 'w', pid: 'lin', points: 30 });
  crash('points-balance-changed');
  await expect(points.spend({ id: 's', pid: 'lin', points: 20 })).rejects.toThrow('crashed');
  expect(await inLedger()).toHaveLength(1);
  expect(await points.spend({ id: 's', pid: 'lin', points: 20 })).toEqual({ kind: 'again', left: 10 });
  expect(await inLedger()).toHaveLength(2);
  crash('points-balance-changed');
  await expect(points.give('award', { id: 'w2', pid: 'lin', points: 1 })).rejects.toThrow('crashed');
  expect(await points.audit()).toEqual([]);
  expect(await inLedger()).toHaveLength(3);
});

test('rejected answers are taken back once, by rows of their own', async () => {
  await points.record([answer('1', 'lin', 10), answer('2', 'lin', 15), answer('3', 'mei', 5)]);
  await points.earned('q', [
    { pid: 'lin', points: 25 },
    { pid: 'mei', points: 5 },
  ]);
  const causes = ['answer/1', 'answer/2', 'answer/9'];
  expect(await points.reverse(causes)).toEqual({ missing: ['answer/9'] });
  await points.reverse(causes);
  await points.earned('q', [{ pid: 'lin', points: 25 }]);
  expect([await points.balance('lin'), await points.balance('mei')]).toEqual([0, 5]);
  expect((await inLedger()).map(({ _id }) => _id).toSorted()).toEqual([
    'answer/1',
    'answer/2',
    'answer/3',
    'reversal/answer/1',
    'reversal/answer/2',
  ]);
  expect(await points.audit()).toEqual([]);
});

test('only whole points within the range reach the ledger', async () => {
  const wrong: unknown[] = [
    0,
    -1,
    1.5,
    '1e3',
    '０１',
    NaN,
    2 ** 53,
    [1],
    { $gt: 0 },
    null,
    undefined,
    Infinity,
    1_000_001,
  ];
  for (const one of wrong) {
    const amount = one as number;
    await expect(points.give('award', { id: 'x', pid: 'lin', points: amount })).rejects.toMatchObject({
      status: 400,
    });
    await expect(points.spend({ id: 'x', pid: 'lin', points: amount })).rejects.toMatchObject({
      status: 400,
    });
    if (one !== -1)
      await expect(points.record([answer('x', 'lin', amount)])).rejects.toMatchObject({ status: 400 });
  }
  expect(await inLedger()).toEqual([]);
  expect(await points.balance('lin')).toBe(0);
});

test('the audit names a balance that is wrong, and repair puts it right', async () => {
  await points.record([answer('1', 'lin', 10)]);
  await points.earned('q', [{ pid: 'lin', points: 10 }]);
  await db.collection<BalanceRow>('balances').updateOne({ _id: 'lin' }, { $inc: { points: 5 } });
  await points.record([answer('2', 'mei', 3)]);
  expect(await points.audit()).toEqual([
    { pid: 'lin', balance: 15, ledger: 10 },
    { pid: 'mei', balance: 0, ledger: 3 },
  ]);
  await points.repair('lin');
  await points.repair('mei');
  expect(await points.audit()).toEqual([]);
  await points.earned('q', [{ pid: 'mei', points: 3 }]);
  expect(await points.balance('mei')).toBe(3);
});

test('any mixture of gifts, purchases, repeats and kills ends with balances equal to the ledger', async () => {
  const deed = fc.record({
    does: fc.constantFrom('give', 'spend', 'reverse'),
    id: fc.integer({ min: 0, max: 8 }).map(String),
    points: fc.integer({ min: 1, max: 9 }),
    crash: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
      await database.clear();
      // The model: each cause once, and never below zero by a purchase.
      const model = new Map<string, number>();
      const sum = () => [...model.values()].reduce((all, delta) => all + delta, 0);
      for (const { does, id, points: amount, crash: kill } of deeds) {
        if (kill) crash('points-balance-changed');
        const one = { id, pid: 'lin', points: amount };
        const gift = `award/${id}`;
        if (does === 'give') {
          await points.give('award', one).catch(() => {});
          if (!model.has(gift)) model.set(gift, amount);
        } else if (does === 'spend') {
          await points.spend(one).catch(() => {});
          if (!model.has(`spend/${id}`) && sum() >= amount) model.set(`spend/${id}`, -amount);
        } else {
          // A row that a kill kept from the ledger is brought there first.
          await points.settle();
          await points.reverse([gift]).catch(() => {});
          if (model.has(gift) && !model.has(`reversal/${gift}`))
            model.set(`reversal/${gift}`, -(model.get(gift) as number));
        }
        noCrash();
      }
      expect(await points.balance('lin')).toBe(sum());
      expect(await points.audit()).toEqual([]);
      const rows = (await inLedger()).map(({ _id, delta }) => [_id, delta] as const);
      expect(new Map(rows)).toEqual(model);
    }),
    { numRuns: 25 },
  );
});
