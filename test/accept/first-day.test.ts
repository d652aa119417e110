import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app';
import { createImporter } from '../../src/domain/import/import';
import { importSample } from '../../src/domain/import/sample';
import { startSampleQuiz } from '../../src/domain/quiz/workbook/sample';
import { root } from '../../src/kit/root';
import type { Content } from '../../src/wechat/protocol/inbound-kinds';
import { testConfig } from '../support/config';
import { type TestDatabase, testDatabase } from '../support/database';

const account = { WECHAT_APP_ID: 'wx00112233445566aa', WECHAT_API_URL: 'http://127.0.0.1:1' };
const hotel = {
  name: '湖邊小樓',
  address: '湖濱路 1 號',
  datum: 'gcj02',
  stars: '4',
  price_yuan: '388',
  price_on: '2026-11-12',
  price_source: '前台',
};
const apps: App[] = [];
let database: TestDatabase;

beforeEach(async () => {
  database = testDatabase();
  await database.connect();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  await database.drop();
});

/** A start of the program on this database. */
async function start(settings: Record<string, string>): Promise<App> {
  const app = await createApp(testConfig(settings), {
    mongoUri: database.uri,
    redisUrl: database.redisUrl,
    database: database.name,
    role: 'web',
  });
  apps.push(app);
  await app.prepare();
  return app;
}

async function answer(app: App, content: Content): Promise<string> {
  const id = randomBytes(8).toString('hex');
  const openid = `o${id}`;
  const her = await app.services.subscribers.meet(openid);
  const at = app.clock.now();
  const message = { openid, account: 'gh_test', at: Math.floor(at / 1_000), identity: id, ...content };
  const { reply } = await app.dispatch.run(message, her, { id, at });
  return reply?.kind === 'text' ? reply.text : '';
}

const says = (app: App, content: string) => answer(app, { kind: 'text', content });

test('two processes of a new account start at once and know cities, guides and sights', async () => {
  const both = await Promise.all([start(account), start(account)]);
  for (const app of both) {
    expect(await says(app, '杭州攻略')).toMatch(/（浙江杭州）/);
    expect(await says(app, '成都景點')).toMatch(/^成都景點（/);
    expect(await says(app, '杭州天氣')).toContain('天氣服務還沒接上');
    expect(await answer(app, { kind: 'follow', scene: undefined })).toContain('杭州攻略');
  }
});

test('an account that takes over the simulator’s data shows nothing invented, no quiz either', async () => {
  const simulated = await start({});
  const importer = createImporter({
    db: simulated.db,
    clock: simulated.clock,
    cities: simulated.services.cities,
  });
  await importSample({ importer });
  const file = { name: 'quiz.json', bytes: readFileSync(join(root, 'src/simulator/sample/quiz.json')) };
  await startSampleQuiz({ ...simulated.services, takenBy: () => undefined, file });
  await simulated.services.versions.check();
  expect(await answer(simulated, { kind: 'follow', scene: undefined })).toContain('一戰到底');
  expect(await says(simulated, '杭州天氣')).toContain('示例天氣');

  const app = await start(account);
  expect(await answer(app, { kind: 'follow', scene: undefined })).not.toMatch(/一戰到底|酒店|高鐵|天氣/);
  for (const words of ['一戰到底', '規則', '排行', '杭州酒店', '杭州到上海', '杭州天氣', '幫助'])
    expect(await says(app, words)).not.toMatch(/示例|¥/);
  expect(await says(app, '杭州攻略')).toMatch(/（浙江杭州）/);
});

test('what an operator brings is offered within the next look at the versions, without a start', async () => {
  const app = await start(account);
  const importer = createImporter({ db: app.db, clock: app.clock, cities: app.services.cities });
  await importer.importTable({
    kind: 'hotels',
    rows: [{ line: 2, cells: { ...hotel, id: 'own', city: 'suzhou', lng: '120.62', lat: '31.32' } }],
  });
  await app.services.versions.check();
  expect(await answer(app, { kind: 'follow', scene: undefined })).toContain('蘇州 500以下 酒店');
  expect(await says(app, '蘇州')).toContain('蘇州酒店');
  expect(await says(app, '杭州')).not.toContain('杭州酒店');
  expect(await says(app, '杭州酒店')).toMatch(/^杭州的酒店我手上還沒有/);
});
