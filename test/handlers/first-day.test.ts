import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

/** An account of somebody's: nothing invented, no weather service yet, no quiz. */
const account = { WECHAT_APP_ID: 'wx00112233445566aa', WECHAT_API_URL: 'http://127.0.0.1:1' };

const database = testDatabase();
let talk: Talk;

beforeAll(async () => {
  talk = await createTalk(database, { settings: account });
  const db = await database.connect();
  for (const table of ['hotels', 'trains', 'channels']) await db.collection(table).deleteMany({});
  await talk.services.offers.load();
});
afterAll(() => database.drop());

test('welcome and help name only what has an answer', async () => {
  for (const said of [await talk.fan().follows(), await talk.fan().says('幫助')]) {
    expect(said).toContain('杭州攻略');
    expect(said).toContain('杭州景點');
    expect(said).not.toMatch(/酒店|天氣|高鐵|一戰到底/);
  }
  expect(await talk.fan().says('呱呱呱')).toBe(
    '這句我還不會答，先記下來慢慢學。\n\n換個說法試試：「杭州攻略」「杭州景點」；回覆「幫助」看我會什麼，回覆「人工」找真人。',
  );
});

test.each([
  ['杭州天氣', '天氣服務還沒接上，陰晴我'],
  ['天氣', '天氣服務還沒接上，陰晴我'],
  ['杭州酒店', '杭州的酒店我手上還沒有，'],
  ['杭州 500以下 酒店', '杭州的酒店我手上還沒有，'],
  ['酒店', '酒店我手上還沒有，'],
  ['附近酒店', '酒店我手上還沒有，'],
  ['杭州到上海 明天 高鐵', '列車時刻我手上還沒有，'],
  ['列車', '列車時刻我手上還沒有，'],
])('「%s」 is told honestly that there is none, and what there is', async (said, what) => {
  const answer = await talk.fan().says(said);
  expect(answer).toMatch(new RegExp(`^${what}不敢隨口說。這些倒是說得上來：\\n1\\. `));
  expect(answer).not.toMatch(/示例|\d\. .*(天氣|酒店)/);
});

test('each thing on the list has an answer', async () => {
  const fan = talk.fan();
  const list = await fan.says('成都酒店');
  const offered = [...list.matchAll(/^\d\. (.+)$/gm)].map(([, says = '']) => says);
  expect(offered).toEqual(['成都攻略', '成都景點']);
  for (const says of offered) expect(await fan.says(says)).toMatch(/^成都/);
});

test.each(['WEATHER', 'HOTELS', 'TRAINS'])('the button %s says so too', async (key) => {
  expect(await talk.fan().clicks(key)).toMatch(/不敢隨口說。這些倒是說得上來/);
});

test('a location is answered with the city it is near, and what we can tell of it', async () => {
  expect(await talk.fan().sendsLocation(30.25, 120.16, '西湖')).toBe(
    '位置收到了，酒店我手上還沒有。離你最近的城市是浙江杭州，約 2.7 公里。要看看那裡嗎？\n1. 杭州攻略\n2. 杭州景點\n（回覆數字就行）',
  );
});

test('no suggestion leads to what is not there', async () => {
  for (const said of ['天氣好嗎', '酒店住宿吧', '排行榜單', '我想看列車嗎', '積分呢'])
    expect(await talk.fan().says(said)).not.toMatch(/\d\. .*(天氣|酒店|住宿|排行|列車|積分)/);
});

test('a city alone offers what there is about it; the last page of a guide too', async () => {
  expect(await talk.fan().says('杭州')).toMatch(/想看什麼？\n1\. 杭州攻略\n2\. 杭州景點\n/);
  expect(await talk.fan().says('杭州美食')).toMatch(/也可以問我「杭州景點」。$/);
});

test('an unknown city is answered with cities that are known', async () => {
  const db = await database.connect();
  await db.collection<{ _id: string }>('cities').deleteMany({ _id: { $in: ['hangzhou', 'chengdu'] } });
  await talk.services.cities.load();
  const said = await talk.fan().says('杭州攻略');
  expect(said).toMatch(/^「杭州」我還不熟。/);
  const named = [...said.matchAll(/「(.+?)」/g)].map(([, name = '']) => name).slice(1, 3);
  expect(named).toHaveLength(2);
  for (const name of named) expect(await talk.fan().says(`${name}攻略`)).not.toContain('我還不熟');
  expect(await talk.fan().follows()).not.toMatch(/杭州|成都/);
});

test('without a guide and without sights nobody is sent from the one to the other', async () => {
  const db = await database.connect();
  for (const table of ['guides', 'sights']) await db.collection(table).deleteMany({});
  await talk.services.offers.load();
  for (const said of ['北京攻略', '北京景點', '北京', '攻略', '景點'])
    expect(await talk.fan().says(said)).toMatch(/我手上還沒有，不敢隨口說。回覆「人工」，請同事幫你問。$/);
  expect(await talk.fan().follows()).toBe('歡迎！我是小藝，你的旅途參謀。\n\n回覆「幫助」看我會什麼。');
});
