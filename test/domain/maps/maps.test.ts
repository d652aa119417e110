import { createMaps } from '../../../src/domain/maps/maps';
import { createLog } from '../../../src/kit/log';
import around from '../../fixtures/outside/amap-around.json';
import refused from '../../fixtures/outside/amap-refused.json';
import regeo from '../../fixtures/outside/amap-regeo.json';
import { createHandClock, createLoopback, json } from '../../support/loopback';

const lake = { lng: 120.14321, lat: 30.26099 };
const minuteMs = 60_000;

let service: Awaited<ReturnType<typeof createLoopback>>;
let lines: { level: number; msg: string }[];
beforeEach(async () => {
  lines = [];
  service = await createLoopback(({ path }, response) => {
    if (path === '/v5/place/around') return json(response, around);
    if (path === '/v3/geocode/regeo') return json(response, regeo);
    return json(response, {}, 404);
  });
});
afterEach(() => service.close());

const mapsOf = (machine = createHandClock(), amapKey: string | undefined = 'amap-secret') =>
  createMaps({
    amapKey,
    amapUrl: service.url,
    log: createLog({
      level: 'warn',
      name: 'test',
      to: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
    now: machine.now,
  });

const errorsTold = () => lines.filter(({ level }) => level >= 50);

test('hotels near by come nearest first, in Traditional, without what is no hotel or has no place', async () => {
  const machine = createHandClock();
  const hotels = await mapsOf(machine).nearbyHotels(lake);
  expect(hotels).toEqual([
    {
      name: '龍井裡民宿',
      address: '',
      point: { lng: 120.142, lat: 30.262 },
      distanceKm: expect.closeTo(0.16, 2),
      source: '高德地圖',
      readAt: machine.now(),
    },
    {
      name: '湖畔聽雨酒店',
      address: '北山街8號',
      point: { lng: 120.1502, lat: 30.2601 },
      distanceKm: expect.closeTo(0.68, 2),
      priceYuan: 468,
      tel: '0571-00000001',
      source: '高德地圖',
      readAt: machine.now(),
    },
    expect.objectContaining({ name: '西湖幹部療養賓館', address: '楊公堤22號' }),
  ]);
  expect(service.asked[0]?.query).toMatchObject({
    types: '100000',
    sortrule: 'distance',
    show_fields: 'business',
  });
});

test('a place is asked for longitude first and only to about 100 m', async () => {
  const maps = mapsOf();
  await maps.nearbyHotels(lake);
  await maps.placeOf(lake);
  expect(service.asked.map(({ query }) => query['location'])).toEqual(['120.143,30.261', '120.143,30.261']);
});

test('only as many as wanted, and the same neighbourhood is asked about once', async () => {
  const maps = mapsOf();
  const lists = await Promise.all([
    maps.nearbyHotels(lake, { limit: 2 }),
    maps.nearbyHotels({ lng: 120.1431, lat: 30.2612 }),
  ]);
  expect(lists.map((list) => list.length)).toEqual([2, 3]);
  expect(service.asked).toHaveLength(1);
});

test('nothing near is an empty list, however the service writes it', async () => {
  const machine = createHandClock();
  for (const pois of [[], '', undefined]) {
    service.answers((_asked, response) =>
      json(response, { status: '1', info: 'OK', infocode: '10000', count: '0', pois }),
    );
    expect(await mapsOf(machine).nearbyHotels(lake)).toEqual([]);
  }
  expect(lines).toEqual([]);
});

type Component = { province: unknown; city: unknown; district: unknown; township?: unknown };
test.each<[string, Component, { label: string; city?: string } | undefined]>([
  [
    'a city',
    { province: '浙江省', city: '杭州市', district: '西湖区', township: '北山街道' },
    { label: '杭州市西湖區北山街道', city: '杭州' },
  ],
  [
    'a municipality',
    { province: '上海市', city: [], district: '黄浦区', township: '外滩街道' },
    { label: '上海市黃浦區外灘街道', city: '上海' },
  ],
  [
    'a prefecture',
    { province: '云南省', city: '大理白族自治州', district: '大理市', township: [] },
    { label: '大理白族自治州大理市', city: '大理' },
  ],
  [
    'two peoples',
    { province: '四川省', city: '阿坝藏族羌族自治州', district: '九寨沟县' },
    { label: '阿壩藏族羌族自治州九寨溝縣', city: '阿壩' },
  ],
  [
    'a city under a province',
    { province: '湖北省', city: [], district: '仙桃市', township: '沙嘴街道' },
    { label: '仙桃市沙嘴街道', city: '仙桃' },
  ],
  [
    'Hong Kong',
    { province: '香港特别行政区', city: [], district: '油尖旺区', township: [] },
    { label: '中國香港油尖旺區', city: '香港' },
  ],
  [
    'Macao',
    { province: '澳门特别行政区', city: [], district: '大堂区' },
    { label: '中國澳門大堂區', city: '澳門' },
  ],
  ['Taipei', { province: '台湾省', city: '台北市', district: [] }, { label: '中國台灣台北市', city: '台北' }],
  ['the sea', { province: [], city: [], district: [] }, undefined],
])('the name of a place: %s', async (_what, addressComponent, expected) => {
  service.answers((_asked, response) =>
    json(response, {
      status: '1',
      info: 'OK',
      infocode: '10000',
      regeocode: { formatted_address: [], addressComponent },
    }),
  );
  expect(await mapsOf().placeOf(lake)).toEqual(expected);
});

test('the recorded shape of a reverse geocode is read', async () => {
  expect(await mapsOf().placeOf(lake)).toEqual({ label: '杭州市西湖區北山街道', city: '杭州' });
});

test('without a key and abroad nobody is asked', async () => {
  const without = createMaps({ log: createLog({ level: 'silent', name: 'test' }) });
  expect(without.available).toBe(false);
  expect([await without.nearbyHotels(lake), await without.placeOf(lake)]).toEqual([[], undefined]);
  const paris = { lng: 2.35, lat: 48.85 };
  expect([await mapsOf().nearbyHotels(paris), await mapsOf().placeOf(paris)]).toEqual([[], undefined]);
  expect(service.asked).toEqual([]);
});

test('Hong Kong and Taipei are on the map', async () => {
  await mapsOf().placeOf({ lng: 114.169, lat: 22.319 });
  await mapsOf().placeOf({ lng: 121.565, lat: 25.033 });
  expect(service.asked).toHaveLength(2);
});

test('when the service fails there is simply nothing more, or what was there before', async () => {
  const machine = createHandClock();
  const maps = mapsOf(machine);
  const before = await maps.nearbyHotels(lake);
  service.answers((_asked, response) => json(response, {}, 502));
  expect(await maps.placeOf(lake)).toBeUndefined();
  machine.pass(60 * minuteMs);
  expect(await maps.nearbyHotels(lake)).toEqual(before);
  expect(JSON.stringify(lines)).not.toMatch(/amap-secret|120\.14/);
});

test('a day quota that is used up is left alone until midnight in Beijing', async () => {
  const machine = createHandClock(Date.parse('2026-11-22T20:00:00+08:00'));
  const maps = mapsOf(machine);
  service.answers((_asked, response) => json(response, refused));
  await maps.nearbyHotels(lake);
  service.answers((_asked, response) => json(response, regeo));
  machine.pass(4 * 60 * minuteMs - 1);
  expect(await maps.placeOf(lake)).toBeUndefined();
  machine.pass(1);
  expect(await maps.placeOf(lake)).toMatchObject({ city: '杭州' });
  expect(errorsTold()).toEqual([]);
});

test('too many a second is left alone for a moment', async () => {
  const machine = createHandClock();
  const maps = mapsOf(machine);
  service.answers((_asked, response) =>
    json(response, { status: '0', info: 'CUQPS_HAS_EXCEEDED_THE_LIMIT', infocode: '10021' }),
  );
  await maps.placeOf(lake);
  service.answers((_asked, response) => json(response, regeo));
  expect(await maps.placeOf(lake)).toBeUndefined();
  machine.pass(1200);
  expect(await maps.placeOf(lake)).toMatchObject({ city: '杭州' });
});

test('a wrong key calls the operator once, not with every fan', async () => {
  const maps = mapsOf();
  service.answers((_asked, response) =>
    json(response, { status: '0', info: 'USERKEY_PLAT_NOMATCH', infocode: '10009' }),
  );
  for (let i = 0; i < 5; i++) await maps.nearbyHotels(lake);
  expect(errorsTold()).toHaveLength(1);
  expect(errorsTold()[0]?.msg).toContain('AMAP_KEY');
  expect(service.asked).toHaveLength(1);
});
