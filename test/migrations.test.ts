import type { Connection, mongo } from 'mongoose';
import { noCrash, planCrash, watchCrashPoints } from '../src/kit/crash-point';
import { migrations } from '../src/migrations';
import { testDatabase } from './support/database';

const database = testDatabase();
afterAll(() => database.drop());

test('codes that were tickets of their own become a list, and what nobody has beyond the quantity goes', async () => {
  const db = await database.connect();
  const prizes = [{ id: 'card', quantity: 2 }];
  const row = (_id: string, state: string) => ({ _id, state, rev: 1, prizes });
  const quizzes = db.collection<ReturnType<typeof row>>('quizzes');
  await quizzes.insertMany([row('on', 'running'), row('new', 'checked')]);
  const ticket = (quiz: string, n: number, state: string) => ({
    _id: `${quiz}/card/c-${n}`,
    ...{ quiz, prize: 'card', state, code: `${quiz}-${n}` },
  });
  await db
    .collection<ReturnType<typeof ticket>>('tickets')
    .insertMany([
      ...['free', 'given', 'free', 'free'].map((state, n) => ticket('on', n, state)),
      ...['free', 'free'].map((state, n) => ticket('new', n, state)),
    ]);
  // Twice: it may be killed before it is noted.
  for (let run = 0; run < 2; run++) await migrations.find(({ n }) => n === 4)?.run(db);
  const kept = await db.collection('tickets').find().toArray();
  expect(kept.map(({ code, state }) => [code, state])).toEqual([
    ['on-1', 'given'],
    ['on-3', 'free'],
  ]);
  expect(
    await db
      .collection('codeLists')
      .find({}, { projection: { codes: 1, out: 1 } })
      .toArray(),
  ).toEqual([
    { _id: 'on/card/first', codes: ['on-0', 'on-1', 'on-2', 'on-3'], out: [] },
    { _id: 'new/card/first', codes: ['new-0', 'new-1'], out: [] },
  ]);
  expect((await quizzes.find().toArray()).map(({ prizes: [one] }) => one)).toEqual([
    { id: 'card', quantity: 2, codes: { list: 'on/card/first', count: 4 } },
    { id: 'card', quantity: 2, codes: { list: 'new/card/first', count: 2 } },
  ]);
});

describe('the words are freed', () => {
  const before = {
    orders: [{ _id: 'q/000000001', quiz: 'q', seq: 1, first: 1, v: 1, a: [{ k: 'q:lin:d:t1', pid: 'lin' }] }],
    folds: [{ _id: 'q', state: { seq: 1, count: 1 }, wins: [{ prize: 'cup', order: 1, unit: '1' }] }],
    quizzes: [
      {
        _id: 'q',
        ...{ perDay: 10, levels: [], questions: [{ id: 't1' }] },
        prizes: [{ id: 'cup', perQuiz: 2 }, { id: 'tea' }],
        proposal: { content: { perDay: 20, questions: [], prizes: [{ id: 'cup', perQuiz: 3 }] } },
      },
    ],
    quizVersions: [
      {
        ...{ _id: 'q/1', quiz: 'q', version: 1 },
        content: { perDay: 10, questions: [{ id: 't1' }], prizes: [{ id: 'cup', perQuiz: 2 }] },
      },
    ],
    awards: [{ _id: 'q/cup/1', quiz: 'q', pid: 'lin', order: 1 }],
    // The same code in two campaigns: each is one of its own.
    tickets: [
      { _id: 'q/cup/1', quiz: 'q', prize: 'cup', code: 'A' },
      { _id: 'r/cup/1', quiz: 'r', prize: 'cup', code: 'A' },
    ],
    exports: [{ _id: 'x', filter: { quiz: 'q', prize: 'cup' } }],
    ledger: [{ _id: 'award/q/cup/1', pid: 'lin', quiz: 'q', delta: 1 }],
    balances: [{ _id: 'lin', recent: [{ _id: 'award/q/cup/1', quiz: 'q' }, { _id: 'spend/1' }] }],
    scores: [{ _id: 'q:lin', quiz: 'q', firstOrder: 1, lastOrder: 2 }],
    projections: [{ _id: 'q', seq: 1, fold: { seq: 1, count: 1 } }],
    versions: [
      { _id: 'quiz', n: 7 },
      { _id: 'replies', n: 2 },
    ],
    timers: [
      { _id: 'quiz-end:q:9', job: 'quiz-end', data: { quiz: 'q', at: 9 }, state: 'fired' },
      { _id: 'award-expire:q/cup/1:9', job: 'award-expire', data: { award: 'q/cup/1' }, state: 'armed' },
    ],
    outbox: [
      {
        _id: 'quiz-end:q:9_01',
        cause: 'quiz-end:q:9',
        effect: { kind: 'later', job: 'quiz-end', data: { quiz: 'q', at: 9 } },
      },
      { _id: 'quiz-remind_q_lin_01', cause: 'quiz-remind_q_lin', state: 'done' },
    ],
  };
  const after = {
    answers: before.orders,
    floors: [{ _id: 'q', state: { seq: 1, count: 1 }, wins: [{ prize: 'cup', floor: 1, unit: '1' }] }],
    campaigns: [
      {
        _id: 'q',
        ...{ kind: 'quiz', game: { perDay: 10, levels: [], questions: [{ id: 't1' }] } },
        prizes: [{ id: 'cup', perPerson: 2 }, { id: 'tea' }],
        proposal: {
          content: {
            ...{ kind: 'quiz', game: { perDay: 20, questions: [] } },
            prizes: [{ id: 'cup', perPerson: 3 }],
          },
        },
      },
    ],
    campaignVersions: [
      {
        ...{ _id: 'q/1', campaign: 'q', version: 1 },
        content: {
          ...{ kind: 'quiz', game: { perDay: 10, questions: [{ id: 't1' }] } },
          prizes: [{ id: 'cup', perPerson: 2 }],
        },
      },
    ],
    awards: [{ _id: 'q/cup/1', campaign: 'q', pid: 'lin', floor: 1 }],
    tickets: [
      { _id: 'q/cup/1', campaign: 'q', prize: 'cup', code: 'A' },
      { _id: 'r/cup/1', campaign: 'r', prize: 'cup', code: 'A' },
    ],
    exports: [{ _id: 'x', filter: { campaign: 'q', prize: 'cup' } }],
    ledger: [{ _id: 'award/q/cup/1', pid: 'lin', campaign: 'q', delta: 1 }],
    balances: [{ _id: 'lin', recent: [{ _id: 'award/q/cup/1', campaign: 'q' }, { _id: 'spend/1' }] }],
    scores: [{ _id: 'q:lin', quiz: 'q', firstFloor: 1, lastFloor: 2 }],
    projections: [{ _id: 'q', seq: 1, floors: { seq: 1, count: 1 } }],
    versions: [{ _id: 'replies', n: 2 }],
    timers: [
      { _id: 'award-expire:q/cup/1:9', job: 'award-expire', data: { award: 'q/cup/1' }, state: 'armed' },
      { _id: 'campaign-end:q:9', job: 'campaign-end', data: { campaign: 'q', at: 9 }, state: 'fired' },
    ],
    outbox: [
      {
        _id: 'campaign-end:q:9_01',
        cause: 'campaign-end:q:9',
        effect: { kind: 'later', job: 'campaign-end', data: { campaign: 'q', at: 9 } },
      },
      { _id: 'campaign-remind_q_lin_01', cause: 'campaign-remind_q_lin', state: 'done' },
    ],
  };

  const migrateWords = async (db: Connection) => migrations.find(({ n }) => n === 5)?.run(db);

  let connection: Connection | undefined;
  async function asBefore(): Promise<Connection> {
    await database.clear();
    const db = (connection ??= await database.connect());
    await db
      .collection('tickets')
      .createIndex(
        { quiz: 1, prize: 1, code: 1 },
        { unique: true, partialFilterExpression: { code: { $type: 'string' } } },
      );
    for (const [name, rows] of Object.entries(before))
      await db.collection(name).insertMany(rows as unknown as mongo.Document[]);
    return db;
  }

  async function everythingIn(db: Connection): Promise<Record<string, unknown[]>> {
    const all: Record<string, unknown[]> = {};
    for (const { name } of await db.listCollections()) {
      const rows = await db
        .collection(name)
        .find({}, { sort: { _id: 1 } })
        .toArray();
      if (rows.length > 0) all[name] = rows;
    }
    return all;
  }

  test('everywhere, and a second time nothing happens', async () => {
    const db = await asBefore();
    for (let run = 0; run < 2; run++) {
      await migrateWords(db);
      expect(await everythingIn(db)).toEqual(after);
    }
  });

  test('also when it is killed after any of its steps', async () => {
    let steps = 0;
    watchCrashPoints(() => void steps++);
    await migrateWords(await asBefore());
    watchCrashPoints(undefined);
    expect(steps).toBeGreaterThan(20);
    for (let step = 1; step <= steps; step++) {
      const db = await asBefore();
      planCrash('words-freed', step, () => {
        throw new Error('killed');
      });
      await expect(migrateWords(db)).rejects.toThrow('killed');
      noCrash();
      await migrateWords(db);
      expect(await everythingIn(db)).toEqual(after);
    }
  });
});

test('where she stands in quizzes is found by campaign, in her row and in her grave', async () => {
  const db = await database.connect();
  const at = (points: number) => ({ on: '2026-11-22', today: ['q1'], points });
  const before = { quiz: 'autumn', ...at(10), others: [{ quiz: 'winter', ...at(25), left: true }] };
  const told = { quiz: '2026-11-22' };
  const rows = db.collection<{ _id: string; talk: object }>('subscribers');
  const graves = db.collection<{ _id: string; play?: object }>('graves');
  await rows.insertMany([
    { _id: 'lin', talk: { quiz: before, told } },
    { _id: 'wang', talk: { told } },
  ]);
  await graves.insertMany([{ _id: 'chen', play: { quiz: 'autumn', ...at(5) } }, { _id: 'hu' }]);
  // Twice: it may be killed before it is noted.
  for (let run = 0; run < 2; run++) await migrations.find(({ n }) => n === 6)?.run(db);
  expect(await rows.find().toArray()).toEqual([
    {
      _id: 'lin',
      talk: {
        told,
        playing: 'autumn',
        plays: { autumn: { kind: 'quiz', ...at(10) }, winter: { kind: 'quiz', ...at(25), left: true } },
      },
    },
    { _id: 'wang', talk: { told } },
  ]);
  expect(await graves.find().toArray()).toEqual([
    { _id: 'chen', playing: 'autumn', plays: { autumn: { kind: 'quiz', ...at(5) } } },
    { _id: 'hu' },
  ]);
});

test('windows that are open are found where rations are counted, by thousands; those that are over are forgotten', async () => {
  const db = await database.connect();
  type Row = { _id: string; pid: string; windows?: object };
  const rows = db.collection<Row>('subscribers');
  const reach = db.collection<{ _id: string; pid: string }>('reach');
  await rows.deleteMany({});
  const until = Date.now() + 3_600_000;
  const her = (_id: string, windows?: object): Row => ({
    _id,
    pid: `${_id}-pid`,
    ...(windows && { windows }),
  });
  const many = Array.from({ length: 1_001 }, (_, i) => her(`open/${i}`, { talk: { until, left: 3 } }));
  await rows.insertMany([
    ...many,
    her('over', { talk: { until: Date.now() - 1, left: 5 } }),
    her('tapped', { tap: { until, left: 3 } }),
    her('none'),
  ]);
  await reach.insertOne({ _id: 'open/7', pid: 'as she is' });
  // Twice: it may be killed before it is noted.
  for (let run = 0; run < 2; run++) await migrations.find(({ n }) => n === 7)?.run(db);
  expect(await rows.countDocuments({ windows: { $exists: true } })).toBe(0);
  expect(await reach.countDocuments()).toBe(1_001);
  const at = until - 48 * 3_600_000 + 120_000;
  const sends = ['before/0', 'before/1'].map((id) => ({ id, at }));
  expect(await reach.findOne({ _id: 'open/1000' })).toEqual({
    ...{ _id: 'open/1000', pid: 'open/1000-pid', talk: at, sends },
  });
  expect(await reach.findOne({ _id: 'open/7' })).toEqual({ _id: 'open/7', pid: 'as she is' });
});
