import type { Connection } from 'mongoose';
import { readSequence } from '../../../../src/domain/pushes/sequences/read-sequence';
import type { Run } from '../../../../src/domain/pushes/sequences/runs';
import { noCrash, planCrash } from '../../../../src/kit/crash-point';
import { testDatabase } from '../../../support/database';
import { createTalk, type Talk } from '../../../support/talk';

const database = testDatabase();
let db: Connection;
/** Two workers on one database. */
let workers: [Talk, Talk];
beforeAll(async () => {
  const first = await createTalk(database);
  workers = [first, await createTalk(database)];
  db = await database.connect();
});
afterEach(noCrash);
afterAll(() => database.drop());

const talk = () => workers[0];
const sequences = () => talk().services.sequences;
let day = 23;
let id = '';
/** Each test has a sequence and days of its own. */
beforeEach(async () => {
  day += 10;
  id = `back-${day}`;
  await db.collection('sequences').deleteMany({});
  await db.collection('timers').deleteMany({});
  turnTo(0, '10:00');
});
function turnTo(days: number, time: string): void {
  const moment = new Date(Date.UTC(2026, 10, day + days)).toISOString().slice(0, 10);
  for (const one of workers) one.turnClockTo(`${moment}T${time}`);
}

let lists = 0;
/** A new list with so many new people in it. */
async function listOf(people: number) {
  const list = `list-${++lists}`;
  const known = await Promise.all(
    Array.from({ length: people }, async () => {
      const fan = talk().fan();
      await fan.follows();
      const { pid, _id } = await fan.row();
      return { pid, fan: _id };
    }),
  );
  await talk().services.segments.addToList(list, known);
  return { list, known, pids: known.map(({ pid }) => pid).toSorted() };
}

const words = { routes: ['customer'], content: { customer: { kind: 'text', text: '回來看看吧。' } } };
const sequence = (list: string, more: { once?: string; steps?: object[] } = {}) =>
  readSequence({
    id,
    name: '回訪',
    class: 'service',
    trigger: { enters: `在名單「${list}」裡`, once: more.once ?? 'ever' },
    steps: (more.steps ?? [{ after: '24h' }]).map((one) => ({ ...words, ...one })),
  });
async function begin(list: string, more?: Parameters<typeof sequence>[1]): Promise<void> {
  await sequences().bring(sequence(list, more), '小王');
  await sequences().start(id, '小王');
}
/** Who was given to the pushes of a step, by version and step: 「1.2」. */
async function fed(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { push, ids } of await db
    .collection<{ push: string; ids: string[] }>('audiences')
    .find({ push: { $gte: `${id}.`, $lt: `${id}/` } })
    .toArray()) {
    const name = push.split('.').slice(1, 3).join('.');
    found[name] = [...(found[name] ?? []), ...ids].toSorted();
  }
  return found;
}
const runs = () =>
  db
    .collection<Run>('sequenceRuns')
    .find({ sequence: id }, { sort: { _id: 1 } })
    .toArray();
const crashAt = (point: string) =>
  planCrash(point, 1, () => {
    throw new Error('killed');
  });
const is = (fan: { pid: string }, value: string) =>
  talk().services.attributes.set({ pid: fan.pid, name: '狀態', value, source: 'test', consent: 'yes' });

test('who is in the segment comes in, and has her step a day later, once', async () => {
  const { list, pids } = await listOf(3);
  await begin(list);
  await sequences().tick();
  expect(await fed()).toEqual({});
  turnTo(1, '10:00');
  for (let often = 0; often < 3; often++) await sequences().tick();
  expect(await fed()).toEqual({ '1.1': pids });
  turnTo(5, '10:00');
  await sequences().tick();
  expect(await fed()).toEqual({ '1.1': pids });
  expect((await sequences().report(id)).versions).toMatchObject([
    { came: 3, done: 3, left: {}, steps: [{ waiting: 0, skipped: 0, fed: 3, stopped: [] }] },
  ]);
});

test('once a day is once each day, and once a year once a year', async () => {
  const { list, pids } = await listOf(1);
  await begin(list, { once: 'day', steps: [{ after: '0' }] });
  for (const days of [0, 0, 1, 2, 2]) {
    turnTo(days, '12:00');
    await sequences().tick();
  }
  expect(await fed()).toEqual({ '1.1': [...pids, ...pids, ...pids] });
  await sequences().bring(sequence(list, { once: 'year', steps: [{ after: '0' }] }), '小王');
  await sequences().start(id, '小王');
  for (const days of [3, 4, 365, 366, 370]) {
    turnTo(days, '12:00');
    await sequences().tick();
  }
  expect((await fed())['2.1']).toEqual([...pids, ...pids]);
});

test('who does not meet a condition any more is left out of that step; who meets the way out leaves', async () => {
  const { list, known } = await listOf(3);
  const [lin, mei, bo] = known as [(typeof known)[0], (typeof known)[0], (typeof known)[0]];
  for (const one of known) await is(one, '停');
  await begin(list, {
    steps: [{ after: '24h', if: '屬性「狀態」是「停」', stop: '屬性「狀態」是「走」' }, { after: '24h' }],
  });
  await sequences().tick();
  await is(mei, '來');
  await is(bo, '走');
  turnTo(1, '10:00');
  await sequences().tick();
  expect(await fed()).toEqual({ '1.1': [lin.pid] });
  turnTo(2, '10:00');
  await sequences().tick();
  expect(await fed()).toEqual({ '1.1': [lin.pid], '1.2': [lin.pid, mei.pid].toSorted() });
  expect((await sequences().report(id)).versions).toMatchObject([
    {
      came: 3,
      done: 2,
      left: { stop: 1 },
      steps: [
        { skipped: 1, fed: 1 },
        { skipped: 0, fed: 2 },
      ],
    },
  ]);
});

test('who left the segment before she was looked at does not come in, whatever her flat row says', async () => {
  const { list, known, pids } = await listOf(2);
  await db.collection('segmentMembers').deleteMany({ segment: list, pid: known[0]?.pid as string });
  await begin(list);
  await sequences().tick();
  expect((await runs()).map(({ pid }) => pid)).toEqual(pids.filter((pid) => pid !== known[0]?.pid));
});

test('a new version takes newcomers; who waits goes on by her own', async () => {
  const { list, pids } = await listOf(2);
  await begin(list, { steps: [{ after: '24h' }, { after: '24h' }] });
  await sequences().tick();
  await sequences().bring(sequence(list, { steps: [{ after: '0' }] }), '小王');
  // Brought, not started: nothing has changed yet.
  const more = await listOf(1);
  await talk().services.segments.addToList(list, more.known);
  turnTo(0, '11:00');
  await sequences().tick();
  expect((await runs()).map(({ version }) => version)).toEqual([1, 1, 1]);

  await sequences().start(id, '小王');
  const late = await listOf(1);
  await talk().services.segments.addToList(list, late.known);
  turnTo(3, '12:00');
  await sequences().tick();
  turnTo(6, '12:00');
  await sequences().tick();
  const old = [...pids, ...more.pids].toSorted();
  expect(await fed()).toEqual({ '1.1': old, '1.2': old, '2.1': late.pids });
});

test('the same file again is the same version, and what was started stays what it meant', async () => {
  const { list } = await listOf(1);
  await begin(list);
  expect(await sequences().bring(sequence(list), '小李')).toMatchObject({ version: 1, state: 'on', live: 1 });
  await talk().services.segments.save({
    id: 'club',
    name: '會員',
    rule: await talk().services.segments.readText(`在名單「${list}」裡`),
    by: '小王',
  });
  const changed = { ...sequence(list), trigger: { enters: 'club', once: 'ever' as const } };
  await sequences().bring(changed, '小王');
  await sequences().start(id, '小王');
  await talk().services.segments.save({
    id: 'club',
    name: '會員',
    rule: await talk().services.segments.readText('在名單「nobody」裡'),
    by: '小王',
  });
  await sequences().tick();
  expect(await runs()).toHaveLength(1);
});

test('while it is off nobody comes in and who is inside waits; on again they go on', async () => {
  const { list, pids } = await listOf(2);
  await begin(list);
  await sequences().tick();
  await sequences().stop(id, '小王');
  const more = await listOf(1);
  await talk().services.segments.addToList(list, more.known);
  turnTo(2, '10:00');
  await sequences().tick();
  expect(await fed()).toEqual({});
  expect(await runs()).toHaveLength(2);
  await sequences().start(id, '小王');
  await sequences().tick();
  expect(await fed()).toEqual({ '1.1': pids });
  expect(await runs()).toHaveLength(3);
});

test('who is let go gets nothing more, and does not come in again', async () => {
  const { list } = await listOf(2);
  await begin(list);
  await sequences().tick();
  expect(await sequences().stop(id, '小王', { letGo: true })).toMatchObject({ state: 'off' });
  await sequences().start(id, '小王');
  turnTo(2, '10:00');
  await sequences().tick();
  expect(await fed()).toEqual({});
  expect((await sequences().report(id)).versions).toMatchObject([{ came: 2, left: { 'let-go': 2 } }]);
});

test.each(['sequence-entered', 'sequence-claimed', 'push-fed', 'sequence-fed', 'sequence-moved'])(
  'a worker that is killed at %s loses nobody, and gives nobody a step twice',
  async (point) => {
    const { list, pids } = await listOf(4);
    await begin(list, { steps: [{ after: '0' }, { after: '0' }] });
    crashAt(point);
    await expect(sequences().tick()).rejects.toThrow('killed');
    noCrash();
    turnTo(0, '10:10');
    await workers[1].services.sequences.tick();
    expect(await fed()).toEqual({ '1.1': pids, '1.2': pids });
    expect((await runs()).map(({ state, piece }) => [state, piece])).toEqual(
      pids.map(() => ['done', undefined]),
    );
  },
);

test('who is cut off while a version is written brings it again', async () => {
  const { list, pids } = await listOf(1);
  crashAt('sequence-brought');
  await expect(begin(list, { steps: [{ after: '0' }] })).rejects.toThrow('killed');
  noCrash();
  await begin(list, { steps: [{ after: '0' }] });
  await sequences().tick();
  expect(Object.values(await fed())).toEqual([pids]);
});

test('what was started before it was armed is armed by the next sweep', async () => {
  const { list } = await listOf(1);
  crashAt('sequence-started');
  await expect(begin(list)).rejects.toThrow('killed');
  noCrash();
  const armed = () => db.collection('timers').countDocuments({ state: 'armed', job: 'sequence-tick' });
  expect(await armed()).toBe(0);
  await sequences().upkeep.sweep();
  await workers[1].services.sequences.upkeep.sweep();
  expect(await armed()).toBe(1);
});

test('workers that look at the same moment give each person each step once', async () => {
  const { list, pids } = await listOf(40);
  await begin(list, { steps: [{ after: '0' }, { after: '0' }, { after: '0' }] });
  const all = [0, 1, 0, 1, 0, 1].map((n) => workers[n as 0 | 1].services.sequences.tick());
  await Promise.all(all);
  // Who was being looked at by somebody else is looked at in a minute.
  for (const [n, one] of workers.entries()) {
    turnTo(0, `10:0${n + 1}`);
    await one.services.sequences.tick();
  }
  expect(await fed()).toEqual({ '1.1': pids, '1.2': pids, '1.3': pids });
});

test('somebody claimed too late for a piece waits for the next one', async () => {
  const { list, pids } = await listOf(2);
  await begin(list, { steps: [{ after: '0' }] });
  crashAt('sequence-fed');
  await expect(sequences().tick()).rejects.toThrow('killed');
  const [{ piece }] = (await runs()) as [Run];
  const late = await listOf(1);
  const { _id: _, ...run } = (await runs())[0] as Run;
  const pid = late.pids[0] as string;
  await db.collection<Run>('sequenceRuns').insertOne({ ...run, pid, _id: `${id}/ever/${pid}` });
  expect(piece).toBeDefined();
  await sequences().tick();
  expect(await fed()).toEqual({ '1.1': [...pids, pid].toSorted() });
});

test('who leaves is erased in it, and reads in her copy what it kept', async () => {
  const { list, known } = await listOf(2);
  await begin(list);
  await sequences().tick();
  const [her, other] = known as [(typeof known)[0], (typeof known)[0]];
  expect(await talk().services.upkeep.copy(her)).toMatchObject({
    sequences: [{ pid: her.pid, sequence: id }],
  });
  await sequences().upkeep.erase({ ...her, upTo: new Date(Date.UTC(2030, 0)) });
  expect((await runs()).map(({ pid }) => pid)).toEqual([other.pid]);
});

test('occurrences that cannot come again are forgotten; once ever is not', async () => {
  const { list } = await listOf(1);
  await begin(list, { once: 'day', steps: [{ after: '0' }] });
  await sequences().tick();
  await sequences().bring(sequence(list, { steps: [{ after: '0' }] }), '小王');
  await sequences().start(id, '小王');
  await sequences().tick();
  const before = (days: number) => new Date(Date.UTC(2026, 10, day + 100 - days));
  await sequences().upkeep.forget(before);
  expect((await runs()).map(({ occurrence }) => occurrence)).toEqual(['ever']);
});

test('what cannot work is said, with the step and what to do', async () => {
  const bad = sequence('x', {
    steps: [
      { at: '07:00' },
      { routes: ['mass'], content: { mass: { kind: 'text', text: '大家好' } }, if: '亂寫' },
    ],
  });
  await sequences().bring(bad, '小王');
  const said = (await sequences().findings(id))
    .map(({ place, message }) => `${place}：${message}`)
    .join('\n');
  expect(said).toContain('第 1 步：07:00 在安靜時段');
  expect(said).toContain('第 2 步：一步常常只有一個人');
  expect(said).toContain('第 2 步的條件：看不懂「亂寫」');
  await expect(sequences().start(id, '小王')).rejects.toThrow('還不能開始');
  expect(() => readSequence({ ...bad, steps: [{ ...words, after: '一天', hello: 1 }] })).toThrow(
    /第 1 步：不認得「hello」|等多久寫成/,
  );
});

test('where very many would come in at once, another person starts it', async () => {
  const strict = await createTalk(database, { settings: { PUSH_APPROVAL_ABOVE: '1' } });
  const { list } = await listOf(3);
  await strict.services.sequences.bring(sequence(list), '小王');
  await expect(strict.services.sequences.start(id, '小王')).rejects.toThrow('要另一個人開始');
  expect(await strict.services.sequences.start(id, '小李')).toMatchObject({ state: 'on', live: 1 });
});
