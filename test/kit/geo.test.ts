import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { distanceKm, formatDistance, isMainland, toGcj02, toWgs84 } from '../../src/kit/geo';

const at = (lng: number, lat: number) => ({ lng, lat });

/** Border towns too: they are where an outline goes wrong. */
const mainland: [string, number, number][] = [
  ['北京', 116.397, 39.909],
  ['上海', 121.474, 31.23],
  ['舟山', 122.207, 29.985],
  ['三亞', 109.508, 18.248],
  ['拉薩', 91.132, 29.65],
  ['喀什', 75.989, 39.47],
  ['阿里', 80.1, 32.5],
  ['漠河', 122.53, 52.97],
  ['撫遠', 134.3, 48.36],
  ['黑河', 127.499, 50.24],
  ['綏芬河', 131.15, 44.41],
  ['琿春', 130.366, 42.862],
  ['丹東', 124.354, 40.125],
  ['滿洲里', 117.45, 49.59],
  ['二連浩特', 111.98, 43.65],
  ['霍爾果斯', 80.42, 44.21],
  ['瑞麗', 97.85, 24.01],
  ['景洪', 100.797, 22.0],
  ['磨憨', 101.68, 21.19],
  ['河口', 103.94, 22.53],
  ['憑祥', 106.766, 22.1],
  ['東興', 107.97, 21.545],
  ['深圳羅湖', 114.117, 22.545],
  ['深圳福田口岸', 114.068, 22.521],
  ['蛇口', 113.91, 22.48],
  ['鹽田', 114.27, 22.58],
  ['珠海拱北', 113.55, 22.222],
  ['橫琴', 113.53, 22.13],
  ['平潭', 119.79, 25.5],
  ['廈門', 118.089, 24.48],
];
const elsewhere: [string, number, number][] = [
  ['香港中環', 114.158, 22.282],
  ['香港機場', 113.915, 22.309],
  ['上水', 114.128, 22.501],
  ['西貢', 114.27, 22.381],
  ['澳門大三巴', 113.5409, 22.1975],
  ['澳門氹仔', 113.561, 22.149],
  ['台北', 121.565, 25.033],
  ['高雄', 120.301, 22.627],
  ['花蓮', 121.604, 23.976],
  ['首爾', 126.978, 37.566],
  ['平壤', 125.754, 39.03],
  ['河內', 105.834, 21.028],
  ['曼谷', 100.501, 13.756],
  ['清邁', 98.993, 18.788],
  ['東京', 139.69, 35.69],
  ['海參崴', 131.885, 43.115],
  ['布拉戈維申斯克', 127.54, 50.29],
  ['烏蘭巴托', 106.918, 47.92],
  ['加德滿都', 85.324, 27.717],
  ['新德里', 77.209, 28.614],
  ['阿拉木圖', 76.886, 43.239],
  ['新加坡', 103.852, 1.29],
  ['馬尼拉', 120.984, 14.6],
  ['紐約', -74.006, 40.713],
];

test.each(mainland)('%s is on the mainland, where maps are shifted', (_name, lng, lat) => {
  expect(isMainland(at(lng, lat))).toBe(true);
});

test.each(elsewhere)('%s is not, so a GPS point stays where it is', (_name, lng, lat) => {
  expect(isMainland(at(lng, lat))).toBe(false);
  expect(toGcj02(at(lng, lat), 'wgs84')).toEqual(at(lng, lat));
  expect(toWgs84(at(lng, lat), 'gcj02')).toEqual(at(lng, lat));
});

test('every sample city lies where its datum says', () => {
  const rows = readFileSync('src/facts/cities.csv', 'utf8').trim().split('\n').slice(1);
  for (const row of rows) {
    const cells = row.split(',');
    const [lng, lat, datum] = cells.slice(-3);
    expect([cells[1], isMainland(at(Number(lng), Number(lat)))]).toEqual([
      cells[1],
      datum?.trim() === 'gcj02',
    ]);
  }
});

test('a GPS point in Beijing moves by some 550 m, to the north-east', () => {
  const gcj = toGcj02(at(116.391, 39.907), 'wgs84');
  expect(distanceKm(at(116.391, 39.907), gcj)).toBeCloseTo(0.55, 1);
  expect(gcj.lng).toBeGreaterThan(116.391);
  expect(gcj.lat).toBeGreaterThan(39.907);
});

test('a point of Baidu comes back to where the others see it', () => {
  const gcj = toGcj02(at(116.404, 39.915), 'bd09');
  expect(distanceKm(at(116.404, 39.915), gcj)).toBeGreaterThan(0.5);
  expect(gcj.lng).toBeCloseTo(116.3976, 3);
  expect(gcj.lat).toBeCloseTo(39.9087, 3);
});

test('there and back again ends within a metre', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 100, max: 118, noNaN: true }),
      fc.double({ min: 26, max: 40, noNaN: true }),
      (lng, lat) => {
        const back = toWgs84(toGcj02(at(lng, lat), 'wgs84'), 'gcj02');
        expect(distanceKm(at(lng, lat), back)).toBeLessThan(0.001);
      },
    ),
  );
});

test('what is in our own datum already stays as it is', () => {
  expect(toGcj02(at(116.4, 39.9), 'gcj02')).toEqual(at(116.4, 39.9));
  expect(toWgs84(at(116.4, 39.9), 'wgs84')).toEqual(at(116.4, 39.9));
});

test('from Beijing to Shanghai it is 1,067 km, and nothing from a place to itself', () => {
  expect(distanceKm(at(116.397, 39.909), at(121.474, 31.23))).toBeCloseTo(1067, -1);
  expect(distanceKm(at(116.397, 39.909), at(116.397, 39.909))).toBe(0);
});

test.each([
  [0, '10 米'],
  [0.046, '50 米'],
  [0.3504, '350 米'],
  [0.994, '990 米'],
  [0.996, '1 公里'],
  [1.24, '1.2 公里'],
  [9.94, '9.9 公里'],
  [9.96, '10 公里'],
  [37.6, '38 公里'],
  [1067, '1067 公里'],
])('%d km is said as %s', (km, words) => {
  expect(formatDistance(km)).toBe(words);
});
