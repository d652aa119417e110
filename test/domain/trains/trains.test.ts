import type { Connection } from 'mongoose';
import { tellProblem } from '../../../src/sheets/problems';
import { testDatabase } from '../../support/database';
import { cityCells, createTravel, rowsOf } from '../import/travel';

const database = testDatabase();
let db: Connection;
let travel: Awaited<ReturnType<typeof createTravel>>;

const train = (number: string, more: Record<string, unknown> = {}) => ({
  number,
  from_city: 'hangzhou',
  to_city: '上海',
  from_station: '杭州東',
  to_station: '上海虹橋',
  departs: '08:05',
  arrives: '08:50',
  day_offset: '0',
  runs: '1234567',
  second_class_yuan: '73',
  kind: '高鐵',
  ...more,
});
const importTrains = (cells: Record<string, unknown>[]) =>
  travel.importer.importTable({ kind: 'trains', rows: rowsOf(cells), source: 'trains.csv' });

beforeAll(async () => {
  db = await database.connect();
  travel = await createTravel(db, '2026-11-22');
  await travel.importer.importTable({
    kind: 'cities',
    rows: rowsOf([cityCells('hangzhou'), cityCells('shanghai', { name: '上海' })]),
  });
});
afterAll(() => database.drop());

test('trains between two cities run by weekday and kind, by departure, with the day of their import', async () => {
  const result = await importTrains([
    train('G2', { departs: '9:10', arrives: '10:00' }),
    train('G1', { second_class_yuan: '73.5' }),
    train('D3', { kind: '动车', departs: '07:00', arrives: '08:00', second_class_yuan: undefined }),
    train('G4', { runs: '週末', departs: '12:00', arrives: '12:45' }),
    train('G5', { from_city: 'shanghai', to_city: 'hangzhou' }),
  ]);
  expect(result.kind).toBe('written');
  const on = (day: string, kind?: '高鐵') =>
    travel.trains.between('hangzhou', 'shanghai', { on: day, ...(kind ? { kind } : {}) });

  const monday = await on('2026-11-23');
  expect(monday).toMatchObject({ importedOn: '2026-11-22', sample: false });
  expect(monday.trains.map((one) => [one.number, one.departs, one.secondClassFen])).toEqual([
    ['D3', '07:00', undefined],
    ['G1', '08:05', 7350],
    ['G2', '09:10', 7300],
  ]);
  expect((await on('2026-11-28', '高鐵')).trains.map((one) => one.number)).toEqual(['G1', 'G2', 'G4']);
  expect((await travel.trains.between('shanghai', 'beijing', { on: '2026-11-23' })).trains).toEqual([]);
});

test('impossible rows are told', async () => {
  const result = await importTrains([
    train('G1', { runs: '隔日' }),
    train('G2', { kind: '磁浮' }),
    train('G3', { arrives: '07:00' }),
    train('G4', { departs: '25:00' }),
    train('G5', { to_city: 'hangzhou' }),
    train('G6'),
    train('G6', { departs: '18:00', arrives: '19:00' }),
  ]);
  expect(result.kind === 'refused' && result.problems.map((one) => tellProblem(one))).toEqual([
    '第 2 行 runs 欄「隔日」：讀不懂，請填「每日」「工作日」「週末」或星期幾的數字，如 1-5、67（1 是週一）',
    '第 3 行 kind 欄「磁浮」：不是認得的車種，請填 高鐵、動車、城際、直達、特快、快速 或 普快',
    '第 4 行 arrives 欄「07:00」：不晚於出發時刻 08:05；次日到達時 day_offset 請填 1',
    '第 5 行 departs 欄「25:00」：不是時刻，請寫成 08:30',
    '第 6 行 to_city 欄「hangzhou」：與出發城市相同，請核對',
    '第 8 行「G6/杭州東/上海虹橋」：與第 7 行重複，請刪去一個',
  ]);
});
