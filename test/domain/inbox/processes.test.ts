import type { Connection } from 'mongoose';
import { createProcesses } from '../../../src/domain/inbox/processes';
import { createLog } from '../../../src/kit/log';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

const born = async () => {
  const process = createProcesses({ db, role: 'web', log: createLog({ level: 'silent', name: 'test' }) });
  await process.beat();
  return process;
};
const silent = (boot: string) =>
  db.collection<{ _id: string }>('processes').updateOne({ _id: boot }, { $set: { at: new Date(0) } });

test('a process that was born after our last look is not taken for dead', async () => {
  const old = await born();
  const young = await born();
  expect(old.isDead(`${young.boot}:1`)).toBe(false);
  await old.beat();
  await old.beat();
  await old.beat();
  expect(old.isDead(`${young.boot}:1`)).toBe(false);
});

test('one that falls silent is dead at the next look, and lives again when it beats again', async () => {
  const one = await born();
  const other = await born();
  await one.beat();
  await silent(other.boot);
  await one.beat();
  expect(one.isDead(`${other.boot}:9`)).toBe(true);
  await other.beat();
  await one.beat();
  expect(one.isDead(`${other.boot}:9`)).toBe(false);
});

test('one that died before we were born is dead to us from the start; one nobody has heard of after two looks', async () => {
  await (await born()).stop();
  const dead = await born();
  await silent(dead.boot);
  const one = await born();
  expect(one.isDead(`${dead.boot}:1`)).toBe(true);
  expect(one.isDead('unheardOf:1')).toBe(false);
  await one.beat();
  expect(one.isDead('unheardOf:1')).toBe(false);
  await one.beat();
  expect(one.isDead('unheardOf:1')).toBe(true);
});

test('who let go of a row is dead for it, and while our own beats fail nobody is', async () => {
  const one = await born();
  expect(one.isDead('')).toBe(true);
  const never = createProcesses({ db, role: 'web', log: createLog({ level: 'silent', name: 'test' }) });
  expect(never.isDead('anybody:1')).toBe(false);
});
