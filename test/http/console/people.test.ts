import { openConsole, type TestConsole } from '../../support/console';
import { listed } from '../../support/people-list';
import { createTown, type Town, type TownFan } from '../../support/town';

type Person = Awaited<ReturnType<TestConsole['as']>>;

let town: Town;
let desk: TestConsole;
let marketer: Person;
let operator: Person;
let officer: Person;
let lin: TownFan;
let wang: TownFan;

const pidOf = async ({ openid }: TownFan) => (await town.services.subscribers.mustFind(openid)).pid;
/** What a page says, without its tags. */
const text = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
/** The words of a task's file. */
async function fileOf(to = ''): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of town.services.tasks.read(to.split('/').at(-1) ?? '')) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  [marketer, operator, officer] = await Promise.all([
    desk.as('marketer'),
    desk.as('operator'),
    desk.as('officer'),
  ]);
  lin = await town.fan('林小姐');
  wang = await town.fan('王先生');
  await lin.follows('hotel-lobby');
  await wang.follows();
  await lin.says('改名 西湖小林');
  await lin.says('我的手機 13812345678');
  const pid = await pidOf(lin);
  await town.services.attributes.set({
    pid,
    name: '性別',
    value: '女',
    source: 'survey:wishes',
    consent: '好的',
  });
  await town.services.points.give('award', { id: 'a1', pid, points: 30 });
  const { segments, people } = town.services;
  await segments.save({
    id: 'women',
    name: '女生',
    rule: await segments.readText('屬性「性別」是「女」'),
    by: 'ann',
  });
  await town.settled();
  await people.rebuild();
  await town.services.stages.run({ anew: true });
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

test('the list shows who follows, masked, with what may be sent; each filter finds her and leaves the other out', async () => {
  const [her, him] = [await pidOf(lin), await pidOf(wang)];
  const html = await listed(marketer, '/subscribers');
  expect(html).toContain(`href="/subscribers/${her}"`);
  expect(html).toContain(`href="/subscribers/${him}"`);
  expect(html).not.toContain('西湖小林');
  expect(text(html)).toContain('共 2 位');
  expect(text(html)).toMatch(/西\*\* .*還能發 \d 條 到 2026-11-25/);
  expect(await listed(officer, '/subscribers')).toContain('西湖小林');
  for (const query of [
    'q=西湖',
    `q=${her}`,
    `q=${lin.openid}`,
    'segment=women',
    'channel=hotel-lobby',
    'points=30',
    'sentence=屬性「性別」是「女」',
    'seen=2026-11-23&points=1',
  ]) {
    const found = await listed(marketer, `/subscribers?${query}`);
    expect([query, found.includes(`/subscribers/${her}"`), found.includes(`/subscribers/${him}"`)]).toEqual([
      query,
      true,
      false,
    ]);
    expect(await marketer.reads(encodeURI(`/subscribers/total?${query}`))).toContain('1 位');
  }
  expect(await listed(marketer, '/subscribers?phone=yes')).toContain('沒有符合條件的人');
  expect(await listed(marketer, '/subscribers?window=shut')).not.toContain(`/subscribers/${her}"`);
  expect((await marketer.get('/subscribers?level=3')).status).toBe(400);
  expect(
    text((await marketer.get('/subscribers?tag=沒有的').catch((e: Error) => ({ text: e.message }))).text),
  ).toContain('沒有我們的標籤');
});

test('people with many more behind them are listed page by page, in either order, nobody twice', async () => {
  const { directory } = town.services;
  for (const order of ['-points', 'points', '-seen', 'seen', '-followed', 'followed'] as const) {
    const met: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await directory.list(
        {},
        { order, limit: 1, withinMs: 5_000, ...(after ? { after } : {}) },
      );
      if (page === 'slow') throw new Error('slow');
      met.push(...page.rows.map(({ _id }) => _id));
      if (!page.next) break;
      after = page.next;
    }
    expect([order, met.length, new Set(met).size]).toEqual([order, 2, 2]);
    if (order === '-points') expect(met[0]).toBe(await pidOf(lin));
    if (order === 'points') expect(met[1]).toBe(await pidOf(lin));
  }
  expect((await marketer.get('/subscribers?cursor=nonsense')).status).toBe(400);
});

test('the filtered list goes out as a file that names its filter, kept with who took it; only who may', async () => {
  expect((await marketer.does('/subscribers/export', { segment: 'women' })).refused).toContain(
    'people.export',
  );
  const begun = await operator.does('/subscribers/export', { segment: 'women', format: 'csv' });
  expect(begun.to).toMatch(/^\/tasks\//);
  await desk.worked();
  const task = await town.services.tasks.get(begun.to?.split('/').at(-1) ?? '');
  expect(task).toMatchObject({ state: 'done', file: { name: expect.stringContaining('屬於分群「women」') } });
  const csv = await fileOf(begun.to);
  expect(csv).toContain(await pidOf(lin));
  expect(csv).not.toContain(await pidOf(wang));
  expect(csv).not.toContain('西湖小林');
  expect(await town.app.db.collection('exports').findOne({ what: 'people' })).toMatchObject({
    by: expect.stringContaining(operator.login),
    rows: 1,
    filter: { who: '屬於分群「women」' },
  });
  expect((await operator.does('/subscribers/export', { full: 'on' })).refused).toContain('遮住');
});

test('her page says what is known from where, what may be sent and why not, and what she did; who looked is kept', async () => {
  const pid = await pidOf(lin);
  const html = text(await marketer.reads(`/subscribers/${pid}`));
  expect(html).toContain('性別 女 問卷「wishes」');
  expect(html).toMatch(/客服消息 還能發 \d 條，到 2026-11-25/);
  expect(html).toMatch(/短信 不能發 她沒有同意收短信/);
  expect(html).toMatch(/獎品 \+30/);
  expect(html).toContain('138****5678');
  expect(html).not.toContain('13812345678');
  expect(text(await officer.reads(`/subscribers/${pid}`))).toContain('13812345678');
  expect(await marketer.reads(`/subscribers/${pid}/segments`)).toContain('女生');
  expect(
    await town.app.db.collection('audit').countDocuments({ what: '看用戶檔案', path: `/subscribers/${pid}` }),
  ).toBe(2);
  expect((await marketer.get('/subscribers/nobody')).status).toBe(404);
});

test('a note stands on her page and in her copy; an empty one is refused at its field, and an analyst may write none', async () => {
  const pid = await pidOf(lin);
  expect((await marketer.does(`/subscribers/${pid}/notes`, { words: ' ' })).fields).toHaveProperty('words');
  expect(await marketer.does(`/subscribers/${pid}/notes`, { words: '常客，喜歡湖景房' })).toMatchObject({
    said: '記下了。',
  });
  expect(await marketer.reads(`/subscribers/${pid}`)).toContain('常客，喜歡湖景房');
  const analyst = await desk.as('analyst');
  expect((await analyst.post(`/subscribers/${pid}/notes`, { words: 'x' })).status).toBe(403);
  const copy = await operator.get(`/subscribers/${pid}/copy`);
  expect(copy.headers['content-disposition']).toContain('.json');
  expect(JSON.stringify(copy.body)).toContain('常客，喜歡湖景房');
  expect((await marketer.get(`/subscribers/${pid}/copy`)).status).toBe(403);
});

test('who is erased is gone from all pages, when her pid was typed and a reason given', async () => {
  const mei = await town.follower('要走的人');
  const pid = await pidOf(mei);
  const path = `/subscribers/${pid}/erase`;
  expect((await marketer.post(path, { typed: pid, reason: 'x' })).status).toBe(403);
  expect((await operator.does(path, { typed: pid, reason: '' })).fields).toHaveProperty('reason');
  expect((await operator.does(path, { typed: 'other', reason: '她打電話要求' })).fields).toHaveProperty(
    'typed',
  );
  expect(await town.services.subscribers.known([pid])).toHaveLength(1);
  expect(await operator.does(path, { typed: pid, reason: '她打電話要求' })).toMatchObject({
    to: '/subscribers',
  });
  expect(await town.services.subscribers.known([pid])).toEqual([]);
  expect((await operator.get(`/subscribers/${pid}`)).status).toBe(404);
  expect(await listed(operator, '/subscribers')).not.toContain(pid);
  await mei.leaves();
});

test('who follows and never wrote is met by a synchronisation with the list of WeChat, whose end stands on its page', async () => {
  Object.assign(town.sim.world.fan('默默關注的人'), {
    following: true,
    known: true,
    subscribedAt: Date.parse('2026-11-01T08:00:00+08:00'),
  });
  expect(await marketer.reads('/subscribers/sync')).toContain('還沒有和微信的名單同步過');
  expect((await marketer.does('/subscribers/sync', { remove: 'on' })).refused).toContain('權限');
  const before = await town.services.subscribers.count();
  const begun = await marketer.does('/subscribers/sync');
  await desk.worked();
  expect(await town.services.tasks.get(begun.to?.split('/').at(-1) ?? '')).toMatchObject({ state: 'done' });
  expect(await town.services.subscribers.count()).toBe(before + 1);
  expect(text(await marketer.reads('/subscribers/sync'))).toMatch(
    /上次在 2026-11-23 \d\d:\d\d 做完：.*新認識 1 位/,
  );
  const agent = await desk.as('agent');
  expect((await agent.post('/subscribers/sync')).status).toBe(403);
});
