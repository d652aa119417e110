import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let ops: Awaited<ReturnType<TestConsole['as']>>;
let mei: Awaited<ReturnType<TestConsole['as']>>;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  ops = await desk.as('operator');
  mei = await desk.as('marketer');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const words = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
type Aside = { _id: string; state: string; effect: object; [more: string]: unknown };
const aside = (id: string): Aside => ({
  _id: id,
  cause: id.slice(0, -3),
  effect: { kind: 'later', job: 'erase', data: {} },
  state: 'failed',
  reason: 'no such host',
  at: new Date(),
  dueAt: new Date('2999-01-01'),
  tries: 5,
  epoch: 5,
});

test('what the account may do, and what is set, without secrets', async () => {
  const html = words(await ops.reads('/system'));
  expect(html).toContain('已認證的服務號');
  expect(html).toMatch(/按名單群發 能/);
  expect(html).toMatch(/回調令牌 已設定 WECHAT_TOKEN/);
  const { config } = town.app;
  for (const secret of [config.dataKey, config.WECHAT_TOKEN, config.WECHAT_APP_SECRET])
    if (secret) expect(html).not.toContain(secret);
});

test('migrations that ran, and an index that is missing', async () => {
  expect(words(await ops.reads('/system/schema'))).toContain('索引都在');
  await town.app.db.collection('moves').dropIndex('on_1');
  expect(words(await ops.reads('/system/schema'))).toMatch(/缺少 1 個索引.*moves\.on_1/);
});

test('the doctor is a page', async () => {
  expect(await ops.reads('/system/doctor')).toContain('hx-get="/system/doctor/now"');
  expect(words(await ops.reads('/system/doctor/now'))).toContain('設定都讀得懂');
});

test('the queue shows what waits, who lives, and what was put aside', async () => {
  await town.app.db.collection<Aside>('outbox').insertOne(aside('erase:p1:1_01'));
  const html = words(await ops.reads('/system/queue/now'));
  expect(html).toMatch(/擱下的工作 1 /);
  expect(html).toMatch(/erase 1 看原因、重放/);
  expect(html).toMatch(/活著/);
  expect(html).toContain('housekeeping');
});

test('what was put aside goes back with a reason, once, and it is written down', async () => {
  const rows = town.app.db.collection<Aside>('outbox');
  expect(await ops.reads('/system/aside')).toContain('erase:p1:1_01');
  const bare = await ops.does('/system/replay', { what: 'jobs', id: 'erase:p1:1_01', reason: '' });
  expect(bare.fields).toHaveProperty('reason');
  const asked = { what: 'jobs', id: 'erase:p1:1_01', reason: 'DNS 修好了' };
  expect((await mei.post('/system/replay', asked)).status).toBe(403);
  expect(await ops.does('/system/replay', asked)).toMatchObject({
    said: expect.stringContaining('放回去了'),
  });
  expect((await rows.findOne({ _id: 'erase:p1:1_01' }))?.state).not.toBe('failed');
  expect((await ops.does('/system/replay', asked)).refused).toContain('沒有擱下的');
  const [entry] = await town.app.services.audit.list({ words: '重放' });
  expect(JSON.stringify(await town.app.services.audit.list({ words: '重放' }))).toContain('DNS 修好了');
  expect(entry?.what).toBe('重放擱下的');
});

test('a letter that was put aside is answered when it goes back', async () => {
  const lin = await town.follower('Lin');
  await lin.says('幫助');
  const letters = town.app.db.collection<{ _id: string }>('inbox');
  const letter = await letters.findOne({}, { sort: { at: -1 } });
  await letters.updateOne(
    { _id: letter?._id ?? '' },
    { $set: { quarantinedAt: new Date(), failed: 'boom' }, $unset: { doneAt: 1 } },
  );
  expect(words(await ops.reads('/system/aside?what=letters'))).toContain('boom');
  await ops.does('/system/replay', { what: 'letters', id: letter?._id ?? '', reason: '修好了' });
  expect(words(await ops.reads('/system/aside?what=letters'))).toContain('沒有擱下的');
});

test('a long list of what was put aside goes on by cursor', async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `erase:q:${String(i).padStart(2, '0')}_01`);
  await town.app.db.collection<Aside>('outbox').insertMany(ids.map(aside));
  const first = await ops.reads('/system/aside');
  expect(first).toContain('erase:q:49_01');
  expect(first).not.toContain('erase:q:50_01');
  const next = /href="(\/system\/aside\?what=jobs&amp;cursor=[^"]+)"/.exec(first)?.[1] ?? '';
  expect(await ops.reads(next.replace('&amp;', '&'))).toContain('erase:q:59_01');
});

test('what is kept how long, and whether the night put things in order', async () => {
  expect(words(await ops.reads('/system/retention'))).toContain('還沒有整理過');
  expect(words(await ops.reads('/system/retention?q=inbox'))).toMatch(/inbox 30 天/);
  expect(words(await ops.reads('/system/retention?class=staff'))).not.toMatch(/ inbox 30 天/);
});

test.each(['', '/doctor', '/queue', '/aside', '/retention'])('no marketer sees /system%s', async (path) => {
  expect((await mei.get(`/system${path}`)).status).toBe(403);
});
