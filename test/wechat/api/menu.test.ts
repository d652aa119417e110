import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMenu } from '../../../src/wechat/api/menu';
import { diffMenus, readMenuFile } from '../../../src/wechat/api/menu-file';
import { createMenuTool } from '../../../src/wechat/api/menu-tool';
import { createTags } from '../../../src/wechat/api/tags';
import { type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const claimed = ['WEATHER', 'HELP'];
const good = {
  button: [
    { name: '天氣', type: 'click', key: 'WEATHER' },
    {
      name: '小藝',
      sub_button: [
        { name: '附近酒店', type: 'location_select', key: 'NEARBY' },
        { name: '官網', type: 'view', url: 'https://example.com/' },
        {
          name: '小程序',
          type: 'miniprogram',
          appid: 'wx1',
          pagepath: 'pages/a',
          url: 'https://example.com/',
        },
      ],
    },
  ],
};
const toolOf = () => {
  const client = server.client();
  return createMenuTool({ menu: createMenu({ client }), tags: createTags({ client }), claimed });
};

test('a good menu has no problem and is what was read', () => {
  expect(readMenuFile(good, { claimed })).toEqual({ menu: good, problems: [] });
});

test('the default menu fits WeChat, opens a location, and every key that only a handler can answer is one of its own', () => {
  const menu = readJson(join(__dirname, '../../../templates/menu.json'));
  const keys = JSON.stringify(menu).matchAll(/"click"[^}]*?"key":"(\w+)"/g);
  const { problems } = readMenuFile(menu, { claimed: Array.from(keys, ([, key]) => key ?? '') });
  expect(problems).toEqual([]);
  expect(JSON.stringify(menu)).toContain('location_select');
});

const leaf = (more: object) => ({ button: [{ name: '天氣', type: 'click', key: 'WEATHER', ...more }] });
test.each<[string, unknown, string]>([
  ['no list of buttons', { buttons: [] }, '應該是 { "button": [ … ] }'],
  ['no button', { button: [] }, '應該是 1 到 3 個'],
  ['four top buttons', { button: Array.from({ length: 4 }, () => good.button[0]) }, '有 4 個一級按鈕'],
  [
    'six sub buttons',
    { button: [{ name: '多', sub_button: Array.from({ length: 6 }, () => good.button[0]) }] },
    '「多」：有 6 個二級按鈕，最多 5',
  ],
  ['a top name of 18 bytes', leaf({ name: '天氣天氣天氣' }), '有 18 個位元組，一級最多 16'],
  [
    'a sub name of 63 bytes',
    { button: [{ name: '多', sub_button: [{ ...good.button[0], name: '字'.repeat(21) }] }] },
    '二級最多 60',
  ],
  ['no name', leaf({ name: ' ' }), '缺少 name'],
  ['an unknown type', leaf({ type: 'clicks' }), '類型 "clicks" 不認識'],
  ['no key', leaf({ key: undefined }), '類型 click 要有 key'],
  ['a key of 129 bytes', leaf({ key: 'K'.repeat(129) }), 'key 有 129 個位元組'],
  ['a key that nobody claims', leaf({ key: 'WETHER' }), "clicks('WETHER', …)，或改用：WEATHER、HELP"],
  [
    'a script as address',
    leaf({ type: 'view', key: undefined, url: 'javascript:alert(1)' }),
    '不是 http 或 https',
  ],
  ['an address of 1,025 bytes', leaf({ type: 'view', url: `https://e.cn/${'x'.repeat(1012)}` }), '最多 1024'],
  ['a field WeChat does not know', leaf({ sub_buttons: [] }), '這裡不能有 sub_buttons'],
  [
    'three levels',
    { button: [{ name: '一', sub_button: [{ name: '二', sub_button: [good.button[0]] }] }] },
    '二級按鈕不能再有 sub_button',
  ],
])('a menu with %s is refused, and the sentence says where', (_name, json, sentence) => {
  expect(readMenuFile(json, { claimed }).problems.join('\n')).toContain(sentence);
});

const tagged = (more: object) => ({
  ...good,
  conditional: [{ tag: '老客人', button: [good.button[0]], ...more }],
});
const views = (...hosts: string[]) => ({
  name: '官網',
  sub_button: hosts.map((host) => ({ name: host, type: 'view', url: `https://${host}/` })),
});
test.each<[string, unknown, string]>([
  ['that is no list', { ...good, conditional: {} }, 'conditional 應該是按標籤的菜單的清單'],
  ['without a tag', tagged({ tag: undefined }), 'conditional 的第 1 個：應該有 tag（標籤的名稱）'],
  ['for a sex', tagged({ sex: '1' }), '標籤「老客人」的菜單：這一個：這裡不能有 sex'],
  [
    'with a key nobody claims',
    tagged({ button: leaf({ key: 'X' }).button }),
    '標籤「老客人」的菜單：「天氣」：沒有處',
  ],
  ['without buttons', tagged({ button: [] }), '標籤「老客人」的菜單：有 0 個一級按鈕'],
  [
    'twice for one tag',
    { ...good, conditional: [...tagged({}).conditional, ...tagged({}).conditional] },
    '標籤「老客人」的菜單：這個標籤出現了兩次',
  ],
  [
    'to four domains',
    tagged({ button: [views('a.cn', 'b.cn'), views('c.cn', 'd.cn')] }),
    '一共跳到 4 個域名，最多 3 個：a.cn、b.cn、c.cn、d.cn',
  ],
])('a menu by tag %s is refused, and the sentence says where', (_name, json, sentence) => {
  expect(readMenuFile(json, { claimed }).problems.join('\n')).toContain(sentence);
});

test('a difference reads like a list of what fans will notice', () => {
  const to = {
    button: [
      {
        name: '小藝',
        sub_button: [
          { name: '官網', type: 'view', url: 'https://example.com/new' },
          { name: '附近酒店', type: 'location_select', key: 'NEARBY' },
          { name: '幫助', type: 'click', key: 'HELP' },
        ],
      },
      { name: '天氣', type: 'click', key: 'WEATHER' },
    ],
  };
  expect(diffMenus(good, to)).toEqual([
    '- 小藝 / 小程序  miniprogram wx1 pages/a https://example.com/',
    '~ 小藝 / 官網  view https://example.com/ → view https://example.com/new',
    '+ 小藝 / 幫助  click HELP',
    '↕ 順序：小藝、小藝 / 官網、小藝 / 附近酒店、天氣',
  ]);
  expect(diffMenus(good, good)).toEqual([]);
});

test('a menu made by hand in the console is pulled as a file that can be pushed', async () => {
  const answer = readJson(join(__dirname, '../../fixtures/wechat/selfmenu.json'));
  server.answers['/cgi-bin/get_current_selfmenu_info'] = JSON.stringify(answer);
  const { menu, asRules } = await toolOf().pull();
  expect(menu.button).toMatchObject([
    {
      name: '去哪玩',
      sub_button: [
        { type: 'view', name: '线路', url: 'https://example.com/routes' },
        { type: 'click', name: '怎么报名', key: expect.stringMatching(/^RULE_[0-9A-F]{10}$/) },
        { type: 'click', name: '本月', key: expect.stringMatching(/^RULE_/) },
      ],
    },
    { type: 'click', name: '订单', key: 'V2_ORDERS' },
    { type: 'click', name: '客服', key: expect.stringMatching(/^RULE_/) },
  ]);
  expect(asRules).toHaveLength(3);
  expect(readMenuFile(menu, { claimed: [] }).problems.join()).toMatch(
    /^「订单」：沒有處理程式認領 key「V2_ORDERS」[^「]*$/,
  );
  expect(readMenuFile(menu, { claimed: ['V2_ORDERS'] }).problems).toEqual([]);
});

test('a push sends the menu as raw UTF-8 once, and not at all when nothing would change', async () => {
  server.answers['/cgi-bin/get_current_selfmenu_info'] = { is_menu_open: 0 };
  expect(await toolOf().push(good)).toMatchObject({ done: true, problems: [] });
  const [created] = server.calls('/cgi-bin/menu/create');
  expect(created?.body).toContain('附近酒店');
  expect(JSON.parse(created?.body ?? '')).toEqual(good);

  const seen = {
    button: good.button.map((top) =>
      top.sub_button ? { ...top, sub_button: { list: top.sub_button } } : top,
    ),
  };
  server.answers['/cgi-bin/get_current_selfmenu_info'] = { is_menu_open: 1, selfmenu_info: seen };
  expect(await toolOf().push(good)).toEqual({ done: true, problems: [], changes: [] });
  expect(server.calls('/cgi-bin/menu/create')).toHaveLength(1);
});

test('a menu with problems is not pushed', async () => {
  const { done, problems } = await toolOf().push(leaf({ key: 'NOBODY' }));
  expect(done).toBe(false);
  expect(problems).toHaveLength(1);
  expect(server.calls('/cgi-bin/menu/create')).toHaveLength(0);
});

test('an account without a menu has none, which is no error', async () => {
  server.answers['/cgi-bin/menu/get'] = { errcode: 46003, errmsg: 'menu no exist' };
  expect(await createMenu({ client: server.client() }).get()).toBeUndefined();
});
