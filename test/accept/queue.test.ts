import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { work as examineWork } from '../../src/doctor';
import { noCrash, planCrash } from '../../src/kit/crash-point';
import { createFaultProxy, type FaultProxy, placeOf, throughPort } from '../support/fault-proxy';
import { dying, gates } from '../support/gates';
import { forkMember } from '../support/member-process';
import { until } from '../support/processes';
import { answersOf, createRig, type Member, type Rig, type RigOptions } from '../support/rig';
import { createScratchRedis } from '../support/scratch-redis';
import { judgeWork, openHints, work, workFile } from '../support/work';

let rig: Rig;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  noCrash();
  for (const end of ends.splice(0).toReversed()) await end();
});

async function open(options: RigOptions = {}): Promise<Rig> {
  rig = await createRig({ callbacks: { copies: 1 }, more: workFile, ...options });
  ends.push(() => rig.close());
  return rig;
}
async function redisThroughProxy(): Promise<{ proxy: FaultProxy; redisUrl: string }> {
  const redis = process.env['TEST_REDIS_URL'] as string;
  const proxy = await createFaultProxy(placeOf(redis));
  ends.push(() => proxy.close());
  return { proxy, redisUrl: throughPort(redis, proxy.port) };
}

const outbox = () => rig.app.services.outbox;
const rowOf = async (cause: string) => (await rig.rows('outbox', { cause }))[0];
const stateOf = async (cause: string) => (await rowOf(cause))?.['state'];
const isDone = async (id: string) => (await rig.count('workDone', { _id: id })) === 1;
/** Its holder has been silent for as long as it may. */
const leaseIsOver = (cause: string) =>
  rig.db.collection('outbox').updateOne({ cause, state: 'sending' }, { $set: { leaseUntil: new Date(0) } });
const due = () =>
  rig.db.collection('outbox').updateMany({ state: 'pending' }, { $set: { dueAt: new Date(0) } });
const sweep = async () => {
  await due();
  await rig.app.sweeper.sweepOutbox(-60_000);
};

test('D0: workers that are killed with their hands full lose no job, fail none and run none twice side by side', async () => {
  await open({ workers: 2 });
  const hints = await openHints(rig.database);
  ends.push(hints.close);
  const ids = Array.from({ length: 60 }, (_, i) => `job${i}`);
  const killed: string[] = [];
  for (const [i, id] of ids.entries()) {
    await outbox().add({ id }, [work('slow', { id, ms: 100 })]);
    if (i % 20 !== 19) continue;
    // Twice: both workers hear of it.
    for (const one of ids.slice(i - 19, i + 1)) for (let n = 0; n < 2; n++) hints.hint(one);
    await until(async () => (await rig.count('workRuns', { endedAt: { $exists: false } })) > 0, {
      what: 'a worker has begun',
    });
    const [victim] = rig.living('worker') as [Member];
    killed.push(victim.boot);
    rig.kill(victim);
    await rig.start('worker');
  }
  for (const member of rig.living('worker')) {
    await member.close();
    member.dead = true;
  }
  await rig.drain();
  expect(await judgeWork(rig, { ids, killed })).toMatchObject({ lost: [], notDone: [], twice: [] });
});

test('D2: with a Redis that is slow, and then breaks off every tenth command, nothing is sent twice and callbacks do not notice', async () => {
  const { proxy, redisUrl } = await redisThroughProxy();
  await open({ workers: 1, redisUrl });
  const fans = await Promise.all(Array.from({ length: 12 }, (_, i) => rig.follower(`緩${i}`)));
  const say = async (from: number, to: number) =>
    (await Promise.all(fans.slice(from, to).map((fan, i) => fan.says(`多說 ${from + i}號`)))).flatMap(
      ({ outcome }) => answersOf(outcome),
    );
  proxy.slow(2_000);
  expect(await say(0, 6)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `${i}號 一`));
  proxy.slow(0);
  proxy.breakEvery(10);
  expect(await say(6, 12)).toEqual([6, 7, 8, 9, 10, 11].map((i) => `${i}號 一`));
  await until(async () => (await outbox().pending()) === 0, { what: 'all went out' });
  expect(fans.map((fan) => rig.sentTo(fan.openid))).toEqual(fans.map((_, i) => [`${i}號 二`, `${i}號 三`]));
});

test('D3: with a Redis that is full callbacks are answered, what they cause waits and is counted, and goes out', async () => {
  const redis = await createScratchRedis();
  ends.push(redis.close);
  await open({ redisUrl: redis.url });
  const lost = async () =>
    (await rig.app.metrics.registry.getSingleMetric('xiaoyi_hints_lost')?.get())?.values[0]?.value;
  const fans = await Promise.all(Array.from({ length: 5 }, (_, i) => rig.follower(`滿${i}`)));
  await redis.fill();
  for (const [i, fan] of fans.entries())
    expect(answersOf((await fan.says(`多說 ${i}號`)).outcome)).toEqual([`${i}號 一`]);
  await until(async () => (await lost()) === 5, { what: 'the hints that were not taken are counted' });
  expect(await outbox().pending()).toBe(10);
  const worker = await rig.start('worker');
  await redis.makeRoom();
  await due();
  await until(async () => (await outbox().pending()) === 0, { what: 'all went out' });
  expect(fans.map((fan) => rig.sentTo(fan.openid))).toEqual(fans.map((_, i) => [`${i}號 二`, `${i}號 三`]));
  expect(worker.dead).toBe(false);
});

/** A worker of its own that holds a job until a file is there, and the file. */
async function holder(cause: string, blocks: boolean) {
  await open();
  const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-held-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'go');
  await outbox().add({ id: cause }, [work('held', { id: cause, file, blocks })]);
  await due();
  const worker = await forkMember({
    mongoUri: rig.database.uri,
    redisUrl: rig.database.redisUrl,
    database: rig.database.name,
    role: 'worker',
    handlersFolder: join(__dirname, '..', 'fixtures', 'handlers-accept'),
    settings: {},
    more: workFile,
    logLevel: 'warn',
  });
  ends.push(worker.kill);
  await until(async () => (await rig.count('workRuns', { job: cause })) === 1, { what: 'it has begun' });
  return { worker, go: () => writeFileSync(file, '') };
}

/** Another takes the job, its lease being over, and stays at it until its gate opens. */
async function takenByAnother(cause: string): Promise<Promise<void>> {
  await leaseIsOver(cause);
  const sweeping = sweep();
  await until(() => gates.held(cause) === 1, { what: 'another is at it' });
  return sweeping;
}

test.each([
  ['D6: a worker whose event loop is blocked', true],
  ['D7: a worker that was stopped and goes on', false],
])(
  '%s for longer than its lease writes nothing any more, and the effect is there once',
  async (_, blocks) => {
    const cause = blocks ? 'blocked' : 'stopped';
    const { worker, go } = await holder(cause, blocks);
    if (!blocks) worker.signal('SIGSTOP');
    const others = { sweeping: takenByAnother(cause) };
    await until(() => gates.held(cause) === 1, { what: 'another is at it' });
    go();
    worker.signal('SIGCONT');
    await worker.close();
    expect(await rig.count('workRuns', { job: cause, endedAt: { $exists: true } })).toBe(1);
    expect(await rowOf(cause)).toMatchObject({ state: 'sending', epoch: 2 });
    gates.open(cause);
    await others.sweeping;
    expect(await rowOf(cause)).toMatchObject({ state: 'done', epoch: 2 });
    expect(await rig.count('workDone', { _id: cause })).toBe(1);
    const tells = (line: Record<string, unknown>) =>
      'stoodStillMs' in line && String(line['jobs']).includes(`work-held ${cause}_01`);
    if (blocks) await until(() => worker.lines.some(tells), { what: 'it told what stood in the way' });
  },
);

test('a job that takes longer than its lease stays with whoever works on it', async () => {
  await open();
  await outbox().add({ id: 'long' }, [work('gated', { id: 'long' })]);
  const row = await outbox().take('long_01');
  await leaseIsOver('long');
  if (row) await outbox().hold(row);
  expect(await outbox().expireLeases()).toEqual({ again: 0, unknown: 0, aside: 0 });
  await leaseIsOver('long');
  await outbox().expireLeases();
  const next = await outbox().take('long_01');
  if (row) await outbox().hold(row);
  await leaseIsOver('long');
  if (row) await outbox().hold(row);
  expect(await outbox().expireLeases()).toMatchObject({ again: 1 });
  expect(next?.epoch).toBe(2);
});

test('D9: a worker that is told to stop ends what it has begun, begins nothing more, and loses nothing', async () => {
  await open({ workers: 1 });
  const hints = await openHints(rig.database);
  ends.push(hints.close);
  const [worker] = rig.living('worker') as [Member];
  const ids = Array.from({ length: 10 }, (_, i) => `last${i}`);
  for (const id of ids) {
    await outbox().add({ id }, [work('gated', { id })]);
    hints.hint(id);
  }
  await until(() => ids.some((id) => gates.held(id) > 0), { what: 'it has begun' });
  const closing = worker.close();
  for (const id of ids) gates.open(id);
  await closing;
  worker.dead = true;
  expect(await rig.count('outbox', { state: 'sending' })).toBe(0);
  await rig.drain();
  expect(await judgeWork(rig, { ids, killed: [] })).toMatchObject({ lost: [], notDone: [], twice: [] });
});

describe('D11', () => {
  test('a job that always fails is put aside after five tries, others flow, and it can be had again', async () => {
    await open();
    await outbox().add({ id: 'bad' }, [work('poison', { id: 'bad', kills: false })]);
    for (let tries = 1; tries <= 5; tries++) {
      await outbox().add({ id: `good${tries}` }, [work('slow', { id: `good${tries}`, ms: 0 })]);
      expect(await stateOf('bad')).toBe('pending');
      await sweep();
      expect(await isDone(`good${tries}`)).toBe(true);
    }
    await sweep();
    expect(await rig.count('workRuns', { job: 'bad' })).toBe(5);
    expect(await outbox().putAside()).toMatchObject([
      { id: 'bad_01', job: 'work-poison', reason: 'this job always fails' },
    ]);
    expect(await examineWork(rig.app.services)).toContainEqual({
      state: 'bad',
      what: '任務 work-poison 屢試不成，已擱置：this job always fails',
      todo: expect.stringContaining('npm run replay -- outbox bad_01'),
    });
    await rig.db.collection<{ _id: string }>('workMended').insertOne({ _id: 'bad' });
    expect(await outbox().replay('good1_01')).toBe(false);
    expect(await outbox().replay('bad_01')).toBe(true);
    expect(await outbox().replay('bad_01')).toBe(false);
    await sweep();
    expect(await isDone('bad')).toBe(true);
  });

  test('a job that kills its process is put aside after twenty dead, and the others flow', async () => {
    await open();
    dying.act = (boot) => {
      const dead = rig.members.find((one) => one.boot === boot) as Member;
      rig.kill(dead);
    };
    await outbox().add({ id: 'deadly' }, [work('poison', { id: 'deadly', kills: true })]);
    for (let dead = 1; (await stateOf('deadly')) !== 'failed'; dead++) {
      if (dead > 20) throw new Error('it is tried for ever');
      const id = `beside${dead}`;
      await outbox().add({ id }, [work('slow', { id, ms: 0 })]);
      const { member } = rig.slots[0] as Rig['slots'][number];
      await due();
      const sweeping = rig.app.sweeper.sweepOutbox(-60_000).catch(() => {});
      await Promise.race([member.ended, sweeping]);
      await rig.replace(member);
      await sweep();
      expect(await isDone(id)).toBe(true);
      await leaseIsOver('deadly');
      if (dead >= 20) await sweep();
    }
    expect(await outbox().putAside()).toMatchObject([
      { id: 'deadly_01', reason: expect.stringContaining('20') },
    ]);
  });

  test('a job that hangs keeps no other waiting', async () => {
    const redis = await createScratchRedis();
    await redis.kill(); // the sweeper alone carries
    await open({ workers: 1, redisUrl: redis.url });
    await outbox().add({ id: 'hangs' }, [work('gated', { id: 'hangs' })]);
    await due();
    await until(() => gates.held('hangs') === 1, { what: 'it hangs' });
    await outbox().add({ id: 'flows' }, [work('slow', { id: 'flows', ms: 0 })]);
    await due();
    await until(() => isDone('flows'), { what: 'the other one is done' });
    expect(await stateOf('hangs')).toBe('sending');
    gates.open('hangs');
  });

  test('a callback that kills its process is put aside, others are answered, and it can be had again', async () => {
    await open();
    const openid = rig.openid();
    const crash = async (act: () => Promise<unknown>) => {
      const { member } = rig.slots[0] as Rig['slots'][number];
      planCrash('handler-ran', 1, () => {
        rig.kill(member);
        throw new Error('It crashed here.');
      });
      await Promise.race([act(), member.ended]).catch(() => {});
      noCrash();
      await rig.mourn(member);
      await rig.replace(member);
      const other = rig.openid();
      expect(answersOf(await rig.deliver(rig.text(other, '做 旁'), other))).toEqual(['做好 旁']);
    };
    const abandoned = async () => (await rig.count('inbox', { open: true })) === 1;
    await crash(() => rig.deliver(rig.text(openid, '做 毒'), openid));
    const [row] = await rig.rows('inbox', { open: true });
    for (let tries = 0; await abandoned(); tries++) {
      if (tries > 4) throw new Error('it is tried for ever');
      await until(async () => (await rig.app.services.inbox.abandoned(-60_000, 10)).length === 1, {
        what: 'its owner is known to be dead',
      });
      await crash(() => rig.app.sweeper.sweepInbox(-60_000));
    }
    const { inbox } = rig.app.services;
    expect((await inbox.quarantined()).map((one) => one._id)).toEqual([row?._id]);
    expect(await rig.count('enquiries', { words: '毒' })).toBeLessThanOrEqual(1);
    expect(await inbox.replay(row?._id as string)).toBe(true);
    await rig.drain();
    expect(await rig.count('enquiries', { words: '毒' })).toBe(1);
  });
});
