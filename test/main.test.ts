import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPortFree } from '../src/kit/port';
import { root } from '../src/kit/root';
import { simulatedAccount } from '../src/simulator/account';
import { endOf } from './support/processes';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-main-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** The program as a container runs it, without what an `npm test` around us has left in the environment. */
async function run(settings: Record<string, string>) {
  const given = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|MONGODB_URI|REDIS_URL|WECHAT_|NODE_ENV|ROLE|HOST)/.test(name),
  );
  const program = spawn(
    process.execPath,
    ['-r', join(root, 'test/support/register-ts.js'), join(root, 'src/main.ts')],
    {
      cwd: root,
      env: {
        ...Object.fromEntries(given),
        DATA_DIR: dataDir,
        DATA_KEY: 'k'.repeat(32),
        PORT: '0',
        ...settings,
      },
    },
  );
  let said = '';
  for (const out of [program.stdout, program.stderr])
    out.on('data', (data: Buffer) => {
      said += data.toString();
    });
  return { code: await endOf(program), said: () => said.trim() };
}

const startsNothing = () => expect(existsSync(join(dataDir, 'mongo'))).toBe(false);

describe('without an account of its own it does not start', () => {
  const engines = { MONGODB_URI: 'mongodb://127.0.0.1:1/x?replicaSet=rs0', REDIS_URL: 'redis://127.0.0.1:1' };
  const production = { NODE_ENV: 'production' };
  const safe = { REQUIRE_SAFE_MODE: '1' };
  const { WECHAT_API_URL: _, ...simulated } = simulatedAccount.env(3000);

  test.each<[string, Record<string, string>, string]>([
    ['in production', { ...production }, '正式環境（NODE_ENV=production）沒有模擬器'],
    ['in production, as web', { ...production, ...engines, ...safe, ROLE: 'web' }, '正式環境'],
    ['in production, as worker', { ...production, ...engines, ROLE: 'worker' }, '正式環境'],
    ['as web, without the simulator', { ...engines, ROLE: 'web' }, 'ROLE=web 沒有模擬器'],
    ['as worker, without the simulator', { ...engines, ROLE: 'worker' }, 'ROLE=worker 沒有模擬器'],
    ['where others reach it', { HOST: '0.0.0.0' }, 'HOST=0.0.0.0 會讓別人也連得到'],
    ['where others reach it by IPv6', { HOST: '::' }, 'HOST=:: 會讓別人也連得到'],
    ['with the account of the simulator', { ...simulated }, '這是模擬器的帳號'],
    ['with its token only', { ...simulated, WECHAT_APP_ID: 'wx0123456789abcdef' }, '這是模擬器的帳號'],
    ['with it, as web', { ...simulated, ...engines, ROLE: 'web' }, '這是模擬器的帳號'],
  ])('%s', async (__, settings, told) => {
    const { code, said } = await run(settings);
    expect(code).toBe(1);
    expect(said()).toContain(told);
    expect(said()).toContain('請設定真實公眾號的 WECHAT_APP_ID');
    expect(said().split('\n')).toHaveLength(1);
    startsNothing();
  });
});

describe('a taken port of the metrics is one sentence', () => {
  let taken: Server;
  let port: number;
  beforeEach(async () => {
    // Below the ports that the system hands out: what runs beside this takes none of them in between.
    do {
      port = randomInt(12_000, 30_000);
    } while (!(await isPortFree(port - 1, '127.0.0.1')) || !(await isPortFree(port, '127.0.0.1')));
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  });
  afterEach(() => taken.close());

  test('before anything is started', async () => {
    const { code, said } = await run({ METRICS_PORT: String(port) });
    expect([code, said()]).toEqual([
      1,
      `Port ${port} (metrics of the web, METRICS_PORT) is taken; start with another METRICS_PORT.`,
    ]);
    startsNothing();
  });

  test('the one of the worker, which is the next one', async () => {
    const { code, said } = await run({ METRICS_PORT: String(port - 1) });
    expect(code).toBe(1);
    expect(said()).toMatch(
      `Port ${port} (metrics of the worker, METRICS_PORT+1) is taken; start with another METRICS_PORT.`,
    );
  });

  test('where a role runs alone', async () => {
    const account = { WECHAT_APP_ID: 'wx0123456789abcdef', WECHAT_APP_SECRET: 's', WECHAT_TOKEN: 'token' };
    const { code, said } = await run({
      ...account,
      ROLE: 'web',
      LOG_LEVEL: 'silent',
      MONGODB_URI: process.env['TEST_MONGODB_URI']?.replace('/xiaoyi?', '/t_main?') ?? '',
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? '',
      METRICS_PORT: String(port),
    });
    expect([code, said()]).toEqual([
      1,
      `Port ${port} (metrics of the web, METRICS_PORT) is taken; start with another METRICS_PORT.`,
    ]);
  });
});
