import type { Connection } from 'mongoose';
import pino from 'pino';
import { createWechatClient } from '../../../src/wechat/api/client';
import { createTags, type WechatTags } from '../../../src/wechat/api/tags';
import { createUsers } from '../../../src/wechat/api/users';
import { createStage, type Stage, secrets } from '../../simulator/stage';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let db: Connection;
let talk: Talk;
let stage: Stage;
let wechat: WechatTags;
beforeAll(async () => {
  db = await database.connect();
  talk = await createTalk(database);
});
beforeEach(async () => {
  await database.clear();
  stage = await createStage();
  const log = pino({ level: 'silent' });
  const client = createWechatClient({ baseUrl: stage.url, ...secrets, log, backoffMs: 1 });
  wechat = createTags({ client });
  // 60 of the north, 5 of the south; all of them known to us.
  for (const [scene, n] of [
    ['north', 60],
    ['south', 5],
  ] as const)
    for (let at = 0; at < n; at++)
      Object.assign(stage.sim.world.fan(`${scene}${at}`), {
        following: true,
        known: true,
        subscribedAt: Date.parse('2026-11-01T08:00:00+08:00'),
        qrScene: scene,
      });
  await talk.services.subscriberSync.run({ users: createUsers({ client }) });
});
afterEach(() => stage.close());
afterAll(() => database.drop());

const give = '/cgi-bin/tags/members/batchtagging';
const calls = (path: string) => stage.sim.effects.list(path).length;
const sync = (more: { wechat?: WechatTags } = {}) => talk.services.tags.sync({ wechat, ...more });

/** A segment of who came by this code, marked with a tag. */
async function segment(id: string, channel: string, tag?: string): Promise<void> {
  const { segments, tags } = talk.services;
  const rule = await segments.read({ leaf: 'first-channel', channels: [channel] });
  await segments.save({ id, name: id, rule, by: 'ann' });
  if (tag !== undefined) await tags.mark(id, tag);
}
/** Who came by another code from now on. */
async function moves(name: string, scene: string): Promise<void> {
  const { subscribers, people } = talk.services;
  const fan = subscribers.fanOf(stage.sim.world.fan(name).openid);
  const her = await subscribers.load(fan);
  await subscribers.change(fan, her?.v ?? 0, { channel: { first: scene, last: scene }, said: [] });
  await people.rebuild();
}
const has = (name: string): string[] =>
  stage.sim.world.fan(name).tags.map((id) => stage.sim.world.tags.get(id)?.name ?? '');
const withTag = (tag: string) => stage.sim.world.fans().filter(({ name }) => has(name).includes(tag)).length;
const pidOf = async (name: string) =>
  (await talk.services.subscribers.meet(stage.sim.world.fan(name).openid)).pid;

test('a marked segment becomes a tag of those who are in it; again, and nothing is sent', async () => {
  await segment('n', 'north', '北方');
  await segment('s', 'south');
  const { tags } = talk.services;
  expect(await tags.list(wechat)).toMatchObject({ waiting: [{ segment: 'n', name: '北方' }], conflicts: [] });
  expect(await sync()).toMatchObject({
    shared: [{ name: '北方', given: 60, taken: 0, kept: 0, failures: [] }],
  });
  expect([withTag('北方'), calls(give)]).toEqual([60, 2]);
  expect(await sync()).toMatchObject({ shared: [{ given: 0, taken: 0, kept: 60 }] });
  expect(calls(give)).toBe(2);
  expect((await tags.list(wechat)).tags.find(({ name }) => name === '北方')).toMatchObject({
    count: 60,
    segment: 'n',
  });
});

test('only who came in or went out is told', async () => {
  await segment('n', 'north', '北方');
  await sync();
  await moves('north0', 'south');
  await moves('south0', 'north');
  expect(await sync()).toMatchObject({ shared: [{ given: 1, taken: 1, kept: 59 }] });
  expect([has('north0'), has('south0'), withTag('北方')]).toEqual([[], ['北方'], 60]);
  expect(calls(give)).toBe(3);
});

test('killed after the first fifty were told: the next run sends the rest, and what was not written down again', async () => {
  await segment('n', 'north', '北方');
  let n = 0;
  const dying = (last: number, before: boolean): WechatTags => ({
    ...wechat,
    give: async (id, openids) => {
      n++;
      if (n === last && before) throw new Error('killed');
      await wechat.give(id, openids);
      if (n === last) throw new Error('killed');
    },
  });
  await expect(sync({ wechat: dying(1, false) })).rejects.toThrow('killed');
  expect(withTag('北方')).toBe(50);
  n = 0;
  await expect(sync({ wechat: dying(2, true) })).rejects.toThrow('killed');
  expect(await sync()).toMatchObject({ shared: [{ given: 10, kept: 50 }] });
  expect([withTag('北方'), [...stage.sim.world.tags.values()].length]).toEqual([60, 2]);
});

test('killed between making a tag and writing its id down: it is known for ours', async () => {
  await segment('n', 'north', '北方');
  const dying: WechatTags = {
    ...wechat,
    create: async (name) => {
      await wechat.create(name);
      throw new Error('killed');
    },
  };
  await expect(sync({ wechat: dying })).rejects.toThrow('killed');
  expect(await sync()).toMatchObject({ conflicts: [], shared: [{ given: 60 }] });
  expect(stage.sim.world.tags.size).toBe(2);
});

test('a call that fails ends the run, says why, and is made again next time', async () => {
  await segment('n', 'north', '北方');
  stage.sim.knobs.set({ path: give, failBefore: { errcode: 45009 }, times: 1 });
  const report = await sync();
  expect(report.stopped?.message).toContain('45009');
  expect(report.shared).toMatchObject([{ given: 0 }]);
  expect(await sync()).toMatchObject({ shared: [{ given: 60 }] });
});

test('who has 20 tags, and who left, are told one by one; the others have it, and they are tried again', async () => {
  for (let n = 0; n < 20; n++) stage.sim.world.tags.set(200 + n, { id: 200 + n, name: `t${n}` });
  stage.sim.world.fan('north7').tags = Array.from({ length: 20 }, (_, n) => 200 + n);
  Object.assign(stage.sim.world.fan('north8'), { following: false });
  await segment('n', 'north', '北方');
  const [full, gone] = [await pidOf('north7'), await pidOf('north8')];
  const { shared } = await sync();
  expect(shared[0]).toMatchObject({ given: 58 });
  expect(shared[0]?.failures.toSorted((a, b) => b.errcode - a.errcode)).toEqual([
    { pid: full, errcode: 45059, reason: '這位用戶的標籤太多（最多 20 個）', gone: false },
    { pid: gone, errcode: 40003, reason: '已經不關注了', gone: true },
  ]);
  stage.sim.world.fan('north7').tags = [];
  expect(await sync()).toMatchObject({ shared: [{ given: 1, kept: 58, failures: [{ pid: gone }] }] });
});

test('of those whom WeChat names as failed only they are asked for again; a busy one is waited for', async () => {
  await segment('s', 'south', '南方');
  const { openid } = stage.sim.world.fan('south3');
  stage.sim.knobs.set({
    path: give,
    failAfter: { errcode: 45171, more: { fail_openid_list: [openid] } },
    times: 1,
  });
  expect(await sync()).toMatchObject({ shared: [{ given: 5, failures: [] }] });
  expect(calls(give)).toBe(2);
  await moves('north0', 'south');
  stage.sim.knobs.set({ path: give, failBefore: { errcode: 45169 }, times: 2 });
  expect(await sync()).toMatchObject({ shared: [{ given: 1, kept: 5, failures: [] }] });
  await moves('north1', 'south');
  stage.sim.knobs.set({ path: give, failBefore: { errcode: 45169 } });
  expect(await sync()).toMatchObject({ shared: [{ given: 0, failures: [{ errcode: 45169 }] }] });
  stage.sim.knobs.clear();
  expect(await sync()).toMatchObject({ shared: [{ given: 1 }] });
});

test('a tag of that name that somebody else made is shown as a conflict and not touched', async () => {
  await wechat.create('北方');
  await segment('n', 'north', '北方');
  const report = await sync();
  expect(report).toMatchObject({ shared: [], conflicts: [{ segment: 'n', name: '北方' }] });
  expect(report.conflicts[0]?.why).toContain('別處建立');
  expect((await talk.services.tags.list(wechat)).conflicts).toHaveLength(1);
  expect([withTag('北方'), stage.sim.world.tags.size]).toEqual([0, 2]);
  await talk.services.tags.mark('n', '北方來的');
  expect(await sync()).toMatchObject({ conflicts: [], shared: [{ name: '北方來的', given: 60 }] });
  expect(withTag('北方')).toBe(0);
});

test('tags made elsewhere are read in', async () => {
  const id = await wechat.create('地推');
  await sync();
  expect(await db.collection<{ _id: number }>('tags').findOne({ _id: id })).toMatchObject({
    name: '地推',
    people: 0,
  });
});

test('another name is the same tag under it; one that was renamed or deleted at WeChat is a conflict until somebody decides', async () => {
  await segment('s', 'south', '南方');
  await sync();
  const id = [...stage.sim.world.tags.keys()].at(-1) ?? 0;
  await talk.services.tags.mark('s', '南國');
  expect(await sync()).toMatchObject({ shared: [{ name: '南國', given: 0, kept: 5 }] });
  expect(stage.sim.world.tags.get(id)?.name).toBe('南國');

  await wechat.rename(id, '南洋');
  expect((await sync()).conflicts[0]?.why).toContain('被改名為「南洋」');
  await talk.services.tags.mark('s', '南洋');
  expect(await sync()).toMatchObject({ conflicts: [], shared: [{ kept: 5 }] });

  await wechat.remove(id);
  expect((await sync()).conflicts[0]?.why).toContain('被刪了');
  expect((await sync()).conflicts[0]?.why).toContain('被刪了');
  await talk.services.tags.mark('s', '南洋');
  expect(await sync()).toMatchObject({ conflicts: [], shared: [{ given: 5 }] });
});

test('a segment that is not marked any more loses its tag, also one that very many have', async () => {
  await segment('n', 'north', '北方');
  await segment('s', 'south', '南方');
  await sync();
  await talk.services.tags.mark('n', undefined);
  stage.sim.knobs.set({ path: '/cgi-bin/tags/delete', failBefore: { errcode: 45057 }, times: 1 });
  expect(await sync()).toMatchObject({ dropped: ['北方'], shared: [{ name: '南方', kept: 5 }] });
  expect(calls('/cgi-bin/tags/members/batchuntagging')).toBe(2);
  expect([...stage.sim.world.tags.values()].map(({ name }) => name)).toEqual(['星標組', '南方']);
  expect(await sync()).toMatchObject({ dropped: [] });
});

test('the account has a hundred tags and no more', async () => {
  for (let n = 0; n < 99; n++) stage.sim.world.tags.set(200 + n, { id: 200 + n, name: `t${n}` });
  await segment('n', 'north', '北方');
  await segment('s', 'south', '南方');
  const report = await sync();
  expect(report).toMatchObject({ shared: [{ name: '北方', given: 60 }], conflicts: [{ name: '南方' }] });
  expect(report.conflicts[0]?.why).toContain('100 個標籤');
});

test('who leaves and comes back is given it anew', async () => {
  await segment('s', 'south', '南方');
  await sync();
  const { upkeep, subscribers } = talk.services;
  const fan = subscribers.fanOf(stage.sim.world.fan('south1').openid);
  const pid = await pidOf('south1');
  stage.sim.world.fan('south1').tags = [];
  await upkeep.erase({ fan, pid, upTo: new Date('2026-11-23T12:00:00+08:00') });
  expect(await sync()).toMatchObject({ shared: [{ given: 1, kept: 4 }] });
  expect(has('south1')).toEqual(['南方']);
});

test('a name is 1 to 30 characters, and of one segment alone', async () => {
  const { tags } = talk.services;
  await segment('n', 'north', '北方');
  await segment('s', 'south');
  await expect(tags.mark('s', ' 北方 ')).rejects.toThrow('已經是分群「n」的');
  await expect(tags.mark('s', ' ')).rejects.toThrow('1 到 30');
  await expect(tags.mark('s', '長'.repeat(31))).rejects.toThrow('31');
  await expect(tags.mark('nobody', '北')).rejects.toThrow('沒有分群');
});
