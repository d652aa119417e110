import type { Connection } from 'mongoose';
import { testDatabase } from '../../support/database';
import { cityCells, createTravel, rowsOf } from '../import/travel';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

test('the sights of a city come in the order of the file, page by page', async () => {
  const travel = await createTravel(db);
  await travel.importer.importTable({
    kind: 'cities',
    rows: rowsOf([cityCells('hangzhou'), cityCells('ningbo')]),
  });
  const sight = (id: string, city: string) => ({
    id,
    city,
    name: id,
    hours: '08:00–17:00',
    tickets: '免費',
    intro: '值得一看',
    lng: '120.15',
    lat: '30.25',
    datum: 'gcj02',
    updated_on: '2026-10-20',
  });
  await travel.importer.importTable({
    kind: 'sights',
    rows: rowsOf([
      sight('z', 'hangzhou'),
      sight('a', 'hangzhou'),
      sight('n', 'ningbo'),
      sight('m', 'hangzhou'),
    ]),
  });
  const first = await travel.sights.of('hangzhou', { skip: 0, limit: 2 });
  const second = await travel.sights.of('hangzhou', { skip: 2, limit: 2 });
  expect([first.total, ...first.sights.map((one) => one.id), ...second.sights.map((one) => one.id)]).toEqual([
    3,
    'z',
    'a',
    'm',
  ]);
  expect(first.sights[0]).not.toHaveProperty('place');
});
