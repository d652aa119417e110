import pino from 'pino';
import { createWechatClient } from '../../../src/wechat/api/client';
import { createMenu } from '../../../src/wechat/api/menu';
import { createMenuTool } from '../../../src/wechat/api/menu-tool';
import { createTags } from '../../../src/wechat/api/tags';
import { createStage, secrets } from '../../simulator/stage';

let stage: Awaited<ReturnType<typeof createStage>>;
beforeEach(async () => {
  stage = await createStage();
  await stage.newToken();
});
afterEach(() => stage.close());

const clientOf = () =>
  createWechatClient({
    baseUrl: stage.url,
    appId: secrets.appId,
    appSecret: secrets.appSecret,
    log: pino({ level: 'silent' }),
  });
const click = (name: string, key: string) => ({ name, type: 'click', key });
const toolOf = () => {
  const client = clientOf();
  const claimed = ['WEATHER', 'GIFT', 'HELP'];
  return createMenuTool({ menu: createMenu({ client }), tags: createTags({ client }), claimed });
};
const plain = { button: [click('天气', 'WEATHER')] };
const forGuests = (...button: object[]) => ({ ...plain, conditional: [{ tag: '老客人', button }] });
const file = forGuests(click('礼物', 'GIFT'));
const tagged = async (name: string, ...openids: string[]) => {
  const tags = createTags({ client: clientOf() });
  const id = await tags.create(name);
  if (openids.length > 0) await tags.give(id, openids);
  return id;
};
async function seenBy(openid: string): Promise<string[]> {
  const { button } = (await stage.post('/cgi-bin/menu/trymatch', { user_id: openid })) as {
    button: { name: string }[];
  };
  return button.map(({ name }) => name);
}

test('a fan with the tag sees the menu for it and taps it; the others see the default one', async () => {
  const [lin, chen] = [stage.sim.fan('Lin'), stage.sim.fan('Chen')];
  await Promise.all([lin.follows(), chen.follows()]);
  await tagged('老客人', lin.openid);
  const pushed = await toolOf().push(file);
  expect(pushed).toEqual({
    ...{ done: true, problems: [] },
    changes: ['+ 天气  click WEATHER', '標籤「老客人」的菜單 + 礼物  click GIFT'],
  });
  expect(await seenBy(lin.openid)).toEqual(['礼物']);
  expect(await seenBy(chen.openid)).toEqual(['天气']);
  await lin.taps('礼物');
  await expect(chen.taps('礼物')).rejects.toThrow('菜單裡沒有「礼物」');
  const state = (await (await fetch(`${stage.url}/sim/state`)).json()) as {
    fans: { name: string; menu?: { name: string }[] }[];
  };
  expect(state.fans.map(({ name, menu }) => [name, menu?.map((one) => one.name)])).toEqual([
    ['Lin', ['礼物']],
    ['Chen', undefined],
  ]);
  expect(await toolOf().diff(file)).toEqual([]);
  expect((await toolOf().push(file)).changes).toEqual([]);
  expect((await toolOf().pull()).menu).toEqual(file);
});

test('a changed one takes the place of the old, and what was doubled by a cut-off push becomes one', async () => {
  const lin = stage.sim.fan('Lin');
  await lin.follows();
  const tag = await tagged('老客人', lin.openid);
  await toolOf().push(file);
  const changed = forGuests(click('礼物', 'GIFT'), click('帮助', 'HELP'));
  expect(await toolOf().diff(changed)).toEqual(['標籤「老客人」的菜單 + 帮助  click HELP']);
  await toolOf().push(changed);
  expect(await seenBy(lin.openid)).toEqual(['礼物', '帮助']);
  expect(stage.sim.world.conditional).toHaveLength(1);

  await createMenu({ client: clientOf() }).addConditional(tag, file.conditional[0]?.button as never);
  expect(await seenBy(lin.openid)).toEqual(['礼物']);
  expect((await toolOf().push(changed)).changes).toEqual(['標籤「老客人」的菜單有 2 個，只留一個']);
  expect(await seenBy(lin.openid)).toEqual(['礼物', '帮助']);
});

test('a file that says nothing of such menus leaves them; an empty list takes away those by tag, and no others', async () => {
  await tagged('老客人');
  await toolOf().push(file);
  await stage.post('/cgi-bin/menu/addconditional', {
    ...{ button: plain.button, matchrule: { client_platform_type: '1' } },
  });
  expect((await toolOf().push(plain)).changes).toEqual([]);
  expect(stage.sim.world.conditional).toHaveLength(2);
  expect((await toolOf().push({ ...plain, conditional: [] })).changes).toEqual(['- 標籤「老客人」的菜單']);
  expect(stage.sim.world.conditional).toMatchObject([{ rule: { client_platform_type: '1' } }]);
});

test('a tag that WeChat does not have is told, and nothing is pushed', async () => {
  const told = expect.stringContaining('標籤「老客人」：微信上還沒有這個標籤。先 npm run tags -- mark');
  expect(await toolOf().missing(file)).toEqual([told]);
  expect(await toolOf().diff(file)).toEqual([
    '+ 天气  click WEATHER',
    expect.stringMatching(/^! 標籤「老客人」/),
  ]);
  expect(await toolOf().push(file)).toEqual({ done: false, problems: [told], changes: [] });
  expect(stage.sim.world.menu).toBeUndefined();
});

test('of several tags the one she was given last decides, and without it she is back at the default menu', async () => {
  const lin = stage.sim.fan('Lin');
  await lin.follows();
  await tagged('老客人', lin.openid);
  const two = await tagged('會員', lin.openid);
  const both = {
    ...file,
    conditional: [...file.conditional, { tag: '會員', button: [click('帮助', 'HELP')] }],
  };
  await toolOf().push(both);
  expect(await seenBy(lin.openid)).toEqual(['帮助']);
  const tags = createTags({ client: clientOf() });
  await tags.take(two, [lin.openid]);
  expect(await seenBy(lin.openid)).toEqual(['礼物']);
  await lin.leaves();
  await lin.follows();
  expect(await seenBy(lin.openid)).toEqual(['天气']);
});

test('the platform refuses what WeChat refuses', async () => {
  const add = async (matchrule: object, button: object[] = plain.button) =>
    ((await stage.post('/cgi-bin/menu/addconditional', { button, matchrule })) as { errcode?: number })
      .errcode;
  const id = await tagged('老客人');
  expect(await add({ tag_id: id })).toBe(65303);
  await toolOf().push(plain);
  expect(await add({ tag_id: id, sex: '1' })).toBe(65320);
  expect(await add({})).toBe(65304);
  expect(await add({ tag_id: '999' })).toBe(45159);
  const four = ['a', 'b', 'c', 'd'].map((at) => ({ name: at, type: 'view', url: `https://${at}.cn/` }));
  expect(await add({ tag_id: id }, [{ name: '多', sub_button: four }])).toBe(65316);
  expect(await stage.post('/cgi-bin/menu/delconditional', { menuid: '1' })).toMatchObject({ errcode: 65301 });
  expect(await add({ tag_id: id })).toBeUndefined();
  await stage.get('/cgi-bin/menu/delete');
  expect(stage.sim.world.conditional).toEqual([]);
});
