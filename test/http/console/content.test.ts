import { importKinds } from '../../../src/domain/import/tables';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town } from '../../support/town';

let town: Town;
let desk: TestConsole;
let mei: Awaited<ReturnType<TestConsole['as']>>;
beforeAll(async () => {
  town = await createTown();
  desk = openConsole(town);
  mei = await desk.as('marketer');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const fileOf = async (kind: string): Promise<string> => {
  const { text, status } = await mei.get(`/content/${kind}/file`).buffer(true);
  expect(status).toBe(200);
  return text;
};
const sends = (kind: string, what: 'check' | 'import', csv: string, form: Record<string, string> = {}) =>
  mei.sends(`/content/${kind}/${what}`, form, [
    { field: 'file', name: `${kind}.csv`, bytes: Buffer.from(csv) },
  ]);
const plain = (html = '') => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('the overview tells of every table how much is there and whose it is', async () => {
  const html = plain(await mei.reads('/content'));
  for (const name of ['城市', '酒店', '攻略', '景點', '列車時刻', '渠道']) expect(html).toContain(name);
  expect(html).toContain('自帶的');
});

test('a table that is downloaded comes back as it is: the file changes nothing', async () => {
  for (const kind of importKinds) {
    const told = plain((await sends(kind, 'check', await fileOf(kind))).html);
    expect([kind, told]).toEqual([kind, expect.stringMatching(/新增 0 更改 0 不變 [1-9]\d* 刪去 0/)]);
  }
});

test('a list is searched in either script and goes on where it ended', async () => {
  expect(await mei.reads('/content/sights?q=' + encodeURIComponent('西湖'))).toContain('西湖');
  const first = await mei.reads('/content/cities');
  const next = /href="([^"]*cursor=[^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = await mei.reads(next);
  const idsIn = (html: string) => [...html.matchAll(/row\?id=([^"]+)"/g)].map(([, id]) => id);
  expect(idsIn(first)).toHaveLength(50);
  expect(idsIn(second).some((id) => idsIn(first).includes(id))).toBe(false);
});

test('a row shows what a fan is answered about it', async () => {
  const [sight] = await town.app.services.content.page({ kind: 'sights', q: '西湖', most: 1 });
  const html = await mei.reads(`/content/sights/row?id=${sight?._id}`);
  const preview = /hx-get="([^"]+preview[^"]+)"/.exec(html)?.[1] ?? '';
  expect(plain(await mei.reads(preview))).toMatch(/handlers\/sight\.ts.*西湖/);
  expect((await mei.get('/content/sights/row?id=nothing')).status).toBe(404);
});

test('every bad cell of a file is told by its line and column, and nothing is written', async () => {
  const csv = await fileOf('channels');
  const bad = `${csv}bad scene,沒有話,\r\n`;
  const told = plain((await sends('channels', 'check', bad)).html);
  expect(told).toContain('2 處要改');
  expect(told).toMatch(/第 \d+ 行 scene 欄「bad scene」：不能做編號/);
  const refused = await sends('channels', 'import', bad);
  expect(refused.fields?.['file']).toContain('什麼都沒有寫入');
  expect((await sends('channels', 'check', 'no such column\r\nx\r\n')).html).toContain('不認得這一欄');
});

test('what is imported is what the fan is told, with who brought it', async () => {
  const csv = `${await fileOf('channels')}desk-1,前台立牌,歡迎來到前台。\r\n`;
  const { to } = await sends('channels', 'import', csv);
  await desk.worked();
  expect(await mei.reads(to ?? '')).toContain('新增 1');
  const page = plain(await mei.reads('/content/channels'));
  expect(page).toContain('前台立牌');
  expect(page).toContain(mei.login);
  const lin = await town.fan('Lin');
  expect(await lin.follows('desk-1')).toContain('歡迎來到前台');
  await town.turn({ minutes: 5 });
  await town.app.services.people.upkeep.sweep();
  expect(plain(await mei.reads('/content/channels/people?id=desk-1'))).toContain('1 人');
});

test('a file that takes away more than half of our own table needs a tick, and the numbers are told', async () => {
  const csv = 'scene,name,words\r\nonly-1,只有一個,你好。\r\n';
  const told = plain((await sends('channels', 'check', csv)).html);
  expect(told).toMatch(/會刪去 \d+ 行，超過一半/);
  const refused = await sends('channels', 'import', csv);
  expect(refused.fields?.['force']).toMatch(/現有 \d+ 行，會刪去 \d+ 行/);
  await sends('channels', 'import', csv, { force: 'on' });
  await desk.worked();
  expect((await town.app.services.content.page({ kind: 'channels', most: 9 })).map(({ _id }) => _id)).toEqual(
    ['only-1'],
  );
});

test('what came with the program is put back, over our own only with the tick', async () => {
  const kept = await mei.does('/content/ours', { reason: '試' });
  await desk.worked();
  expect(await mei.reads(kept.to ?? '')).toContain('渠道：保留你們導入的 channels.csv');
  await mei.does('/content/ours', { reason: '換回', force: 'on' });
  await desk.worked();
  expect(await mei.reads('/content/channels')).not.toContain('only-1');
  expect((await mei.does('/content/ours', {})).fields).toEqual({ reason: '不能空著' });
});

test('who may only look cannot import', async () => {
  const ana = await desk.as('analyst');
  expect(await ana.reads('/content')).not.toContain('/import"');
  expect((await ana.get('/content/hotels/import')).status).toBe(403);
  expect((await ana.post('/content/ours', { reason: 'x' })).status).toBe(403);
  expect((await (await desk.as('officer')).get('/content')).status).toBe(403);
});
