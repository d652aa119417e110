import { createTags } from '../../../src/wechat/api/tags';
import { openConsole, type TestConsole } from '../../support/console';
import { listed } from '../../support/people-list';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

test('a segment becomes a tag that its people wear at WeChat, behind whose number they are listed; unmarked, it goes', async () => {
  const mei = await desk.as('marketer');
  const { segments, people, subscribers } = town.services;
  expect(await mei.reads('/tags')).toContain('還沒有分群');
  const lin = await town.fan('lin');
  await lin.follows('lobby');
  await (await town.fan('wang')).follows('metro');
  await town.settled();
  await people.rebuild();
  await segments.save({
    id: 'lobby',
    name: '大堂來的',
    rule: await segments.readText('從渠道「lobby」來'),
    by: 'ann',
  });

  expect((await mei.does('/tags/mark', { segment: 'lobby', name: '標'.repeat(31) })).fields).toHaveProperty(
    'name',
  );
  expect(await mei.does('/tags/mark', { segment: 'lobby', name: '大堂' })).toMatchObject({
    said: expect.any(String),
  });
  expect(await mei.reads('/tags')).toContain('等下一次同步');
  const { to } = await mei.does('/tags/sync');
  await desk.worked();
  const task = await town.services.tasks.get(to?.split('/').at(-1) ?? '');
  expect(task).toMatchObject({ state: 'done', text: expect.stringContaining('加上 1 位') });
  const tagsOf = () => town.sim.world.fan('lin').tags.map((id) => town.sim.world.tags.get(id)?.name);
  expect(tagsOf()).toEqual(['大堂']);

  const html = await mei.reads('/tags');
  expect(html).toContain(`href="/subscribers?tag=${encodeURIComponent('大堂')}"`);
  expect(html).toContain('上次同步');
  const { pid } = await subscribers.mustFind(lin.openid);
  const worn = await listed(mei, '/subscribers?tag=大堂');
  expect(worn).toContain(`/subscribers/${pid}"`);
  expect(worn.match(/href="\/subscribers\/[\w-]{16}"/g)).toHaveLength(1);
  expect(await mei.reads(`/subscribers/${pid}`)).toContain('>大堂</a>');

  await mei.does('/tags/lobby/unmark');
  await mei.does('/tags/sync');
  await desk.worked();
  expect(tagsOf()).toEqual([]);
});

test('a tag that somebody made elsewhere stands there as theirs, and its name is not taken from them', async () => {
  const mei = await desk.as('marketer');
  const { segments } = town.services;
  await createTags({ client: town.app.client }).create('老客');
  await segments.save({ id: 'all', name: '所有', rule: await segments.readText('所有人'), by: 'ann' });
  await mei.does('/tags/mark', { segment: 'all', name: '老客' });
  expect(await mei.does('/tags/look')).toMatchObject({ said: '看過了，微信上有 1 個標籤。' });
  const html = await mei.reads('/tags');
  expect(html).toContain('在公眾號後台或別處建立');
  expect(html).toContain('微信上已有別處建立的標籤「老客」');
});

test('who may only look changes nothing', async () => {
  const analyst = await desk.as('analyst');
  expect(await analyst.reads('/tags')).not.toContain('/tags/mark');
  expect((await analyst.post('/tags/mark', { segment: 'all', name: 'x' })).status).toBe(403);
  expect((await analyst.post('/tags/sync')).status).toBe(403);
  expect((await (await desk.as('agent')).get('/tags')).status).toBe(403);
});
