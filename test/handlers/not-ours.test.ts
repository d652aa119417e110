import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

test.each([
  ['上海到北京的机票', /机票和航班我这里没有[^]*「上海到北京」/],
  ['上海到三亚的飞机票多少钱', /机票和航班我这里没有/],
  ['坐地铁怎么去外滩', /市内怎么走，我这里查不到，去外滩/],
  ['签证怎么办', /12367/],
  ['我要找警察', /110/],
  ['有人暈倒了快叫救護車', /120/],
  ['在桂林租车多少钱', /租车、包车/],
  ['香港迪士尼樂園幾點關門', /香港迪士尼[^]*沒有/],
  ['东京迪士尼门票', /东京迪士尼[^]*没有/],
  ['上海迪士尼幾點關門', /上海迪士尼[^]*開放/],
  ['上海虹桥站附近的酒店', /「上海虹桥站附近」我这里查不到/],
  ['带老人去张家界累不累', /出发前/],
  ['厦门明天后天天气', /明天[^]*周二/],
])('「%s」', async (said, answer) => expect(await talk.fan().says(said)).toMatch(answer));

test('a whole new question does not carry the conditions of the last one', async () => {
  const fan = talk.fan();
  await fan.says('杭州四星酒店');
  const said = await fan.says('西湖附近的酒店');
  expect(said).not.toContain('4星');
});

test('「更多」 behind the details of one goes on in the list', async () => {
  const fan = talk.fan();
  await fan.says('杭州酒店');
  await fan.says('第2家');
  expect(await fan.says('更多')).toMatch(/^6\. /m);
});
