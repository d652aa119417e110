import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database, { at: '2026-11-25T10:00' });
});
beforeEach(() => talk.turnClockTo('2026-11-25T10:00'));
afterAll(() => database.drop());

/** A talk, one thing said a line, and how each is answered. */
const chat = async (...turns: [said: string, answer: RegExp][]) => {
  const fan = talk.fan();
  for (const [said, answer] of turns) expect(await fan.says(said)).toMatch(answer);
};

describe('in any order and with any politeness', () => {
  test.each([
    ['杭州下不下雨呀', /^杭州天[氣气]/],
    ['麻烦问一下，这周末成都要带伞吗？谢谢🙏', /^成都天气/],
    ['有没有火车，明天的，从西安到北京', /^西安到北京，11月26日/],
    ['到上海 從杭州 後天', /^杭州到上海，11月27日/],
    ['五百以内 西湖附近 想住一晚', /^离「西湖（苏堤白堤）」最近的酒店，500元以内/],
    ['想吃點成都的小吃', /^成都，吃什麼/],
    ['您好 問', /^你好，我是小藝/],
  ])('「%s」', async (said, answer) => {
    expect(await talk.fan().says(said)).toMatch(answer);
  });
});

describe('every condition is honoured or said', () => {
  test('a budget also holds around her', async () => {
    const fan = talk.fan();
    await fan.sendsLocation(30.25, 120.16, '西湖');
    const said = await fan.says('附近500以內的酒店');
    expect(said).toMatch(/最近的酒店，500元以內/);
    const prices = [...said.matchAll(/^¥(\d+)/gm)].map(([, yuan]) => Number(yuan));
    expect(Math.max(...prices)).toBeLessThanOrEqual(500);
  });

  test('an afternoon is an afternoon, and next Friday not today', async () => {
    const said = await talk.fan().says('下週五下午杭州到上海');
    expect(said).toMatch(/^杭州到上海，12月4日（週五）共 \d 班 12:00 到 18:00 之間的車/);
    const times = [...said.matchAll(/^[A-Z]\d+ (\d\d:\d\d)/gm)].map(([, time]) => time ?? '');
    expect(times.every((time) => time >= '12:00' && time <= '18:00')).toBe(true);
  });

  test('the order she wants is the order she gets', async () => {
    const departs = async (said: string) =>
      [...(await talk.fan().says(said)).matchAll(/^[A-Z]\d+ (\d\d:\d\d)/gm)].map(([, time]) => time ?? '');
    const late = await departs('明天杭州到上海最晚一班');
    expect(late).toEqual(late.toSorted().toReversed());
  });

  test.each([
    ['杭州海景酒店', '「海景」我這裡查不到'],
    ['下個月去杭州住酒店', '「下個月」我這裡查不到'],
    ['明天杭州到上海商務座', '「商務座」我這裡查不到'],
    ['杭州今天下午天氣', '我只分得出日子'],
    ['杭州12月20號天氣', '再往後的天氣要等近了才準'],
  ])('「%s」', async (said, told) => {
    expect(await talk.fan().says(said)).toContain(told);
  });
});

describe('what was said before goes on for ten minutes', () => {
  test('another city, another order, the second one, more of them, and back', () =>
    chat(
      ['杭州酒店', /^杭州酒店/],
      ['便宜點的', /^杭州酒店，便宜的在前/],
      ['那上海呢', /^上海酒店，便宜的在前/],
      ['還有嗎', /\n6\. /],
      ['上一頁', /\n1\. /],
      ['第二個', /參考價 ¥/],
    ));

  test('the answer to her host’s own question', () =>
    chat(
      ['酒店', /^想住哪裡？/],
      ['杭州', /^杭州酒店/],
      ['列車', /^從哪裡到哪裡？/],
      ['杭州到上海', /^杭州到上海/],
    ));

  test('where from, when only where to was said', () =>
    chat(
      ['明天去西安的火車', /^從哪裡去西安？/],
      ['北京', /^北京到西安，11月26日/],
      ['後天呢', /^北京到西安，11月27日/],
    ));

  test('a new question is a new question', () =>
    chat(['杭州到上海 明天 高鐵', /高鐵/], ['杭州到南京', /^杭州到南京，11月25日（週三）還有 \d+ 班\n/]));

  test('after ten minutes it is forgotten', async () => {
    const fan = talk.fan();
    await fan.says('杭州天氣');
    talk.turnClockTo('2026-11-25T10:11');
    expect(await fan.says('那上海呢')).toMatch(/上海，想看什麼？/);
  });
});

describe('slips of the finger', () => {
  test.each([
    ['夏门景点', /^你是说「厦门景点」吧？\n\n厦门景点/],
    ['杭州天汽', /^你是說「杭州天氣」吧？/],
    ['上海九店', /^你是說「上海酒店」吧？/],
    ['成都功略', /^你是說「成都攻略」吧？/],
    ['hangzhou tianqi', /^你是說「杭州天氣」吧？/],
  ])('「%s」 is guessed once, and said as such', async (said, answer) => {
    expect(await talk.fan().says(said)).toMatch(answer);
  });

  test.each([
    ['東京', '洛陽'],
    ['無聊', '無錫'],
    ['凤凰古城', '大理'],
  ])('「%s」 is not taken for %s', async (said, far) => {
    expect(await talk.fan().says(said)).not.toContain(far);
  });
});

describe('several wishes', () => {
  test('both are answered where they fit', async () => {
    const said = await talk.fan().says('杭州天氣，還有上海的酒店');
    expect(said).toMatch(/^杭州天氣/);
    expect(said).toMatch(/\n\n上海酒店，共/);
  });

  test('else the first, and the way to the other', async () => {
    expect(await talk.fan().says('杭州景點和杭州酒店')).toMatch(
      /^杭州景點[^]+還想問的，回覆「杭州酒店」接著看。$/,
    );
  });
});

test('talk is answered as talk, and a wish beside it goes first', async () => {
  const by = async (said: string) => {
    const fan = talk.fan();
    await fan.says(said);
    return fan.last()?.by;
  };
  expect(await by('谢谢小艺，帮大忙了')).toBe('handlers/talk.ts');
  expect(await by('谢谢，那杭州天气呢')).toBe('handlers/weather.ts');
  expect(await by('你们怎么多扣了我的钱')).toBe('handlers/agent.ts');
  expect(await by('我要投诉杭州那家酒店')).toBe('handlers/agent.ts');
});

describe('a place that we have nothing of is said to be so', () => {
  test.each([
    ['東京', '東京的資料'],
    ['东京酒店', '东京的酒店'],
    ['想去巴厘岛玩，有什么好玩的', '巴厘岛的景点'],
    ['凤凰古城怎么走', '凤凰古城的路线'],
    ['從杭州去首爾的火車', '首爾的列車'],
  ])('「%s」', async (said, told) => {
    const reply = await talk.fan().says(said);
    expect(reply).toContain(told);
    expect(reply).toMatch(/[還还][沒没]有/);
  });

  test('and so is one that is asked for after another', () =>
    chat(['杭州天氣', /^杭州天氣/], ['那東京呢', /東京的天氣/]));
});
