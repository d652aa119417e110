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
