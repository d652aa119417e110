import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let mei: Awaited<ReturnType<TestConsole['as']>>;
let chief: Awaited<ReturnType<TestConsole['as']>>;
beforeAll(async () => {
  town = await createTown();
  desk = openConsole(town);
  mei = await desk.as('marketer', 'approver');
  chief = await desk.as('approver');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const base = async () => String((await town.app.services.menus.latest())._id);
const press = async (path: string, form: Record<string, string>) =>
  mei.does(path, { base: await base(), ...form });
const names = async () =>
  (await town.app.services.menus.latest()).menu.button.map(({ name, sub_button: subs = [] }) => [
    name,
    subs.map((one) => one.name),
  ]);

test('the page shows the menu that comes with the program, and what would change for fans', async () => {
  const html = await mei.reads('/menu');
  for (const shown of ['程序自帶的', '找攻略', '酒店搜索', '沒有問題']) expect(html).toContain(shown);
  expect(await mei.reads('/menu/wechat?n=0')).toContain('找攻略');
});

test('a button is changed, added, moved and taken away, each as a version of its own', async () => {
  const { said, to } = await press('/menu/button', { at: '2.0', name: '答题', type: 'click', key: 'QUIZ' });
  expect(said).toContain('存成第 1 版');
  expect(await mei.reads(to ?? '')).toContain('value="答题"');
  await press('/menu/button', { at: '2.n', name: '官网', type: 'view', url: 'https://example.com/' });
  expect((await names())[2]).toEqual(['小艺', ['答题', '帮助', '人工客服', '繁简切换', '官网']]);
  const full = await press('/menu/button', {
    at: '2.n',
    name: '多了',
    type: 'view',
    url: 'https://example.com/',
  });
  expect(full.refused).toContain('已有 5 個按鈕');
  const moved = await press('/menu/button/move', { at: '2.4', way: 'before' });
  expect(moved.to).toContain('at=2.3');
  await press('/menu/button/remove', { at: '2.0' });
  expect((await names())[2]).toEqual(['小艺', ['帮助', '人工客服', '官网', '繁简切换']]);
  expect(await mei.reads('/menu/versions')).toContain('去掉「答题」');
});

test('what WeChat would refuse is refused at its field', async () => {
  const refused = async (form: Record<string, string>) =>
    (await press('/menu/button', { at: '0.0', ...form })).fields;
  expect(await refused({ name: '', type: 'click', key: 'HELP' })).toEqual({ name: '不能空著' });
  expect(await refused({ name: '官网', type: 'view' })).toEqual({ url: '這種按鈕要填它' });
  expect(await refused({ name: '官网', type: 'view', url: 'javascript:alert(1)' })).toHaveProperty('url');
  const long = await press('/menu/button', { at: '0', name: '一级名称太长了', type: 'click', key: 'HELP' });
  expect(long.fields).toHaveProperty('name');
});

test('a key that nobody answers is told and keeps the menu from being pushed; a rule for it mends that', async () => {
  await press('/menu/button', { at: '0.0', name: '周边', type: 'click', key: 'SHOP' });
  expect(await mei.reads('/menu')).toContain('點了沒有人回答（key「SHOP」）');
  const refused = await chief.does('/menu/push', { n: await base() });
  expect(refused.refused).toContain('SHOP');
  await mei.does('/replies/new', {
    name: '周邊',
    exact: '',
    contains: '',
    click: 'SHOP',
    mode: 'all',
    priority: '0',
    on: 'on',
    'replies.0.kind': 'text',
    'replies.0.text': '周邊在一樓。',
  });
  expect(await mei.reads('/menu')).toContain('沒有問題');
});

test('who saved it cannot push it; another person can, and the fan finds it in her menu', async () => {
  expect((await mei.does('/menu/push', { n: await base() })).refused).toContain('要另一個人');
  const n = await base();
  expect((await chief.does('/menu/push', { n: '1' })).refused).toContain('剛保存了新的一版');
  expect((await chief.does('/menu/push', { n })).said).toContain('推送了');
  const lin = await town.follower('Lin');
  expect(await lin.taps('找攻略/周边')).toContain('周邊在一樓');
  expect(await mei.reads('/menu/wechat?n=' + n)).toContain('一樣');
  expect(await mei.reads('/menu')).toContain('推送過');
});

test('an earlier version comes back, and what fans see can be fetched', async () => {
  const n = await base();
  await press('/menu/button', { at: '0.0', name: '临时', type: 'click', key: 'HELP' });
  expect(await mei.reads(`/menu?version=${n}`)).toContain('這是舊的一版');
  expect((await press('/menu/restore', { n })).said).toContain(`回到第 ${n} 版`);
  await press('/menu/button', { at: '0.0', name: '又临时', type: 'click', key: 'HELP' });
  expect((await press('/menu/pull', {})).said).toContain('取回了');
  expect((await names())[0]).toEqual(['找攻略', ['周边', '热门景点', '列车时刻']]);
});

test('who has a tag gets a menu of her own, and of two who save at once the second is told', async () => {
  const n = await base();
  await mei.does('/menu/tag', { base: n, tag: '老客' });
  expect((await mei.does('/menu/tag', { base: n, tag: '新客' })).refused).toContain('剛保存了新的一版');
  expect(await mei.reads(`/menu?tag=${encodeURIComponent('老客')}`)).toContain(
    '標籤「<span translate="no">老客',
  );
  await press('/menu/button', { at: '0.0', tag: '老客', name: '回访', type: 'click', key: 'HELP' });
  const { menu } = await town.app.services.menus.latest();
  expect(menu.conditional?.[0]?.button[0]?.sub_button?.[0]?.name).toBe('回访');
  expect(menu.button[0]?.sub_button?.[0]?.name).toBe('周边');
  await press('/menu/tag/remove', { tag: '老客' });
  expect((await town.app.services.menus.latest()).menu.conditional).toEqual([]);
});

test('who may not change or push the menu only sees it', async () => {
  const ana = await desk.as('analyst');
  expect(await ana.reads('/menu')).not.toContain('推送給用戶');
  expect((await ana.post('/menu/button', { base: '0', at: '0.0', name: 'x' })).status).toBe(403);
  expect((await (await desk.as('marketer')).post('/menu/push', { n: '0' })).status).toBe(403);
  expect((await (await desk.as('officer')).get('/menu')).status).toBe(403);
});
