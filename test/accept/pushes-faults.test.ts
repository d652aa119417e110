import { Redis } from 'ioredis';
import { createDeliveries } from '../../src/domain/pushes/deliveries';
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

/** Something done once while a push goes out, at the n-th pass of a point; `rest` when it is over. */
function meanwhile(point: string, pass: number, act: () => Promise<unknown>) {
  let going: Promise<unknown> | undefined;
  planCrash(point, pass, () => {
    going = act();
  });
  return async () => {
    expect(going).toBeDefined();
    await going;
  };
}

const to = (list: string) => ({ audience: { to: `在名單「${list}」裡` } });
const template = {
  class: 'service',
  routes: ['template'],
  content: { template: words.template },
};
const mass = { routes: ['mass'], content: { mass: words.mass } };
const done = (n: number) => ({ wrong: [], state: 'finished', seen: n });

describe('S3: WeChat carries it out, and its answer is lost, for one of twenty', () => {
  test('template messages: nobody has two, and nothing stays unknown', async () => {
    const people = await stage.crowd('s3t', 200);
    const lost = stage.every(20, { path: paths.template, failAfter: { reset: true } });
    await stage.begin(stage.pushOf({ id: 's3t', ...to('s3t'), ...template }));
    await stage.goOn();
    expect(lost()).toBeGreaterThanOrEqual(10);
    expect(await stage.judge('s3t', people)).toMatchObject({ ...done(200), counts: { sent: 200 } });
  });

  test('customer messages: exactly those are unknown, and none is sent again', async () => {
    const people = await stage.crowd('s3c', 200);
    const lost = stage.every(20, { path: paths.customer, failAfter: { reset: true } });
    await stage.begin(stage.pushOf({ id: 's3c', ...to('s3c') }));
    await stage.goOn();
    expect(lost()).toBe(10);
    expect(await stage.judge('s3c', people)).toMatchObject({
      ...done(200),
      counts: { sent: 190, unknown: 10 },
    });
  });
});

describe('S11: WeChat says that the quota is gone', () => {
  test('one message asks each time it may, the others wait; it goes on by itself, piece by piece in order', async () => {
    const people = await stage.crowd('s11', 60);
    const calls = stage.count(paths.customer);
    const { feed } = stage.services().pushes;
    const push = { ...stage.pushOf({ id: 's11', ...to('s11') }), sequence: 's11' };
    for (let i = 0; i < 6; i++)
      await feed(push, {
        key: `k${i}`,
        by: '小王',
        pids: people.slice(i * 10, i * 10 + 10).map((one) => one.pid),
      });
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45009 } });
    await stage.goOn();
    expect((await stage.row('s11')).brake).toMatchObject({ why: '今天的調用次數用完' });
    const first = calls();
    expect(first).toBeLessThanOrEqual(20);
    await stage.goOn();
    expect(calls()).toBe(first); // not before its time
    for (const nth of [1, 2, 3]) {
      await stage.probe('s11');
      await Promise.all([stage.goOn(), stage.rig.slots[1]?.member.app?.services.pushes.settled()]);
      expect(calls()).toBe(first + nth);
    }
    expect(await alarmsOf('push:s11')).toHaveLength(1);
    stage.still();
    await stage.probe('s11');
    await stage.goOn();
    expect(await stage.judge('s11', people)).toMatchObject({ ...done(60), counts: { sent: 60 } });
    expect(await alarmsOf('push:s11')).toEqual([]);
    // Piece by piece: of two people of different pieces she of the earlier piece was first.
    const inOrder = (await stage.pieces('s11')).toSorted((a, b) => a.n - b.n).map(({ ids }) => new Set(ids));
    const pidOf = new Map(people.map(({ openid, pid }) => [openid, pid]));
    const order = [...stage.received(paths.customer).keys()].flatMap((openid) => pidOf.get(openid) ?? []);
    const places = order.map((pid) => inOrder.findIndex((ids) => ids.has(pid)));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('a probe that meets people who have gone asks the next one', async () => {
    const people = await stage.crowd('gone', 40);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45009 } });
    await stage.begin(stage.pushOf({ id: 'gone', ...to('gone') }));
    await stage.goOn();
    stage.still();
    const rows = await stage.rowsOf('gone');
    const first = rows.filter(({ state }) => state === 'pending').slice(0, 10);
    await leave(people.filter(({ pid }) => first.some((row) => row.pid === pid)));
    await stage.probe('gone');
    await stage.goOn();
    expect(await stage.judge('gone', people)).toMatchObject({
      ...done(30),
      counts: { sent: 30, skipped: 10 },
    });
  });

  test('when nobody is left to ask, the brake and its alarm are over', async () => {
    const people = await stage.crowd('none', 3);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45009 } });
    await stage.begin(stage.pushOf({ id: 'none', ...to('none') }));
    await stage.goOn();
    await leave(people);
    await stage.probe('none');
    await stage.goOn();
    expect(await stage.judge('none', people)).toMatchObject(done(0));
    expect((await stage.row('none')).brake).toBeUndefined();
    expect(await alarmsOf('push:none')).toEqual([]);
  });

  test('a refusal that is about her alone says that WeChat is in order again', async () => {
    const people = await stage.crowd('order', 25);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45009 } });
    await stage.begin(stage.pushOf({ id: 'order', ...to('order') }));
    await stage.goOn();
    stage.still();
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45015 }, times: 1 });
    await stage.probe('order');
    await stage.goOn();
    expect(await stage.judge('order', people)).toMatchObject({
      ...done(24),
      counts: { sent: 24, failed: 1 },
    });
  });

  test('a mass send that was put off goes when its probe is due', async () => {
    const people = await stage.crowd('s11m', 30);
    const calls = stage.count(paths.mass);
    stage.rig.sim.knobs.set({ path: paths.mass, failBefore: { errcode: 45009 } });
    await stage.begin(stage.pushOf({ id: 's11m', ...to('s11m'), ...mass }));
    await stage.goOn();
    await stage.goOn();
    expect(calls()).toBe(1);
    stage.still();
    await stage.probe('s11m');
    await stage.goOn();
    expect(await stage.judge('s11m', people)).toMatchObject({ ...done(30), counts: { handed: 30 } });
    expect((await stage.row('s11m')).brake).toBeUndefined();
  });
});

describe('S4: a mass send whose answer was lost', () => {
  test('is asked again under its key, and what WeChat calls it is taken over', async () => {
    const people = await stage.crowd('s4', 30);
    const calls = stage.count(paths.mass);
    stage.rig.sim.knobs.set({ path: paths.mass, failAfter: { reset: true }, times: 1 });
    await stage.begin(stage.pushOf({ id: 's4', ...to('s4'), ...mass }));
    await stage.goOn();
    expect((await stage.pieces('s4'))[0]?.batches).toMatchObject([{ people: 30 }]);
    await stage.wake();
    await stage.goOn();
    expect(calls()).toBe(2);
    expect(await stage.judge('s4', people)).toMatchObject({ ...done(30), counts: { handed: 30 } });
    const told = stage.rig.sim.effects
      .list(paths.mass)
      .map(({ result }) => String((result as { msg_id: number }).msg_id));
    expect(told).toContain((await stage.pieces('s4'))[0]?.batches?.[0]?.msgId);
  });

  test('who left in between had it all the same', async () => {
    const people = await stage.crowd('s4l', 12);
    stage.rig.sim.knobs.set({ path: paths.mass, failAfter: { reset: true }, times: 1 });
    await stage.begin(stage.pushOf({ id: 's4l', ...to('s4l'), ...mass }));
    await stage.goOn();
    await leave(people.slice(0, 11));
    await stage.wake();
    await stage.goOn();
    const { wrong, counts } = await stage.judge('s4l', people);
    expect([wrong, counts.skipped]).toEqual([[], 0]);
  });

  test('cancelled before it is known: those people are unknown, not left out', async () => {
    const people = await stage.crowd('s4c', 12);
    stage.rig.sim.knobs.set({ path: paths.mass, failAfter: { reset: true }, times: 1 });
    await stage.begin(stage.pushOf({ id: 's4c', ...to('s4c'), ...mass }));
    await stage.goOn();
    await stage.services().pushes.cancel('s4c', '小王');
    await stage.wake();
    await stage.goOn();
    expect(await stage.judge('s4c', people)).toMatchObject({
      wrong: [],
      counts: { unknown: 12 },
      state: 'cancelled',
    });
  });

  test('taken up after WeChat has forgotten the key, it is not sent again', async () => {
    const people = await stage.crowd('s4o', 12);
    const calls = stage.count(paths.mass);
    stage.rig.sim.knobs.set({ path: paths.mass, failAfter: { reset: true }, times: 1 });
    await stage.begin(stage.pushOf({ id: 's4o', ...to('s4o'), ...mass }));
    await stage.goOn();
    const yesterday = new Date(Date.now() - dayMs);
    await stage.rig.db
      .collection('audiences')
      .updateMany({ push: 's4o' }, { $set: { 'batches.0.firstAt': yesterday } });
    await stage.rig.turnTo(stage.rig.clock.now() + dayMs);
    await stage.wake();
    await stage.goOn();
    expect(calls()).toBe(1);
    expect(await stage.judge('s4o', people)).toMatchObject({ ...done(12), counts: { unknown: 12 } });
  });
});

test('S5: Redis loses everything while it is sent', async () => {
  const people = await stage.crowd('s5', 150);
  const rest = meanwhile('push-sent', 50, async () => {
    const redis = new Redis(stage.rig.database.redisUrl);
    const keys = await redis.keys(`*${stage.rig.database.name}*`);
    if (keys.length > 0) await redis.unlink(...keys);
    redis.disconnect();
  });
  await stage.begin(stage.pushOf({ id: 's5', ...to('s5') }));
  await stage.goOn();
  await rest();
  expect(await stage.judge('s5', people)).toMatchObject({ ...done(150), counts: { sent: 150 } });
});

test('S7: who leaves or is erased during the send gets none afterwards', async () => {
  const people = await stage.crowd('s7', 300);
  const leavers = people.filter((_, i) => i % 10 === 0);
  let goneAt = Infinity;
  const rest = meanwhile('push-marked', 1, async () => {
    await leave(leavers);
    goneAt = stage.rig.clock.now();
  });
  // The first forty take so long that those have left when it is the turn of the others.
  stage.rig.sim.knobs.set({ path: paths.customer, latencyMs: 1_500, times: 40 });
  await stage.begin(stage.pushOf({ id: 's7', ...to('s7') }));
  await stage.goOn();
  await rest();
  const { wrong, counts } = await stage.judge('s7', people);
  expect([wrong, counts.sent + counts.skipped]).toEqual([[], 300]);
  expect(counts.skipped).toBeGreaterThan(0);
  const gone = new Set(leavers.map(({ openid }) => openid));
  const late = stage.rig.sim.effects
    .list(paths.customer)
    .filter(({ openid = '', at }) => gone.has(openid) && at > goneAt + 5_000);
  expect(late).toEqual([]);
  const kept = { _id: { $in: leavers.map(({ fan }) => fan) }, leftAt: { $exists: false } };
  expect(await stage.rig.rows('reach', kept)).toEqual([]);
});

test('who is erased between the list and the taking leaves nothing that is kept for ever', async () => {
  const [her] = (await stage.crowd('moment', 1)) as [Person];
  await leave([her]);
  const { reach } = stage.services();
  const taking = {
    push: 'p',
    at: stage.rig.clock.now(),
    takes: { kind: 'nothing' as const },
    evenQuiet: true,
  };
  await reach.take([her.fan], taking);
  const [row] = await stage.rig.rows<{ leftAt?: Date }>('reach', { _id: her.fan });
  expect(row?.leftAt?.getTime()).toBe(taking.at);
});

test('S10: the token ends in the middle, for two processes: nobody is lost, nobody has two', async () => {
  const people = await stage.crowd('s10', 300);
  const fetches = stage.count('/cgi-bin/stable_token');
  const rest = meanwhile('push-sent', 60, async () => stage.rig.sim.tokens.revokeAll());
  const { feed } = stage.services().pushes;
  const push = { ...stage.pushOf({ id: 's10', ...to('s10') }), sequence: 's10' };
  for (let i = 0; i < 6; i++)
    await feed(push, {
      key: `k${i}`,
      by: '小王',
      pids: people.slice(i * 50, i * 50 + 50).map((one) => one.pid),
    });
  await Promise.all(stage.rig.slots.map(async ({ member }) => member.app?.services.pushes.settled()));
  await rest();
  expect(await stage.judge('s10', people)).toMatchObject({ ...done(300), counts: { sent: 300 } });
  // The first of each process, the same for both, and what it takes to be rid of the bad one.
  expect(fetches()).toBeLessThanOrEqual(4);
});

describe('the budget of errors', () => {
  test('twenty that fail for no reason of theirs stop it, and it says why', async () => {
    const people = await stage.crowd('bad', 200);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 48004 } });
    await stage.begin(stage.pushOf({ id: 'bad', ...to('bad') }));
    await stage.goOn();
    const { state, paused } = await stage.row('bad');
    expect([state, paused?.by]).toEqual(['paused', '系統']);
    expect(paused?.why).toContain('接口被封禁');
    expect(await alarmsOf('push-pause:bad')).toHaveLength(1);
    const rows = await stage.rowsOf('bad');
    expect(rows.filter((row) => row.state === 'failed').length).toBeLessThan(200);
    stage.still();
    await stage.services().pushes.resume('bad', '小王');
    await stage.goOn();
    expect(await alarmsOf('push:bad')).toEqual([]);
    expect((await stage.judge('bad', people)).wrong).toEqual([]);
  });

  test('nothing more goes out, however long the database takes to write that it is paused', async () => {
    await stage.crowd('held', 200);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 48004 } });
    const session = await stage.rig.db.startSession();
    const rows = stage.rig.db.collection<{ _id: string }>('pushes');
    const hold = meanwhile('push-running', 1, async () => {
      session.startTransaction();
      await rows.updateOne({ _id: 'held' }, { $set: { held: true } }, { session });
    });
    try {
      await stage.begin(stage.pushOf({ id: 'held', ...to('held') }));
      await stage.goOn();
      await hold();
      expect((await stage.row('held')).state).toBe('running');
      const failed = (await stage.rowsOf('held')).filter(({ state }) => state === 'failed').length;
      // Twenty, and those that were on their way.
      expect([failed >= 20, failed < 20 + 20]).toEqual([true, true]);
    } finally {
      await session.abortTransaction();
      await session.endSession();
    }
    await until(async () => (await stage.row('held')).state === 'paused', { what: 'it is paused' });
    stage.still();
  });

  test('what is hers does not', async () => {
    const people = await stage.crowd('hers', 60);
    stage.rig.sim.knobs.set({ path: paths.customer, failBefore: { errcode: 45015 } });
    await stage.begin(stage.pushOf({ id: 'hers', ...to('hers') }));
    await stage.goOn();
    expect(await stage.judge('hers', people)).toMatchObject({ ...done(0), counts: { failed: 60 } });
  });
});

describe('S13: reports on what was sent', () => {
  async function unknownTo(id: string): Promise<Person> {
    const [her] = (await stage.crowd(id, 1)) as [Person];
    stage.rig.sim.knobs.set({ path: paths.template, failAfter: { reset: true } });
    await stage.begin(stage.pushOf({ id, ...to(id), ...template }));
    await stage.goOn();
    stage.still();
    expect((await stage.judge(id, [her])).counts.unknown).toBe(1);
    return her;
  }
  const told = (msgId: string, pid: string, ok = true) =>
    stage
      .services()
      .pushes.reported({ msgId, pid, route: 'template', ok, said: ok ? 'success' : 'failed:user block' });

  test('a report settles what is not known, once, and the counts follow', async () => {
    const her = await unknownTo('r1');
    await told('m1', her.pid);
    await told('m1', her.pid, false);
    expect(await stage.judge('r1', [her])).toMatchObject({ ...done(1), counts: { sent: 1 } });
  });

  test('one that says it failed', async () => {
    const her = await unknownTo('r2');
    await told('m2', her.pid, false);
    await told('m2', her.pid);
    expect((await stage.rowsOf('r2'))[0]).toMatchObject({
      state: 'failed',
      reason: 'failed:user block',
      missed: true,
    });
  });

  test('of what was sent nothing goes back, and a second report settles nobody else', async () => {
    const her = await unknownTo('r3');
    await stage.begin(stage.pushOf({ id: 'r3b', ...to('r3'), ...template }));
    await stage.goOn();
    const [row] = await stage.rowsOf('r3b');
    const msgId = row?.msgId ?? '';
    expect(msgId).not.toBe('');
    await told(msgId, her.pid, false);
    await told(msgId, her.pid);
    await told(msgId, her.pid);
    expect((await stage.rowsOf('r3b'))[0]?.state).toBe('sent');
    expect((await stage.rowsOf('r3'))[0]?.state).toBe('unknown');
  });

  test('before our own record: it settles no other push of hers', async () => {
    const her = await unknownTo('r4');
    const rest = meanwhile('push-sent', 1, () => {
      const sent = stage.rig.sim.effects.list(paths.template).at(-1)?.result as { msgid: number };
      return told(String(sent.msgid), her.pid);
    });
    await stage.begin(stage.pushOf({ id: 'r4b', ...to('r4'), ...template }));
    await stage.goOn();
    await rest();
    expect((await stage.rowsOf('r4b'))[0]?.state).toBe('sent');
    expect((await stage.rowsOf('r4'))[0]?.state).toBe('unknown');
  });

  test('of a mass send: before our own record, twice, and it is ours all the same', async () => {
    await stage.crowd('r5', 5);
    const { pushes, reach } = stage.services();
    const month = stage.rig.clock.day().slice(0, 7);
    const at = new Date(stage.rig.clock.now());
    const before = await reach.byHand(month);
    const report = { status: 'send success', total: 5, filtered: 5, sent: 5, error: 0 };
    stage.rig.sim.knobs.set({ path: paths.mass, failAfter: { reset: true }, times: 1 });
    await stage.begin(stage.pushOf({ id: 'r5', ...to('r5'), ...mass }));
    await stage.goOn();
    const sent = stage.rig.sim.effects.list(paths.mass).at(-1)?.result as { msg_id: number };
    const msgId = String(sent.msg_id);
    await pushes.massReported(msgId, at, report);
    await pushes.massReported(msgId, at, { ...report, sent: 4 });
    await stage.wake();
    await stage.goOn();
    expect(await pushes.massOf('r5')).toMatchObject([{ msgId, report: { sent: 5 } }]);
    expect(await reach.byHand(month)).toBe(before);
  });
});

test('D7: who lost the lease of a piece changes nothing any more', async () => {
  const people = await stage.crowd('d7', 5);
  const { db, clock } = stage.rig;
  const deliveries = createDeliveries({ db, clock });
  const { pushes } = stage.services();
  const push = { ...stage.pushOf({ id: 'd7', ...to('d7') }), sequence: 'd7' };
  await pushes.feed(push, { key: 'k', by: '小王', pids: people.map(({ pid }) => pid) });
  await pushes.pause('d7', '小王');
  const zombie = await deliveries.take({ _id: 'd7', run: 'live' }, 'zombie');
  if (!zombie) throw new Error('there is no piece');
  const row = (pid: string, epoch: number) =>
    ({ _id: `d7/${pid}`, push: 'd7', pid, n: zombie.n, route: 'customer', state: 'pending', epoch }) as const;
  const mine = people.map(({ pid }) => row(pid, zombie.epoch));
  await deliveries.expand(mine);
  await deliveries.mark(mine.slice(0, 2), zombie.epoch);
  await stage.wake();
  const next = await deliveries.take({ _id: 'd7', run: 'live' }, 'next');
  expect(next?.epoch).toBe(zombie.epoch + 1);
  expect([...(await deliveries.mark(mine, zombie.epoch))]).toEqual([]);
  await deliveries.settle(mine.map((one) => ({ row: one, to: 'failed', reason: 'zombie' })));
  await deliveries.settleAll(
    mine.map(({ _id }) => _id),
    zombie.epoch,
    { state: 'handed' },
  );
  expect(await deliveries.keep(zombie)).toBe(false);
  expect(await deliveries.addBatch(zombie, { key: 'z', firstAt: new Date(), people: 5 })).toBe(false);
  await deliveries.release(zombie);
  const states = (await stage.rowsOf('d7')).map(({ state }) => state).toSorted();
  expect(states).toEqual(['pending', 'pending', 'pending', 'sending', 'sending']);
  expect((await stage.pieces('d7'))[0]).toMatchObject({ owner: 'next', open: true });
  await stage.wake();
  await pushes.resume('d7', '小王');
  await stage.goOn();
  expect((await stage.judge('d7', people)).counts).toMatchObject({ sent: 3, unknown: 2 });
});

test('S9: due at eight, and the system comes back at ten past twelve', async () => {
  const people = await stage.crowd('s9', 5);
  const { pushes } = stage.services();
  const day = stage.rig.clock.day(stage.rig.clock.now() + dayMs);
  for (const late of ['ask', 'send'])
    await stage.begin(stage.pushOf({ id: `s9-${late}`, ...to('s9'), ...template, late, at: `${day} 08:00` }));
  await stage.rig.turnTo(momentAt(`${day} 12:10`));
  await stage.goOn();
  expect(await stage.judge('s9-send', people)).toMatchObject({
    wrong: [],
    state: 'finished',
    counts: { sent: 5 },
  });
  expect((await stage.row('s9-ask')).state).toBe('late');
  expect((await alarmsOf('push-late:s9-ask'))[0]?.text).toContain('晚了 250 分鐘');
  const so = stage.effectsSoFar();
  await Promise.all([pushes.start('s9-ask', '小王'), pushes.start('s9-ask', '小李')]);
  await stage.goOn();
  expect(await stage.judge('s9-ask', people, so)).toMatchObject({ wrong: [], counts: { sent: 5 } });
  expect(await alarmsOf('push-late:s9-ask')).toEqual([]);
});

const alarmsOf = async (cause: string) =>
  (await stage.services().alarms.open()).filter((one) => one.cause === cause);

/** They unfollow; WeChat itself would still take messages for them, so that all that goes to them is seen. */
async function leave(people: readonly Person[]): Promise<void> {
  const { subscribers, upkeep } = stage.services();
  const at = new Date(stage.rig.clock.now());
  await Promise.all(
    people.map(async ({ fan, pid }) => {
      await subscribers.remove(fan, at);
      await upkeep.erase({ fan, pid, upTo: at });
    }),
  );
}
