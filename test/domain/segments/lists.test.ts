import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { tellProblem } from '../../../src/sheets/problems';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

async function aFan() {
  const fan = talk.fan();
  await fan.says('你好');
  const { pid, openid } = await fan.row();
  return { fan, pid, openid };
}
async function fromFile(id: string, lines: string[], name = 'guests.csv') {
  const file = { name, bytes: Buffer.from(lines.join('\n')) };
  const read = await talk.services.segmentLists.fromFile({ id, name: '老客人', by: 'lin', file });
  return { ...read, told: read.problems.map((one) => tellProblem(one, read.unit)) };
}
async function exported(id: string): Promise<string[]> {
  const { segments, exports } = talk.services;
  const { rule, version } = await segments.get(id);
  const out = new PassThrough();
  const read = text(out);
  await exports.segment(
    { segment: id, version, pids: segments.ids(rule) },
    { format: 'csv', out, by: 'lin' },
  );
  return (await read)
    .trim()
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
}
const count = async (id: string) => {
  const { segments } = talk.services;
  return (await segments.count((await segments.get(id)).rule)).people;
};

test('a file of openids becomes a list; who is unknown is told by line and left out; again changes nothing', async () => {
  const [lin, chen] = [await aFan(), await aFan()];
  const lines = [
    'openid,備註',
    `${lin.openid},好`,
    'oNobody,',
    `${chen.openid},`,
    `${lin.openid},又`,
    ',空的',
  ];
  const first = await fromFile('guests', lines);
  expect(first.listed).toMatchObject({
    ...{ people: 2, added: 2 },
    segment: { _id: 'guests', name: '老客人', rule: { leaf: 'list', id: 'guests' }, version: 1, by: 'lin' },
  });
  expect(first.told).toEqual([
    '第 3 行 openid 欄「oNobody」：沒有這個粉絲，可能已經取消關注',
    expect.stringContaining('第 6 行 openid 欄：空著'),
  ]);
  expect((await fromFile('guests', lines)).listed).toMatchObject({
    ...{ people: 2, added: 0 },
    segment: { version: 1 },
  });
  expect(await count('guests')).toBe(2);
  const { segments } = talk.services;
  expect((await segments.count(await segments.readText('屬於分群「guests」'))).people).toBe(2);
});

test('what was taken out can be brought in again, and says nothing but pids; its taker is kept', async () => {
  const [head, ...pids] = await exported('guests');
  expect(head).toBe('pid');
  expect(pids).toHaveLength(2);
  expect((await fromFile('copy', [head ?? '', ...pids])).listed).toMatchObject({ people: 2, added: 2 });
  const risky = (await fromFile('signs', ['粉絲', "'-1+1"])).told;
  expect(risky).toEqual(['第 2 行 粉絲 欄「-1+1」：沒有這個粉絲，可能已經取消關注']);
  const db = await database.connect();
  expect(await db.collection('exports').find({ what: 'segment' }).toArray()).toMatchObject([
    { by: 'lin', rows: 2, full: false, filter: { segment: 'guests', version: 1 } },
  ]);
});

test('a pid that begins like a formula goes out as no formula', async () => {
  const out = new PassThrough();
  const read = text(out);
  async function* pids() {
    yield '-2+3';
    yield '=cmd';
  }
  const asked = { segment: 'any', version: 1, pids: pids() };
  await talk.services.exports.segment(asked, { format: 'csv', out, by: 'lin' });
  expect((await read).trim().split(/\r?\n/).slice(1)).toEqual(["'-2+3", "'=cmd"]);
});

test('a file in which nobody is known, or no column names people, makes no list', async () => {
  const nobody = await fromFile('none', ['pid', 'nope']);
  expect(nobody.listed).toBeUndefined();
  expect(nobody.told).toEqual(['第 2 行 pid 欄「nope」：沒有這個粉絲，可能已經取消關注']);
  expect((await fromFile('none', ['name', 'Lin'])).told).toEqual(['第 1 行：要有一欄叫 pid 或 openid']);
  expect((await fromFile('none', ['pid,openid', 'a,b'])).told).toEqual([
    '第 1 行：「pid」「openid」分不出該讀哪一欄，請只留一欄',
  ]);
  expect(await talk.services.segments.find('none')).toBeNull();
});

test('a rule is frozen as it is now: who fits later is not in the list, who fits no more still is', async () => {
  const { segments, segmentLists, attributes, people } = talk.services;
  const likes = (pid: string, value: string) =>
    attributes.set({ pid, name: '愛好', value, source: 'test', consent: 'yes' });
  const [lin, chen] = [await aFan(), await aFan()];
  await likes(lin.pid, '爬山');
  await people.rebuild();
  const rule = await segments.readText('屬性「愛好」是「爬山」');
  const asked = { id: 'climbers', name: '爬山的', by: 'lin', rule };
  expect(await segmentLists.fromRule(asked)).toMatchObject({ people: 1, added: 1 });
  await likes(chen.pid, '爬山');
  await likes(lin.pid, '看海');
  await people.rebuild();
  expect((await exported('climbers')).slice(1)).toEqual([lin.pid]);
  expect(await segmentLists.fromRule(asked)).toMatchObject({ people: 1, added: 1 });
  expect(await count('climbers')).toBe(2);
});

test('a segment that has a rule does not become a list', async () => {
  const { segments } = talk.services;
  const { pid } = await aFan();
  const rule = await segments.readText('用繁體字');
  await segments.save({ id: 'hant', name: '繁體', rule, by: 'lin' });
  await expect(fromFile('hant', ['pid', pid])).rejects.toMatchObject({ code: 'segment.list' });
  expect((await segments.get('hant')).rule).toEqual(rule);
});
