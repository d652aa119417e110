import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

type Who = Awaited<ReturnType<TestConsole['as']>>;
let town: Town;
let desk: TestConsole;
let mei: Who;
let lin: TownFan;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00', settings: { PUSH_APPROVAL_ABOVE: '1' } });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  lin = await town.follower('林');
  await lin.says('杭州天氣');
  await town.settled();
  await town.services.people.rebuild();
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const formOf = (more: Record<string, string> = {}) => ({
  id: 'hello',
  name: '問候',
  class: 'marketing',
  enters: '',
  sentence: '30 天內來過',
  once: 'ever',
  'steps.0.after': '2',
  'steps.0.unit': 'h',
  'steps.0.awhat': 'customer.text',
  'steps.0.atext': '{名字|朋友}，昨天看過杭州？',
  ...more,
});
const got = (part: string) => lin.inbox.filter((text) => text.includes(part)).length;
const plain = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');
const pid = async () =>
  (await town.services.subscribers.load(town.services.subscribers.fanOf(lin.openid)))?.pid ?? '';

test('with nothing there, the list offers an example, whose form is the example', async () => {
  expect(await mei.reads('/sequences')).toContain('/sequences/new?example=birthday');
  const edit = await mei.reads('/sequences/new?example=birthday');
  expect(edit).toContain('生日祝福');
  expect(edit).toContain('name="steps.0.ctitle" value="生日快樂"');
});

test('written, started, sent, stopped: who is where is told, and stopping holds', async () => {
  expect(
    await mei.does(
      '/sequences/new/save',
      formOf({
        'steps.1.after': '3',
        'steps.1.unit': 'h',
        'steps.1.awhat': 'customer.text',
        'steps.1.atext': '再問一次',
      }),
    ),
  ).toMatchObject({ to: '/sequences/hello' });
  const { definition } = await town.services.sequences.version('hello');
  expect(definition).toMatchObject({
    trigger: { enters: '30 天內來過', once: 'ever' },
    steps: [{ after: '2h', routes: ['customer'] }, { after: '3h' }],
  });
  expect(plain(await mei.reads('/sequences/hello/check'))).toContain('現在就會進來 1 人');
  expect(plain(await mei.reads('/sequences/hello/shown'))).toContain('朋友，昨天看過杭州？');
  expect(await mei.does('/sequences/hello/start')).toMatchObject({ said: /走第 1 版/ });
  await town.turn({ minutes: 1 });
  await town.settled();
  expect(plain(await mei.reads('/sequences/hello/report'))).toMatch(/等著\s*1/);
  expect(await mei.reads('/sequences/hello/people?version=1&state=waiting&step=1')).toContain(await pid());
  await town.turn({ hours: 2, minutes: 15 });
  await town.settled();
  expect(got('昨天看過杭州')).toBe(1);
  const report = await mei.reads('/sequences/hello/report');
  expect(plain(report)).toContain('發出 1');
  const pushes = await mei.reads('/sequences/hello/pushes?version=1&step=1');
  const push = /\/pushes\/(hello\.[^"/]+)"/.exec(pushes)?.[1] ?? '';
  expect(await mei.reads(`/pushes/${push}/people?state=sent`)).toContain(await pid());
  expect(await mei.reads(`/pushes/${push}`)).toContain('/sequences/hello');

  expect(await mei.does('/sequences/hello/stop')).toMatchObject({ said: /等著/ });
  await town.turn({ hours: 5 });
  await town.settled();
  expect(got('再問一次')).toBe(0);
  expect(await mei.does('/sequences/hello/start')).toMatchObject({ said: /開始了/ });
  await town.turn({ minutes: 12 });
  await town.settled();
  expect(got('再問一次')).toBe(1);
  expect(await mei.does('/sequences/hello/let-go', { reason: '' })).toMatchObject({
    fields: { reason: expect.any(String) },
  });
  expect(await mei.does('/sequences/hello/let-go', { reason: '不做了' })).toMatchObject({ said: /放走/ });
  expect(plain(await mei.reads('/sequences/hello'))).toContain('停止，裡面的人都放走：不做了');
});

test('what is wrong stands at its field; another version waits until it is started', async () => {
  const bad = formOf({ id: 'bad', sentence: '', 'steps.0.at': '23:00', 'steps.0.atext': '' });
  expect(await mei.does('/sequences/new/save', bad)).toMatchObject({
    fields: { sentence: expect.any(String), 'steps.0.atext': expect.any(String) },
  });
  expect(await mei.does('/sequences/new/save', formOf({ id: 'bad', 'steps.0.at': '23:00' }))).toMatchObject({
    fields: { 'steps.0.at': /安靜時段/ },
  });
  expect(
    await mei.does('/sequences/new/save', formOf({ id: 'bad', 'steps.0.if': '昨天的昨天' })),
  ).toMatchObject({
    fields: { 'steps.0.if': expect.any(String) },
  });
  expect(await mei.does('/sequences/new/save', formOf())).toMatchObject({ fields: { id: /已經有了/ } });
  expect(await mei.does('/sequences/hello/save', formOf({ name: '新的問候' }))).toMatchObject({
    said: /第 2 版/,
  });
  expect(plain(await mei.reads('/sequences/hello'))).toContain('走第 1 版；第 2 版還沒有開始');
  expect(plain(await mei.reads('/sequences/hello?version=1'))).toContain('第 1 版（不是最新的）');
  expect(await mei.reads('/sequences/hello/edit')).toContain('新的問候');
});

test('where many would come in at once, who wrote it cannot start it', async () => {
  const bo = await town.follower('柏');
  await bo.says('杭州天氣');
  await town.settled();
  await town.services.people.rebuild();
  await mei.does('/sequences/new/save', formOf({ id: 'many' }));
  expect(plain(await mei.reads('/sequences/many/check'))).toContain('寫這一版的人不能自己開始');
  expect(await mei.does('/sequences/many/start')).toMatchObject({
    refused: expect.stringContaining('要另一位同事來開始'),
  });
  const other = await desk.as('marketer');
  expect(await other.does('/sequences/many/start')).toMatchObject({ said: /開始了/ });
});

test('a JSON comes in as it went out, and every bad place is told', async () => {
  const file = await mei.get('/sequences/template/level');
  const sent = [{ field: 'file', name: 'level.json', bytes: Buffer.from(JSON.stringify(file.body)) }];
  expect(await mei.sends('/sequences/import', {}, sent)).toMatchObject({ to: '/sequences/level-2' });
  const bad = [
    { field: 'file', name: 'bad.json', bytes: Buffer.from('{"id":"x","steps":[{"after":"soon"}]}') },
  ];
  expect((await mei.sends('/sequences/import', {}, bad)).refused).toContain('第 1 步的 after');
});

test('who may only look changes nothing', async () => {
  const looker = await desk.as('analyst');
  expect(await looker.reads('/sequences/hello')).not.toContain('data-act="/sequences/hello/start"');
  for (const path of [
    '/sequences/new/save',
    '/sequences/hello/start',
    '/sequences/hello/stop',
    '/sequences/hello/let-go',
  ])
    expect((await looker.post(path, formOf())).status).toBe(403);
  expect((await (await desk.as('agent')).get('/sequences')).status).toBe(403);
});
