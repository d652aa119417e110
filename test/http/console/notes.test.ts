import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

let town: Town;
let desk: TestConsole;
let lin: string;
let wang: string;

const pidOf = async ({ openid }: TownFan) => (await town.services.subscribers.mustFind(openid)).pid;
const idOf = (html: string) => /href="\/notes\/([\w-]{16,})"/.exec(html)?.[1] ?? 'none';

beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  const [a, b] = [await town.fan('lin'), await town.fan('wang')];
  await a.follows();
  await b.follows();
  await town.settled();
  [lin, wang] = [await pidOf(a), await pidOf(b)];
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

test('what the team noted stands in one list, the newest first, and leads to whom it is about', async () => {
  const mei = await desk.as('marketer');
  expect(await mei.reads('/notes')).toContain('還沒有備註');
  await mei.does(`/subscribers/${lin}/notes`, { words: '常客，喜歡湖景房' });
  await mei.does(`/subscribers/${wang}/notes`, { words: '要無菸房，電話 13812345678' });
  const html = await mei.reads('/notes');
  expect(html).toContain('href="/notes" aria-current="page"');
  expect(html.indexOf('要無菸房')).toBeLessThan(html.indexOf('喜歡湖景房'));
  expect(html).toContain(`href="/subscribers/${lin}"`);
  expect(html).toContain(mei.name);
  expect(html).toContain('138****5678');
});

test('it is looked through by words, in either script and never by what is masked', async () => {
  const [mei, officer] = [await desk.as('marketer'), await desk.as('officer')];
  const at = (q: string) => `/notes?q=${encodeURIComponent(q)}`;
  const found = await mei.reads(at('喜欢'));
  expect(found).toContain('喜歡湖景房');
  expect(found).not.toContain('要無菸房');
  expect(await mei.reads(at('（('))).toContain('沒有符合條件的');
  expect(await mei.reads(at('.*'))).toContain('沒有符合條件的');
  expect(await mei.reads(at('138123'))).toContain('沒有符合條件的');
  expect(await officer.reads(at('138123'))).toContain('13812345678');
});

test('a long list goes on where the page ended', async () => {
  const mei = await desk.as('marketer');
  for (let n = 0; n < 60; n++) await town.services.notes.write({ pid: lin, words: `第 ${n} 條`, by: 'ann' });
  const path = `/notes?q=${encodeURIComponent('條')}`;
  const first = await mei.reads(path);
  const [, next = ''] = /href="([^"]+)" rel="next"/.exec(first) ?? [];
  const second = await mei.reads(next.replaceAll('&amp;', '&'));
  const met = [first, second].map((html) => html.match(/第 \d+ 條/g) ?? []);
  expect(met.map(({ length }) => length)).toEqual([50, 10]);
  expect(new Set(met.flat()).size).toBe(60);
  expect(second).not.toContain('rel="next"');
});

test('the file has what was asked for and says so, masked; only who may export takes it, and it is kept who did', async () => {
  const operator = await desk.as('operator');
  expect(await operator.reads(`/notes?q=${encodeURIComponent('房')}`)).toContain('/notes/file?q=');
  const { text, headers } = await operator.get(`/notes/file?q=${encodeURIComponent('房')}`);
  expect(headers['content-disposition']).toContain('.csv');
  expect(text).toContain('備註裡有「房」');
  expect(text).toContain('138****5678');
  expect(text).not.toContain('第 1 條');
  expect(await town.app.db.collection('audit').countDocuments({ what: '下載備註', end: 'seen' })).toBe(1);
  const mei = await desk.as('marketer');
  expect(await mei.reads('/notes')).not.toContain('/notes/file');
  expect((await mei.get('/notes/file')).status).toBe(403);
});

test('one is removed with a reason, which is kept without the words; who may only look removes none', async () => {
  const mei = await desk.as('marketer');
  const id = idOf(await mei.reads(`/notes?q=${encodeURIComponent('喜歡')}`));
  expect(await mei.reads(`/notes/${id}`)).toContain('喜歡湖景房');
  const analyst = await desk.as('analyst');
  expect(idOf(await analyst.reads('/notes'))).toBe('none');
  expect((await analyst.post(`/notes/${id}/remove`, { reason: 'x' })).status).toBe(403);

  expect((await mei.does(`/notes/${id}/remove`, { reason: ' ' })).fields).toHaveProperty('reason');
  expect(await mei.does(`/notes/${id}/remove`, { reason: '寫錯人了' })).toMatchObject({ to: '/notes' });
  expect(await mei.reads('/notes')).not.toContain('喜歡湖景房');
  expect((await mei.does(`/notes/${id}/remove`, { reason: '再一次' })).refused).toContain('已經不在了');
  const kept = await town.app.db.collection('audit').find({ what: '刪除備註' }).toArray();
  expect(kept).toContainEqual(expect.objectContaining({ asked: { id, reason: '寫錯人了' } }));
  expect(JSON.stringify(kept)).not.toContain('湖景');
});
