import { definition } from '../../../src/domain/pushes/push';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

type Who = Awaited<ReturnType<TestConsole['as']>>;
let town: Town;
let desk: TestConsole;
let mei: Who;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  for (const name of ['林', '柏']) await (await town.follower(name)).says('杭州天氣');
  await town.settled();
  await town.services.people.rebuild();
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const plain = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');
const massPush = (id: string, more: object = {}) =>
  definition.parse({
    id,
    name: `群發 ${id}`,
    class: 'marketing',
    audience: { to: '所有人' },
    routes: ['mass'],
    content: { mass: { kind: 'text', text: '大家好' } },
    cap: { most: 0, days: 7 },
    ...more,
  });

test('an empty month teaches the first step; one by hand counts, and is taken back by 0', async () => {
  expect(await mei.reads('/quota')).toContain('這個月還沒有群發');
  expect(await mei.does('/quota/by-hand', { day: '2026-11-20', times: '2' })).toMatchObject({
    said: /群發過 2 次/,
    to: '/quota?month=2026-11',
  });
  const page = plain(await mei.reads('/quota'));
  expect(page).toContain('同一天不止一次：2026-11-20');
  expect(page).toContain('還能收 2');
  expect(page).not.toContain('這個月還沒有群發');
  expect(await mei.does('/quota/by-hand', { day: '2026-11-20', times: '0' })).toMatchObject({
    said: /沒有群發過/,
  });
  expect(await mei.reads('/quota')).toContain('這個月還沒有群發');
  expect(await mei.does('/quota/by-hand', { day: '2026-11-30', times: '1' })).toMatchObject({
    fields: { day: /還沒有到/ },
  });
  expect(await mei.does('/quota/by-hand', { day: '2026-11-20', times: '11' })).toMatchObject({
    fields: { times: /最多 10/ },
  });
});

test('what was sent, what is planned and who would have too many', async () => {
  const { pushes } = town.services;
  await pushes.save(massPush('first'), '小王');
  await pushes.start('first', '小王');
  await town.settled();
  await pushes.save(massPush('later', { at: '2026-11-27 09:00' }), '小王');
  await pushes.start('later', '小王');
  await pushes.save(massPush('third', { at: '2026-11-28 09:00' }), '小王');
  await pushes.start('third', '小王');
  const page = await mei.reads('/quota?month=2026-11');
  expect(page).toContain('href="/pushes/first"');
  expect(plain(page)).toContain('發過：群發 first');
  expect(plain(page)).toContain('09:00 群發 later');
  expect(plain(await mei.reads('/quota?month=2026-12'))).not.toContain('群發 later');
  expect(plain(await mei.reads('/quota/over?month=2026-11'))).toMatch(/0 人/);
  for (const day of ['2026-11-02', '2026-11-03']) await mei.does('/quota/by-hand', { day, times: '1' });
  // One of ours, two by hand, two planned: five.
  const over = await mei.reads('/quota/over?month=2026-11');
  expect(plain(over)).toMatch(/2 人/);
  expect(over).toContain('/quota/people?month=2026-11&amp;least=1');
  const pids = (await mei.reads('/quota/people?month=2026-11&least=1')).match(/\/subscribers\//g);
  expect(pids).toHaveLength(2);
});

test('whom one reaches now by which route, also of a rule; what is wrong with it is said', async () => {
  expect(plain(await mei.reads('/quota/reach'))).toMatch(/現在能發客服消息\s*2/);
  expect(plain((await mei.post('/quota/reach', { to: '所有人', sentence: '沉默超過 20 天' })).text)).toMatch(
    /這群人\s*0/,
  );
  expect(plain((await mei.post('/quota/reach', { sentence: '昨天的昨天' })).text)).not.toContain('這群人');
});

test('calls of WeChat by day and by path', async () => {
  await town.services.quota.drained();
  const page = await mei.reads('/quota/calls');
  expect(plain(page)).toContain('群發（按名單）');
  expect(plain(await mei.reads('/quota/calls?path=/cgi-bin/message/mass/send'))).toContain('2026-11-23');
  expect(plain(await mei.reads('/quota/calls?day=2026-11-01'))).toContain('沒有符合條件的');
});

test('who has no right to it sees and writes nothing', async () => {
  const agent = await desk.as('agent');
  expect((await agent.get('/quota')).status).toBe(403);
  expect(
    (await (await desk.as('analyst')).post('/quota/by-hand', { day: '2026-11-20', times: '1' })).status,
  ).toBe(403);
});
