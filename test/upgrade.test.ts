import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, mongo } from 'mongoose';
import { verify } from '../src/domain/draws/draw-proof';
import { createLog } from '../src/kit/log';
import { root } from '../src/kit/root';
import { migrations } from '../src/migrations';
import { migrate } from '../src/store/migrations';
import { anEntry } from './domain/quiz/a-quiz';
import { testDatabase } from './support/database';
import { createTalk } from './support/talk';

/*
 * fixtures/before-campaigns.jsonl was written by the program that still had `quizzes`, `orders` and `folds`: a quiz that was
 * settled, `past`, with a draw, and one in the middle, `on`, with ten answers each. A line is a document in extended JSON.
 */
const database = testDatabase();
afterAll(() => database.drop());

async function asItWas(): Promise<Connection> {
  const db = await database.connect();
  const lines = readFileSync(join(root, 'test/fixtures/before-campaigns.jsonl'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const { in: collection, row } = mongo.BSON.EJSON.parse(line) as { in: string; row: mongo.Document };
    await db.collection(collection).insertOne(row);
  }
  return db;
}

test('a database of the version before is migrated and plays on: same floors, same points, same proofs', async () => {
  const db = await asItWas();
  const log = createLog({ level: 'silent', name: 'upgrade' });
  await migrate({ db, migrations, owner: 'upgrade', others: async () => 0, log });
  const talk = await createTalk(database, { at: '2026-12-03T20:05' });
  const { answerLog, campaigns, draws, points, prizes, projector, proof, settlement } = talk.services;
  await campaigns.load();

  for (const id of ['past', 'on']) {
    const { wins, answers, differences } = await proof.replay(id);
    expect(differences).toEqual([]);
    expect(answers).toBe(10);
    expect(wins.map(({ prize, unit, pid }) => `${prize}/${unit} ${pid}`)).toEqual(['bag/4 gao', 'bag/8 wu']);
    expect(await proof.audit(id)).toEqual([]);
  }
  const balances = await Promise.all(['wu', 'chen', 'gao'].map((pid) => points.balance(pid)));
  expect(balances).toEqual([74, 54, 40]);
  expect(await prizes.awards.read('past/bag/4')).toMatchObject({ campaign: 'past', floor: 4, pid: 'gao' });
  expect(verify(await draws.proof('past/tour'))).toEqual([]);
  expect(campaigns.get('past')).toMatchObject({ state: 'settled', kind: 'quiz' });
  expect(campaigns.running()).toMatchObject([{ id: 'on', kind: 'quiz', game: { perDay: 3 } }]);

  const answer = (pid: string, q: string) => {
    const on = '2026-12-03';
    return answerLog.append('on', anEntry(pid, q, { k: `on:${pid}:${on}:${q}`, on }));
  };
  expect(await answer('chen', 'q4')).toMatchObject({ floor: 11, wins: [] });
  expect(await answer('gao', 'q4')).toMatchObject({ floor: 12, wins: [{ prize: 'bag', unit: '12' }] });
  await projector.catchUp('on');
  expect(await proof.audit('on')).toEqual([]);
  expect((await proof.replay('on')).differences).toEqual([]);
  expect(await points.balance('chen')).toBe(64);
  expect(await prizes.awards.read('on/bag/12')).toMatchObject({ campaign: 'on', floor: 12, pid: 'gao' });

  talk.turnClockTo('2026-12-20T21:20');
  const settle = () => settlement.settle({ campaign: 'on', by: 'ann', withHeld: true });
  expect(await settle()).toMatchObject({ kind: 'draws', waiting: [{ draw: 'on/tour', why: 'value' }] });
  talk.turnClockTo('2026-12-21T20:01');
  for (const by of ['ann', 'ben']) await draws.enter({ id: 'on/tour', value: 'ab'.repeat(32), by });
  expect(await settle()).toEqual({ kind: 'settled' });
  expect(verify(await draws.proof('on/tour'))).toEqual([]);
  expect(await proof.audit('on')).toEqual([]);
});
