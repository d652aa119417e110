import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { crashPointsInSource, createSweep } from '../accept/crash-sweep';
import { flows } from '../accept/flows';
import { createFaultProxy, placeOf, throughPort } from '../support/fault-proxy';
import { gates } from '../support/gates';
import { judge, underKills } from '../support/kill-loop';
import { until } from '../support/processes';
import { answersOf, createRig, type Member, type Rig } from '../support/rig';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
}, 120_000);

/** Lets what the dead left behind be found at once, by an app in this process. */
async function settle(on: Rig): Promise<void> {
  await until(async () => (await on.count('inbox', { open: true })) === 0, {
    what: 'the sweeper found what was left behind',
    withinMs: 120_000,
  });
}

/** Callbacks spread over a while, without kills. */
const traffic = (on: Rig, callbacks: number, overMs: number) =>
  underKills(on, { role: 'web', callbacks, people: 100, overMs, everyMs: overMs * 100 });

test('C1, full: storms of copies have one effect each while worker processes are killed', async () => {
  rig = await createRig({ webs: 2, workers: 2, real: true });
  const { delivered, kills } = await underKills(rig, {
    role: 'worker',
    callbacks: 3_000,
    people: 200,
    overMs: 40_000,
    everyMs: 2_000,
    storm: true,
  });
  expect(kills).toBeGreaterThan(5);
  expect(delivered.filter((one) => one.answers.some((said) => said !== `做好 ${one.words}`))).toEqual([]);
  expect(await judge(rig, delivered)).toEqual({ wrong: [], acknowledged: 3_000, undone: 0 });
}, 300_000);

test('C2, full: what got a 200 has exactly one effect while web processes are killed', async () => {
  rig = await createRig({ webs: 2, workers: 1, real: true });
  const { delivered, kills } = await underKills(rig, {
    role: 'web',
    callbacks: 2_000,
    people: 200,
    overMs: 40_000,
    everyMs: 2_000,
  });
  await settle(rig);
  const { wrong, acknowledged, undone } = await judge(rig, delivered);
  console.log(`C2: ${kills} kills, ${acknowledged} of 2000 acknowledged`);
  expect({ wrong, undone }).toEqual({ wrong: [], undone: 0 });
}, 400_000);

describe('C3, full', () => {
  test('a crash at each point, at its first, second and third pass of every flow that passes it', async () => {
    const sweep = await createSweep(flows);
    const passing = await sweep.explore();
    let crashes = 0;
    try {
      for (const point of crashPointsInSource())
        for (const flow of passing.get(point) ?? [])
          for (const pass of [1, 2, 3]) if (await sweep.run(flow, point, pass)) crashes++;
    } finally {
      await sweep.close();
    }
    console.log(`C3: ${crashes} crashes`);
    expect(crashes).toBeGreaterThan(crashPointsInSource().length);
  }, 1_200_000);

  /** Points that a text with effects passes in a web process. */
  const inWeb = [
    'inbox-kept',
    'met',
    'handler-ran',
    'talk-kept',
    'reply-decided',
    'window-kept',
    'effects-kept',
    'reply-kept',
  ];
  test.each(inWeb)(
    'a real SIGKILL at %s costs nothing',
    async (point) => {
      rig = await createRig({ webs: 1, workers: 1, real: true });
      const [slot] = rig.slots as [Rig['slots'][number]];
      const doomed = await rig.start('web', [point, 1]);
      await rig.replace(slot.member, doomed);
      const openid = rig.openid();
      const deeds = ['第一次', '多說 話', '做 事'].map((words) => (rig as Rig).text(openid, words));
      const follow = rig.event(openid, 'subscribe', { EventKey: '' });
      const standby = await rig.start('web');
      const on = rig;
      const replacing = (async () => {
        await until(async () => (await on.count('inbox')) > 0, { what: 'it was reached' });
        await pause(300);
        doomed.dead = true;
        await on.replace(doomed, standby);
      })();
      const answers = [answersOf(await rig.deliver(follow, openid))];
      for (const deed of deeds) answers.push(answersOf(await rig.deliver(deed, openid)));
      await replacing;
      await settle(rig);
      expect(answers.map((copies) => copies.at(-1))).toEqual(['歡迎', '送您一份禮物', '話 一', '做好 事']);
      const words = (await rig.rows<{ words: string }>('enquiries')).map((row) => row.words).toSorted();
      expect(words).toEqual(['gift', 'welcome', '事']);
    },
    120_000,
  );
});

test('C4, full: connections that MongoDB closes before a write lose and double nothing', async () => {
  rig = await createRig({ webs: 2, workers: 1, real: true, callbacks: { gapMs: 1_000, copies: 6 } });
  const admin = await mongoose.createConnection(rig.database.uri, { dbName: 'admin' }).asPromise();
  const namespace = `${rig.database.name}.inbox`;
  const failPoint = (mode: unknown) =>
    admin.db?.command({
      configureFailPoint: 'failCommand',
      mode,
      data: { closeConnection: true, failCommands: ['insert', 'update'], namespace },
    });
  try {
    await failPoint({ activationProbability: 0.1 });
    for (const member of rig.members) member.mongo.loseAnswers(['insert', 'update', 'findAndModify'], 10);
    const { delivered } = await traffic(rig, 2_000, 20_000);
    await failPoint('off');
    for (const member of rig.members) member.mongo.restore();
    await settle(rig);
    const { wrong, undone } = await judge(rig, delivered);
    expect({ wrong, undone }).toEqual({ wrong: [], undone: 0 });
  } finally {
    await failPoint('off');
    await admin.close();
  }
}, 300_000);

test('C6, full: with Redis gone for twenty seconds callbacks go on, and what waited goes out', async () => {
  const redis = process.env['TEST_REDIS_URL'] as string;
  const proxy = await createFaultProxy(placeOf(redis));
  rig = await createRig({ webs: 1, workers: 1, real: true, redisUrl: throughPort(redis, proxy.port) });
  const on = rig;
  const fans = await Promise.all(Array.from({ length: 20 }, (_, i) => on.follower(`紅${i}`)));
  const losing = (async () => {
    await pause(5_000);
    proxy.cut();
    for (const [i, fan] of fans.entries()) await fan.says(`多說 ${i}號`);
    await pause(20_000);
    const own = new Redis(redis);
    const prefix = `xiaoyi-${on.database.name}`;
    const keys = await own.keys(`${prefix}*`);
    if (keys.length > 0) await own.unlink(keys);
    own.disconnect();
    proxy.restore();
  })();
  const { delivered } = await traffic(rig, 1_000, 25_000);
  await losing;
  expect((await judge(rig, delivered)).wrong).toEqual([]);
  expect(delivered.every((one) => one.heard.length === 1)).toBe(true);
  await until(async () => (await on.count('outbox', { state: { $in: ['pending', 'sending'] } })) === 0, {
    what: 'what waited goes out',
    withinMs: 60_000,
  });
  expect(fans.map((fan) => on.sentTo(fan.openid))).toEqual(fans.map((_, i) => [`${i}號 二`, `${i}號 三`]));
  await proxy.close();
}, 180_000);

test('C9, full: two hundred callbacks that take six seconds are answered in time and said once', async () => {
  gates.slowMs = 6_000;
  rig = await createRig({ webs: 2, workers: 1 });
  const on = rig;
  const fans = await Promise.all(Array.from({ length: 200 }, (_, i) => on.follower(`慢${i}`)));
  const deeds = await Promise.all(fans.map((fan, i) => fan.says(`慢 ${i}號`)));
  const deliveries = deeds.flatMap(({ outcome }) => outcome.wire.deliveries);
  expect(deeds.flatMap(({ outcome }) => answersOf(outcome))).toEqual(Array(200).fill('success'));
  expect(Math.max(...deliveries.map((one) => one.ms))).toBeLessThan(4_500);
  await settle(rig);
  await until(async () => (await on.count('outbox', { state: { $in: ['pending', 'sending'] } })) === 0, {
    what: 'all were sent',
    withinMs: 60_000,
  });
  expect(fans.map((fan) => on.sentTo(fan.openid))).toEqual(fans.map((_, i) => [`慢慢做好 ${i}號`]));
}, 180_000);

test('D4, full: ten seconds of black hole: quick failures, and all is well when it ends', async () => {
  rig = await createRig({ webs: 1, real: true, callbacks: { copies: 1 } });
  const on = rig;
  const web = rig.slots[0]?.member as Member;
  const say = (words: string) => {
    const openid = on.openid();
    return on.deliver(on.text(openid, words), openid);
  };
  expect(answersOf(await say('做 之前'))).toEqual(['做好 之前']);
  web.mongo.blackHole();
  const during = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      await pause(i * 100);
      return say(`做 黑洞${i}`);
    }),
  );
  const deliveries = during.flatMap((one) => one.wire.deliveries);
  expect(new Set(deliveries.map((one) => one.status))).toEqual(new Set([503]));
  expect(Math.max(...deliveries.map((one) => one.ms))).toBeLessThan(4_500);
  web.mongo.restore();
  const from = Date.now();
  await until(async () => answersOf(await say('做 之後'))[0] === '做好 之後', {
    what: 'it is answered again',
  });
  expect(Date.now() - from).toBeLessThan(10_000);
  const crowd = await Promise.all(Array.from({ length: 200 }, (_, i) => say(`做 人群${i}`)));
  expect(crowd.flatMap(answersOf)).toEqual(crowd.map((_, i) => `做好 人群${i}`));
  expect(web.mongo.connections()).toBeLessThan(40);
}, 120_000);

test('D9, full: a process that is told to stop under load cuts nothing off and is gone within ten seconds', async () => {
  rig = await createRig({ webs: 1, real: true, callbacks: { copies: 1 } });
  const on = rig;
  const web = rig.slots[0]?.member as Member;
  const running = Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      await pause(i * 5);
      const openid = on.openid();
      return { i, answers: answersOf(await on.deliver(on.text(openid, `做 停${i}`), openid)) };
    }),
  );
  await pause(1_000);
  const from = Date.now();
  web.dead = true;
  await web.close();
  expect(Date.now() - from).toBeLessThan(10_000);
  const all = await running;
  const answered = all.filter(({ answers }) => answers[0]?.startsWith('做好'));
  expect(answered.length).toBeGreaterThan(50);
  // Nothing in between: answered in full, or never let in.
  expect(all.filter(({ answers }) => /HTTP|半/.test(answers[0] ?? ''))).toEqual([]);
  expect(await on.count('enquiries', { words: /^停/ })).toBe(answered.length);
}, 60_000);
