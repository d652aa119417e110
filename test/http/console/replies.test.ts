import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let mei: Awaited<ReturnType<TestConsole['as']>>;
beforeAll(async () => {
  town = await createTown();
  desk = openConsole(town);
  mei = await desk.as('marketer');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const rule = (more: Record<string, string> = {}) => ({
  name: '寵物',
  exact: '能帶狗嗎',
  'replies.0.kind': 'text',
  'replies.0.text': '可以帶，請牽好。',
  mode: 'all',
  priority: '0',
  contains: '',
  click: '',
  on: 'on',
  ...more,
});
const idIn = (to = '') => to.split('/').at(-1) ?? '';
const said = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('a rule that is written is what the fan is told, until it is switched off, and again when it is on', async () => {
  const lin = await town.follower('Lin');
  const { to, said: told } = await mei.does('/replies/new', rule());
  expect(told).toContain('存好了');
  expect(await lin.says('能带狗吗？')).toContain('可以带，请牵好');
  const id = idIn(to);
  await mei.does(`/replies/${id}/save`, rule({ base: '0', 'replies.0.text': '大狗不行。' }));
  expect(await lin.says('能帶狗嗎')).toContain('大狗不行');
  await mei.does(`/replies/${id}/switch`, {});
  expect(await lin.says('能帶狗嗎')).not.toContain('大狗不行');
  await mei.does(`/replies/${id}/switch`, { on: 'on' });
  expect(await lin.says('能帶狗嗎')).toContain('大狗不行');
  expect(await mei.reads('/replies')).toContain('大狗不行。');
});

test('a rule that was deleted says nothing, with who did it and why, and comes back when it is restored', async () => {
  const lin = await town.follower('Rong');
  const { to } = await mei.does(
    '/replies/new',
    rule({ name: '傘', exact: '有借傘嗎', 'replies.0.text': '前台有傘。' }),
  );
  const id = idIn(to);
  expect(await mei.does(`/replies/${id}/remove`, {})).toMatchObject({ fields: { reason: '不能空著' } });
  await mei.does(`/replies/${id}/remove`, { reason: '雨季過了' });
  expect(await lin.says('有借傘嗎')).not.toContain('前台有傘');
  expect(await mei.reads('/replies')).not.toContain('有借傘嗎');
  expect(await mei.reads('/replies?state=removed')).toContain('有借傘嗎');
  expect(said(await mei.reads(to ?? ''))).toContain('雨季過了');
  await mei.does(`/replies/${id}/restore`);
  expect(await lin.says('有借傘嗎')).toContain('前台有傘');
});

test('words, several replies, a card, dates and priority are kept as they were written', async () => {
  const { to } = await mei.does(
    '/replies/new',
    rule({
      name: '春節',
      exact: '春節開門嗎、過年開嗎\t初一開嗎',
      contains: '春節期間',
      'replies.1.kind': 'news',
      'replies.1.title': '春節時間表',
      'replies.1.url': 'https://example.com/spring',
      priority: '7',
      from: '2026-12-01T00:00',
      until: '2027-03-01T00:00',
    }),
  );
  const html = await mei.reads(to ?? '');
  for (const kept of [
    '過年開嗎',
    '春節期間',
    '春節時間表',
    'https://example.com/spring',
    'value="7"',
    '2027-03-01T00:00',
    '還沒到',
  ])
    expect(html).toContain(kept);
  expect(await mei.reads('/replies?state=waiting')).toContain('春節開門嗎');
  expect(await mei.reads('/replies?q=' + encodeURIComponent('时间表'))).not.toContain('能帶狗嗎');
});

test('what cannot be a rule is refused where it stands', async () => {
  const refused = async (more: Record<string, string>) => (await mei.does('/replies/new', rule(more))).fields;
  expect(await refused({ name: '' })).toEqual({ name: '不能空著' });
  expect(await refused({ exact: '？！' })).toMatchObject({ exact: expect.stringContaining('只有標點') });
  expect(await refused({ exact: '' })).toMatchObject({ exact: expect.stringContaining('至少要一個關鍵詞') });
  expect(await refused({ 'replies.0.text': ' ' })).toMatchObject({
    'replies.0.text': expect.stringContaining('要有文字'),
  });
  expect(await refused({ 'replies.0.text': '長'.repeat(700) })).toMatchObject({
    'replies.0.text': expect.stringContaining('2048'),
  });
  expect(await refused({ from: '2027-01-02T00:00', until: '2027-01-01T00:00' })).toMatchObject({
    until: expect.stringContaining('結束要晚於開始'),
  });
});

test('a word that a handler answers is refused with its file; one that another rule has is told', async () => {
  const taken = await mei.does('/replies/new', rule({ name: '天', exact: '天氣', contains: '' }));
  expect(taken.fields).toMatchObject({ exact: expect.stringContaining('handlers/weather.ts') });
  const again = await mei.does('/replies/new', rule({ name: '寵物二' }));
  expect(again.said).toContain('也在規則「寵物」裡');
  const inside = await mei.does('/replies/new', rule({ name: '裡面', exact: '', contains: '攻略' }));
  expect(inside.said).toMatch(/只說「攻略」時，由 handlers\/guide\.ts 先回答/);
  const key = await mei.does('/replies/new', rule({ name: '鍵', exact: '', click: 'HELP' }));
  expect(key.fields).toHaveProperty('click');
});

test('of two who edit one rule the second is told, and nothing is lost', async () => {
  const { to } = await mei.does('/replies/new', rule({ name: '輪椅', exact: '有輪椅嗎' }));
  const path = to ?? '';
  await mei.does(
    `${path}/save`,
    rule({ name: '輪椅', exact: '有輪椅嗎', base: '0', 'replies.0.text': '有。' }),
  );
  const late = await mei.does(
    `${path}/save`,
    rule({ name: '輪椅', exact: '有輪椅嗎', base: '0', 'replies.0.text': '沒有。' }),
  );
  expect(late.refused).toContain('剛由');
  expect(await mei.reads(path)).toContain('有。');
});

test('the test box gives an operator rule and a lookup in full, and of what does more only the file', async () => {
  const box = async (text: string) => said(await mei.reads(`/replies/try?said=${encodeURIComponent(text)}`));
  await mei.does(
    '/replies/new',
    rule({ name: '行李', exact: '能寄存行李嗎', 'replies.0.text': '一樓可以寄存。' }),
  );
  expect(await box('能寄存行李嗎')).toMatch(/由你們的規則回答：\s*行李.*一樓可以寄存/);
  const weather = await box('杭州明天要帶傘嗎');
  expect(weather).toContain('handlers/weather.ts');
  expect(weather).toMatch(/杭州.*度|℃|°/);
  expect(weather).toContain('城市 杭州');
  expect(await box('幫助')).toContain('handlers/help.ts');
  const agent = await box('人工');
  expect(agent).toContain('handlers/agent.ts');
  expect(agent).toContain('不真的做');
});

test('trying a sentence leaves nothing behind', async () => {
  const before = await town.app.db.collection('misses').countDocuments();
  const html = said(await mei.reads(`/replies/try?said=${encodeURIComponent('飛碟停車場')}`));
  expect(html).toContain('沒有人答得上');
  expect(await town.app.db.collection('misses').countDocuments()).toBe(before);
});

test('what two people asked in vain becomes a rule with one click, and the next who asks is answered', async () => {
  for (const name of ['An', 'Bo', 'Cai']) await (await town.follower(name)).says('可以刷卡嗎');
  const html = await mei.reads('/replies/misses');
  const href = /href="(\/replies\/new\?word=[^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const form = await mei.reads(href);
  expect(form).toContain('可以刷卡嗎</textarea>');
  const miss = /name="miss" value="([^"]+)"/.exec(form)?.[1] ?? '';
  const { to } = await mei.does(
    '/replies/new',
    rule({ name: '刷卡', exact: '可以刷卡嗎', 'replies.0.text': '各種卡都可以。', miss }),
  );
  expect(to).toBe('/replies/misses');
  expect(await (await town.follower('Dan')).says('可以刷卡吗')).toContain('各种卡都可以');
  expect(await mei.reads('/replies/misses')).not.toContain('可以刷卡嗎');
  expect(await mei.reads('/replies/misses?as=done')).toContain('可以刷卡嗎');
});

test('a miss can be set aside and taken back', async () => {
  for (const name of ['Eva', 'Fang']) await (await town.follower(name)).says('嘰嘰喳喳呀');
  const id = /\/replies\/misses\/([^/]+)\/mark/.exec(await mei.reads('/replies/misses'))?.[1] ?? '';
  await mei.does(`/replies/misses/${id}/mark`, { as: 'ignored' });
  expect(await mei.reads('/replies/misses')).not.toContain('嘰嘰喳喳呀');
  await mei.does(`/replies/misses/${id}/mark`, { as: '' });
  expect(await mei.reads('/replies/misses')).toContain('嘰嘰喳喳呀');
});

test('who may not write rules sees them and cannot change them', async () => {
  const ana = await desk.as('analyst');
  expect(await ana.reads('/replies')).not.toContain('新規則');
  expect((await ana.get('/replies/new')).status).toBe(403);
  expect((await ana.post('/replies/new', rule())).status).toBe(403);
  expect((await (await desk.as('officer')).get('/replies')).status).toBe(403);
});

const sends = (path: string, name: string, text: string | Buffer) =>
  mei.sends(path, {}, [{ field: 'file', name, bytes: Buffer.from(text) }]);

test('rules that are exported come back as they are, and what is changed in the file is changed here', async () => {
  await mei.does(
    '/replies/new',
    rule({
      name: '卡片',
      exact: '看地圖',
      'replies.0.kind': 'news',
      'replies.0.title': '地圖',
      'replies.0.url': 'https://example.com/map',
    }),
  );
  await mei.does('/replies/new', rule({ name: '早餐', exact: '幾點早餐', 'replies.0.text': '=七點起。' }));
  const { text: csv } = await mei.get('/replies/file?format=csv').buffer(true);
  expect(said((await sends('/replies/file/check', 'r.csv', csv)).html ?? '')).toMatch(
    /新增 0，更改 0，不變 [1-9]/,
  );
  const told = await sends('/replies/file', 'r.csv', csv.replace('=七點起。', '=八點起。'));
  expect(told.said).toMatch(/新增 0，更改 1，/);
  expect(await (await town.follower('Gao')).says('幾點早餐')).toContain('八點起');
  const bad = await sends('/replies/file', 'r.csv', '名稱,整句,回覆,優先\r\n甲,乙,丙,很高\r\n');
  expect(bad.fields?.['file']).toMatch(/第 2 行 優先 欄/);
});

test('the rules of WeChat own console are looked at first, then brought, once', async () => {
  const old = JSON.stringify({
    is_autoreply_open: 1,
    keyword_autoreply_info: {
      list: [
        {
          rule_name: '雨具',
          create_time: 1_700_000_000,
          reply_mode: 'reply_all',
          keyword_list_info: [{ type: 'text', match_mode: 'equal', content: '雨具在哪' }],
          reply_list_info: [{ type: 'text', content: '在二樓。' }],
        },
      ],
    },
  });
  expect(said((await sends('/replies/old/check', 'old.json', old)).html ?? '')).toContain('新增 1');
  const lin = await town.follower('Hui');
  expect(await lin.says('雨具在哪')).not.toContain('在二樓');
  expect((await sends('/replies/old', 'old.json', old)).said).toContain('新增 1');
  expect(await lin.says('雨具在哪')).toContain('在二樓');
  expect((await sends('/replies/old', 'old.json', old)).said).toContain('新增 0');
  expect((await sends('/replies/old', 'old.json', '{}')).fields).toHaveProperty('file');
  expect((await mei.does('/replies/old/check')).html).toContain('可以導入');
});
