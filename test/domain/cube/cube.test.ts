import { Writable } from 'node:stream';
import { XMLValidator } from 'fast-xml-parser';
import type { Connection } from 'mongoose';
import { type CubeDay, monthsBefore } from '../../../src/domain/cube/cube-day';
import { cubeColumns, tableOf, tellCube } from '../../../src/domain/cube/lines';
import { drawCube } from '../../../src/domain/cube/picture';
import type { PersonRow } from '../../../src/domain/people/people';
import { dayNumber } from '../../../src/kit/beijing';
import { writeSheet } from '../../../src/sheets/sheet';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let talk: Talk;
let db: Connection;
beforeAll(async () => {
  talk = await createTalk(database, { at: '2026-11-30T10:00' });
  db = await database.connect();
});
afterAll(() => database.drop());

const followed = (day: string) => ({ followedOn: dayNumber(day) });
const crowd: Pick<PersonRow, '_id' | 't' | 'n'>[] = [
  {
    _id: 'a',
    t: ['city:杭州', 'known:性別', 'region:浙江'],
    n: { ...followed('2026-10-30'), points: 5, value_m: 1 },
  },
  {
    _id: 'b',
    t: ['known:性別', 'known:生日', 'tag:愛', 'tag:問city:'],
    n: { ...followed('2026-10-31'), points: 20, value_m: 5 },
  },
  { _id: 'c', t: ['bound:phone'], n: { ...followed('2025-11-30'), asked_trains_1: dayNumber('2026-11-29') } },
  {
    _id: 'd',
    t: ['bound:phone', 'buyer', 'city:上海', 'member', 'region:上海'],
    n: {
      ...{ ...followed('2023-01-01'), points: -3, asked_hotels_1: dayNumber('2026-11-29'), value_m: 5 },
      ...{ boughtOn: dayNumber('2026-11-01'), purchases: 3, spentFen: 1_234_567 },
    },
  },
  {
    _id: 'e',
    t: ['bound:phone', 'buyer'],
    n: { boughtOn: dayNumber('2026-11-02'), purchases: 1, spentFen: 9_900, value_m: 2 },
  },
];
const bring = async () => {
  await db.collection<PersonRow>('people').insertMany(crowd.map((one) => ({ ...one, r: 1 })));
  await db.collection<{ _id: string; stage: string }>('stages').insertMany(
    ['found', 'aware', 'considering', 'loyal', 'bought'].map((stage, i) => ({
      _id: crowd[i]?._id ?? '',
      stage,
    })),
  );
};

test('a month is as long as the calendar has it; where it has no such day, its last', () => {
  expect(monthsBefore('2026-11-30', 1)).toBe(dayNumber('2026-10-30'));
  expect(monthsBefore('2026-03-31', 1)).toBe(dayNumber('2026-02-28'));
  expect(monthsBefore('2028-02-29', 12)).toBe(dayNumber('2027-02-28'));
  expect(monthsBefore('2026-01-15', 0)).toBe(dayNumber('2026-01-15'));
  expect(monthsBefore('2026-01-15', 24)).toBe(dayNumber('2024-01-15'));
});

test('an account that nobody follows says so; a day that was not kept, too', async () => {
  const { cube } = talk.services;
  await expect(cube.read()).rejects.toThrow('還沒有人關注，立方體是空的');
  await expect(cube.read('2026-11-29')).rejects.toThrow('還沒有數過');
  await cube.upkeep.forget();
  await expect(cube.read('2026-11-30')).rejects.toThrow('2026-11-30 還沒有人關注');
  await expect(cube.read('2026-11-29')).rejects.toThrow('留下的從 2026-11-30 到 2026-11-30');
  await db.collection('cubeDays').deleteMany({});
});

test('width, length and height of a small crowd, counted exactly', async () => {
  await bring();
  const { now, before } = await talk.services.cube.read();
  expect(before).toBeUndefined();
  expect(now).toEqual({
    _id: '2026-11-30',
    at: new Date('2026-11-30T02:00:00Z'),
    people: 5,
    known: { gender: 2, birthday: 1, city: 2, phone: 3, asked: 2 },
    length: { bands: [1, 1, 0, 0, 1, 1], unknown: 1, meanDays: (31 + 30 + 365 + 1429) / 4 },
    bought: {
      ...{ people: 2, purchases: 4, spentFen: 1_244_467, unjudged: 0 },
      fifths: [
        { people: 0, sum: 0 },
        { people: 1, sum: 9_900 },
        { people: 0, sum: 0 },
        { people: 0, sum: 0 },
        { people: 1, sum: 1_234_567 },
      ],
    },
    engaged: {
      ...{ people: 3, points: 25, unjudged: 1 },
      fifths: [
        { people: 1, sum: 5 },
        { people: 0, sum: 0 },
        { people: 0, sum: 0 },
        { people: 0, sum: 0 },
        { people: 1, sum: 20 },
      ],
    },
    points: 22,
    stages: { found: 1, aware: 1, considering: 1, loyal: 1, bought: 1 },
  } satisfies CubeDay);
});

test('the cube of a day is kept once, and names nobody', async () => {
  const { cube } = talk.services;
  const kept = () => db.collection<CubeDay>('cubeDays').find().toArray();
  await cube.upkeep.forget();
  const once = await kept();
  await db.collection<PersonRow>('people').insertOne({ _id: 'late', t: [], n: {}, r: 1 });
  await cube.upkeep.forget();
  expect(await kept()).toEqual(once);
  await cube.keep({ anew: true });
  expect((await cube.read('2026-11-30')).now.people).toBe(6);
  await db.collection<PersonRow>('people').deleteOne({ _id: 'late' });
  await cube.keep({ anew: true });
  expect(await kept()).toEqual(once);
  expect(JSON.stringify(once)).not.toMatch(/"pid"|城|上海/);
});

test('a later day is told beside an earlier one; from a month on, beside that of a month before', async () => {
  const { cube } = talk.services;
  await db.collection<PersonRow>('people').deleteOne({ _id: 'a' });
  talk.turnClockTo('2026-12-02T04:00');
  await cube.keep();
  expect((await cube.read()).before?._id).toBe('2026-11-30');
  talk.turnClockTo('2027-01-03T04:00');
  const compared = await cube.read();
  expect([compared.now._id, compared.before?._id]).toEqual(['2027-01-03', '2026-12-02']);
  const told = tellCube(await cube.read('2026-12-02'), cube.stages).join('\n');
  expect(told).toContain('增減與 2026-11-30 相比');
  expect(told).toMatch(/關注 +4 人 {2}−1\n/);
  expect(told).toMatch(/選擇 +沒有來源；可以餵它的：點了訂房連結的人/);
});

test('as a table for a spreadsheet: every line with its share, money in yuan, and nothing that runs as a formula', async () => {
  const { cube } = talk.services;
  const compared = await cube.read('2026-12-02');
  const stages = cube.stages.map((one) =>
    one.code === 'loyal' ? { ...one, fedBy: '=HYPERLINK("x")' } : one,
  );
  const csv = await csvOf(tableOf(compared, stages));
  expect(
    csv.startsWith('\ufeff日期,面,項目,人數,佔比（%）,數值,單位,對照日,對照人數,對照數值,說明\r\n'),
  ).toBe(true);
  expect(csv).toContain('2026-12-02,寬,關注,4,,,,2026-11-30,5,,\r\n');
  expect(csv).toContain('2026-12-02,寬,綁了手機,3,75,,,2026-11-30,3,,\r\n');
  expect(csv).toContain('2026-12-02,長,1 到 3 個月,1,25,,,2026-11-30,1,,\r\n');
  expect(csv).toContain('2026-12-02,高,買過,2,50,12444.67,元,2026-11-30,2,12444.67,\r\n');
  expect(csv).toContain('2026-12-02,高,消費最高的五分之一,1,50,12345.67,元,2026-11-30,1,12345.67,\r\n');
  expect(csv).toContain(`"'=HYPERLINK(""x"")"`);
});

test('as a picture: its labels in Chinese, whole XML, and nothing that is fetched from anywhere', async () => {
  const { cube } = talk.services;
  const svg = await drawCube(await cube.read('2026-12-02'), cube.stages);
  expect(XMLValidator.validate(svg)).toBe(true);
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(texts).toEqual(
    expect.arrayContaining([
      ...['消費者資產立方體', '寬', '長', '高', '階段'],
      ...[
        '4 人關注（−1）',
        '知道性別',
        '75.0%',
        '1 到 3 個月',
        '共消費 12,445 元',
        '最高 1 人',
        '12,346 元（99.2%）',
      ],
      ...['發現', '認知', '考慮', '購買', '忠誠', '選擇、滿意、擁護：還沒有來源，沒有畫'],
    ]),
  );
  expect(svg.replace(/ xmlns(?::xlink)?="[^"]*"/g, '')).not.toMatch(
    /https?:|href|url\(|@import|<image|<script/,
  );
  expect(svg).toMatch(/^<svg width="1200" height="800"/);
});

test('the daily upkeep counts after it has worked out everybody and judged them', async () => {
  const { cube, purchases, attributes, upkeep } = talk.services;
  await Promise.all(['people', 'stages', 'cubeDays'].map((one) => db.collection(one).deleteMany({})));
  const lin = talk.fan();
  await lin.says('杭州酒店');
  await talk.fan().says('你好');
  const { pid } = await lin.row();
  await attributes.set({ pid, name: '性別', value: '女', source: 'test', consent: 'yes' });
  await purchases.bindPhone(pid, '13811110001', { source: 'form:phone', consent: 'v1' });
  const bytes = Buffer.from('手機號,訂單號,日期,金額（元）\n13811110001,S1,2026-12-30,88.50');
  await purchases.importFile({ name: 'shop.csv', bytes });
  talk.turnClockTo('2027-01-04T04:00');
  await upkeep.forget((days) => new Date(Date.parse('2027-01-04T00:00+08:00') - days * 86_400_000));
  const { now } = await cube.read('2027-01-04');
  expect(now).toMatchObject({
    people: 2,
    known: { gender: 1, birthday: 0, city: 1, phone: 1, asked: 1 },
    bought: { people: 1, spentFen: 8_850, unjudged: 0 },
    engaged: { people: 1, unjudged: 0 },
    stages: { bought: 1 },
  });
});

async function csvOf(lines: ReturnType<typeof tableOf>): Promise<string> {
  const parts: Buffer[] = [];
  const out = new Writable({ write: (part: Buffer, _, done) => done(void parts.push(part)) });
  const rows = (async function* () {
    yield* lines;
  })();
  await writeSheet({ format: 'csv', columns: cubeColumns, rows, out, about: [] });
  return Buffer.concat(parts).toString();
}
