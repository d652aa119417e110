import { allWork, gates } from '../support/gates';
import { until } from '../support/processes';
import { answersOf, createRig, type Rig } from '../support/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig({ webs: 2 });
});
afterAll(() => rig.close());

const effectsOf = (words: string) => rig.count('enquiries', { words });

test('C1: three copies at once to two processes have one effect and all say the same', async () => {
  const openids = Array.from({ length: 20 }, rig.openid);
  const answers: string[][] = [];
  // In waves: each copy is to be answered within WeChat's five seconds, also where a test machine has little to give.
  for (let wave = 0; wave < 300; wave += 20) {
    const delivered = openids.map(async (openid, i) =>
      answersOf(await rig.deliver(rig.text(openid, `做 第${wave + i}件`), openid, { storm: true })),
    );
    answers.push(...(await Promise.all(delivered)));
  }
  // A machine that is busy with other things may let a copy wait for longer; it is told nothing then, and nothing else.
  const told = answers.map((copies) => copies.filter((one) => !one.includes('沒有回應')));
  for (const [i, copies] of told.entries()) expect(copies).toEqual(copies.map(() => `做好 第${i}件`));
  expect(told.flat().length).toBeGreaterThan(600);
  expect(await rig.count('enquiries', { words: /^第/ })).toBe(300);
  expect(await rig.count('inbox', { open: true })).toBe(0);
});

test('C10: copies that come while the first still runs wait for its reply, and nothing is worked on twice', async () => {
  const openid = rig.openid();
  const message = rig.text(openid, '等 十');
  const first = rig.deliver(message, openid);
  await until(() => gates.held('十') === 1, { what: 'the handler runs' });
  const copies = [rig.deliver(message, openid), rig.deliver(message, openid)];
  gates.open('十');
  const answers = (await Promise.all([first, ...copies])).flatMap(answersOf);
  expect(answers).toEqual(Array(3).fill('等到 十'));
  expect(await effectsOf('十')).toBe(1);
});

test('W3: the same valid request a hundred times has one effect', async () => {
  const openid = rig.openid();
  const message = rig.text(openid, '做 一百遍');
  const answers = (
    await Promise.all(Array.from({ length: 100 }, () => rig.deliver(message, openid)))
  ).flatMap(answersOf);
  expect(new Set(answers)).toEqual(new Set(['做好 一百遍']));
  const rows = await rig.rows('enquiries', { words: '一百遍' });
  expect(rows).toHaveLength(1);
  expect(allWork().get(rows[0]?._id as string)).toBe(1);
});

test('C7: different events of one person in one second are not taken for copies', async () => {
  const openid = rig.openid();
  const createTime = Math.floor(Date.now() / 1_000);
  const event = (key: string) => ({
    ToUserName: rig.config.WECHAT_ORIGINAL_ID as string,
    FromUserName: openid,
    CreateTime: createTime,
    MsgType: 'event',
    Event: 'VIEW',
    EventKey: key,
  });
  // As many people as it takes to stay under the limit of one.
  const people = Array.from({ length: 30 }, rig.openid);
  for (let i = 0; i < 10; i++) {
    const url = `https://example.com/${i}`;
    const pairs = people.flatMap((her) => [
      { ...event(url), FromUserName: her },
      { ...event(`${url}?second`), FromUserName: her },
    ]);
    await Promise.all(pairs.map((one) => rig.deliver(one, one.FromUserName)));
  }
  expect(await effectsOf('view')).toBe(600);
});

test('C8: message ids beyond 2^53 that differ in the last digit are different messages', async () => {
  const openid = rig.openid();
  const ids = [
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
    '9223372036854775806',
    '18446744073709551615',
    '18446744073709551614',
  ];
  for (const id of ids)
    expect(answersOf(await rig.deliver(rig.text(openid, '做 大號', BigInt(id)), openid))).toEqual([
      '做好 大號',
    ]);
  for (const id of ids) await rig.deliver(rig.text(openid, '做 大號', BigInt(id)), openid);
  expect(await effectsOf('大號')).toBe(ids.length);
});
