import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { createLog } from '../../src/kit/log';
import { gates } from '../support/gates';
import { until } from '../support/processes';
import { answersOf, createRig, type Rig } from '../support/rig';

const logged: string[] = [];
const to = new Writable({
  write(chunk, _, done) {
    logged.push(String(chunk));
    done();
  },
});

let rig: Rig;
beforeAll(async () => {
  rig = await createRig({
    webs: 2,
    workers: 1,
    callbacks: { gapMs: 500 },
    log: createLog({ level: 'trace', name: 'rig', to }),
  });
});
afterAll(() => rig.close());

/** All that is stored and logged anywhere, as one text. */
async function everything(): Promise<string> {
  const parts: string[] = [...logged];
  for (const collection of (await rig.db.db?.collections()) ?? [])
    parts.push(JSON.stringify(await collection.find().toArray()));
  const redis = new Redis(rig.database.redisUrl);
  for (const key of await redis.keys('*')) {
    const dump = await redis.dumpBuffer(key);
    parts.push(key, dump?.toString('latin1') ?? '', await valuesOf(redis, key));
  }
  redis.disconnect();
  return parts.join('\n');
}

async function valuesOf(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      return (await redis.get(key)) ?? '';
  }
}

/** Which of the marks can be found. */
const found = async (marks: string[]): Promise<string[]> => {
  const all = await everything();
  return marks.filter((mark) => all.includes(mark));
};

const leave = (openid: string) => rig.event(openid, 'unsubscribe', { EventKey: '' });
const settled = async (): Promise<void> => {
  await until(
    async () =>
      (await rig.count('inbox', { open: true })) === 0 &&
      (await rig.count('outbox', { state: { $in: ['pending', 'sending'] } })) === 0,
    { what: 'everything is carried out' },
  );
};

test('nothing that could tell who she was or what she said is left anywhere when she has left', async () => {
  const fan = await rig.follower('被遺忘的人');
  const marks = [
    fan.openid,
    '紫色暗號一',
    '紫色暗號二',
    '紫色暗號三',
    '紫色暗號四',
    '紫色暗號五',
    '13812345678',
  ];
  await fan.says('回聲 紫色暗號一');
  await fan.says('紫色暗號二'); // nobody understands
  await fan.says('聯絡');
  await fan.says('紫色暗號三');
  await fan.says('13812345678');
  await fan.says('多說 紫色暗號四');
  await fan.says('壞了');
  await fan.sends({ location: { latitude: 30.25, longitude: 120.16, label: '紫色暗號五' } });
  await settled();
  expect(await found(marks)).toEqual([
    fan.openid,
    '紫色暗號一',
    '紫色暗號二',
    '紫色暗號三',
    '紫色暗號四',
    '紫色暗號五',
    '13812345678',
  ]);
  await fan.leaves();
  await settled();
  expect(await found(marks)).toEqual([]);
});

test('who never wrote before she left leaves nothing either', async () => {
  const openid = rig.openid();
  expect(answersOf(await rig.deliver(leave(openid), openid))).toEqual(['success']);
  await settled();
  expect(await found([openid])).toEqual([]);
});

test('words that were still being answered when she left are gone too, and do not bring her back', async () => {
  const fan = await rig.follower('話到一半');
  const slow = rig.deliver(rig.text(fan.openid, '等 話到一半'), fan.openid);
  await until(() => gates.held('話到一半') === 1, { what: 'the handler runs' });
  await fan.leaves();
  await settled();
  gates.open('話到一半');
  await slow;
  await settled();
  // What the handler wrote down in the meantime goes a few minutes later.
  await rig.app.turn(rig.clock.now() + 6 * 60_000);
  await settled();
  rig.clock.setOffset(0);
  expect(await found([fan.openid, '話到一半'])).toEqual([]);
  expect(rig.sentTo(fan.openid)).toEqual([]);
});

test('a message that is delivered again after she left does not bring her back', async () => {
  const fan = await rig.follower('來晚的話');
  const message = {
    ...rig.text(fan.openid, '第一次 來晚的話'),
    CreateTime: Math.floor(Date.now() / 1_000) - 5,
  };
  await fan.leaves();
  await settled();
  await rig.shutWindow(fan.openid);
  await rig.deliver(message, fan.openid);
  await settled();
  expect(await found([fan.openid, '來晚的話'])).toEqual([]);
  expect(await rig.count('reach', { _id: rig.app.services.subscribers.fanOf(fan.openid) })).toBe(0);
});

test('who comes back is welcomed back, and nothing that happens once happens twice', async () => {
  const fan = await rig.follower('去了又來');
  expect((await fan.says('第一次')).seen).toEqual({ kind: 'text', text: '送您一份禮物' });
  for (let n = 0; n < 3; n++) {
    await fan.leaves();
    await settled();
    expect((await fan.follows()).seen).toEqual({ kind: 'text', text: '歡迎回來' });
    expect((await fan.says('第一次')).seen).toEqual({ kind: 'text', text: '已經送過了' });
  }
});

test('a leave that is taken up only after she is back does not send her away', async () => {
  const fan = await rig.follower('又回來了');
  const old = { ...leave(fan.openid), CreateTime: Math.floor(Date.now() / 1_000) - 60 };
  await rig.deliver(old, fan.openid);
  await settled();
  expect(await rig.count('subscribers', { openid: fan.openid })).toBe(1);
});

test('after two years even her grave is forgotten, and she is welcomed as new', async () => {
  const fan = await rig.follower('兩年後');
  await fan.leaves();
  await settled();
  const years = 2 * 366 * 86_400_000 + 60_000;
  rig.clock.setOffset(years);
  try {
    await rig.app.services.subscribers.upkeep.forget(() => new Date(0));
    expect(await rig.count('graves', { until: { $lt: new Date(rig.clock.now()) } })).toBe(0);
    expect((await fan.follows()).seen).toEqual({ kind: 'text', text: '歡迎' });
  } finally {
    rig.clock.setOffset(0);
  }
});
