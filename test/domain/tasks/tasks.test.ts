import type { Connection } from 'mongoose';
import { z } from 'zod';
import { createTasks, taskIndexes } from '../../../src/domain/tasks/tasks';
import { AppError } from '../../../src/errors';
import { createTaskRunner } from '../../../src/jobs/task-runner';
import { defineTask } from '../../../src/kit/define-task';
import { createLog } from '../../../src/kit/log';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let at = Date.parse('2026-11-30T02:00:00Z');
const log = createLog({ level: 'silent', name: 'test' });
let tasks: ReturnType<typeof createTasks>;
const who = { id: 'lin', by: '林梅', right: 'people.export' };

beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, taskIndexes);
  tasks = createTasks({ db, now: () => at });
});
afterEach(() => db.collection('tasks').deleteMany({}));
afterAll(() => database.drop());

const count = defineTask({
  name: 'count',
  input: z.object({ to: z.number(), fails: z.string().optional() }),
  title: ({ to }) => `數到 ${to}`,
  async run(services: { ran: number[] }, { to, fails }, { progress, file }) {
    const out = file('numbers.csv', 'text/csv');
    for (let n = 1; n <= to; n++) {
      await progress({ done: n, total: to });
      out.write(`${n},${'x'.repeat(1_000)}\n`);
      if (fails && n === 2)
        throw fails === 'told' ? new AppError('Invalid', 'count.two', '不能數到二。') : new Error('boom');
    }
    services.ran.push(to);
    return { text: `數到了 ${to}。` };
  },
});
const runnerOf = (ran: number[]) =>
  createTaskRunner({ tasks, known: new Map([[count.name, count]]), services: { ran }, log });
const content = async (id: string): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of tasks.read(id)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

test('it runs, tells how far it is, and leaves its file, however big', async () => {
  const id = await tasks.start(count, { to: 3_000 }, who);
  expect(await tasks.bell('lin')).toEqual({ running: 1, ended: 0 });
  await runnerOf([]).drain();
  expect(await tasks.get(id)).toMatchObject({
    state: 'done',
    title: '數到 3000',
    done: 3_000,
    total: 3_000,
    text: '數到了 3000。',
    file: { name: 'numbers.csv', type: 'text/csv' },
  });
  const lines = (await content(id)).trimEnd().split('\n');
  expect(lines).toHaveLength(3_000);
  expect(lines.at(-1)).toMatch(/^3000,x/);
  expect(await tasks.bell('lin')).toEqual({ running: 0, ended: 1 });
  await tasks.saw('lin');
  expect(await tasks.bell('lin')).toEqual({ running: 0, ended: 0 });
});

test('never more than two at once in the whole house, whoever takes them', async () => {
  for (let n = 0; n < 6; n++) await tasks.start(count, { to: 1 }, who);
  const takers = await Promise.all(Array.from({ length: 6 }, () => tasks.take()));
  expect(takers.filter((one) => one !== undefined)).toHaveLength(2);
  expect(await db.collection('tasks').countDocuments({ state: 'running' })).toBe(2);
});

test('what a dead process left is begun again, its late words count for nothing, and after three tries it is told', async () => {
  const id = await tasks.start(count, { to: 2 }, who);
  const dead = await tasks.take();
  expect(await tasks.take()).toBeUndefined();
  at += 31_000;
  const ran: number[] = [];
  await runnerOf(ran).drain();
  expect(ran).toEqual([2]);
  expect(await tasks.keep(id, dead?.epoch ?? 0, { done: 1 })).toBe(false);
  await tasks.end(id, dead?.epoch ?? 0, { why: '太晚了' });
  expect((await tasks.get(id)).state).toBe('done');

  const cursed = await tasks.start(count, { to: 2 }, who);
  for (let n = 0; n < 3; n++) {
    await tasks.take();
    at += 31_000;
  }
  expect(await tasks.take()).toBeUndefined();
  expect(await tasks.get(cursed)).toMatchObject({ state: 'failed', why: expect.stringContaining('三次') });
});

test('what cannot be done says why; what broke says a number, and nothing of its inside', async () => {
  const told = await tasks.start(count, { to: 3, fails: 'told' }, who);
  const broke = await tasks.start(count, { to: 3, fails: 'broke' }, who);
  await runnerOf([]).drain();
  expect(await tasks.get(told)).toMatchObject({ state: 'failed', why: '不能數到二。' });
  const { why } = await tasks.get(broke);
  expect(why).toMatch(/編號/);
  expect(why).not.toContain('boom');
});

test('cancelled, it stops at its next step', async () => {
  const id = await tasks.start(count, { to: 5 }, who);
  const taken = await tasks.take();
  await tasks.cancel(id, '王芳');
  expect(await tasks.keep(id, taken?.epoch ?? 0, {})).toBe(false);
  expect(await tasks.get(id)).toMatchObject({ state: 'failed', why: '由 王芳 取消' });
  const waiting = await tasks.start(count, { to: 5 }, who);
  await tasks.cancel(waiting, '王芳');
  expect(await tasks.take()).toBeUndefined();
});

test('one person has ten at most', async () => {
  for (let n = 0; n < 10; n++) await tasks.start(count, { to: 1 }, who);
  await expect(tasks.start(count, { to: 1 }, who)).rejects.toMatchObject({ code: 'tasks.full' });
});

test('after a week it is gone, with its file', async () => {
  const id = await tasks.start(count, { to: 1 }, who);
  await runnerOf([]).drain();
  at += 8 * 86_400_000;
  await tasks.upkeep.forget();
  await expect(tasks.get(id)).rejects.toMatchObject({ code: 'tasks.unknown' });
  expect(await db.collection('taskChunks').countDocuments({ task: id })).toBe(0);
});
