import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Connection } from 'mongoose';
import type { City } from '../../../src/domain/cities/city';
import { compileCities, type Found } from '../../../src/domain/cities/gazetteer';
import { root } from '../../../src/kit/root';
import { testDatabase } from '../../support/database';
import { createTravel } from '../import/travel';

const city = (id: string, name: string, more: Partial<City> = {}): City => ({
  id,
  name,
  nameHans: name,
  region: '浙江',
  aliases: [id],
  point: { lng: 120, lat: 30 },
  ...more,
});

const known = compileCities([
  city('hangzhou', '杭州', { aliases: ['杭城', '西湖', 'hangzhou'] }),
  city('ningbo', '寧波', { nameHans: '宁波', aliases: ['甬', '明州', '江北', 'ningbo'] }),
  city('chongqing', '重慶', { nameHans: '重庆', region: '重慶', aliases: ['渝', '江北', 'chongqing'] }),
  city('guangzhou', '廣州', { nameHans: '广州', region: '廣東', aliases: ['穗', 'guangzhou', 'canton'] }),
  city('xian', '西安', { region: '陝西', aliases: ["xi'an", 'xian'] }),
  city('suzhou', '蘇州', { nameHans: '苏州', region: '江蘇', aliases: ['suzhou'] }),
  city('suzhou-anhui', '宿州', { region: '安徽', aliases: ['suzhou'] }),
  city('hongkong', '中國香港', {
    nameHans: '中国香港',
    region: '中國香港',
    aliases: ['香港', 'hongkong'],
    point: { lng: 114.17, lat: 22.32 },
  }),
  city('jilin', '吉林', { region: '吉林', aliases: [] }),
  city('changchun', '長春', { nameHans: '长春', region: '吉林', aliases: [] }),
]);

const names = (found: Found): string =>
  found.kind === 'one'
    ? found.city.id
    : found.kind === 'several'
      ? `${found.cities.map((one) => one.id).join('|')}?`
      : 'none';

test.each([
  ['杭州', 'hangzhou'],
  ['杭州市', 'hangzhou'],
  [' 杭 州 ', 'hangzhou'],
  ['宁波', 'ningbo'],
  ['寧波市', 'ningbo'],
  ['浙江杭州', 'hangzhou'],
  ['浙江省杭州市', 'hangzhou'],
  ['HangZhou', 'hangzhou'],
  ['ＨＡＮＧＺＨＯＵ', 'hangzhou'],
  ['hang zhou', 'hangzhou'],
  ["Xi'an", 'xian'],
  ['香港', 'hongkong'],
  ['香港特別行政區', 'hongkong'],
  ['中國杭州', 'hangzhou'],
  ['甬', 'ningbo'],
  ['吉林', 'jilin'],
  ['江北', 'ningbo|chongqing?'],
  ['重慶江北', 'chongqing'],
  ['suzhou', 'suzhou|suzhou-anhui?'],
  ['江苏suzhou', 'suzhou'],
  ['浙江', 'hangzhou|ningbo?'],
  ['吉林省', 'jilin'],
  ['市', 'none'],
  ['', 'none'],
  ['火星', 'none'],
])('「%s」 finds %s', (text, expected) => {
  expect(names(known.find(text))).toBe(expected);
});

test.each([
  ['杭洲', '杭州'],
  ['hangzou', '杭州'],
  ['hagnzhou', '杭州'],
  ['guangzho', '廣州'],
  ['杭州西湖區靈隱寺', '杭州'],
  ['寧坡', '寧波'],
])('「%s」 is near to %s', (text, expected) => {
  const found = known.find(text);
  expect(found.kind === 'none' && found.near[0]?.name).toBe(expected);
});

test('a name like no other gets no suggestions', () => {
  expect(known.find('亞特蘭提斯')).toEqual({ kind: 'none', near: [] });
  expect(known.find('x'.repeat(5000))).toEqual({ kind: 'none', near: [] });
});

test.each([
  ['杭州500以下', 'hangzhou', '500以下'],
  ['杭州市 500-800', 'hangzhou', '500-800'],
  ['宁波 四星', 'ningbo', '四星'],
  ['浙江杭州四星', 'hangzhou', '四星'],
  ['500以下 杭州', 'hangzhou', '500以下'],
  ['江北四星', 'ningbo|chongqing?', '四星'],
  ['hangzhou 300', 'hangzhou', '300'],
  ['xiangyang300', 'none', 'xiangyang300'],
  ['穗300', 'guangzhou', '300'],
  ['渝欣四星', 'none', '渝欣四星'],
  ['杭州', 'hangzhou', ''],
])('「%s」 is split into %s and 「%s」', (text, expected, rest) => {
  const found = known.split(text);
  expect([names(found), found.rest]).toEqual([expected, rest]);
});

test('a mistyped city before other words is still near', () => {
  const found = known.split('杭洲500以下');
  expect(found.kind === 'none' && found.near[0]?.name).toBe('杭州');
});

test('no text breaks finding, and what is found comes out of the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom('杭州', '宁波', '江北', ''),
      (noise, name) => {
        known.find(noise + name);
        const split = known.split(name + noise);
        expect(
          noise.includes(split.rest) || split.kind === 'none' || (name + noise).includes(split.rest),
        ).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('the nearest city is told with its distance', () => {
  expect(known.nearest({ lng: 114.16, lat: 22.28 })).toMatchObject({
    city: { id: 'hongkong' },
    km: expect.closeTo(4.6, 0) as number,
  });
  expect(compileCities([]).nearest({ lng: 0, lat: 0 })).toBeUndefined();
});

describe('with the database', () => {
  const database = testDatabase();
  let db: Connection;
  beforeAll(async () => {
    db = await database.connect();
  });
  afterAll(() => database.drop());

  test('every sample city is found by its name in either script and by its pinyin', async () => {
    const travel = await createTravel(db);
    const bytes = readFileSync(join(root, 'src/facts/cities.csv'));
    const result = await travel.importer.importFile({ kind: 'cities', name: 'cities.csv', bytes });
    expect(result.kind).toBe('written');
    expect(travel.cities.all().length).toBeGreaterThanOrEqual(30);
    for (const one of travel.cities.all()) {
      for (const text of [one.name, one.nameHans, `${one.nameHans}市`, one.id]) {
        expect([text, names(travel.cities.find(text))]).toEqual([text, one.id]);
      }
      expect(travel.cities.nearest(one.point)?.city.id).toBe(one.id);
    }
  });

  test('another process knows a new city once it loads', async () => {
    const here = await createTravel(db);
    const there = await createTravel(db);
    await there.cities.load();
    const rows = [
      {
        line: 2,
        cells: {
          id: 'x',
          name: '某某新鎮',
          name_hans: '某某新鎮',
          region: '某省',
          lng: '120',
          lat: '30',
          datum: 'gcj02',
        },
      },
    ];
    expect(await here.importer.importTable({ kind: 'cities', rows, force: true })).toMatchObject({
      kind: 'written',
    });
    expect(there.cities.find('某某新鎮').kind).toBe('none');
    await there.cities.load();
    expect(there.cities.find('某某新鎮')).toMatchObject({ kind: 'one' });
  });
});
