import { collectAudience } from '../../../src/domain/audience';
import { createPeople } from '../../../src/domain/people/people';
import { stageRehearsal } from '../../../src/domain/quiz/rehearse/rehearsal';
import { playerGroups } from '../../../src/domain/segments/players';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';
import { aPrize, aQuestion, aQuiz } from '../quiz/a-quiz';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

const sweep = () => talk.services.people.upkeep.sweep();
const count = async (said: string) => {
  const { segments } = talk.services;
  return (await segments.count(await segments.readText(said))).people;
};

test('what a fan says and does is in her flat row seconds later, without any write of the callback', async () => {
  const lin = talk.fan();
  await lin.says('繁體');
  await lin.scans('spring-metro-01');
  await lin.says('杭州酒店');
  talk.turnClockTo('2026-11-22T10:01');
  await lin.says('上海500以內的酒店');
  const { pid } = await lin.row();
  await talk.services.attributes.set({ pid, name: '性別', value: '女', source: 'test', consent: 'yes' });
  await talk.services.attributes.set({
    pid,
    name: '生日',
    value: '1990-05-03',
    source: 'test',
    consent: 'yes',
  });
  talk.turnClockTo('2026-11-22T10:05');
  await sweep();

  const row = await talk.services.people.read(pid);
  expect(row?.t).toEqual(
    expect.arrayContaining([
      'script:hant',
      'city:上海',
      'channel:first:spring-metro-01',
      'attribute:性別=女',
      'known:生日',
      'age:35 到 44 歲',
      'sign:金牛座',
    ]),
  );
  expect(row?.n).toHaveProperty('asked_hotels_2');
  expect(await count('30 天內問過酒店至少 2 次；屬性「性別」是「女」；用繁體字')).toBe(1);
  expect(await count('30 天內問過酒店至少 3 次')).toBe(0);
  expect(await count('年齡35 到 44 歲；星座是金牛座；問過或人在城市「上海」')).toBe(1);
  expect(await count('從渠道「spring-metro-01」來')).toBe(1);
});

test('a birthday is its month and date alone, and of 29 February the 28th where there is no 29th', async () => {
  const { attributes, people } = talk.services;
  for (const value of ['1990-11-29', '11-29', '2000-02-29']) {
    const fan = talk.fan();
    await fan.says('杭州天氣');
    const { pid } = await fan.row();
    await attributes.set({ pid, name: '生日', value, source: 'test', consent: 'yes' });
    await people.rebuild();
    expect((await people.read(pid))?.t.join()).not.toMatch(/1990|2000/);
  }
  expect([await count('今天生日'), await count('再過 7 天生日')]).toEqual([0, 2]);
  talk.turnClockTo('2026-11-29T00:01');
  expect(await count('今天生日')).toBe(2);
  talk.turnClockTo('2027-02-28T00:01');
  expect(await count('今天生日')).toBe(1);
  talk.turnClockTo('2028-02-28T00:01');
  expect(await count('今天生日')).toBe(0);
  talk.turnClockTo('2026-11-22T10:06');
});

test('a rebuild changes nothing, and mends what was lost', async () => {
  const chen = talk.fan();
  await chen.says('成都天氣');
  const { pid } = await chen.row();
  const { people } = talk.services;
  await people.rebuild();
  const different = async () => {
    const found: string[] = [];
    for await (const one of people.differences()) found.push(one.pid);
    return found;
  };
  expect(await different()).toEqual([]);
  const rows = (await database.connect()).collection<{ _id: string }>('people');
  await rows.deleteOne({ _id: pid });
  await rows.insertOne({ _id: 'nobody' });
  expect(await different()).toEqual([pid]);
  await people.rebuild();
  expect(await different()).toEqual([]);
  expect(await people.read('nobody')).toBeNull();
});

test('who leaves is in no segment any more', async () => {
  const gao = talk.fan();
  await gao.says('廈門景點');
  await talk.services.people.rebuild();
  const { pid, _id } = await gao.row();
  expect(await count('問過或人在城市「廈門」')).toBe(1);
  await talk.services.subscribers.remove(_id, new Date());
  await talk.services.upkeep.erase({ fan: _id, pid, upTo: new Date() });
  expect(await count('問過或人在城市「廈門」')).toBe(0);
});

test('the players of a campaign are grouped by what they did and who they are, and saved as segments', async () => {
  const db = await database.connect();
  const { tickets, draws, campaigns, people, segments, attributes } = talk.services;
  const quiz = aQuiz({
    id: 'autumn',
    title: '秋日一戰',
    keywords: ['秋戰'],
    questions: Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`)),
    prizes: [aPrize('cup', { kind: 'floor', every: 2 }, { name: '茶杯', quantity: 500, priceFen: 1_000 })],
  });
  await stageRehearsal({ db, tickets, draws, content: quiz });
  await campaigns.load();
  talk.turnClockTo('2026-11-22T11:00');
  const fans = Array.from({ length: 12 }, () => talk.fan());
  for (const fan of fans) await fan.says('秋戰');
  talk.turnClockTo('2026-11-22T11:01');
  for (const [i, fan] of fans.entries()) {
    await fan.says('A');
    const { pid } = await fan.row();
    await attributes.set({ pid, name: '性別', value: i % 2 ? '女' : '男', source: 'test', consent: 'yes' });
  }
  await talk.services.projector.catchUp('autumn');
  await people.rebuild();
  expect(await count('在活動「autumn」停在第 1 關')).toBe(12);
  expect(await count('在活動「autumn」還沒過第 3 關')).toBe(12);
  expect(await count('在活動「autumn」停在第 2 關')).toBe(0);
  expect(await count('今天在活動「autumn」答過題')).toBe(12);
  expect(await count('有獎品 6 天內到期')).toBe(0);
  expect(await count('有獎品 7 天內到期')).toBe(6);
  expect(await count('有獎品再過 7 天到期')).toBe(6);
  expect(await count('有獎品再過 6 天到期')).toBe(0);

  const groups = await playerGroups(db, { id: 'autumn', title: '秋日一戰' });
  const sizes = Object.fromEntries(groups.map(({ id, people: size }) => [id, size]));
  expect(sizes).toMatchObject({
    'autumn-players': 12,
    'autumn-unfinished': 12,
    'autumn-won': 6,
    'autumn-won-nothing': 6,
    'autumn-gender-1': 6,
    'autumn-gender-2': 6,
  });
  for (const { people: size, ...group } of groups) {
    const saved = await segments.save({ ...group, by: 'ann' });
    expect(saved.version).toBe(1);
    expect((await segments.count(saved.rule)).people).toBe(size);
  }
});

test('a segment of segments, its versions, and why somebody is in it', async () => {
  const { segments, people } = talk.services;
  const rule = await segments.readText('同時（屬於分群「autumn-won」；屬性「性別」是「女」）');
  await segments.save({ id: 'women-won', name: '得獎的女生', rule, by: 'ann' });
  const again = await segments.save({ id: 'women-won', name: '得獎的女生們', rule, by: 'ben' });
  expect(again.version).toBe(1);
  const next = await segments.save({ id: 'women-won', name: '得獎的女生', rule: { any: [rule] }, by: 'ben' });
  expect(next.version).toBe(2);

  const [one] = await segments.sample(rule);
  const verdict = await segments.why(rule, (await people.read(one?._id ?? ''))!);
  expect(verdict).toMatchObject({ is: true, below: [{ is: true }, { is: true }] });
  const ids: string[] = [];
  for await (const id of segments.ids(rule)) ids.push(id);
  expect(ids).toHaveLength((await segments.count(rule)).people);

  const circle = await segments.readText('屬於分群「women-won」');
  await expect(segments.save({ id: 'autumn-won', name: '圈', rule: circle, by: 'ann' })).rejects.toThrow(
    '成了一圈',
  );
  await expect(segments.readText('屬於分群「nosuch」')).rejects.toThrow('autumn-won');
});

test('a static list is a segment like any other', async () => {
  const { segments, subscribers } = talk.services;
  const some = (await subscribers.everybody('', 3)).toSorted((a, b) => (a.fan < b.fan ? -1 : 1));
  await segments.addToList('vip', some);
  await segments.addToList('vip', some);
  expect(await count('在名單「vip」裡')).toBe(3);
});

test.each([
  '屬性「性別」是「女」',
  '同時（屬性「性別」是「女」；問過或人在地區「浙江」或「江蘇」；在活動「autumn」到了第 2 關；30 天內問過酒店至少 2 次；沉默超過 10 天）',
  '任一（玩過活動「autumn」；從渠道「a」來）',
  '3 天內來過',
])('「%s」 is answered from an index', async (said) => {
  const { segments } = talk.services;
  const plan = JSON.stringify(await segments.plan(await segments.readText(said)));
  expect(plan).toContain('IXSCAN');
  expect(plan).not.toContain('COLLSCAN');
});

test('a rebuild that is cut off and begun again leaves the same rows as one that went through', async () => {
  const db = await database.connect();
  const { subscribers, inbox, people: whole } = talk.services;
  let batches = 0;
  const cut = createPeople({
    db,
    clock: talk.services.clock,
    everybody: async (after, limit) => {
      if (++batches > 2) throw new Error('killed');
      return subscribers.everybody(after, Math.min(limit, 3));
    },
    among: subscribers.among,
    here: subscribers.here,
    wrote: inbox.wrote,
    firstWrote: inbox.firstWrote,
    audience: () => collectAudience(talk.services),
  });
  await (await database.connect()).collection('people').deleteMany({});
  await expect(cut.rebuild()).rejects.toThrow('killed');
  await whole.rebuild();
  const different: string[] = [];
  for await (const one of whole.differences()) different.push(one.pid);
  expect(different).toEqual([]);
});
