import type { Connection } from 'mongoose';
import { createGuides } from '../../../src/domain/guides/guides';
import { bringFacts, importSample } from '../../../src/domain/import/sample';
import { tellProblem } from '../../../src/sheets/problems';
import { testDatabase } from '../../support/database';
import { cityCells, createTravel, hotelCells, rowsOf } from './travel';

const database = testDatabase();
let db: Connection;
let travel: Awaited<ReturnType<typeof createTravel>>;

beforeAll(async () => {
  db = await database.connect();
  travel = await createTravel(db);
});
afterAll(() => database.drop());

const run = () => importSample({ importer: travel.importer });

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
  const forced = await importSample({ importer: travel.importer, force: true });
  expect(forced.every(({ result }) => result.kind === 'written')).toBe(true);
});

describe('an account of somebody’s', () => {
  const facts = () => bringFacts({ db, importer: travel.importer });
  const rows = (table: string) => db.collection(table).countDocuments();
  const own = (kind: 'cities' | 'guides', cells: Record<string, unknown>[]) =>
    travel.importer.importTable({ kind, rows: rowsOf(cells), source: `${kind}.xlsx` });
  const guide = {
    city: 'hangzhou',
    title: '自家的杭州',
    overview: '湖邊',
    seasons: '春天',
    routes: '一日：繞湖',
    food: '片兒川',
    tips: '穿雙好走的鞋',
    updated_on: '2026-11-20',
  };

  beforeEach(async () => {
    await Promise.all(
      ['imports', 'cities', 'guides', 'sights', 'hotels', 'trains', 'channels'].map((table) =>
        db.collection(table).deleteMany({}),
      ),
    );
  });

  test('has cities, guides and sights from its first start on, and nothing that is invented', async () => {
    await facts();
    for (const table of ['cities', 'guides', 'sights']) expect(await rows(table)).toBeGreaterThan(30);
    for (const table of ['hotels', 'trains', 'channels']) expect(await rows(table)).toBe(0);
  });

  test('has them once, however many processes start', async () => {
    await Promise.all([facts(), facts(), facts()]);
    const { cities, guides, sights } = await travel.importer.lastImports();
    expect([await rows('cities'), await rows('guides'), await rows('sights')]).toEqual(
      [cities, guides, sights].map((one) => one?.rows),
    );
  });

  test('keeps what an operator imported, before the first start or after it', async () => {
    await own('cities', [cityCells('hangzhou', { name: '杭州', name_hans: '杭州' })]);
    await facts();
    expect([await rows('cities'), await rows('guides')]).toEqual([1, 1]);
    await own('guides', [guide]);
    await facts();
    expect((await createGuides({ db }).of('hangzhou'))?.title).toBe('自家的杭州');
    const { cities, guides, sights } = await travel.importer.lastImports();
    expect([cities?.sample, guides?.sample, sights?.sample]).toEqual([false, false, true]);
  });

  test('takes an operator’s import that ends while the facts are read', async () => {
    await own('cities', [cityCells('hangzhou', { name: '杭州', name_hans: '杭州' })]);
    const late = {
      ...travel.importer,
      lastImports: async () => {
        const last = await travel.importer.lastImports();
        await own('guides', [guide]);
        return last;
      },
    };
    await bringFacts({ db, importer: late });
    expect((await createGuides({ db }).of('hangzhou'))?.title).toBe('自家的杭州');
  });

  test('goes on where a start was killed', async () => {
    await facts();
    await db.collection<{ _id: string }>('imports').deleteMany({ _id: { $in: ['guides', 'sights'] } });
    await db.collection('sights').deleteMany({});
    await facts();
    expect(await rows('guides')).toBeGreaterThan(30);
    expect(await rows('sights')).toBeGreaterThan(150);
  });

  test('leaves an operator’s table whose import was killed before it was noted', async () => {
    await own('cities', [cityCells('hangzhou', { name: '杭州', name_hans: '杭州' })]);
    await own('guides', [guide]);
    await db.collection<{ _id: string }>('imports').deleteOne({ _id: 'guides' });
    await facts();
    expect((await createGuides({ db }).of('hangzhou'))?.title).toBe('自家的杭州');
  });

  test('takes cities of its own, also without those of the facts: their guides and sights go', async () => {
    await facts();
    const result = await own('cities', [
      cityCells('HZ', { name: '杭州', name_hans: '杭州' }),
      cityCells('suzhou', { name: '蘇州', name_hans: '苏州' }),
    ]);
    expect(result).toMatchObject({ kind: 'written', rows: 2 });
    expect(await db.collection('guides').distinct('_id')).toEqual(['suzhou']);
    expect(await db.collection('sights').distinct('cityId')).toEqual(['suzhou']);
  });

  test('but no city of a table that an operator imported can be taken from under it', async () => {
    await facts();
    await own('guides', [guide]);
    const result = await own('cities', [cityCells('suzhou', { name: '蘇州', name_hans: '苏州' })]);
    expect(result).toMatchObject({ kind: 'refused', problems: [{ value: 'hangzhou' }] });
  });

  test('loses what the simulator left, and keeps its own', async () => {
    await run();
    await travel.importer.importTable({
      kind: 'hotels',
      rows: rowsOf([hotelCells('own')]),
      source: '自家酒店.xlsx',
      force: true,
    });
    await facts();
    expect([await rows('hotels'), await rows('trains'), await rows('channels')]).toEqual([1, 0, 0]);
    expect(await travel.trains.between('beijing', 'shanghai', { on: '2026-11-23' })).toEqual({
      trains: [],
      gone: 0,
      importedOn: undefined,
      sample: false,
    });
  });
});
