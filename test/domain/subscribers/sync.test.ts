import type { Connection } from 'mongoose';
import pino from 'pino';
import type { Subscriber } from '../../../src/domain/subscribers/subscribers';
import { erase } from '../../../src/domain/subscribers/subscribers.jobs';
import type { SyncReport } from '../../../src/domain/subscribers/walk';
import { createWechatClient } from '../../../src/wechat/api/client';
import { createUsers, type Users } from '../../../src/wechat/api/users';
import { createStage, type Stage, secrets } from '../../simulator/stage';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let db: Connection;
let talk: Talk;
let stage: Stage;
let users: Users;
beforeAll(async () => {
  db = await database.connect();
  talk = await createTalk(database);
});
beforeEach(async () => {
  await database.clear();
  talk.turnClockTo('2026-11-23T12:00');
  stage = await createStage();
  const client = createWechatClient({
    baseUrl: stage.url,
    ...secrets,
    log: pino({ level: 'silent' }),
    backoffMs: 1,
  });
  users = createUsers({ client });
});
afterEach(() => stage.close());
afterAll(() => database.drop());

const rows = () => db.collection<Subscriber>('subscribers');
const count = (filter = {}) => rows().countDocuments(filter);
const sync = (more: { users?: Users; remove?: boolean; onStep?: (so: SyncReport) => void } = {}) =>
  talk.services.subscriberSync.run({ users, ...more });
const listPath = '/cgi-bin/user/get';
const followedAt = Date.parse('2026-11-20T08:00:00+08:00');
/** WeChat with pages of so many. */
const paged = (size: number): Users => ({
  ...users,
  list: async (after) => {
    const page = await users.list(after);
    const openids = page.openids.slice(0, size);
    return { ...page, openids, more: openids.length > 0 };
  },
});

/** They follow at WeChat; nothing of it ever reached us. */
function followers(n: number, name = 'f', scene = ''): string[] {
  return Array.from({ length: n }, (_, at) => {
    const fan = stage.sim.world.fan(`${name}${at}`);
    Object.assign(fan, { following: true, known: true, subscribedAt: followedAt, qrScene: scene });
    return fan.openid;
  });
}
/** She leaves, and the callback is lost. */
const leaves = (name: string) => Object.assign(stage.sim.world.fan(name), { following: false });
const erasures = () => db.collection('outbox').countDocuments({ 'effect.job': 'erase', state: 'pending' });

test('from nothing, page after page, everybody is met with since when she follows and by which code she came', async () => {
  followers(10_003);
  const [mei = ''] = followers(1, 'mei', 'store_88');
  const steps: number[] = [];
  const done = await sync({ onStep: ({ listed }) => void steps.push(listed) });
  expect(done).toMatchObject({ state: 'done', listed: 10_004, met: 10_004, total: 10_004, gone: 0 });
  expect(steps).toEqual([10_000, 10_004, 10_004]);
  expect(await count()).toBe(10_004);
  expect(await talk.services.people.count()).toBe(10_004);
  expect(await rows().findOne({ openid: mei })).toMatchObject({
    following: true,
    channel: { first: 'store_88', last: 'store_88' },
    once: [],
    v: 0,
  });
  const her = await rows().findOne({ openid: mei });
  expect(her?.followedAt?.getTime()).toBe(Math.floor(followedAt / 1_000) * 1_000);
  expect(her?.seenAt).toEqual(her?.followedAt);
  expect(await db.collection('outbox').countDocuments()).toBe(0);
});

test('a second walk changes nothing but its mark', async () => {
  followers(30);
  await sync();
  const all = async () =>
    (
      await rows()
        .find({}, { sort: { _id: 1 } })
        .toArray()
    ).map((row) => ({ ...row, listed: 0 }));
  const before = await all();
  expect(await sync()).toMatchObject({ state: 'done', listed: 30, met: 0, gone: 0 });
  expect(await all()).toEqual(before);
});

test('who wrote to us before stays who she is, and is completed', async () => {
  const [lin = ''] = followers(1, 'lin', 'store_88');
  const her = await talk.services.subscribers.meet(lin);
  expect(await sync()).toMatchObject({ met: 0, listed: 1 });
  expect(await talk.services.subscribers.load(her._id)).toMatchObject({
    pid: her.pid,
    v: her.v,
    followedAt: expect.any(Date),
    channel: { first: 'store_88', last: 'store_88' },
  });
});

test('who left while we did not hear it goes as by a leave of her own, once', async () => {
  const [lin = '', mei = ''] = followers(12);
  await sync();
  const { fanOf } = talk.services.subscribers;
  const her = await rows().findOne({ openid: lin });
  const { attributes } = talk.services;
  const pid = her?.pid ?? '';
  await attributes.set({ pid, name: '性別', value: '女', source: 'quiz:q', consent: 'v1' });
  leaves('f0');
  expect(await sync()).toMatchObject({ state: 'done', gone: 1, met: 0 });
  expect(await count({ openid: lin })).toBe(0);
  expect(await count({ openid: mei })).toBe(1);
  expect(await db.collection<{ _id: string }>('graves').countDocuments({ _id: fanOf(lin) })).toBe(1);
  expect(await db.collection('outbox').findOne()).toMatchObject({
    effect: { kind: 'later', job: 'erase', data: { fan: fanOf(lin), pid } },
  });
  expect(await sync()).toMatchObject({ gone: 0 });
  expect(await erasures()).toBe(1);
  const row = await db.collection('outbox').findOne();
  await erase.run(talk.services, erase.data.parse(row?.['effect'].data));
  expect(await attributes.of(pid)).toEqual([]);
  expect(await talk.services.people.read(pid)).toBeNull();
});

test('who is not in the list, but follows when WeChat is asked for her, stays', async () => {
  const [lin = ''] = followers(3);
  await sync();
  const short: Users = {
    ...users,
    list: async (after) => {
      const page = await users.list(after);
      return { ...page, openids: page.openids.filter((openid) => openid !== lin) };
    },
  };
  expect(await sync({ users: short })).toMatchObject({ gone: 0, listed: 2 });
  expect(await count()).toBe(3);
});

test('cut off at the second page, it goes on behind the first, not from the beginning', async () => {
  followers(70);
  const asked: string[] = [];
  const dying = (last: number): Users => ({
    ...users,
    list: (after) => {
      asked.push(after);
      if (asked.length > last) throw new Error('killed');
      return paged(40).list(after);
    },
  });
  await expect(sync({ users: dying(1) })).rejects.toThrow('killed');
  expect(await count()).toBe(40);
  expect(await talk.services.subscriberSync.last()).toMatchObject({ state: 'walking', listed: 40 });
  asked.length = 0;
  expect(await sync({ users: dying(9) })).toMatchObject({ state: 'done', met: 70, listed: 70 });
  expect(asked[0]).toBe(stage.sim.world.fan('f39').openid);
  expect(await count()).toBe(70);
});

test('the one behind whom it would go on left since: the one before her serves', async () => {
  followers(70);
  const killed = () => {
    throw new Error('killed');
  };
  await expect(sync({ users: paged(40), onStep: killed })).rejects.toThrow('killed');
  // WeChat knows that she left; we do not.
  leaves('f39');
  expect(await sync({ users: paged(40) })).toMatchObject({ state: 'done', met: 70 });
  expect(await sync()).toMatchObject({ gone: 1 });
  expect(await count()).toBe(69);
});

test('a page that was half done when we died is done again, and nobody is met twice', async () => {
  followers(2_500);
  let calls = 0;
  const dying: Users = {
    ...users,
    infos: (openids) => {
      if (++calls > 15) throw new Error('killed');
      return users.infos(openids);
    },
  };
  await expect(sync({ users: dying })).rejects.toThrow('killed');
  const pids = await rows().distinct('pid');
  expect(pids).toHaveLength(1_000);
  await sync();
  expect(await count()).toBe(2_500);
  expect(await count({ pid: { $in: pids } })).toBe(1_000);
  expect(await talk.services.people.count()).toBe(2_500);
});

test('the calls of a day are never more than WeChat allows; the next day it goes on', async () => {
  followers(5);
  const day = '2026-11-23';
  await db.collection<{ _id: string }>('cursors').insertOne({ _id: 'subscribers:calls', ...{ day, n: 479 } });
  expect(await sync()).toMatchObject({ state: 'tomorrow', listed: 5 });
  expect(await sync()).toMatchObject({ state: 'tomorrow', listed: 5 });
  talk.turnClockTo('2026-11-24T00:01');
  expect(await sync()).toMatchObject({ state: 'done', listed: 5 });
});

test('when WeChat says that its calls are used up, it waits for tomorrow; other refusals are told, and nothing is lost', async () => {
  followers(5);
  stage.sim.knobs.set({ path: listPath, failBefore: { errcode: 45009 }, times: 1 });
  expect(await sync()).toMatchObject({ state: 'tomorrow' });
  stage.sim.knobs.set({ path: '/cgi-bin/user/info/batchget', failBefore: { errcode: 48001 }, times: 1 });
  await expect(sync()).rejects.toThrow('48001');
  expect(await sync()).toMatchObject({ state: 'done', met: 5 });
});

test('very many gone at once are not removed unless somebody says so', async () => {
  followers(60);
  await sync();
  for (let n = 0; n < 55; n++) leaves(`f${n}`);
  await expect(sync()).rejects.toThrow('55 位不在微信的名單上');
  expect(await count()).toBe(60);
  expect(await sync({ remove: true })).toMatchObject({ state: 'done', gone: 55 });
  expect(await count()).toBe(5);
});

test('who leaves while she is being met is gone in the end', async () => {
  const [lin = ''] = followers(3);
  const { subscribers } = talk.services;
  const racing: Users = {
    ...users,
    infos: async (openids) => {
      const told = await users.infos(openids);
      await subscribers.remove(subscribers.fanOf(lin), new Date(Date.parse('2026-11-23T12:00:00+08:00')));
      return told;
    },
  };
  await sync({ users: racing });
  expect(await count({ openid: lin })).toBe(0);
  expect(await count()).toBe(2);
  expect(await erasures()).toBe(1);
});

test('two at once: the second is told so', async () => {
  followers(3);
  const onStep = () => expect(sync()).rejects.toThrow('另一個訂閱者同步正在進行');
  let second: Promise<void> | undefined;
  await sync({ onStep: () => void (second ??= onStep()) });
  await second;
});
