import type { Connection } from 'mongoose';
import { connectMongo } from '../../src/store/mongo';
import { bePatient } from '../../src/store/patience';

import { testDatabase } from '../support/database';
import { createFaultProxy, type FaultProxy, placeOf, throughPort } from '../support/fault-proxy';

// It measures the very bounds.
bePatient(1);

const database = testDatabase();
let proxy: FaultProxy;
let db: Connection;
beforeAll(async () => {
  await database.connect();
  proxy = await createFaultProxy(placeOf(database.uri));
  db = await connectMongo(throughPort(database.uri, proxy.port), {
    database: database.name,
  });
});
afterAll(async () => {
  proxy.restore();
  await db.close(true);
  await proxy.close();
  await database.drop();
});

const ended = (call: Promise<unknown>): Promise<string> =>
  Promise.race([
    call.then(
      () => 'ended',
      () => 'ended',
    ),
    new Promise<string>((resolve) => setTimeout(resolve, 8_000, 'hangs')),
  ]);

test('calls into a black hole end when their timeoutMS is over, and do not keep their place in the pool', async () => {
  const rows = db.collection<{ _id: string; n?: number }>('rows');
  const calls = (timeoutMS = 300): Promise<unknown>[] => [
    rows.findOne({ _id: 'a' }, { timeoutMS }),
    rows.find({}, { timeoutMS }).toArray(),
    rows.updateOne({ _id: 'a' }, { $set: { n: 1 } }, { upsert: true, timeoutMS }),
    rows.bulkWrite([{ deleteOne: { filter: { _id: 'b' } } }], { timeoutMS }),
    rows.countDocuments({}, { timeoutMS }),
    db.db?.command({ ping: 1 }, { timeoutMS }) ?? Promise.reject(new Error('closed')),
  ];
  await Promise.all(calls(30_000)); // connected
  proxy.blackHole();
  for (let n = 0; n < 5; n++) expect(await Promise.all(calls().map(ended))).toEqual(Array(6).fill('ended'));
  proxy.restore();
  await expect(Promise.all(Array.from({ length: 40 }, () => rows.countDocuments({})))).resolves.toHaveLength(
    40,
  );
});

test('a call that is written in the very moment its connection breaks ends', async () => {
  const rows = db.collection('rows');
  const outcomes: string[] = [];
  for (let turn = 0; turn < 8; turn++) {
    await Promise.all(Array.from({ length: 6 }, () => rows.findOne({}, { timeoutMS: 1_000 })));
    proxy.cut();
    for (let tick = 0; tick < turn; tick++) await new Promise((resolve) => setImmediate(resolve));
    const calls = Array.from({ length: 6 }, () => ended(rows.findOne({}, { timeoutMS: 1_000 })));
    await new Promise((resolve) => setTimeout(resolve, 50));
    proxy.restore();
    outcomes.push(...(await Promise.all(calls)));
  }
  expect(new Set(outcomes)).toEqual(new Set(['ended']));
});
