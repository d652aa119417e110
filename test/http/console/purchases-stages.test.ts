import { openConsole, type TestConsole } from '../../support/console';
import { listed } from '../../support/people-list';
import { createTown, type Town } from '../../support/town';

type Person = Awaited<ReturnType<TestConsole['as']>>;
let town: Town;
let desk: TestConsole;
let mei: Person;
let analyst: Person;
let pid: string;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  analyst = await desk.as('analyst');
  const lin = await town.follower('lin');
  await town.settled();
  pid = (await town.services.subscribers.mustFind(lin.openid)).pid;
  await town.services.purchases.bindPhone(pid, '13800000001', { source: 'test', consent: 'yes' });
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const file = (lines: string[]) => [
  {
    field: 'file',
    name: 'orders.csv',
    bytes: Buffer.from(['手機號,訂單號,日期,金額（元）,品名', ...lines].join('\r\n')),
  },
];
const good = '13800000001,A1,2026-11-01,128.50,杭州三日';

test('a file is checked before it is brought: bad lines are told by line and column, and nothing is written', async () => {
  const checked = await mei.sends('/purchases/check', {}, file([good, '123,A2,2026-11-02,10,x']));
  expect(checked.html).toContain('訂單新增 1');
  expect(checked.html).toContain('第 3 行');
  expect(checked.html).toContain('請填 11 位的大陸手機號');
  expect(await town.services.purchases.of(pid)).toMatchObject({ purchases: [] });
  expect((await mei.sends('/purchases/check', { other: 'x' }, [])).fields).toHaveProperty('file');
  const junk = [{ field: 'file', name: 'x.pdf', bytes: Buffer.from('%PDF') }];
  expect((await mei.sends('/purchases/check', {}, junk)).fields).toHaveProperty('file');
});

test('what was brought is on her page; the same order told otherwise waits until somebody decides', async () => {
  expect(await mei.sends('/purchases/import', {}, file([good]))).toMatchObject({
    said: expect.stringContaining('訂單新增 1'),
  });
  expect(await mei.reads(`/subscribers/${pid}`)).toContain('杭州三日');
  await mei.sends('/purchases/import', {}, file([good.replace('128.50', '99')]));
  const html = await mei.reads('/purchases');
  expect(html).toContain('orders.csv 第 2 行');
  expect(html).toContain('99.00 元');
  expect(await analyst.reads('/purchases')).not.toContain('/purchases/settle');
  expect((await analyst.post('/purchases/settle', { order: 'A1', how: 'take' })).status).toBe(403);
  expect(await mei.does('/purchases/settle', { order: 'A1', how: 'take' })).toMatchObject({
    said: '訂單 A1 改用了文件的內容。',
  });
  expect(await town.services.purchases.of(pid)).toMatchObject({ purchases: [{ fen: 9_900 }] });
  expect(await mei.reads('/purchases')).toContain('沒有衝突');
  expect((await mei.get('/purchases/template')).headers['content-disposition']).toContain('.xlsx');
});

test('stages are counted with the people behind each number, and who moved is named', async () => {
  expect((await analyst.post('/stages/judge')).status).toBe(403);
  const { to } = await mei.does('/stages/judge');
  await desk.worked();
  expect(await town.services.tasks.get(to?.split('/').at(-1) ?? '')).toMatchObject({ state: 'done' });
  const counts = await mei.reads('/stages/counts');
  expect(counts).toContain('href="/subscribers?stage=bought"');
  expect(await listed(mei, '/subscribers?stage=bought')).toContain(`/subscribers/${pid}"`);
  expect(await listed(mei, '/subscribers?stage=loyal')).not.toContain(`/subscribers/${pid}"`);
  expect(await mei.reads('/stages')).toContain('hx-get="/stages/rates?');
  const html = await mei.reads('/stages/rates');
  const [, link = ''] = /href="(\/stages\/moves\?[^"]*to=bought[^"]*)"/.exec(html) ?? [];
  expect(await mei.reads(link.replaceAll('&amp;', '&'))).toContain(`/subscribers/${pid}"`);
  expect(await mei.reads('/stages/rates?since=2026-01-01&until=2026-01-31')).not.toContain('/stages/moves');
  expect((await mei.get('/stages?since=2026-02-01&until=2026-01-31')).status).toBe(400);
});

test('where people stood is drawn when two days have passed', async () => {
  await town.turn({ days: 3 });
  await town.services.stages.run({ anew: true });
  expect(await mei.reads('/stages')).toContain('src="/stages/chart?');
  const { status, body } = await mei.get('/stages/chart').buffer(true);
  expect(status).toBe(200);
  expect(String(body)).toContain('<svg');
});
