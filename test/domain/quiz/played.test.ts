import type { Connection } from 'mongoose';
import { createPlayed } from '../../../src/domain/quiz/played';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

test('who was disqualified stands in no table of points: the others move up as they did on the board', async () => {
  await db.collection('scores').insertMany(
    [
      ['robot', 90],
      ['lin', 50],
      ['held', 40],
    ].map(([pid, points]) => ({ quiz: 'q', pid, points, right: 5, answered: 5, days: 1, level: 1 })),
  );
  await db.collection('holds').insertMany([
    { campaign: 'q', pid: 'robot', state: 'rejected' },
    { campaign: 'q', pid: 'held', state: 'held' },
    { campaign: 'other', pid: 'lin', state: 'rejected' },
  ]);
  const pids: string[] = [];
  for await (const { pid } of createPlayed({ db }).scores('q')) pids.push(pid);
  expect(pids).toEqual(['lin', 'held']);
});
