import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { createGuides } from '../../../src/domain/guides/guides';
import { tellProblem } from '../../../src/domain/import/import';
import { importSample } from '../../../src/domain/import/sample';
import { root } from '../../../src/kit/root';
import { testDatabase } from '../../support/database';
import { createTravel, hotelCells, rowsOf } from './travel';

const database = testDatabase();
let db: Connection;
let travel: Awaited<ReturnType<typeof createTravel>>;
const folder = join(root, 'src/simulator/sample');

beforeAll(async () => {
  db = await database.connect();
  travel = await createTravel(db);
});
afterAll(() => database.drop());

const run = () => importSample({ importer: travel.importer, folder });

test('the sample is whole: every table is taken, and twice changes nothing', async () => {
  const first = await run();
  const refused = first.flatMap(({ result }) =>
    result.kind === 'refused' ? result.problems.slice(0, 5).map((one) => tellProblem(one)) : [],
  );
  expect(refused).toEqual([]);
  const rows = Object.fromEntries(
    first.map(({ table, result }) => [table, result.kind === 'written' ? result.rows : 0]),
  );
  expect(rows['cities']).toBeGreaterThanOrEqual(30);
  expect(rows['hotels']).toBeGreaterThanOrEqual(300);
  expect(rows['guides']).toBeGreaterThanOrEqual(30);
  expect(rows['sights']).toBeGreaterThanOrEqual(150);
  expect(rows['trains']).toBeGreaterThanOrEqual(200);

  for (const { result } of await run())
    expect(result).toMatchObject({ kind: 'written', added: 0, changed: 0, removed: 0 });
});

test('every sample city has hotels, a guide, sights, and trains say that they are a sample', async () => {
  const guides = createGuides({ db });
  for (const { id } of travel.cities.all()) {
    const [hotels, guide, sights] = await Promise.all([
      travel.hotels.search({ city: id, skip: 0, limit: 1 }),
      guides.of(id),
      travel.sights.of(id, { skip: 0, limit: 3 }),
    ]);
    expect([id, hotels.total > 0, guide !== undefined, sights.total > 0]).toEqual([id, true, true, true]);
    expect(guide?.routes.length).toBeGreaterThan(0);
  }
  expect(await travel.trains.between('beijing', 'shanghai', { on: '2026-11-23' })).toMatchObject({
    sample: true,
    importedOn: '2026-11-22',
  });
});

test('the sample replaces an operator’s own table only when it is forced to', async () => {
  const own = await travel.importer.importTable({
    kind: 'hotels',
    rows: rowsOf([hotelCells('own')]),
    source: '自家酒店.xlsx',
    force: true,
  });
  expect(own.kind).toBe('written');
  const again = await run();
  expect(again.find(({ table }) => table === 'hotels')?.result).toEqual({
    kind: 'kept',
    source: '自家酒店.xlsx',
  });
  expect(
    (await travel.hotels.search({ city: 'hangzhou', skip: 0, limit: 9 })).hotels.map((one) => one.id),
  ).toEqual(['own']);
  const forced = await importSample({ importer: travel.importer, folder, force: true });
  expect(forced.every(({ result }) => result.kind === 'written')).toBe(true);
});
