import type { Connection } from 'mongoose';
import { testDatabase } from '../support/database';

describe('the engines of a test run', () => {
  const database = testDatabase();
  let db: Connection;
  beforeAll(async () => {
    db = await database.connect();
  });
  afterAll(() => database.drop());

  test('a majority write in a transaction is there afterwards', async () => {
    await db.createCollection('things');
    await db.transaction(async (session) => {
      await db.collection('things').insertOne({ name: 'one' }, { session });
    });
    expect(await db.collection('things').countDocuments()).toBe(1);
  });
});
