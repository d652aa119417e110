import type { Connection } from 'mongoose';
import { isDuplicate } from '../../src/store/duplicate';
import { testDatabase } from '../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
  await rows().insertMany([{ _id: 'a', n: 1 }, { _id: 'b' }]);
});
afterAll(() => database.drop());

const rows = () => db.collection<{ _id: string; n?: number }>('rows');
const repeated = (_id: string) => ({ insertOne: { document: { _id } } });
/** Refused for another reason: text cannot be counted up. */
const refused = { updateOne: { filter: { _id: 'text' }, update: { $inc: { n: 1 } } } };
const failure = (write: Promise<unknown>): Promise<unknown> =>
  write.then(
    () => undefined,
    (error: unknown) => error,
  );

test('what is there already is a repeat, alone and in a bulk', async () => {
  expect(isDuplicate(await failure(rows().insertOne({ _id: 'a' })))).toBe(true);
  const bulk = rows().bulkWrite([repeated('a'), repeated('new'), repeated('b')], { ordered: false });
  expect(isDuplicate(await failure(bulk))).toBe(true);
});

test('a bulk in which anything else failed too is none', async () => {
  await rows().insertOne({ _id: 'text', n: 'no number' as never });
  const bulk = rows().bulkWrite([repeated('a'), refused, repeated('b')], { ordered: false });
  expect(await failure(bulk)).toMatchObject({ code: 11_000 });
  expect(isDuplicate(await failure(rows().bulkWrite([repeated('a'), refused], { ordered: false })))).toBe(
    false,
  );
});

test.each([undefined, null, 'text', new Error('no answer'), { code: 112 }])('%s is none', (error) =>
  expect(isDuplicate(error)).toBe(false),
);
