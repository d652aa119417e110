import type { Connection } from 'mongoose';
import { testDatabase } from '../../support/database';
import { cityCells, createTravel, hotelCells, rowsOf } from '../import/travel';

const database = testDatabase();
let db: Connection;
let travel: Awaited<ReturnType<typeof createTravel>>;

beforeAll(async () => {
  db = await database.connect();
  travel = await createTravel(db);
  await travel.importer.importTable({
    kind: 'cities',
    rows: rowsOf([cityCells('hangzhou'), cityCells('ningbo')]),
  });
  await travel.importer.importTable({
    kind: 'hotels',
    rows: rowsOf([
      hotelCells('inn', { stars: '2', price_yuan: '168', lng: '120.1600', lat: '30.2500' }),
      hotelCells('lake', {
        stars: '4',
        price_yuan: '500',
        lng: '120.1500',
        lat: '30.2500',
        book_url: 'https://example.com/lake',
      }),
      hotelCells('garden', { stars: '4', price_yuan: '501', lng: '120.1300', lat: '30.2500' }),
      hotelCells('palace', { stars: '5', price_yuan: '1280', lng: '120.1000', lat: '30.2500' }),
      hotelCells('elsewhere', { city: 'ningbo', lng: '121.5', lat: '29.87' }),
    ]),
  });
});
afterAll(() => database.drop());

const search = async (more: object) => {
  const { total, hotels } = await travel.hotels.search({ city: 'hangzhou', skip: 0, limit: 10, ...more });
  return { total, ids: hotels.map((one) => one.id) };
};

test('the hotels of a city come best first', async () => {
  expect(await search({})).toEqual({ total: 4, ids: ['palace', 'lake', 'garden', 'inn'] });
});

test('a budget holds its bounds, and stars are exact or at least', async () => {
  expect(await search({ yuan: { max: 500 } })).toEqual({ total: 2, ids: ['lake', 'inn'] });
  expect(await search({ yuan: { min: 168, max: 168 } })).toEqual({ total: 1, ids: ['inn'] });
  expect(await search({ stars: { min: 4, max: 4 } })).toEqual({ total: 2, ids: ['lake', 'garden'] });
  expect(await search({ stars: { min: 4 }, sort: 'cheapest' })).toEqual({
    total: 3,
    ids: ['lake', 'garden', 'palace'],
  });
  expect(await search({ yuan: { max: 100 } })).toEqual({ total: 0, ids: [] });
});

test('pages follow each other without gap or double', async () => {
  const pages = [];
  for (let skip = 0; skip < 4; skip += 2) pages.push(...(await search({ skip, limit: 2 })).ids);
  expect(pages).toEqual(['palace', 'lake', 'garden', 'inn']);
});

test('the nearest come first with their distance, and none from too far', async () => {
  const found = await travel.hotels.near({ lng: 120.151, lat: 30.25 }, { limit: 10, withinKm: 3 });
  expect(found.hotels.map((one) => [one.id, Number(one.km.toFixed(1))])).toEqual([
    ['lake', 0.1],
    ['inn', 0.9],
    ['garden', 2],
  ]);
  expect(await travel.hotels.near({ lng: 0, lat: 0 }, { limit: 10, withinKm: 50 })).toEqual({
    total: 0,
    hotels: [],
  });
});

test('a hotel carries its price in fen with the day and the source, and nothing of how it is stored', async () => {
  expect(await travel.hotels.get('lake')).toEqual({
    id: 'lake',
    cityId: 'hangzhou',
    name: '酒店 lake',
    address: '湖濱路 1 號',
    point: { lng: 120.15, lat: 30.25 },
    stars: 4,
    priceFen: 50_000,
    priceOn: '2026-11-12',
    priceSource: '示例房價',
    bookUrl: 'https://example.com/lake',
  });
  expect(await travel.hotels.get('nowhere')).toBeUndefined();
});
