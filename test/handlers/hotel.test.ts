import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

const prices = (said: string) => [...said.matchAll(/^¥(\d+)/gm)].map(([, yuan]) => Number(yuan));
const stars = (said: string) => [...said.matchAll(/ (★+)$/gm)].map(([, row]) => row?.length);

test('a hotel is told with stars, price, when and where the price was read, and a tracked link', async () => {
  const said = await talk.fan().says('杭州酒店');
  expect(said).toMatch(/^杭州酒店，共 15 家/);
  expect(said).toMatch(
    /1\. .+ ★★★★★\n¥\d+（11月\d+日 示例房價） <a href="https:\/\/wx\.xiaoyi\.example\.com\/go\/[\w.-]+">預訂<\/a>/,
  );
  const [, token = ''] = /\/go\/([\w.-]+)"/.exec(said) ?? [];
  expect((await talk.services.links.open(token)).url).toMatch(/^https:\/\/example\.com\/book\/hangzhou-/);
});

test.each([
  '杭州 500以下 酒店',
  '杭州500以下酒店',
  '杭州酒店500以下',
  '500元以下的杭州酒店',
  '酒店 杭州 500以內',
  '我想订杭州五百以内的酒店',
])('「%s」 keeps to the budget', async (wanted) => {
  const fan = talk.fan();
  const said = await fan.says(wanted);
  expect(said).toMatch(/500元以[內内]，共 7 家/);
  const more = await fan.says('更多');
  expect(prices(said + more)).toHaveLength(7);
  expect(Math.max(...prices(said + more))).toBeLessThanOrEqual(500);
});

test('stars and order are understood', async () => {
  const fan = talk.fan();
  expect(stars(await fan.says('杭州四星酒店'))).toEqual([4, 4, 4, 4, 4]);
  const cheap = prices(await fan.says('上海便宜酒店'));
  expect(cheap).toEqual(cheap.toSorted((a, b) => a - b));
});

test('words that are not understood are told', async () => {
  expect(await talk.fan().says('杭州帶泳池酒店')).toMatch(
    /^「泳池」我這裡查不到，先按其他條件找。\n\n杭州酒店/,
  );
});

test('without a city it is the remembered one, else she is asked', async () => {
  const fan = talk.fan();
  expect(await fan.says('酒店')).toMatch(/^想住哪裡？/);
  expect(await fan.says('便宜酒店')).toMatch(/^想住哪裡？/);
  await fan.says('蘇州攻略');
  expect(await fan.says('四星酒店')).toMatch(/^蘇州酒店，4星/);
  expect(await fan.clicks('HOTELS')).toMatch(/^蘇州酒店，共/);
});

test('pages go on with the same wishes to the end', async () => {
  const fan = talk.fan();
  const all = [
    await fan.says('北京 300-600 酒店'),
    await fan.says('杭州酒店'),
    await fan.says('更多'),
    await fan.says('更多'),
  ];
  expect(all[2]).toMatch(/^6\. /m);
  expect(all[3]).toMatch(/^15\. /m);
  expect(all[3]).not.toContain('更多');
  expect(await fan.says('更多')).toMatch(/^剛才說的已經是全部了/);
});

test('the wishes survive the question which city was meant', async () => {
  const fan = talk.fan();
  expect(await fan.says('浙江 500以下 酒店')).toMatch(/^「浙江」有幾個可能.+\n1\. 浙江杭州\n2\. 浙江嘉興/);
  expect(await fan.says('1')).toMatch(/^杭州酒店，500元以內，共 7 家，先看 5 家\n/);
});

test('nothing that fits is told with a way on', async () => {
  expect(await talk.fan().says('杭州10000以上酒店')).toMatch(/^杭州 10000元以上：沒有找到酒店。放寬一點/);
});

test('an unknown city is told so; what was lost in a hotel is a matter for people', async () => {
  expect(await talk.fan().says('月亮灣城酒店')).toMatch(/^「月亮灣城」我還不熟/);
  const fan = talk.fan();
  await fan.says('昨天在酒店丟了東西怎麼辦');
  expect(fan.last()?.by).toBe('handlers/agent.ts');
});
