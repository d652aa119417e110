import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import { type Definition, definition } from '../../../src/domain/pushes/push';
import { writePushBook } from '../../../src/domain/pushes/push-book';
import { readPushFile } from '../../../src/domain/pushes/read-push-file';
import { root } from '../../../src/kit/root';
import { tellProblem } from '../../../src/sheets/problems';
import { type BlankSheet, writeBook } from '../../../src/sheets/write-book';

const pictures = {
  beside: async (name: string) => (name === 'sea.png' ? Buffer.from('picture') : undefined),
  keep: async (name: string) => `kept-${name.length}`,
};
const fromJson = (json: unknown) =>
  readPushFile({ name: 'push.json', bytes: Buffer.from(JSON.stringify(json)) }, pictures);
const fromBook = (bytes: Buffer) => readPushFile({ name: 'push.xlsx', bytes }, pictures);
async function pushOf(read: ReturnType<typeof fromJson>): Promise<Definition> {
  const done = await read;
  if ('problems' in done) throw new Error(done.problems.map((one) => tellProblem(one, done.unit)).join('\n'));
  return done.push;
}
async function faultsOf(read: ReturnType<typeof fromJson>): Promise<string[]> {
  const done = await read;
  return 'problems' in done ? done.problems.map((one) => tellProblem(one, done.unit)) : [];
}

const push = {
  id: 'sea',
  name: '去海邊',
  class: 'marketing',
  audience: { to: '30 天內來過' },
  routes: ['customer'],
  content: { customer: { kind: 'text', text: '去海邊嗎？' } },
};
/** With every route and kind. */
const full = definition.parse({
  ...push,
  class: 'service',
  audience: { to: '30 天內來過；都不（不要推送）', except: ['new-this-week', 'sleeping'] },
  routes: ['customer', 'template', 'notice', 'mass', 'sms', 'mail'],
  content: {
    customer: { kind: 'menu', head: '去海邊嗎？', items: [{ id: 'a', text: '去' }], tail: '點一個' },
    mass: { kind: 'image', image: { mediaId: 'media-1' } },
    template: {
      templateId: 'tpl-1',
      fields: { thing1: '{名字|朋友}；你好', time2: '2026-12-01 09:00' },
      url: 'https://travel.example.com/sea',
      miniProgram: { appId: 'wx1', page: 'pages/sea' },
    },
    notice: { templateId: 'tpl-2', fields: { thing1: '海邊' } },
    sms: { text: '去海邊嗎？' },
    mail: { subject: '去海邊', text: '第一行\n第二行' },
  },
  at: '2026-12-01 09:00',
  quiet: { from: '21:00', to: '09:00' },
  cap: { most: 2, days: 14 },
  late: 'send',
  variants: [
    {
      name: '視頻',
      share: 30,
      content: {
        customer: { kind: 'video', mediaId: 'v', thumbMediaId: 't', title: '海', description: '浪' },
        mass: { kind: 'article', draftMediaId: 'draft-1' },
      },
    },
    {
      name: '小程序',
      share: 20,
      content: {
        customer: { kind: 'miniProgram', title: '海', appId: 'wx1', page: 'pages/sea', thumbMediaId: 't' },
      },
    },
    {
      name: '圖文',
      share: 10,
      content: { customer: { kind: 'article', title: '海', url: 'https://a.example.com' } },
    },
    { name: '語音', share: 10, content: { customer: { kind: 'voice', mediaId: 'v' } } },
    { name: '文章', share: 10, content: { customer: { kind: 'published', articleId: 'p' } } },
  ],
});

test('the sample, the smallest push, and words in either script or codes read alike', async () => {
  const bytes = readFileSync(join(root, 'src/simulator/sample/push.json'));
  expect(await pushOf(readPushFile({ name: 'push.json', bytes }, pictures))).toMatchObject({
    class: 'marketing',
    routes: ['customer', 'mass'],
    late: 'ask',
  });
  const small = await pushOf(fromJson(push));
  expect(small).toMatchObject({ at: '現在', cap: { most: 3, days: 7 }, variants: [] });
  const inChinese = {
    ...push,
    class: '营销',
    routes: ['客服消息'],
    content: { 客服消息: { kind: '文字', text: '去海邊嗎？' } },
    late: '问人',
  };
  expect(await pushOf(fromJson(inChinese))).toEqual(small);
});

test('what is written as a workbook reads as the same push', async () => {
  expect(await pushOf(fromBook(await writePushBook(full)))).toEqual(full);
});

test.each<[string, object, string]>([
  [
    'an unknown field',
    { ...push, colour: 'red' },
    'colour 欄：不認得這個欄位「colour」；可用的：id、name、class',
  ],
  ['no name', { ...push, name: undefined }, 'name 欄：要寫'],
  [
    'an unknown class',
    { ...push, class: '廣告' },
    'class 欄「廣告」：只能是：營銷（marketing）、服務（service）',
  ],
  [
    'an unknown route',
    { ...push, routes: ['飛鴿'] },
    'routes.0 欄「飛鴿」：只能是：客服消息（customer）、群發',
  ],
  [
    'an unknown kind',
    { ...push, content: { customer: { kind: '詩' } } },
    'content.customer.kind 欄「詩」：只能是：文字（text）、圖片（image）',
  ],
  [
    'a field of another kind',
    { ...push, content: { customer: { kind: 'text', text: '好', url: 'x' } } },
    'content.customer.url 欄：不認得這個欄位「url」；可用的：kind、text',
  ],
  [
    'a text too long',
    { ...push, content: { customer: { kind: 'text', text: '好'.repeat(601) } } },
    `content.customer.text 欄「${'好'.repeat(40)}…」：最多 600 個字`,
  ],
  [
    'no web address',
    { ...push, content: { customer: { kind: 'article', title: '海', url: 'sea' } } },
    'content.customer.url 欄「sea」：要是 http:// 或 https:// 開頭的網址',
  ],
  [
    'a share beyond all',
    { ...push, variants: [{ name: 'b', share: 120, content: {} }] },
    'variants 第 1 項 share 欄「120」：不能大於 100',
  ],
  [
    'by the words that were written',
    { ...push, content: { 短信: { kind: '文本', text: '好' } } },
    'content.短信.kind 欄：不認得這個欄位「kind」；可用的：text',
  ],
  [
    'an unknown route of a content, by the words there are',
    { ...push, content: { 飛鴿: { text: '好' } } },
    'content.飛鴿 欄：不認得這個欄位「飛鴿」；可用的：客服消息（customer）、群發（mass）、',
  ],
  [
    'by the words of a version',
    { ...push, variants: [{ name: 'b', share: 20, content: { 客服: { kind: '文本', text: '' } } }] },
    'variants 第 1 項 content.客服.text 欄',
  ],
  ['a cap that is a number', { ...push, cap: 3 }, 'cap 欄「3」：要寫成 {"most": 3, "days": 7}'],
  [
    'quiet hours in one',
    { ...push, quiet: '22-8' },
    'quiet 欄「22-8」：要寫成 {"from": "22:00", "to": "08:00"}，不要就寫',
  ],
  ['an audience in one', { ...push, audience: '所有人' }, 'audience 欄「所有人」：要寫成 {"to": "所有人"}'],
  ['an id with a dot', { ...push, id: 'a.b' }, 'id 欄「a.b」：編號只能用小寫字母'],
  [
    'a picture that is not there',
    { ...push, content: { customer: { kind: 'image', image: { file: 'hill.png' } } } },
    'content.customer.image 欄「hill.png」：旁邊沒有這個圖片',
  ],
  [
    'a picture from elsewhere',
    { ...push, content: { customer: { kind: 'image', image: { file: '../sea.png' } } } },
    'content.customer.image 欄「../sea.png」：只寫檔名',
  ],
])('%s is told by its place', async (_, json, told) => {
  expect((await faultsOf(fromJson(json))).map((one) => one.slice(0, told.length))).toEqual([told]);
});

test('a picture that lies beside is kept, and named as it is kept', async () => {
  const read = await pushOf(
    fromJson({ ...push, content: { customer: { kind: 'image', image: { file: 'sea.png' } } } }),
  );
  expect(read.content.customer).toEqual({ kind: 'image', image: { file: 'kept-7' } });
});

const sheet = (name: string, [head = [], ...rows]: (string | undefined)[][]): BlankSheet => ({
  name,
  columns: head.map((title) => ({ title: String(title), width: 10 })),
  rows,
});
const top = [
  ['欄位', '內容'],
  ['编号', 'sea'],
  ['名稱', '去海邊'],
  ['類別', '营销'],
  ['對象', '30 天內來過'],
  ['路線', '客服消息、短信'],
];
const book = (topRows: string[][], contents: (string | undefined)[][]) =>
  writeBook([sheet('推送', topRows), sheet('内容', contents)]);

test('a workbook may be in Simplified, without the fields that have a default', async () => {
  const bytes = await book(
    [...top, ['免打擾', '22:30～7:00'], ['七天最多', '2'], ['誤時', '照發']],
    [
      ['路线', '文字', '版本', '比例'],
      ['客服消息', '去海邊嗎？'],
      ['短信', '去海邊嗎？'],
      ['customer', '海邊見！', 'B', '30%'],
    ],
  );
  expect(await pushOf(fromBook(bytes))).toMatchObject({
    routes: ['customer', 'sms'],
    quiet: { from: '22:30', to: '07:00' },
    cap: { most: 2, days: 7 },
    late: 'send',
    variants: [{ name: 'B', share: 30, content: { customer: { kind: 'text', text: '海邊見！' } } }],
  });
});

test('a share may be typed as Excel shows it, and words as others say them', async () => {
  const contents = [
    ['路線', '種類', '文字', '版本', '比例'],
    ['客服', '文本', '去海邊嗎？'],
    ['短信', undefined, '去海邊嗎？'],
    ['客服', '文本', '海邊見！', 'B', '30%'],
    ['客服', '文本', '走吧！', 'C', '0.25'],
  ];
  const called = top.map(([field = '', value = '']) => [field, field === '類別' ? '行銷' : value]);
  const made = new ExcelJS.Workbook();
  await made.xlsx.load((await book(called, contents)) as never);
  const cell = made.getWorksheet('内容')?.getCell('E4') as ExcelJS.Cell;
  cell.value = 0.3;
  cell.numFmt = '0%';
  const bytes = Buffer.from(await made.xlsx.writeBuffer());
  expect(await pushOf(fromBook(bytes))).toMatchObject({
    class: 'marketing',
    routes: ['customer', 'sms'],
    content: { customer: { kind: 'text' } },
    variants: [
      { name: 'B', share: 30 },
      { name: 'C', share: 25 },
    ],
  });
});

test('a line that is missing is told by its name, with the one that may be meant', async () => {
  const called = top.map(([field = '', value = '']) => [field === '名稱' ? '名子' : field, value]);
  const contents = [
    ['路線', '文字'],
    ['客服消息', '好'],
    ['短信', '好'],
  ];
  expect(await faultsOf(fromBook(await book(called, contents)))).toEqual([
    '推送：少了「名稱」這一行（第 3 行的「名子」是不是？）',
    expect.stringContaining('推送 第 3 行「名子」：不認得這個欄位'),
  ]);
  expect(await faultsOf(fromBook(await book(top.slice(0, 5), contents)))).toEqual([
    '推送：少了「路線」這一行',
  ]);
});

test('every bad cell is told by sheet, line and column, with what to do', async () => {
  const bytes = await book(
    [...top.slice(0, 5), ['路線', '客服消息|飛鴿'], ['免打擾', '晚上'], ['七天最多', '很多'], ['顏色', '紅']],
    [
      ['路線', '種類', '文字', '網址', '版本', '比例', '心情'],
      ['飛鴿', undefined, '你好'],
      ['客服消息', '詩', '你好'],
      ['短信', undefined, '你好', 'https://a.example.com'],
      ['短信', undefined, '又一次'],
      ['客服消息', '圖文', undefined, 'sea', 'B'],
      ['短信', undefined, '三', undefined, 'B', '多'],
    ],
  );
  const told = await faultsOf(fromBook(bytes));
  for (const expected of [
    '推送 第 6 行 路線 欄「客服消息|飛鴿」：沒有「飛鴿」這條路；有的是：客服消息（customer）、',
    '推送 第 7 行 免打擾 欄「晚上」：要寫成 22:00-08:00',
    '推送 第 8 行 七天最多 欄「很多」：要寫次數',
    '推送 第 9 行「顏色」：不認得這個欄位；可用的：編號、名稱、',
    '內容 心情 欄：不認得這一欄；可用的：路線、版本、',
    '內容 第 2 行 路線 欄「飛鴿」：沒有這條路；有的是：客服消息（customer）、',
    '內容 第 3 行 種類 欄「詩」：只能是：文字（text）、',
    '內容 第 4 行 網址 欄「https://a.example.com」：短信用不到這一欄，請清空；它用：文字',
    '內容 第 5 行 路線 欄「短信」：這條路的內容寫了兩行',
    '內容 第 6 行 標題 欄：要寫',
    '內容 第 6 行 網址 欄「sea」：要是 http:// 或 https:// 開頭的網址',
    '內容 第 7 行 比例 欄「多」：應是數',
  ])
    expect(told).toContainEqual(expect.stringContaining(expected));
  expect(told).toHaveLength(12);
});

test.each([
  ['x.webp', '內容 第 2 行 圖片 欄「x.webp」：這是檔名嗎？圖片只收 PNG、JPG、GIF'],
  ['海邊', '內容 第 2 行 圖片 欄「海邊」：要寫放在旁邊的檔名'],
  ['sea.png', undefined],
  ['Media-Id_1', undefined],
])('a picture that is called %s', async (name, told) => {
  const bytes = await book(top, [
    ['路線', '種類', '圖片', '文字'],
    ['客服消息', '圖片', name],
    ['短信', undefined, undefined, '好'],
  ]);
  expect(await faultsOf(fromBook(bytes))).toEqual(told === undefined ? [] : [expect.stringContaining(told)]);
});

test('a workbook that is none of ours says how to get one', async () => {
  const bytes = await writeBook([sheet('題目', [['a'], ['b']])]);
  await expect(fromBook(bytes)).rejects.toThrow('npm run push -- template');
});
