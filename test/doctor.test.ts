import { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Config } from '../src/config';
import { content, account as examineAccount, isRepaired, settings, work } from '../src/doctor';
import { createCities } from '../src/domain/cities/cities';
import { createImporter } from '../src/domain/import/import';
import { bringFacts, importSample } from '../src/domain/import/sample';
import { createClock } from '../src/kit/clock';
import { createLog } from '../src/kit/log';
import { createRender } from '../src/render/render';
import { createServices } from '../src/services';
import { testConfig } from './support/config';
import { testDatabase } from './support/database';
import { type Answers, hangUp, startServer } from './wechat/api/server';

const account = { WECHAT_APP_ID: 'wx00112233445566aa' };
const database = testDatabase();
afterAll(() => database.drop());

const told = (findings: { state: string; what: string; todo?: string }[]) =>
  findings.map(({ state, what, todo }) => `${state} ${what} ${todo ?? ''}`).join('\n');

/** With all services, as doctor builds them. */
async function asked(db: Connection, config: Config) {
  const redis = new Redis(database.redisUrl, { lazyConnect: true });
  const { render } = createRender();
  const log = createLog({ level: 'silent', name: 'doctor' });
  const house = { config, db, redis, render, clock: createClock(), log, role: 'doctor' };
  return content(createServices(house), { db, config });
}

test('an account without a public address is told so', () => {
  expect(told(settings(testConfig(account)))).toMatch(/^bad 沒有設定 PUBLIC_URL.*PUBLIC_URL=https/m);
  const set = { ...account, PUBLIC_URL: 'https://wx.example.com' };
  expect(told(settings(testConfig(set)))).not.toContain('PUBLIC_URL');
});

test('what is missing is named, with the command that brings it', async () => {
  const db = await database.connect();
  const importer = createImporter({ db, clock: createClock(), cities: createCities({ db }) });
  expect(told(await asked(db, testConfig(account)))).toMatch(/^bad 一座城市都不認得/);

  await bringFacts({ db, importer });
  const fresh = told(await asked(db, testConfig(account)));
  expect(fresh).toMatch(/^good 能答：城市、攻略、景點 $/m);
  for (const todo of [
    'npm run import -- hotels',
    'npm run import -- trains',
    'WEATHER_PROVIDER',
    'npm run quiz -- template',
  ])
    expect(fresh).toMatch(new RegExp(`^note 還沒有.*${todo}`, 'm'));
  expect(fresh).toMatch(/^note 景點用的是隨程序附帶的資料.*npm run import -- sights/m);

  const open = { ...account, WEATHER_PROVIDER: 'open-meteo' };
  expect(told(await asked(db, testConfig(open)))).not.toContain('還沒有天氣');
});

test('with the simulator and its sample nothing but the quiz is missing', async () => {
  const db = await database.connect();
  const importer = createImporter({ db, clock: createClock(), cities: createCities({ db }) });
  await importSample({ importer });
  expect(told(await asked(db, testConfig()))).toMatch(/能答：城市、攻略、景點、酒店、列車時刻、天氣服務/);
});

test('what our people were called for is listed until it is over, one line each', async () => {
  const db = await database.connect();
  const redis = new Redis(database.redisUrl, { lazyConnect: true });
  const log = createLog({ level: 'silent', name: 'doctor' });
  const house = { config: testConfig(), db, redis, render: createRender().render, clock: createClock(), log };
  const services = createServices({ ...house, role: 'doctor' });
  await services.alarms.raise({ cause: 'push:a', text: '推送停下了\n請看設定' });
  expect(told(await work(services))).toMatch(/^bad 警報（.*，還沒送到人）：推送停下了 請看設定 /m);
  await services.alarms.over('push:a');
  expect(told(await work(services))).not.toContain('警報');
});

test('an account whose alarms nobody gets is told so', () => {
  expect(told(settings(testConfig(account)))).toMatch(/^note 警報沒有人收.*ALARM_WECOM_URL/m);
  const set = {
    ...account,
    ALARM_WECOM_URL: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4',
  };
  expect(told(settings(testConfig(set)))).not.toContain('警報');
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

const refused = (errcode: number) => ({ errcode, errmsg: 'refused' });
const blamesSecret = /WECHAT_APP_SECRET/;

describe('where there is no token to be had, the one who must act is named', () => {
  test.each<[string, Answers[string], RegExp]>([
    ['nobody answers', hangUp, /這和密鑰無關.*127\.0\.0\.1/],
    ['a login page of the hotel answers', '<html>Welcome</html>', /這和密鑰無關/],
    ['WeChat is busy', refused(-1), /稍後再試/],
    ['the machine is not on the list', refused(40164), /白名單/],
    ['the AppID is wrong', refused(40013), /WECHAT_APP_ID/],
    ['the secret is frozen', refused(40243), /AppSecret 被凍結.*\n?.*照上面微信說的原因/],
  ])('%s', async (_, answer, cure) => {
    const server = await startServer({ '/cgi-bin/stable_token': answer });
    const found = told(await examineAccount(testConfig({ ...account, WECHAT_API_URL: server.baseUrl })));
    await server.stop();
    expect(found).toMatch(cure);
    expect(found).not.toMatch(blamesSecret);
  });

  test('offline', async () => {
    const found = told(
      await examineAccount(testConfig({ ...account, WECHAT_API_URL: 'http://127.0.0.1:1' })),
    );
    expect(found).toMatch(
      /bad 換不到 access_token.*連不上微信.*這和密鑰無關：檢查這台機器能不能連到 127\.0\.0\.1:1/,
    );
    expect(found).not.toMatch(blamesSecret);
  });

  test.each([40001, 40125])('the secret, where WeChat says so (%i)', async (errcode) => {
    const server = await startServer({ '/cgi-bin/stable_token': refused(errcode) });
    const found = told(await examineAccount(testConfig({ ...account, WECHAT_API_URL: server.baseUrl })));
    await server.stop();
    expect(found).toMatch(blamesSecret);
  });
});
