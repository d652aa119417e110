import { XMLValidator } from 'fast-xml-parser';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let ana: Awaited<ReturnType<TestConsole['as']>>;
let agent: Awaited<ReturnType<TestConsole['as']>>;

/** Monday 23 November: two come by a code and one of them leaves, one comes without; the night passes, and the next. */
beforeAll(async () => {
  town = await createTown({ sample: false, at: '2026-11-23T10:00' });
  desk = openConsole(town);
  ana = await desk.as('analyst');
  agent = await desk.as('agent');
  const [lin, wen, hua] = await Promise.all(['Lin', 'Wen', 'Hua'].map((name) => town.fan(name)));
  await lin?.follows('lobby');
  await wen?.follows('lobby');
  await hua?.follows();
  await hua?.says('幫助');
  await town.turn({ hours: 20 });
  await wen?.leaves();
  await town.turn({ days: 1 });
  const { services, clock } = town.app;
  await services.people.rebuild();
  await services.stages.run({ anew: true });
  await services.rfm.keep({ anew: true });
  await services.cube.keep({ anew: true });
  expect(clock.day()).toBe('2026-11-25');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const cells = (html: string): string[] =>
  html
    .replace(/<(script|style)[^]*?<\/\1>/g, '')
    .split(/<tr>/)
    .map((row) =>
      row
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );

test('a day is counted when it is over, with those who left since', async () => {
  const html = await ana.reads('/reports');
  expect(cells(html)).toContainEqual(expect.stringMatching(/^2026-11-24 0 1 \d+ 0/));
  const days = await town.app.services.days.list({ limit: 10, from: '2026-11-23' });
  expect(days.map(({ _id, joined, left }) => [_id, joined, left])).toEqual([
    ['2026-11-24', 0, 1],
    ['2026-11-23', 3, 0],
  ]);
  expect(html).toContain('/subscribers?sentence=');
  const { text } = await ana.get('/reports/days.csv?from=2026-11-24&to=2026-11-24');
  expect(text).toMatch(/2026-11-24,0,1,\d+,0,2026-11-24 到 2026-11-24/);
  expect(text).not.toContain('2026-11-23,');
  expect((await ana.get('/reports/days.svg')).body.toString()).toContain('<svg');
});

test('a span that is no day is refused at its field', async () => {
  expect((await ana.get('/reports?from=yesterday').set('hx-request', 'true')).body).toMatchObject({
    fields: { from: expect.stringContaining('2026-11-21') },
  });
});

test('the cube of a day, with a list behind its numbers', async () => {
  const html = await ana.reads('/reports/cube');
  expect(cells(html)).toContainEqual(expect.stringMatching(/^寬 關注 2/));
  expect(html).toContain(encodeURIComponent('所有人'));
  expect((await ana.get('/reports/cube.svg')).body.toString()).toContain('消費者資產立方體');
  expect((await ana.get('/reports/cube.csv')).text).toContain('關注');
  expect((await ana.get('/reports/cube?day=2020-01-01')).text).toContain('2020-01-01 沒有留下數字');
});

test('how many stand in each stage, and how they moved', async () => {
  expect(cells(await ana.reads('/reports/stages/now'))).toContainEqual(expect.stringMatching(/^發現 \d+ /));
  expect(await ana.reads('/reports/stages')).toContain(
    '/reports/stages/moves?from=2026-10-27&amp;to=2026-11-25',
  );
  const moves = await ana.reads('/reports/stages/moves?from=2026-11-23&to=2026-11-25');
  expect(cells(moves)).toContainEqual(expect.stringMatching(/^無關係 發現 \d/));
  const { text } = await ana.get('/reports/stages.csv?from=2026-11-23&to=2026-11-25');
  expect(text).toContain('無關係,發現,');
  expect((await ana.get('/reports/stages.svg?from=2026-11-23&to=2026-11-25')).body.toString()).toContain(
    '發現',
  );
});

test('people of the same scores are one cell, and the sentence of a cell is just those people', async () => {
  const html = await ana.reads('/reports/rfm?kind=engagement');
  const links = [...html.matchAll(/\/segments\/new\?sentence=([^"]+)/g)].map(([, one = '']) =>
    decodeURIComponent(one),
  );
  expect(links.length).toBeGreaterThan(0);
  const { segments } = town.app.services;
  let people = 0;
  for (const sentence of links) people += (await segments.count(await segments.readText(sentence))).people;
  expect(people).toBe(2);
  expect(cells(await ana.reads('/reports/rfm')).join()).toContain('這一類裡還沒有人');
  expect((await ana.get('/reports/rfm.csv?kind=engagement')).text).toContain('沒買過的人');
  expect((await ana.get('/reports/rfm.svg?kind=engagement')).body.toString()).toContain('<svg');
});

test('of those who followed in a week, how many there were and how many have left', async () => {
  const html = await ana.reads('/reports/retention');
  expect(cells(html)).toContainEqual(expect.stringMatching(/^2026-11-23 到 11-29 3 1/));
  expect(html).toContain(encodeURIComponent('3 天內關注'));
  expect((await ana.get('/reports/retention.csv')).text).toMatch(/2026-11-23,3,1,/);
  expect((await ana.get('/reports/retention.svg')).body.toString()).toContain('<svg');
});

test('what a code brought, and who stayed', async () => {
  const list = await ana.reads('/reports/channels/list?from=2026-11-01&to=2026-11-25');
  expect(cells(list)).toContainEqual(
    expect.stringMatching(/^lobby 掃的碼不在渠道表裡 2 .* 1 — 還沒有滿的人/),
  );
  expect((await ana.get('/reports/channels.csv?from=2026-11-01')).text).toContain('lobby,,2,1,0,0,');
  expect(await ana.reads('/reports/channels?sort=-week')).toContain('sort=-week');
  expect(
    (await ana.get('/reports/channels?sort=colour').set('hx-request', 'true')).body.fields,
  ).toHaveProperty('sort');
});

test('without a campaign the funnel says where to begin; of an unknown one it says so', async () => {
  expect(await ana.reads('/reports/funnel')).toContain('還沒有活動');
  const { body } = await ana.get('/reports/funnel/steps?campaign=nothing').set('hx-request', 'true');
  expect(body.refused).toContain('沒有活動「nothing」');
});

test('a recount is a task that judges and counts everybody', async () => {
  const { to } = await ana.does('/reports/recount', { href: '/reports/rfm' });
  await desk.worked();
  expect(await ana.reads(to ?? '')).toContain('重數好了：判斷了 2 人');
  expect(await ana.reads('/reports/rfm')).toContain(`${town.app.clock.day()} 數的`);
  expect((await ana.does('/reports/recount', { href: 'https://elsewhere' })).fields).toHaveProperty('href');
});

test.each([
  '/days.svg',
  '/stages.svg?from=2026-11-23&to=2026-11-25',
  '/rfm.svg?kind=engagement',
  '/retention.svg',
  '/channels.svg?from=2026-11-01',
])('a browser can show the chart /reports%s', async (path) => {
  expect(XMLValidator.validate((await ana.get(`/reports${path}`)).body.toString())).toBe(true);
});

test.each(['', '/cube', '/stages', '/rfm', '/retention', '/funnel', '/channels', '/days.csv', '/rfm.svg'])(
  'who has no right sees nothing of /reports%s',
  async (path) => {
    expect((await agent.get(`/reports${path}`)).status).toBe(403);
  },
);
