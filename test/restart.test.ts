import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../src/kit/root';
import { simulatedAccount } from '../src/simulator/account';
import { testDatabase } from './support/database';
import { descendantsOf, endOf, until } from './support/processes';
import { freePort } from './support/rig';

const database = testDatabase();
const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-restart-'));
let main: ChildProcess | undefined;
afterAll(async () => {
  if (main) {
    main.kill('SIGTERM');
    await endOf(main);
  }
  rmSync(dataDir, { recursive: true });
  await database.drop();
});

test('a web process that ends, however and however often, is started again, though nobody reads what is said', async () => {
  const port = await freePort();
  const failing = join(dataDir, 'failing.js');
  writeFileSync(failing, "process.on('SIGUSR2', () => { throw new Error('it cannot go on'); });");
  const program = spawn(
    process.execPath,
    ['-r', join(root, 'test/support/register-ts.js'), '-r', failing, join(root, 'src/main.ts')],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        MONGODB_URI: database.uri,
        REDIS_URL: database.redisUrl,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        ROLE: 'all',
        PORT: String(port),
        CONSOLE_PORT: '0',
        ...simulatedAccount.env(port),
        // An account of somebody's: the simulator's own is refused.
        WECHAT_APP_ID: 'wx0000000000000001',
        WECHAT_APP_SECRET: 'a-secret-of-nobody-0123456789abc',
        WECHAT_TOKEN: 'tokenOfNobody',
      },
    },
  );
  main = program;
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  const web = () => descendantsOf(program.pid ?? 0).find(({ command }) => /main\.ts web/.test(command))?.pid;
  await until(isReady, { what: 'it is ready', withinMs: 60_000 });
  for (const signal of ['SIGUSR2', 'SIGUSR2', 'SIGKILL'] as const) {
    const before = web();
    process.kill(before ?? 0, signal);
    await until(async () => web() !== before && (await isReady()), {
      what: 'another web answers',
      withinMs: 30_000,
    });
  }
  expect(program.exitCode).toBeNull();
});
