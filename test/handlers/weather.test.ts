import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

test('now, today and three days, what to wear, and that the weather is invented', async () => {
  const said = await talk.fan().says('杭州天氣');
  expect(said).toMatch(/^杭州天氣（示例天氣，不是實況）\n現在 .+ -?\d+°C/);
  expect(said).toMatch(/\n今天 .+\n明天 .+\n週二 .+\n週三 /);
  expect(said).toMatch(/[。]\n\n來源：示例天氣$/);
});

test('who writes Simplified reads Simplified', async () => {
  const said = await talk.fan().says('杭州天气');
  expect(said).toMatch(/^杭州天气（示例天气，不是实况）/);
  expect(said).toMatch(/来源：示例天气$/);
});

test.each([
  '杭州的天氣',
  '今天杭州天氣',
  '杭州明天天氣',
  ' 杭州　天氣！',
  'hangzhou天氣',
  '杭州市天氣預報',
  '杭州天氣怎麼樣？',
])('「%s」 asks the same', async (said) => {
  expect(await talk.fan().says(said)).toMatch(/^杭州天氣/);
});

test('the city she last asked about is remembered; without one she is asked', async () => {
  const fan = talk.fan();
  expect(await fan.says('天氣')).toBe('想看哪裡的天氣？回覆「杭州天氣」，或直接發個位置給我。');
  await fan.says('哈爾濱攻略');
  expect(await fan.says('天氣')).toMatch(/^哈爾濱天氣/);
  expect(await fan.clicks('WEATHER')).toMatch(/^哈爾濱天氣/);
});

test('after a location it is the weather of the city she is in', async () => {
  const fan = talk.fan();
  await fan.sendsLocation(31.23, 121.47, '人民廣場');
  expect(await fan.says('天氣')).toMatch(/^上海天氣/);
});

test('a name of several cities is asked back, and the number answers', async () => {
  const fan = talk.fan();
  expect(await fan.says('吉林天氣')).toBe(
    '「吉林」有幾個可能，你說的是哪一個？\n1. 吉林長春\n2. 吉林吉林市\n（回覆數字就行）',
  );
  expect(await fan.says('２')).toMatch(/^吉林市天氣/);
});

test('a misspelt city is guessed once and said as such, an unknown one is told so', async () => {
  const fan = talk.fan();
  expect(await fan.says('杭洲天氣')).toMatch(/^你是說「杭州天氣」吧？\n\n杭州天氣/);
  expect(await fan.says('月球天氣')).toMatch(/^「月球」我還不熟。換個/);
});
