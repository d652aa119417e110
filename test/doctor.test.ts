import { content, isRepaired, settings } from '../src/doctor';
import { createCities } from '../src/domain/cities/cities';
import { createImporter } from '../src/domain/import/import';
import { bringFacts, importSample } from '../src/domain/import/sample';
import { createClock } from '../src/kit/clock';
import { testConfig } from './support/config';
import { testDatabase } from './support/database';

const account = { WECHAT_APP_ID: 'wx00112233445566aa' };
const database = testDatabase();
afterAll(() => database.drop());

const told = (findings: { state: string; what: string; todo?: string }[]) =>
  findings.map(({ state, what, todo }) => `${state} ${what} ${todo ?? ''}`).join('\n');

test('an account without a public address is told so', () => {
  expect(told(settings(testConfig(account)))).toMatch(/^bad 沒有設定 PUBLIC_URL.*PUBLIC_URL=https/m);
  const set = { ...account, PUBLIC_URL: 'https://wx.example.com' };
  expect(told(settings(testConfig(set)))).not.toContain('PUBLIC_URL');
});

test('what is missing is named, with the command that brings it', async () => {
  const db = await database.connect();
  const importer = createImporter({ db, clock: createClock(), cities: createCities({ db }) });
  expect(told(await content(db, testConfig(account)))).toMatch(/^bad 一座城市都不認得/);

  await bringFacts({ db, importer });
  const fresh = told(await content(db, testConfig(account)));
  expect(fresh).toMatch(/^good 能答：城市、攻略、景點 $/m);
  for (const todo of [
    'npm run import -- hotels',
    'npm run import -- trains',
    'WEATHER_PROVIDER',
    'npm run quiz -- template',
  ])
    expect(fresh).toMatch(new RegExp(`^note 還沒有.*${todo}`, 'm'));
  expect(fresh).toMatch(/^note 景點用的是隨程式附帶的資料.*npm run import -- sights/m);

  const open = { ...account, WEATHER_PROVIDER: 'open-meteo' };
  expect(told(await content(db, testConfig(open)))).not.toContain('還沒有天氣');
});

test('with the simulator and its sample nothing but the quiz is missing', async () => {
  const db = await database.connect();
  const importer = createImporter({ db, clock: createClock(), cities: createCities({ db }) });
  await importSample({ importer });
  expect(told(await content(db, testConfig()))).toMatch(/能答：城市、攻略、景點、酒店、列車時刻、天氣服務/);
});

test.each([
  ['6.0.5', false],
  ['7.0.34', false],
  ['7.0.35', true],
  ['7.1.99', false],
  ['8.0.24', true],
  ['8.2.9', false],
  ['8.3.3', true],
  ['8.4.0', true],
  ['9.0.0', true],
  ['8.3.3-rc1', false],
])('MongoDB %s has the repairs of its line: %s', (version, repaired) => {
  expect(isRepaired(version, ['7.0.35', '8.0.24', '8.2.10', '8.3.3'])).toBe(repaired);
});
