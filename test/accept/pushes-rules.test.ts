import { dayMs, momentAt } from '../../src/kit/beijing';
import { noCrash, planCrash } from '../../src/kit/crash-point';
import { until } from '../support/processes';
import { createPushStage, type Person, type PushStage, paths, words } from './push-stage';

let stage: PushStage;
beforeAll(async () => {
  stage = await createPushStage({ webs: 2 });
});
afterAll(() => stage.close());
afterEach(() => {
  noCrash();
  stage.still();
});

const to = (list: string) => ({ audience: { to: `在名單「${list}」裡` } });
const template = { class: 'service', routes: ['template'], content: { template: words.template } };
const both = () => stage.rig.slots.map(({ member }) => member.app?.services ?? stage.services());
/** Both processes send what may go. */
const together = () => Promise.all(both().map(({ pushes }) => pushes.settled()));
const held = async (push: string) => (await stage.pieces(push)).some((piece) => 'owner' in piece);
const tallied = async (push: string) => (await stage.services().pushes.status(push)).counts;

describe('S8: started more than once', () => {
  test('two who press at once, and one who presses twice, start one push', async () => {
    const people = await stage.crowd('s8', 20);
    const [a, b] = both().map(({ pushes }) => pushes);
    await a?.save(stage.pushOf({ id: 's8', ...to('s8') }), '小王');
    await Promise.all([a?.start('s8', '小王'), b?.start('s8', '小李'), a?.start('s8', '小王')]);
    expect(await stage.rig.count('timers', { 'data.push': 's8' })).toBe(1);
    await stage.goOn();
    await a?.start('s8', '小王');
    await stage.goOn();
    expect(await stage.judge('s8', people)).toMatchObject({ wrong: [], counts: { sent: 20 } });
  });

  test('two workers that freeze it at once leave nobody out', async () => {
    const people = await stage.crowd('s8f', 20);
    const [one, other] = stage.rig.slots.map(({ member }) => member);
    const [a, b] = both().map(({ pushes }) => pushes);
    await stage.services().pushes.save(stage.pushOf({ id: 's8f', ...to('s8f') }), '小王');
    const { version } = await stage.services().pushes.start('s8f', '小王');
    let second: Promise<void> | undefined;
    // The second begins while the first is on the point of saying that it runs, and is slower than it.
    planCrash('push-frozen', 1, () => {
      one?.mongo.slow(150);
      planCrash('push-frozen-some', 1, () => other?.mongo.slow(500));
      second = b?.begin('s8f', version);
    });
    await a?.begin('s8f', version);
    await second;
    one?.mongo.restore();
    other?.mongo.restore();
    await stage.goOn();
    expect(await stage.judge('s8f', people)).toMatchObject({
      wrong: [],
      state: 'finished',
      counts: { sent: 20 },
    });
    expect(await stage.pieces('s8f')).toHaveLength(1);
  });
});

describe('S6: held, ended, cancelled', () => {
  /** Loops of their own, as in a worker, in the first process; at most twenty are on their way. */
  async function sending(id: string, latencyMs: number) {
    const calls = stage.count(paths.customer);
    stage.rig.sim.knobs.set({ path: paths.customer, latencyMs });
    await stage.begin(stage.pushOf({ id, ...to(id) }));
    await stage.fire();
    const { work } = stage.services().pushes.upkeep;
    work.start();
    await until(() => calls() >= 20, { what: 'twenty are on their way' });
    return { calls, work };
  }

  test('pause, resume, the end of the process, a new start, cancel: nothing is lost, and what is over is over', async () => {
    const people = await stage.crowd('s6', 150);
    const { calls, work } = await sending('s6', 100);
    const { pushes } = stage.services();
    const soFar: string[] = [];
    const look = async () => {
      const { state, waiting } = await pushes.status('s6');
      soFar.push(waiting > 0 && state === 'finished' ? 'finished too early' : state);
    };
    await pushes.pause('s6', '小王');
    await until(async () => !(await held('s6')), { what: 'it holds' });
    const atPause = calls();
    await look();
    await together();
    expect([calls(), await stage.rig.count('deliveries', { push: 's6', state: 'sending' })]).toEqual([
      atPause,
      0,
    ]);
    expect((await tallied('s6')).sent).toBe(atPause);

    await pushes.resume('s6', '小王');
    await until(() => calls() >= atPause + 20, { what: 'it goes on' });
    await work.close(); // as on SIGTERM
    await look();
    const atEnd = calls();
    expect(await held('s6')).toBe(false);
    expect((await tallied('s6')).sent).toBe(atEnd);

    work.start();
    await until(() => calls() >= Math.min(atEnd + 20, 150), { what: 'it goes on' });
    await pushes.cancel('s6', '小王');
    await until(async () => (await stage.pieces('s6')).every(({ open }) => !open), { what: 'it is over' });
    const atCancel = calls();
    await together();
    await work.close();
    expect(calls()).toBe(atCancel);
    const judged = await stage.judge('s6', people);
    expect(judged).toMatchObject({ wrong: [], state: 'cancelled', counts: { sent: atCancel, unknown: 0 } });
    expect(judged.counts.skipped).toBe(150 - atCancel);
    expect(new Set(soFar)).toEqual(new Set(['paused', 'running']));
  });

  test('cancelled while WeChat is slow: not one more leaves than is on its way', async () => {
    const people = await stage.crowd('slow', 60);
    const { calls, work } = await sending('slow', 4_000);
    await stage.services().pushes.cancel('slow', '小王');
    await until(async () => (await stage.pieces('slow')).every(({ open }) => !open), { what: 'it is over' });
    await work.close();
    expect(calls()).toBe(20);
    expect(await stage.judge('slow', people)).toMatchObject({ wrong: [], counts: { sent: 20, skipped: 40 } });
  });

  test('paused in the middle of a mass send: that one ends, and nothing after it begins', async () => {
    const people = await stage.crowd('pm', 8);
    let paused: Promise<unknown> | undefined;
    planCrash('push-mass-marked', 1, () => {
      paused = stage.services().pushes.pause('pm', '小王');
    });
    await stage.begin(
      stage.pushOf({
        id: 'pm',
        ...to('pm'),
        routes: ['mass'],
        content: { mass: words.mass },
      }),
    );
    await stage.goOn();
    await paused;
    expect((await stage.row('pm')).state).toBe('paused');
    expect(await stage.judge('pm', people)).toMatchObject({ wrong: [], counts: { handed: 8 } });
  });
});

test('a segment that changes while a push waits: its rule as it was, its people as they are', async () => {
  const people = await stage.crowd('seg-a', 6);
  const others = await stage.crowd('seg-b', 4);
  const { segments, pushes } = stage.services();
  const rule = (list: string) => segments.readText(`在名單「${list}」裡`);
  await segments.save({ id: 'who', name: '誰', rule: await rule('seg-a'), by: '小王' });
  const day = stage.rig.clock.day(stage.rig.clock.now() + dayMs);
  await stage.begin(stage.pushOf({ id: 'seg', audience: { to: 'who' }, ...template, at: `${day} 09:00` }));
  await segments.save({ id: 'who', name: '誰', rule: await rule('seg-b'), by: '小王' });
  const late = others.slice(0, 1);
  await segments.addToList('seg-a', late);
  await stage.rig.turnTo(momentAt(`${day} 09:00`));
  await stage.goOn();
  expect(await stage.judge('seg', [...people, ...late])).toMatchObject({ wrong: [], counts: { sent: 7 } });
  // From now on it is settled who gets it.
  await segments.addToList('seg-a', others);
  await stage.goOn();
  expect((await pushes.status('seg')).people).toBe(7);
});

describe('whom it does not reach', () => {
  test('two pushes at once, and one a week: everybody has one of them', async () => {
    const people = await stage.crowd('cap', 40);
    const cap = { most: 1, days: 7 };
    for (const id of ['cap-a', 'cap-b'])
      await stage.begin(stage.pushOf({ id, ...to('cap'), ...template, cap }));
    await stage.fire();
    await together();
    await stage.goOn();
    const [a, b] = [await stage.judge('cap-a', []), await stage.judge('cap-b', [])];
    expect(a.counts.sent + b.counts.sent).toBe(40);
    expect(a.counts.skipped + b.counts.skipped).toBe(40);
    const reasons = [await tallied('cap-a'), await tallied('cap-b')].map((one) => one.reasons['cap'] ?? 0);
    expect(reasons.reduce((sum, n) => sum + n)).toBe(40);
    const got = stage.received(paths.template);
    expect(people.filter(({ openid }) => got.get(openid) !== 1)).toEqual([]);
  });

  test('who says that she wants none while it waits has none; what she asked for reaches her', async () => {
    const people = await stage.crowd('hush', 20);
    const { reach, pushes } = stage.services();
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45009 } });
    await stage.begin(stage.pushOf({ id: 'hush', ...to('hush') }));
    await stage.goOn();
    stage.still();
    for (const { fan, pid } of people.slice(0, 8)) await reach.wish(fan, pid, true);
    await stage.probe('hush');
    await stage.goOn();
    expect(await stage.judge('hush', people)).toMatchObject({ wrong: [], counts: { sent: 12, skipped: 8 } });
    expect((await pushes.status('hush')).counts.reasons).toEqual({ quiet: 8 });
    const so = stage.effectsSoFar();
    await stage.begin(stage.pushOf({ id: 'asked', ...to('hush'), ...template }));
    await stage.goOn();
    expect(await stage.judge('asked', people, so)).toMatchObject({ wrong: [], counts: { sent: 20 } });
  });

  test('who is in a segment that is left out', async () => {
    const people = await stage.crowd('most', 10);
    const { segments } = stage.services();
    const rule = await segments.readText('在名單「some」裡');
    await segments.save({ id: 'left-out', name: '除外', rule, by: '小王' });
    await segments.addToList('some', people.slice(0, 3));
    const audience = { to: '在名單「most」裡', except: ['left-out'] };
    await stage.begin(stage.pushOf({ id: 'except', audience, ...template }));
    await stage.goOn();
    expect(await stage.judge('except', people.slice(3))).toMatchObject({ wrong: [], counts: { sent: 7 } });
  });
});

describe('by the next route', () => {
  const chain = {
    routes: ['customer', 'mass'],
    content: { customer: words.customer, mass: words.mass },
  };
  const reachOf = (some: readonly Person[]) => ({ _id: { $in: some.map(({ fan }) => fan) } });
  const change = (some: readonly Person[], update: object) =>
    stage.rig.db.collection<{ _id: string }>('reach').updateMany(reachOf(some), update);

  test('a closed window, known or told by WeChat, leads to the mass send of the same piece', async () => {
    const people = await stage.crowd('chain', 12);
    await change(people.slice(0, 4), { $unset: { talk: 1 } });
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45015 }, times: 2 });
    await stage.begin(stage.pushOf({ id: 'chain', ...to('chain'), ...chain }));
    await stage.goOn();
    expect(await stage.judge('chain', people)).toMatchObject({
      wrong: [],
      state: 'finished',
      counts: { sent: 6, handed: 6 },
      seen: 12,
    });
    expect((await stage.pieces('chain'))[0]?.batches).toHaveLength(1);
  });

  test('a lone person for a mass send, and who had four this month, get none, and it says why', async () => {
    const people = await stage.crowd('month', 6);
    const month = stage.rig.clock.day().slice(0, 7);
    const four = Array.from({ length: 4 }, (_, i) => ({ id: `m${i}`, month }));
    await change(people, { $unset: { talk: 1 } });
    await change(people.slice(0, 5), { $set: { mass: four } });
    await stage.begin(stage.pushOf({ id: 'month', ...to('month'), ...chain }));
    await stage.goOn();
    expect(await stage.judge('month', people)).toMatchObject({ wrong: [], counts: { skipped: 6 }, seen: 0 });
    expect((await tallied('month')).reasons).toEqual({ month: 5, two: 1 });
    // Nothing was sent, so nothing was taken of her month.
    const [row] = await stage.rig.rows<{ mass?: unknown[]; pushes?: unknown[] }>(
      'reach',
      reachOf(people.slice(5)),
    );
    expect([row?.mass ?? [], row?.pushes ?? []]).toEqual([[], []]);
  });

  test('from the mass send to customer messages: the rest of the piece waits for no rest', async () => {
    const people = await stage.crowd('turned', 6);
    const month = stage.rig.clock.day().slice(0, 7);
    await change(people.slice(0, 2), {
      $set: { mass: Array.from({ length: 4 }, (_, i) => ({ id: `m${i}`, month })) },
    });
    const turned = { ...chain, routes: ['mass', 'customer'] };
    await stage.begin(stage.pushOf({ id: 'turned', ...to('turned'), ...turned }));
    await stage.goOn();
    expect(await stage.judge('turned', people)).toMatchObject({
      wrong: [],
      state: 'finished',
      counts: { sent: 2, handed: 4 },
    });
  });

  test('a value that is missing costs her nothing', async () => {
    const people = await stage.crowd('value', 2);
    const content = { customer: { kind: 'text', text: '您好，{城市}！' } };
    await stage.begin(stage.pushOf({ id: 'value', ...to('value'), content }));
    await stage.goOn();
    expect((await tallied('value')).reasons).toEqual({ variable: 2 });
    const rows = await stage.rig.rows<{ sends?: unknown[] }>('reach', reachOf(people));
    expect(rows.map(({ sends = [] }) => sends.length)).toEqual([0, 0]);
  });
});
