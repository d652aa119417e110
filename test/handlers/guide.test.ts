import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

test('a guide is told in four pages, and then there is no more', async () => {
  const fan = talk.fan();
  const guide = await talk.services.guides.of('hangzhou');
  expect(await fan.says('杭州攻略')).toContain(guide?.overview);
  expect(await fan.says('更多')).toContain(guide?.seasons);
  expect(await fan.says('更多')).toContain(guide?.routes[2]);
  const last = await fan.says('更多');
  expect(last).toContain(guide?.food);
  expect(last).toContain(guide?.tips);
  expect(last).toContain('10月15日寫成');
  expect(await fan.says('更多')).toMatch(/^剛才說的已經是全部了/);
});

test('「更多」 means the guide for ten minutes', async () => {
  const fan = talk.fan();
  talk.turnClockTo('2026-11-22T10:00');
  await fan.says('杭州攻略');
  talk.turnClockTo('2026-11-22T10:11');
  expect(await fan.says('更多')).toMatch(/^剛才說的已經是全部了/);
});

test.each([
  ['杭州美食', '杭州，吃什麼'],
  ['杭州幾月去', '杭州，什麼季節去'],
  ['杭州路線', '杭州，怎麼走'],
  ['杭州攻略第99頁', '杭州，吃什麼'],
])('「%s」 opens the guide where it is told', async (said, begins) => {
  expect(await talk.fan().says(said)).toMatch(begins);
});

test('the menu asks for a city first, then opens the guide of the remembered one', async () => {
  const fan = talk.fan();
  expect(await fan.clicks('GUIDES')).toMatch(/^想去哪裡？/);
  await fan.says('成都天氣');
  expect(await fan.clicks('GUIDES')).toContain('（四川成都）');
});

test.each([
  ['香港攻略', '（中國香港）'],
  ['澳門攻略', '（中國澳門）'],
  ['台北攻略', '（中國台灣台北）'],
  ['臺北攻略', '（中國台灣台北）'],
])('「%s」 names the region as it must be', async (said, where) => {
  expect(await talk.fan().says(said)).toContain(where);
});

test('a city whose guide is not written yet offers what there is', async () => {
  const db = await database.connect();
  await db.collection<{ _id: string }>('guides').deleteOne({ _id: 'tainan' });
  const fan = talk.fan();
  expect(await fan.says('台南攻略')).toBe(
    '台南的攻略還在寫。先看看這些？\n1. 台南景點\n2. 台南天氣\n（回覆數字就行）',
  );
  expect(await fan.says('台南景點')).toMatch(/^台南景點（/);
});

test('a guide longer than its pages is told to its last character, page by page', async () => {
  const db = await database.connect();
  const sentence = (n: number) => `第${n}句說的是這座城市裡值得一去的地方。`;
  const long = (from: number) => Array.from({ length: 60 }, (_, i) => sentence(from + i)).join('');
  const texts = { overview: long(100), seasons: long(200), food: long(300), tips: long(400) };
  const routes = Array.from({ length: 9 }, (_, i) => long(1_000 + 100 * i));
  await db.collection<{ _id: string }>('guides').updateOne({ _id: 'suzhou' }, { $set: { ...texts, routes } });
  const fan = talk.fan();
  let told = await fan.says('蘇州攻略');
  for (let page = await fan.says('更多'); !page.startsWith('剛才說的'); page = await fan.says('更多'))
    told += page;
  for (const text of [...Object.values(texts), ...routes])
    for (const one of text.match(/第\d+句/g) ?? []) expect(told).toContain(one);
  expect(await talk.fan().says('蘇州美食')).toMatch(/^蘇州，吃什麼\n\n第300句/);
});
