import { inScript, type Script } from '../../src/kit/text';
import { createTown, type Town, type TownFan } from '../support/town';

/** Every handler over the signed and encrypted callback, once by a fan who writes Traditional and once Simplified. */
let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
});
afterAll(() => town.close());

describe.each([
  ['hant', '林小姐'],
  ['hans', '小王'],
] as [Script, string][])('a fan who writes %s', (script, name) => {
  let fan: TownFan;
  const word = (text: string) => inScript(text, script);
  const says = (text: string) => fan.says(word(text));
  let people = 0;
  // One person who types more than 20 messages at once is taken for a flood, so each story has its own.
  beforeEach(async () => {
    fan = await town.follower(`${name}${++people}`);
    // Before she has typed anything nobody knows her script.
    await says('你會什麼');
  });

  test('plans a trip: guide, weather, a room in her budget, sights, a train', async () => {
    expect(await says('杭州攻略')).toContain(word('回覆「更多」看什麼季節去'));
    expect(await says('更多')).toContain(word('什麼季節去'));
    expect(await says('天氣')).toContain(word('杭州天氣（示例天氣，不是實況）'));
    expect(await says('杭州 500以下 酒店')).toContain(word('杭州酒店，500元以內，共 7 家'));
    expect(await says('更多')).toContain('7. ');
    expect(await says('景點')).toContain(word('以景區公告為準'));
    expect(await says('杭州到上海 明天 高鐵')).toContain(word('杭州到上海，11月24日（週二）'));
  });

  test('is found a bed where she stands', async () => {
    const said = await fan.isAt({ latitude: 30.25, longitude: 120.16, label: '西湖' });
    expect(said).toContain(word('離「西湖」最近的酒店'));
    expect(said).toContain(word('示例房價'));
    expect(await fan.isAt({ latitude: 31.5, longitude: 119.5 })).toContain(word('離你最近的城市是江蘇無錫'));
    expect(await fan.says('1')).toContain(word('無錫酒店'));
  });

  test('taps through the menu', async () => {
    await says('成都攻略');
    expect(await fan.clicks('GUIDES')).toContain(word('回覆「更多」'));
    expect(await fan.clicks('WEATHER')).toContain(word('天氣'));
    expect(await fan.clicks('HOTELS')).toContain(word('酒店'));
    expect(await fan.clicks('SIGHTS')).toContain(word('景點'));
    expect(await fan.clicks('TRAINS')).toContain(word('從哪裡到哪裡'));
    expect(await fan.clicks('HELP')).toContain(word('出門路上的事'));
    expect(await fan.clicks('AGENT')).toContain(word('同事都在'));
  });

  test('is not understood, asked back, and helped on', async () => {
    expect(await says('浙江天氣')).toContain(word('有幾個可能'));
    expect(await fan.says('1')).toContain(word('杭州天氣'));
    expect(await says('呱呱')).toContain(word('這句我還不會答'));
    expect(await says('杭州')).toContain(word('想看什麼？'));
  });

  test('goes on from what was said before, over the real callback', async () => {
    await says('杭州酒店');
    expect(await says('便宜點的')).toContain(word('便宜的在前'));
    expect(await says('那上海呢')).toContain(word('上海酒店'));
    expect(await fan.says('第2家')).toContain(word('參考價'));
  });

  test('changes to the other script and back', async () => {
    await says('成都天氣');
    const other = script === 'hant' ? '简体' : '繁體';
    expect(await fan.says(other)).toMatch(script === 'hant' ? /之后/ : /之後/);
    expect(await says('天氣')).toContain(script === 'hant' ? '示例天气' : '示例天氣');
    await fan.clicks('SCRIPT');
    expect(await says('天氣')).toContain(word('示例天氣'));
  });
});

test('in service hours she is put into the line and told so', async () => {
  const hua = await town.follower('阿華');
  await hua.says('人工');
  expect(hua.inbox.at(-1)).toContain('已經請同事過來了');
});

test('outside service hours a message is kept; when she leaves it is gone', async () => {
  const mei = await town.follower('小美');
  await town.turn(Date.parse('2026-11-23T22:30:00+08:00'));
  expect(await mei.says('人工')).toContain('每天 09:00 到 21:00');
  expect(await mei.says('能加床嗎')).toContain('手機號');
  expect(await mei.says('13800001111')).toContain('記下了');
  expect(await town.services.enquiries.newest(5)).toHaveLength(1);
  await mei.leaves();
  await town.settled();
  expect(await town.services.enquiries.newest(5)).toHaveLength(0);
  expect(await mei.follows()).toContain('又見面了');
});
