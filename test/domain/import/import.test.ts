import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import type { Connection } from 'mongoose';
import { hotelIndexes } from '../../../src/domain/hotels/hotels';
import { type ImportAsk } from '../../../src/domain/import/import';
import { root } from '../../../src/kit/root';
import { tellProblem } from '../../../src/sheets/problems';
import { missingInvariants } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';
import { cityCells, createTravel, hotelCells, rowsOf } from './travel';

const database = testDatabase();
let db: Connection;
let travel: Awaited<ReturnType<typeof createTravel>>;

beforeAll(async () => {
  db = await database.connect();
  travel = await createTravel(db);
});
beforeEach(async () => {
  await database.clear();
  await travel.importer.importTable({
    kind: 'cities',
    rows: rowsOf([cityCells('hangzhou', { name: '杭州' }), cityCells('ningbo')]),
  });
});
afterAll(() => database.drop());

const importHotels = (cells: Record<string, unknown>[], more: Partial<ImportAsk> = {}) =>
  travel.importer.importTable({ kind: 'hotels', rows: rowsOf(cells), force: true, ...more });

const stored = () =>
  db.collection<{ _id: string; priceFen: number }>('hotels').find().sort({ _id: 1 }).toArray();
const incoming = async () =>
  (await db.db?.listCollections().toArray())
    ?.map((one) => one.name)
    .filter((name) => name.includes('incoming'));
const version = async () =>
  (await db.collection<{ _id: string; n: number }>('versions').findOne({ _id: 'hotels' }))?.n;

test('an import makes the table hold exactly the rows of the file', async () => {
  const first = await importHotels([hotelCells('a'), hotelCells('b'), hotelCells('c')]);
  expect(first).toMatchObject({ kind: 'written', added: 3, changed: 0, same: 0, removed: 0 });

  const second = await importHotels([
    hotelCells('a'),
    hotelCells('b', { price_yuan: '400' }),
    hotelCells('d'),
  ]);
  expect(second).toMatchObject({ kind: 'written', added: 1, changed: 1, same: 1, removed: 1 });
  expect((await stored()).map((row) => [row._id, row.priceFen])).toEqual([
    ['a', 38_800],
    ['b', 40_000],
    ['d', 38_800],
  ]);
});

test('an import that would take more than half of the rows away needs force', async () => {
  await importHotels([hotelCells('a'), hotelCells('b'), hotelCells('c')]);
  await expect(importHotels([hotelCells('a')], { force: false })).rejects.toThrow('現有 3 行，會刪去 2 行');
  expect(await stored()).toHaveLength(3);
  expect(await importHotels([hotelCells('a')], { dryRun: true })).toMatchObject({ removed: 2 });
  expect(await importHotels([hotelCells('a')], { force: true })).toMatchObject({ removed: 2 });
  expect(await stored()).toHaveLength(1);
});

test('the same file twice changes nothing', async () => {
  await importHotels([hotelCells('a'), hotelCells('b', { tel: '0571-12345678' })]);
  const before = await stored();
  const again = await importHotels([hotelCells('a'), hotelCells('b', { tel: '0571-12345678' })]);
  expect(again).toMatchObject({ kind: 'written', added: 0, changed: 0, same: 2, removed: 0 });
  expect(await stored()).toEqual(before);
});

test('an import raises the version that processes watch, a refused or dry one does not', async () => {
  const before = (await version()) ?? 0;
  await importHotels([hotelCells('a')]);
  expect(await version()).toBe(before + 1);
  await importHotels([hotelCells('b')], { dryRun: true });
  await importHotels([hotelCells('b', { stars: '' })]);
  expect(await version()).toBe(before + 1);
});

test('a dry run tells what would change and writes nothing', async () => {
  await importHotels([hotelCells('a')]);
  const dry = await importHotels([hotelCells('b')], { dryRun: true });
  expect(dry).toMatchObject({ kind: 'written', dryRun: true, added: 1, removed: 1 });
  expect((await stored()).map((row) => row._id)).toEqual(['a']);
});

test('a price of a day that has not come is refused, unless clocks differ by a day', async () => {
  expect(await importHotels([hotelCells('a', { price_on: '2026-11-23' })])).toMatchObject({
    kind: 'written',
  });
  const early = await importHotels([hotelCells('a', { price_on: '2026-11-25' })]);
  expect(early).toMatchObject({ kind: 'refused', problems: [{ column: 'price_on', value: '2026-11-25' }] });
});

test('one bad row refuses the whole file, and every bad cell is told by line and column', async () => {
  await importHotels([hotelCells('old')]);
  const result = await importHotels([
    hotelCells('a'),
    hotelCells('b', { price_yuan: 'abc' }),
    hotelCells('c', { price_yuan: '12.5', stars: '9' }),
    hotelCells('d', { city: 'atlantis' }),
    hotelCells('a'),
    hotelCells('e', { price_on: '2026-02-30', book_url: 'javascript:alert(1)' }),
    hotelCells('f', { tel: '找前台' }),
    hotelCells('../etc/passwd'),
  ]);
  expect(result.kind).toBe('refused');
  const told = result.kind === 'refused' ? result.problems.map((one) => tellProblem(one)) : [];
  expect(told).toEqual([
    '第 3 行 price_yuan 欄「abc」：不是數字，請填整數元',
    '第 4 行 stars 欄「9」：不在 1 到 5 之間，請填 1 到 5 的星級',
    '第 4 行 price_yuan 欄「12.5」：不是整數，請填整數元',
    '第 5 行 city 欄「atlantis」：不是認得的城市，請先導入城市表，或改用城市表裡的編號',
    '第 6 行「a」：與第 2 行重複，請刪去一個',
    '第 7 行 price_on 欄「2026-02-30」：沒有這一天，請核對',
    '第 7 行 book_url 欄「javascript:alert(1)」：不是網址，請填 https:// 或 http:// 開頭的完整網址',
    '第 8 行 tel 欄「找前台」：不像電話，請只用數字、空格、+ - ( )',
    '第 9 行 id 欄「../etc/passwd」：不能做編號，請用 1 到 64 個英文字母、數字、- _ .',
  ]);
  expect((await stored()).map((row) => row._id)).toEqual(['old']);
});

test('all that is wrong with a row is told at once, and nothing of a cell twice', async () => {
  const result = await importHotels([
    hotelCells('a', { city: 'atlantis', stars: '9', price_on: '2027-01-01', tel: '找前台' }),
    hotelCells('b', { lng: '30.25', lat: 'north' }),
  ]);
  expect(result.kind === 'refused' && result.problems.map(({ line, column }) => [line, column])).toEqual([
    [2, 'stars'],
    [2, 'tel'],
    [2, 'city'],
    [2, 'price_on'],
    [3, 'lat'],
  ]);
  const row = hotelCells('a');
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet('酒店');
  sheet.addRows([Object.keys(row), Object.values(row), Object.values(hotelCells('b'))]);
  sheet.getCell(2, Object.keys(row).indexOf('stars') + 1).value = { formula: '2+2', result: 4 };
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  expect(await travel.importer.importFile({ kind: 'hotels', name: 'a.xlsx', bytes })).toMatchObject({
    total: 1,
    problems: [{ line: 2, value: 'H2' }],
  });
});

test('of a train that is wrong in several ways all are told', async () => {
  const train = {
    ...{
      number: 'G1',
      from_city: 'hangzhou',
      to_city: 'hangzhou',
      from_station: '杭州東',
      to_station: '寧波',
    },
    ...{ departs: '08:00', arrives: '07:00', day_offset: '0', runs: '隔日', kind: '磁浮' },
  };
  const result = await travel.importer.importTable({ kind: 'trains', rows: rowsOf([train]) });
  expect(result.kind === 'refused' && result.problems.map(({ column }) => column)).toEqual([
    'runs',
    'kind',
    'arrives',
    'to_city',
  ]);
});

test('what a Chinese keyboard writes in full width is read as what it means', async () => {
  const cells = {
    price_yuan: '３８８',
    stars: '４',
    price_on: '２０２６／１１／１２',
    tel: '０５７１－８７６５４３２１',
  };
  expect(await importHotels([hotelCells('a', cells)])).toMatchObject({ kind: 'written' });
  expect(await travel.hotels.get('a')).toMatchObject({
    priceFen: 38_800,
    priceOn: '2026-11-12',
    tel: '0571-87654321',
  });
});

test('at most 200 problems are listed, and all are counted', async () => {
  const bad = Array.from({ length: 300 }, (_, n) => hotelCells(`h${n}`, { stars: '0' }));
  const result = await importHotels(bad);
  expect(result).toMatchObject({ kind: 'refused', total: 300 });
  expect(result.kind === 'refused' && result.problems).toHaveLength(200);
});

test('a missing datum is asked for, never guessed', async () => {
  const result = await importHotels([
    hotelCells('a'),
    hotelCells('b', { datum: undefined }),
    hotelCells('c', { datum: 'mars' }),
  ]);
  expect(result.kind === 'refused' && result.problems.map((one) => tellProblem(one))).toEqual([
    '第 3 行 datum 欄：空著，請填坐標所用的坐標系：gcj02（高德、騰訊）、wgs84（GPS）或 bd09（百度）',
    '第 4 行 datum 欄「mars」：不是認得的坐標系，請填 gcj02（高德、騰訊）、wgs84（GPS）或 bd09（百度）',
  ]);
});

test('coordinates are converted by their datum', async () => {
  await importHotels([
    hotelCells('gcj', { lng: '120.1551', lat: '30.2741', datum: 'GCJ-02' }),
    hotelCells('gps', { lng: '120.150495', lat: '30.276512', datum: 'WGS-84' }),
  ]);
  const { hotels: found } = await travel.hotels.near(
    { lng: 120.1551, lat: 30.2741 },
    { limit: 2, withinKm: 1 },
  );
  expect(found).toHaveLength(2);
  for (const hotel of found) expect(hotel.km).toBeLessThan(0.05);
});

test('longitude and latitude in each other’s place are noticed', async () => {
  const result = await importHotels([
    hotelCells('a', { lng: '30.25', lat: '120.16' }),
    hotelCells('b', { lng: '120.16', lat: '13.25' }),
  ]);
  expect(result.kind === 'refused' && result.problems.map((one) => tellProblem(one))).toEqual([
    '第 2 行 lat 欄「120.16」：超出 ±90 度，請核對（經度 lng 與緯度 lat 是不是寫反了？）',
    expect.stringMatching(/^第 3 行 lng 欄「120\.16」：離杭州 1\d{3} 公里/),
  ]);
});

test('a missing or a misspelt column is told once', async () => {
  const cells = ['a', 'b'].map((id) => {
    const { price_yuan: price, ...rest } = hotelCells(id);
    return { ...rest, pirce_yuan: price };
  });
  const result = await importHotels(cells);
  expect(result.kind === 'refused' && result.problems.map((one) => tellProblem(one))).toEqual([
    'price_yuan 欄：缺少這一欄（或整欄空著），請補上',
    expect.stringContaining('pirce_yuan 欄：不認得這一欄，請刪去或改名；可用的欄：id、city'),
  ]);
});

test('an empty file does not empty the table', async () => {
  await importHotels([hotelCells('a')]);
  expect(await importHotels([])).toMatchObject({ kind: 'refused', total: 1 });
  expect(await stored()).toHaveLength(1);
});

test('a city that hotels stand in cannot be dropped', async () => {
  await importHotels([hotelCells('a')]);
  const result = await travel.importer.importTable({ kind: 'cities', rows: rowsOf([cityCells('ningbo')]) });
  expect(result.kind === 'refused' && tellProblem(result.problems[0] ?? { message: '' })).toContain(
    '「hangzhou」：不在新的城市表裡',
  );
  expect(travel.cities.find('杭州')).toMatchObject({ kind: 'one' });
});

test('a reader sees the old table or the new one, never a part of either', async () => {
  const table = (size: number) =>
    Array.from({ length: size }, (_, n) => hotelCells(`h${n}`, { stars: size === 900 ? '3' : '5' }));
  await importHotels(table(900));
  const seen = new Set<string>();
  const done = new AbortController();
  const reading = (async () => {
    while (!done.signal.aborted) {
      const { total, hotels } = await travel.hotels.search({ city: 'hangzhou', skip: 0, limit: 50 });
      seen.add(`${total} of ${[...new Set(hotels.map((one) => one.stars))].join()}`);
    }
  })();
  await importHotels(table(1200));
  await importHotels(table(900));
  done.abort();
  await reading;
  expect([...seen].filter((one) => one !== '900 of 3' && one !== '1200 of 5')).toEqual([]);
});

test('of two imports at once one is refused whole, and may come again', async () => {
  const table = (mark: string) => Array.from({ length: 300 }, (_, n) => hotelCells(`${mark}${n}`));
  const outcomes = await Promise.allSettled([importHotels(table('a')), importHotels(table('b'))]);
  expect(outcomes.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find((one) => one.status === 'rejected')?.reason).toMatchObject({ kind: 'Conflict' });
  expect(new Set((await stored()).map((row) => row._id[0])).size).toBe(1);
  await importHotels(table('c'));
  expect((await stored()).map((row) => row._id[0]).join('')).toBe('c'.repeat(300));
});

test('an import that lost its turn while it slept does not overwrite the next one', async () => {
  const leases = db.collection<{ _id: string }>('leases');
  const slow = importHotels([hotelCells('a')], {
    onProgress: async () => {
      await leases.updateOne({ _id: 'import' }, { $set: { owner: 'another' } });
    },
  });
  await expect(slow).rejects.toMatchObject({ kind: 'Conflict' });
  expect(await stored()).toEqual([]);
});

test('an import that breaks half-way leaves the old table, and nothing lying about', async () => {
  await importHotels([hotelCells('old')]);
  const broken = importHotels(
    Array.from({ length: 2500 }, (_, n) => hotelCells(`n${n}`)),
    { onProgress: () => Promise.reject(new Error('disk full')) },
  );
  await expect(broken).rejects.toThrow('disk full');
  expect((await stored()).map((row) => row._id)).toEqual(['old']);
  expect(await incoming()).toEqual([]);
});

test('what a killed import left behind is cleared away by the next', async () => {
  await db.collection('hotels.incoming.dead').insertOne({ half: true });
  await db
    .collection<{ _id: string }>('leases')
    .updateOne({ _id: 'import' }, { $set: { owner: 'dead', until: new Date(0) } }, { upsert: true });
  await importHotels([hotelCells('a')]);
  expect(await incoming()).toEqual([]);
  expect(await stored()).toHaveLength(1);
});

test('the new table has the indexes of the old one', async () => {
  await importHotels([hotelCells('a')]);
  const before = await db.collection('hotels').indexes();
  await importHotels([hotelCells('b')]);
  expect(await db.collection('hotels').indexes()).toEqual(before);
  expect(await missingInvariants(db, hotelIndexes)).toEqual([]);
});

test('a file as Excel saves it in China, GBK with CRLF, is imported whole', async () => {
  const bytes = readFileSync(join(root, 'test/fixtures/import/hotels-gbk.csv'));
  const result = await travel.importer.importFile({ kind: 'hotels', name: 'hotels-gbk.csv', bytes });
  expect(result).toMatchObject({ kind: 'written', added: 3 });
  expect(await travel.hotels.get('gbk-1')).toMatchObject({
    name: '湖边小筑',
    address: '上城区湖滨路 1 号, 近西湖',
    priceFen: 32_800,
  });
  expect(await travel.importer.lastImports()).toMatchObject({
    hotels: { on: '2026-11-22', source: 'hotels-gbk.csv', rows: 3 },
  });
});

test('what a spreadsheet took for a number or a date is refused where a word was meant, and taken where it was not', async () => {
  const book = new ExcelJS.Workbook();
  const row = {
    ...{
      id: 7,
      city: 'hangzhou',
      name: '甲店',
      address: '湖濱路 1 號',
      lng: 120.15,
      lat: 30.25,
      datum: 'gcj02',
      stars: 4,
    },
    ...{
      price_yuan: 388,
      price_on: new Date('2026-11-12T00:00:00Z'),
      price_source: new Date('2026-01-02T00:00:00Z'),
    },
    tel: 57187654321,
  };
  book.addWorksheet('酒店').addRows([Object.keys(row), Object.values(row)]);
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  const result = await travel.importer.importFile({ kind: 'hotels', name: 'hotels.xlsx', bytes });
  expect(result).toMatchObject({ kind: 'refused', total: 3 });
  if (result.kind === 'refused')
    expect(result.problems.map((problem) => tellProblem(problem))).toEqual([
      expect.stringContaining('第 2 行 id 欄「7」：這一格是數字格'),
      expect.stringContaining('第 2 行 price_source 欄「2026-01-02」：這一格被當成日期存了'),
      expect.stringContaining('第 2 行 tel 欄「57187654321」：這一格是數字格'),
    ]);
});

test('a number that is shown with more than its digits is a number, and no text', async () => {
  const book = new ExcelJS.Workbook();
  const row = { ...hotelCells('hz-1'), price_yuan: 1388, name: 1388 };
  const sheet = book.addWorksheet('酒店');
  sheet.addRows([Object.keys(row), Object.values(row)]);
  for (const column of ['price_yuan', 'name'])
    sheet.getRow(2).getCell(Object.keys(row).indexOf(column) + 1).numFmt = '"¥"#,##0.00';
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  const result = await travel.importer.importFile({ kind: 'hotels', name: 'hotels.xlsx', bytes });
  expect(result).toMatchObject({ kind: 'refused', total: 1 });
  if (result.kind === 'refused')
    expect(result.problems.map((problem) => tellProblem(problem))).toEqual([
      '第 2 行 name 欄「1388」：這一格是數字格，顯示的貨幣符號、千分位或小數 0 不在數字裡；請把這一欄設成「文字」，再照原樣填一次',
    ]);
});

test('a number in JSON that lost its last digits is refused', async () => {
  const bytes = Buffer.from('[{"scene":12345678901234567890,"name":"台前","words":"歡迎"}]');
  const result = await travel.importer.importFile({ kind: 'channels', name: 'a.json', bytes });
  expect(result).toMatchObject({
    kind: 'refused',
    problems: [{ column: 'scene', message: expect.stringContaining('後面幾位') }],
  });
});

test.each(['2026/11/2', '2026-11-2', '2026.11.02', '2026年11月2日', '2026/11/2 0:00', '2026/11/2 0:00:00'])(
  'a day may be written %s',
  async (day) => {
    const rows = rowsOf([hotelCells('hz-1', { price_on: day })]);
    expect(await travel.importer.importTable({ kind: 'hotels', rows, force: true })).toMatchObject({
      kind: 'written',
    });
    expect(await travel.hotels.get('hz-1')).toMatchObject({ priceOn: '2026-11-02' });
  },
);

test.each(['2026/11/31', '11/2/2026', '昨天', '2026-13-01', '2026/11/2 8:30'])(
  '%s is no day, and is told once',
  async (day) => {
    const rows = rowsOf([hotelCells('hz-1', { price_on: day })]);
    expect(await travel.importer.importTable({ kind: 'hotels', rows })).toMatchObject({
      kind: 'refused',
      total: 1,
    });
  },
);

test('a hidden sheet is nobody’s data, wherever it lies, and is named', async () => {
  const book = new ExcelJS.Workbook();
  const sheet = (name: string, state: ExcelJS.WorksheetState, price: number) => {
    const row = { ...hotelCells('hz-1'), price_yuan: price };
    book.addWorksheet(name, { state }).addRows([Object.keys(row), Object.values(row)]);
  };
  sheet('去年', 'hidden', 1);
  sheet('更早', 'veryHidden', 2);
  sheet('今年', 'visible', 3);
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  const result = await travel.importer.importFile({
    kind: 'hotels',
    name: 'hotels.xlsx',
    bytes,
    force: true,
  });
  expect(result).toMatchObject({ kind: 'written' });
  expect(result.remarks.map((remark) => tellProblem(remark))).toEqual(['隱藏的表沒有讀：去年、更早']);
  expect(await travel.hotels.get('hz-1')).toMatchObject({ priceFen: 300 });
});

test('progress is told as it is written', async () => {
  const steps: [number, number][] = [];
  await travel.importer.importTable({
    kind: 'hotels',
    rows: rowsOf(Array.from({ length: 2500 }, (_, n) => hotelCells(`h${n}`))),
    onProgress: (done, of) => {
      steps.push([done, of]);
    },
  });
  expect(steps).toEqual([
    [1000, 2500],
    [2000, 2500],
    [2500, 2500],
  ]);
});

test('operators cannot be smuggled in as cells', async () => {
  const result = await importHotels([
    { ...hotelCells('a'), name: { $ne: 1 } },
    { ...hotelCells('b'), constructor: 'x', $where: '1' },
    { ...hotelCells('c'), name: JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown },
  ]);
  expect(result.kind).toBe('refused');
  expect(await stored()).toEqual([]);
});
