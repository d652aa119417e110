import { plainCell } from '../../../src/sheets/safe-cells';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
type Person = Awaited<ReturnType<TestConsole['as']>>;
let mei: Person;
let pids: string[];
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  for (const name of ['Lin', 'Chen', 'Wang']) await (await town.follower(name)).says('你好');
  await town.settled();
  const { people, subscribers, attributes } = town.services;
  pids = (await subscribers.everybody('', 10)).map(({ pid }) => pid);
  for (const [n, value] of ['女', '女', '男'].entries())
    await attributes.set({ pid: pids[n] as string, name: '性別', value, source: 'test', consent: '好' });
  await people.rebuild();
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const plain = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const women = '屬性「性別」是「女」';
const create = (id: string, name: string, sentence: string) =>
  mei.does('/segments/new', { id, name, sentence, was: '' });

test('a segment is made of a sentence, and shows how many, who, and why', async () => {
  expect(await create('women', '女生', women)).toEqual({ said: '「女生」存好了。', to: '/segments/women' });
  expect(plain(await mei.reads('/segments/table'))).toMatch(/女生 women 屬性「性別」是「女」 2 /);
  expect(await mei.reads('/segments/women')).toContain(women);
  expect(plain(await mei.reads('/segments/women/count'))).toContain('2 人');
  const sample = await mei.reads('/segments/women/sample');
  expect(sample).toContain(`/subscribers/${pids[0]}`);
  expect(sample).not.toContain(`/subscribers/${pids[2]}`);
  expect(plain(await mei.reads(`/segments/women/why?pid=${pids[2]}`))).toMatch(
    /不在.*不是 屬性「性別」是「女」/,
  );
  const { status, text } = await mei.get('/segments/women/why?pid=nobody');
  expect([status, text]).toEqual([404, expect.stringContaining('沒有這個人：nobody')]);
  expect(String((await mei.get('/segments/women/sizes')).body)).toContain('<svg');
});

test('rows of conditions are the same rule, and one follows the other', async () => {
  const rows = {
    ...{ sentence: '', was: '', joint: 'all', 'groups.0.joint': 'all', 'groups.1.joint': 'any' },
    ...{
      'conditions.0.group': '0',
      'conditions.0.not': '',
      'conditions.0.leaf': 'seen',
      'conditions.0.p0': '30',
    },
    ...{ 'conditions.1.group': '0', 'conditions.1.not': 'on', 'conditions.1.leaf': 'quiet' },
    ...{
      'conditions.2.group': '1',
      'conditions.2.leaf': 'attribute',
      'conditions.2.p0': '性別',
      'conditions.2.p1': '女、女士',
    },
    ...{ 'conditions.3.group': '1', 'conditions.3.leaf': 'script', 'conditions.3.p0': 'hans' },
  };
  const told = '同時（30 天內來過；都不（不要推送）；任一（屬性「性別」是「女」或「女士」；用簡體字））';
  const live = (await mei.post('/segments/rule/live', rows)).text;
  expect(live).toContain(told);
  expect(live).toContain('id="rule-sentence"');
  // Typed instead: the rows follow.
  const typed = (await mei.post('/segments/rule/live', { sentence: told, was: '', 'groups.0.joint': 'all' }))
    .text;
  expect(typed).toContain('id="rule-rows"');
  expect(typed).toContain('value="女、女士"');
  const found = (await mei.post('/segments/rule/found', { rule: told })).text;
  expect(plain(found)).toContain('2 人');
  expect(found).toContain(`/subscribers/${pids[1]}`);

  // A condition more, and one less.
  const more = (await mei.post('/segments/rule/rows?add=1', rows)).text;
  expect(more).toContain('name="conditions.4.leaf"');
  const less = (await mei.post('/segments/rule/rows?dropGroup=0', rows)).text;
  expect(less).not.toContain('name="conditions.2.leaf"');
  expect(less).toContain('任一（屬性「性別」是「女」或「女士」；用簡體字）');

  expect(await mei.does('/segments/new', { id: 'rows', name: '用條件', ...rows })).toMatchObject({
    to: '/segments/rows',
  });
  expect(town.services.segments.tell((await town.services.segments.get('rows')).rule)).toBe(told);
  // Saved again with rows that say the same: no new version.
  const again = { name: '改了名', version: '1', ...rows, sentence: told, was: told };
  expect(await mei.does('/segments/rows/edit', again)).toMatchObject({ said: '存好了，規則沒有變。' });
  expect(await town.services.segments.get('rows')).toMatchObject({ version: 1, name: '改了名' });
});

test('what cannot be read is told at its place', async () => {
  const typo = await mei.does('/segments/new', {
    id: 'bad',
    name: '不對',
    sentence: '30 天內來過；問過酒點的人',
    was: '',
  });
  expect(typo.fields?.['sentence']).toContain('看不懂「問過酒點的人」');
  expect(
    (
      await mei.post('/segments/rule/live', {
        sentence: '30 天內來過；問過酒點的人',
        was: '',
        'groups.0.joint': 'all',
      })
    ).text,
  ).toContain('<mark>問過酒點的人</mark>');
  const row = {
    'groups.0.joint': 'all',
    'conditions.0.group': '0',
    'conditions.0.leaf': 'seen',
    'conditions.0.p0': '99999',
  };
  expect(
    await mei.does('/segments/new', { id: 'bad', name: '不對', sentence: '', was: '', ...row }),
  ).toMatchObject({
    fields: { 'conditions.0.p0': '要填 1 到 3650 的整數' },
  });
  expect((await create('Bad id', '不對', women)).fields?.['id']).toContain('小寫字母');
  expect((await create('women', '又一個', women)).fields?.['id']).toContain('已經有');
  expect(await town.services.segments.find('bad')).toBeNull();
});

test('a changed rule is another version, which can be gone back from; who was slower is told', async () => {
  await create('men', '男生', '屬性「性別」是「男」');
  const edit = (version: string, sentence: string) =>
    mei.does('/segments/men/edit', { name: '男生', version, sentence, was: '屬性「性別」是「男」' });
  expect((await edit('1', '屬性「性別」是「男」或「先生」')).said).toContain('第 2 版');
  expect((await edit('1', '所有人')).refused).toContain('第 2 版');
  expect((await mei.does('/segments/men/restore', { version: '1', expects: '2' })).said).toContain('第 3 版');
  expect(town.services.segments.tell((await town.services.segments.get('men')).rule)).toBe(
    '屬性「性別」是「男」',
  );
});

test('how far two are one is counted, and each number opens its people', async () => {
  await create('all', '大家', '所有人');
  const html = await mei.reads('/segments/women/overlap?with=all');
  expect(plain(html)).toMatch(/兩個都在 2 只在「女生」 0 只在「大家」 1/);
  const href = /href="(\/segments\/people\?[^"]*)"/g;
  const [, , other = ''] = [...html.matchAll(href)].map(([, path]) => (path ?? '').replaceAll('&amp;', '&'));
  const table = await mei.reads(other.replace('/segments/people?', '/segments/people/table?'));
  expect(table).toContain(`/subscribers/${pids[2]}`);
  expect(table).not.toContain(`/subscribers/${pids[0]}`);
});

test('members come by pages, and are exported by a task with the filter in the file', async () => {
  const { segments } = town.services;
  const { rule } = await segments.get('all');
  const first = await segments.members(rule, { most: 2 });
  const second = await segments.members(rule, { most: 2, after: first.next });
  expect([...first.people, ...second.people].map(({ _id }) => _id)).toEqual(pids.toSorted());
  expect(second.next).toBeUndefined();
  expect(await mei.reads('/segments/all/members/table')).toContain(`/subscribers/${pids[2]}`);

  const { to = '' } = await mei.does('/segments/women/export', { format: 'csv' });
  await desk.worked();
  expect(await mei.reads(to)).toContain('2 人，只有編號');
  const { text } = await mei.get(`${to}/file`);
  const inFile = text.trim().split(/\r?\n/).slice(1);
  expect(inFile.map((cell) => plainCell(cell)).toSorted()).toEqual(pids.slice(0, 2).toSorted());
});

test('a file becomes a list; lines that name nobody are told', async () => {
  const bytes = Buffer.from(`pid\n${pids[0]}\nNOBODY\n`);
  const answer = await mei.sends('/segments/lists/file', { id: 'guests', name: '老客人' }, [
    { field: 'file', name: 'guests.csv', bytes },
  ]);
  expect(plain(answer.html ?? '')).toContain('新加 1');
  expect(answer.html).toContain('第 3 行 pid 欄「NOBODY」');
  expect(plain(await mei.reads('/segments/guests/count'))).toContain('1 人');
  expect(
    (
      await mei.sends('/segments/lists/file', { id: 'women', name: '老客人' }, [
        { field: 'file', name: 'guests.csv', bytes },
      ])
    ).fields?.['id'],
  ).toContain('換一個編號');
});

test('whoever fits now becomes a list, by a task', async () => {
  const { to = '' } = await mei.does('/segments/lists/rule', {
    listId: 'frozen',
    listName: '那時的女生',
    rule: 'women',
  });
  await desk.worked();
  expect(await mei.reads(to)).toContain('2 人，新加 2');
  expect(
    (await mei.does('/segments/lists/rule', { listId: 'x', listName: 'x', rule: '酒點' })).fields?.['rule'],
  ).toContain('看不懂');
});

test('everything can be counted and worked out anew by tasks', async () => {
  for (const [path, says] of [
    ['/segments/measure', '都數好了'],
    ['/segments/compare', '每個人都一致'],
    ['/segments/rebuild', '算好了，共 3 人'],
  ] as const) {
    const { to = '' } = await mei.does(path);
    await desk.worked();
    expect(await mei.reads(to)).toContain(says);
  }
});

test('one that is used stays, and says where; the others go with a reason', async () => {
  await create('uses', '引用的', '屬於分群「women」');
  expect((await mei.does('/segments/women/remove', { reason: '不要了' })).refused).toContain(
    '分群「引用的」',
  );
  expect(plain(await mei.reads('/segments/women'))).toMatch(/分群 引用的/);
  await town.app.db.collection<{ _id: string }>('pushes').insertOne({
    _id: 'spring',
    ...{ name: '春天', state: 'draft', audience: { to: 'uses', except: [] }, changedAt: new Date() },
  });
  expect((await mei.does('/segments/uses/remove', { reason: '不要了' })).refused).toContain('推送「春天」');
  await town.app.db.collection<{ _id: string }>('pushes').deleteOne({ _id: 'spring' });
  expect((await mei.does('/segments/uses/remove', { reason: '' })).fields?.['reason']).toBe('不能空著');
  expect(await mei.does('/segments/uses/remove', { reason: '不要了' })).toMatchObject({ to: '/segments' });
  expect((await mei.get('/segments/uses')).status).toBe(404);
});

test('who only looks may not change, and who has no right sees nothing', async () => {
  const analyst = await desk.as('analyst');
  expect(await analyst.reads('/segments/women')).not.toContain('/segments/women/edit');
  expect((await analyst.post('/segments/new', { id: 'x', name: 'x', sentence: women, was: '' })).status).toBe(
    403,
  );
  expect((await analyst.post('/segments/women/export', { format: 'csv' })).status).toBe(403);
  expect((await (await desk.as('agent')).get('/segments')).status).toBe(403);
});
