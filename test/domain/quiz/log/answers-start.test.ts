import type { Connection } from 'mongoose';
import { answerIndexes, createAnswerLog } from '../../../../src/domain/quiz/log/answers';
import { createIndexes } from '../../../../src/store/indexes';
import { testDatabase } from '../../../support/database';
import { until } from '../../../support/processes';
import { anEntry, aPrize } from '../a-quiz';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, answerIndexes);
});
afterAll(() => database.drop());

const rulesAt = async () => ({ prizes: [aPrize('seven', { kind: 'floor', every: 7 }, { quantity: 30 })] });
const kept = async () =>
  (await db.collection<{ _id: string; state: { count: number } }>('floors').findOne({ _id: 'q' }))?.state
    .count ?? 0;

test('a process keeps how far it has folded every so often, so that a start need not read the whole log', async () => {
  const answerLog = createAnswerLog({ db, rulesAt, keepEvery: 10 });
  for (let i = 1; i <= 9; i++) await answerLog.append('q', anEntry(`p${i}`, 't1'));
  expect(await kept()).toBe(0);
  for (let i = 10; i <= 25; i++) await answerLog.append('q', anEntry(`p${i}`, 't1'));
  await until(async () => (await kept()) >= 20, { what: 'it is kept' });

  // What was read before the kept state would now be missing.
  await db.collection('answers').deleteMany({ first: { $lt: 10 } });
  const fresh = createAnswerLog({ db, rulesAt, keepEvery: 10 });
  expect(await fresh.append('q', anEntry('p26', 't1'))).toMatchObject({ floor: 26 });
  expect(fresh.state('q').given).toEqual({ seven: 3 });
});
