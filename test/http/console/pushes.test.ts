import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPush } from '../../../src/domain/pushes/read-push';
import { root } from '../../../src/kit/root';
import { openXlsx } from '../../../src/sheets/read-xlsx';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

type Who = Awaited<ReturnType<TestConsole['as']>>;
let town: Town;
let desk: TestConsole;
let mei: Who;
let zhen: Who;
let [lin, bo]: TownFan[] = [];
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00', settings: { PUSH_APPROVAL_ABOVE: '1' } });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  zhen = await desk.as('approver');
  [lin, bo] = [await town.follower('林'), await town.follower('柏')];
  await lin.says('改名 林梅');
  for (const fan of [lin, bo]) await fan.says('杭州天氣');
  await town.settled();
  const { people, segments } = town.services;
  await people.rebuild();
  await segments.save({
    id: 'talkers',
    name: '說過話的',
    rule: await segments.readText('30 天內來過'),
    by: 'test',
  });
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const words = '{名字|朋友}，周末去哪裡？[看看路線](https://travel.example.com/weekend)';
/** A push as the editor sends it. */
const formOf = (more: Record<string, string> = {}) => ({
  id: 'weekend',
  name: '周末',
  class: 'marketing',
  to: 'talkers',
  when: 'now',
  'ways.0.what': 'customer.text',
  'ways.0.text': words,
  ...more,
});
const make = (id: string, more: Record<string, string> = {}) =>
  mei.does('/pushes/new/save', formOf({ id, ...more }));
const pidOf = async (fan: TownFan | undefined) =>
  (await town.services.subscribers.load(town.services.subscribers.fanOf(fan?.openid ?? '')))?.pid ?? '';
const got = (fan: TownFan | undefined, part: string) =>
  fan?.inbox.filter((text) => text.includes(part)) ?? [];
/** What stands on a page, without its tags. */
const plain = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');

test('with nothing there, the list teaches the first step', async () => {
  for (const { _id } of await town.services.pushes.list())
    await town.app.db.collection<{ _id: string }>('pushes').deleteOne({ _id });
  expect(await mei.reads('/pushes')).toContain('寫第一個推送');
});

test('from the editor to the report: written, planned, tested, approved by another, sent, and read as it was shown', async () => {
  const { pushes } = town.services;
  expect(await mei.reads('/pushes/new')).toContain('說過話的（talkers）');
  expect(plain(await mei.reads('/pushes/count?to=talkers'))).toContain('2 人');
  const shown = await mei.post('/pushes/preview', formOf({ reader: await pidOf(lin) }));
  expect(plain(shown.text)).toContain('林梅，周末去哪裡？看看路線');
  expect(await make('weekend')).toMatchObject({ to: '/pushes/weekend' });

  expect(plain(await mei.reads('/pushes/weekend'))).toContain('草稿');
  const plan = await mei.reads('/pushes/weekend/plan');
  expect(plain(plan)).toMatch(/客服消息\s*2/);
  expect(plain(plan)).toContain('超過 1 人');
  expect(await mei.reads('/pushes/weekend/planned?route=customer')).toContain(await pidOf(lin));

  expect(await mei.does('/pushes/weekend/test', { to: '林梅' })).toMatchObject({ said: /1 個人/ });
  await town.settled();
  expect(got(lin, '林梅，周末去哪裡？')).toHaveLength(1);
  expect(plain(await mei.reads('/pushes/weekend/tests'))).toContain('發出去了');

  const moved = async (was: string) => {
    const badge = await mei.reads(`/pushes/weekend/state?was=${was}`);
    return [badge.includes('data-moved'), badge.includes('every 3s')];
  };
  expect(await mei.does('/pushes/weekend/start')).toMatchObject({ said: /等第二個人批准/ });
  expect(await mei.reads('/pushes/weekend')).toContain('/pushes/weekend/state?was=waiting');
  expect(await moved('waiting')).toEqual([false, true]);
  expect(plain(await mei.reads('/pushes/weekend'))).toContain('你寫過或送出過它');
  expect((await mei.post('/pushes/weekend/approve')).status).toBe(403);
  expect(plain(await zhen.reads('/pushes/weekend'))).toContain('等你批准');
  expect(await zhen.does('/pushes/weekend/approve')).toMatchObject({ said: /批准了/ });
  await town.settled();

  expect(await moved('waiting')).toEqual([true, false]);
  const read = got(lin, '林梅，周末去哪裡？').at(-1) ?? '';
  expect(read).toContain('看看路線');
  expect(got(bo, '朋友，周末去哪裡？')).toHaveLength(1);
  expect(await pushes.status('weekend')).toMatchObject({ state: 'finished', counts: { sent: 2 } });
  const progress = await mei.reads('/pushes/weekend/progress?was=1');
  expect(plain(progress)).toMatch(/發出\s*2/);
  expect(progress).toContain('看結果');
  expect(progress).not.toContain('every 2s');
  expect(await mei.reads('/pushes/weekend/people?state=sent')).toContain(await pidOf(bo));
  const report = plain(await mei.reads('/pushes/weekend/report'));
  expect(report).toContain('https://travel.example.com/weekend');
  expect(report).toContain('發出之後回來過的 0 人');
  expect(plain(await mei.reads('/pushes/table?state=finished'))).toMatch(/周末.*2 \/ 2/);
  expect(plain(await mei.reads('/pushes?state=draft'))).toContain('沒有符合條件的');
});

test('of two tabs with one draft the second saves nothing, and says who was first', async () => {
  await make('tabs');
  expect(await mei.reads('/pushes/tabs/edit')).toContain('name="version" value="1"');
  const save = (name: string) => mei.does('/pushes/tabs/save', formOf({ id: 'tabs', version: '1', name }));
  expect(await save('甲')).toMatchObject({ to: '/pushes/tabs' });
  expect((await save('乙')).refused).toMatch(/剛由 marketer1.* 改過，沒有保存/);
  expect((await town.services.pushes.get('tabs')).name).toBe('甲');
});

test('who wrote a push cannot agree to it, even where she may approve', async () => {
  const both = await desk.as('marketer', 'approver');
  await both.does('/pushes/new/save', formOf({ id: 'own', capMost: '0' }));
  await both.does('/pushes/own/start');
  expect(await both.does('/pushes/own/approve')).toMatchObject({
    refused: expect.stringContaining('不能自己批准'),
  });
  expect(await town.services.pushes.get('own')).toMatchObject({ state: 'waiting' });
  expect(await both.does('/pushes/own/cancel', { reason: '寫錯了' })).toMatchObject({
    said: /一條也沒有發出去/,
  });
  expect(plain(await both.reads('/pushes/own'))).toContain('取消：寫錯了');
});

test('what is wrong stands at its field, and a draft that is not finished can be kept', async () => {
  expect(await make('Bad Id', { name: '', 'ways.0.text': '' })).toMatchObject({
    fields: { id: /小寫字母/, name: expect.any(String), 'ways.0.text': expect.any(String) },
  });
  expect(
    await make('wrong', { 'ways.0.what': 'template', 'ways.0.template': 't1', 'ways.0.fields': 'thing1=去' }),
  ).toMatchObject({
    fields: { 'ways.0.what': /不能發營銷內容/ },
  });
  expect(await make('wrong', { to: '', sentence: '昨天的昨天的人' })).toMatchObject({
    fields: { sentence: expect.any(String) },
  });
  expect(await make('wrong', { when: 'moment', moment: '2026-11-01T09:00' })).toMatchObject({
    fields: { moment: /過去/ },
  });
  expect(await make('weekend')).toMatchObject({ fields: { id: /已經有了/ } });
  expect(await make('half', { 'ways.0.text': '{星座}，你好', unfinished: '1' })).toMatchObject({
    to: '/pushes/half',
  });
  expect(plain(await mei.reads('/pushes/half/plan'))).toContain('沒有「{星座}」這個變量');
  expect(await mei.does('/pushes/half/start', { anyway: '1' })).toMatchObject({
    refused: expect.stringContaining('還不能開始'),
  });
});

test('versions, several routes and a time are what the workbook would say', async () => {
  await make('rich', {
    when: 'moment',
    moment: '2026-12-01T09:30',
    'ways.1.what': 'customer.text',
    'ways.1.variant': '問句',
    'ways.1.share': '40',
    'ways.1.text': '去不去？',
    'ways.2.what': 'mass.text',
    'ways.2.text': '大家好',
    'ways.2.title': '這一欄群發用不到',
    capMost: '0',
  });
  expect(await town.services.pushes.get('rich')).toMatchObject({
    at: '2026-12-01 09:30',
    routes: ['customer', 'mass'],
    content: { customer: { kind: 'text', text: words }, mass: { kind: 'text', text: '大家好' } },
    variants: [{ name: '問句', share: 40, content: { customer: { kind: 'text', text: '去不去？' } } }],
    cap: { most: 0, days: 7 },
  });
  const shown = plain(await mei.reads('/pushes/rich/shown'));
  expect(shown).toContain('問句 · 40%');
  expect(shown).toContain('其餘 · 60%');
  const edit = await mei.reads('/pushes/rich/edit');
  expect(edit).toContain('value="2026-12-01T09:30"');
  expect(edit).toContain('name="ways.2.text"');
  expect(await mei.does('/pushes/rich/save', formOf({ name: '改過的' }))).toMatchObject({
    to: '/pushes/rich',
  });
  expect(await town.services.pushes.get('rich')).toMatchObject({ name: '改過的', version: 2, variants: [] });
  expect(await mei.reads('/pushes/new?from=rich')).toContain('改過的');
});

test('pause holds: not one more goes out until it goes on', async () => {
  await make('held', { capMost: '0', 'ways.0.text': '停住的這一條', quietFrom: '09:00', quietTo: '11:00' });
  await mei.does('/pushes/held/start');
  await zhen.does('/pushes/held/approve');
  await town.settled();
  expect(got(lin, '停住的這一條')).toHaveLength(0);
  expect(plain(await mei.reads('/pushes/held/waiting'))).toContain(await pidOf(lin));
  expect(await mei.does('/pushes/held/pause', { reason: '' })).toMatchObject({
    fields: { reason: expect.any(String) },
  });
  expect(await mei.does('/pushes/held/pause', { reason: '再看一眼' })).toMatchObject({ said: /停住了/ });
  await town.turn({ hours: 2 });
  await town.settled();
  expect(got(lin, '停住的這一條')).toHaveLength(0);
  expect(plain(await mei.reads('/pushes/held'))).toContain('再看一眼');
  await mei.does('/pushes/held/resume');
  await town.settled();
  expect(got(lin, '停住的這一條')).toHaveLength(1);
});

test('whom it missed is listed by reason, exported and written to again', async () => {
  await town.follower('吳'); // says nothing: no window
  await town.settled();
  await town.services.people.rebuild();
  await make('missing', { to: '所有人', capMost: '0' });
  await mei.does('/pushes/missing/start');
  await zhen.does('/pushes/missing/approve');
  await town.settled();
  const progress = await mei.reads('/pushes/missing/progress');
  expect(progress).toContain('/pushes/missing/people?reason=window');
  const wu = await pidOf(await town.fan('吳'));
  expect(await mei.reads('/pushes/missing/people?reason=window')).toContain(wu);
  const { to = '' } = await mei.does('/pushes/missing/missed', { reason: 'window' });
  await desk.worked();
  const { sheets } = await openXlsx({
    name: 'missed.xlsx',
    bytes: (await mei.get(`${to}/file`).buffer(true).parse(bytes)).body as Buffer,
  });
  const cells = JSON.stringify(sheets);
  expect(cells).toContain(wu);
  expect(cells).toContain('推送 missing、原因 window');
  expect(await mei.does('/pushes/missing/again', { next: 'missing-2', reasons: 'window' })).toMatchObject({
    to: '/pushes/missing-2',
  });
  expect(await town.services.pushes.get('missing-2')).toMatchObject({
    again: { push: 'missing', reasons: ['window'] },
  });
  expect(await mei.reads('/pushes/missing-2/edit')).toContain('沒收到的人');
});

test('a workbook comes in with every bad cell told, and goes out as it came', async () => {
  const template = (await mei.get('/pushes/template.xlsx').buffer(true).parse(bytes)).body as Buffer;
  expect(
    await mei.sends('/pushes/import', {}, [{ field: 'file', name: 'p.xlsx', bytes: template }]),
  ).toMatchObject({ to: '/pushes/my-push' });
  const sample: unknown = JSON.parse(readFileSync(join(root, 'src/simulator/sample/push.json'), 'utf8'));
  const read = readPush({ ...(sample as object), id: 'my-push' });
  if ('faults' in read) throw new Error('the sample is broken');
  expect(await town.services.pushes.get('my-push')).toMatchObject({
    content: read.push.content,
    variants: read.push.variants,
  });
  const bad = Buffer.from(JSON.stringify({ ...(sample as object), id: 'NO', routes: ['飛鴿'] }));
  const { refused = '' } = await mei.sends('/pushes/import', {}, [
    { field: 'file', name: 'p.json', bytes: bad },
  ]);
  expect(refused).toContain('2 處要改');
  expect(refused).toContain('小寫字母');
});

test('who may only look sees pushes and changes nothing', async () => {
  const looker = await desk.as('analyst');
  expect(await looker.reads('/pushes/weekend')).not.toContain('data-act="/pushes/weekend/cancel"');
  for (const path of [
    '/pushes/new/save',
    '/pushes/weekend/start',
    '/pushes/weekend/pause',
    '/pushes/weekend/approve',
  ])
    expect((await looker.post(path, formOf())).status).toBe(403);
  expect((await looker.get('/pushes/new')).status).toBe(403);
  const agent = await desk.as('agent');
  expect((await agent.get('/pushes')).status).toBe(403);
});

/** A file as it came. */
function bytes(response: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const stream = response as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks)));
}
