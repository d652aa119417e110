import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../src/kit/root';
import { identityOf } from '../src/store/process-identity';
import { descendantsOf, endOf, processesWith, type Seen, until } from './support/processes';

let dataDir: string;
let started: ChildProcess[];
/** Everything that a start ran, to be ended whatever a test finds. */
let ran: (Seen & { identity: string | undefined })[];

beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi-start-')));
  started = [];
  ran = [];
});

afterEach(async () => {
  for (const { pid, identity } of ran) if (identityOf(pid) === identity) kill(pid, 'SIGKILL');
  for (const npm of started) npm.kill('SIGKILL');
  await until(() => processesWith(dataDir).length === 0, { what: 'nothing left on the data' });
  rmSync(dataDir, { recursive: true, force: true });
});

/** `npm start` as in a terminal: the foreground job is a process group, which a Ctrl-C reaches as a whole. */
async function npmStart(wanted?: number) {
  const port = wanted ?? (await twoFreePorts());
  // Without what an `npm test` around us has left in the environment: it would be taken for settings.
  const given = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|MONGODB_URI|REDIS_URL|WECHAT_)/.test(name),
  );
  const npm = spawn('npm', ['start'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(given),
      DATA_DIR: dataDir,
      PORT: String(port),
      CONSOLE_PORT: '0',
      ROLE: 'all',
    },
  });
  started.push(npm);
  let said = '';
  const listen = (data: Buffer) => {
    said += data.toString();
  };
  npm.stdout.on('data', listen);
  npm.stderr.on('data', listen);
  return { npm, pid: npm.pid as number, port, said: () => said };
}

async function npmStartReady() {
  const run = await npmStart();
  const answers = () =>
    fetch(`http://127.0.0.1:${run.port}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  await until(() => run.npm.exitCode !== null || answers(), { what: '/readyz answers', withinMs: 150_000 });
  if (run.npm.exitCode !== null) throw new Error(`npm start ended: ${run.said()}`);
  const all = [{ pid: run.pid, parent: 0, command: 'npm' }, ...descendantsOf(run.pid)].map((seen) => ({
    ...seen,
    identity: identityOf(seen.pid),
  }));
  ran.push(...all);
  return { ...run, all };
}

/** A port that is free together with the next one, which is the simulator's. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    // Below the ports of outgoing connections, which come and go meanwhile.
    const first = await listenOn(randomInt(10_000, 17_000));
    const second = first && (await listenOn(first.port + 1));
    first?.close();
    second?.close();
    if (first && second) return first.port;
  }
}

function listenOn(port: number): Promise<{ port: number; close(): void } | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => server.close() });
    });
  });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended meanwhile
  }
}

const one = (all: Seen[], what: RegExp): number => {
  const found = all.filter(({ command }) => what.test(command));
  expect(found).toHaveLength(1);
  return found[0]?.pid ?? 0;
};

const main = /dist\/src\/main\.js$/;

describe('npm start leaves no process behind after', () => {
  test.each<[string, (all: Seen[], npm: number) => void]>([
    ['SIGTERM to npm', (_, npm) => process.kill(npm, 'SIGTERM')],
    ['Ctrl-C in its terminal', (_, npm) => process.kill(-npm, 'SIGINT')],
    ['kill -9 of npm', (_, npm) => process.kill(npm, 'SIGKILL')],
    ['kill -9 of the starter', (all) => process.kill(one(all, /^node scripts\/start\.js$/), 'SIGKILL')],
    ['kill -9 of the supervisor', (all) => process.kill(one(all, main), 'SIGKILL')],
  ])('%s', async (_, strike) => {
    const { all, pid } = await npmStartReady();
    expect(all.length).toBeGreaterThanOrEqual(8);
    strike(all, pid);
    const left = () => all.filter((seen) => identityOf(seen.pid) === seen.identity);
    await until(() => left().length === 0, {
      what: 'everything that ran has ended',
      withinMs: 120_000,
    }).catch(() => undefined);
    expect(left()).toEqual([]);
    expect(processesWith(dataDir)).toEqual([]);
  });
});

test('a second npm start on the same data is refused in one sentence, and the first goes on', async () => {
  const first = await npmStartReady();
  const second = await npmStart();
  expect(await endOf(second.npm)).toBe(1);
  expect(second.said()).toContain('is already using the data in');
  expect((await fetch(`http://127.0.0.1:${first.port}/healthz`)).ok).toBe(true);
});

test('a start right after a kill -9 waits for what is still ending, and says so', async () => {
  const first = await npmStartReady();
  // Its web process lingers, as one that waits for an answer does.
  const web = one(first.all, /main\.js web/);
  kill(web, 'SIGSTOP');
  kill(one(first.all, main), 'SIGKILL');
  const second = await npmStart(first.port);
  ran.push({ pid: second.pid, parent: 0, command: 'npm', identity: identityOf(second.pid) });
  await until(() => second.said().includes('上一次是被強行結束的，還在收尾；等它放開端口 …'), {
    what: 'it says that it waits',
  });
  kill(web, 'SIGKILL');
  await until(() => /健康檢查：/.test(second.said()) || second.npm.exitCode !== null, {
    what: 'it is up',
    withinMs: 60_000,
  });
  expect(second.said()).toContain('健康檢查：');
  ran.push(...descendantsOf(second.pid).map((seen) => ({ ...seen, identity: identityOf(seen.pid) })));
  process.kill(-second.pid, 'SIGINT');
  await endOf(second.npm);
});

test('a taken port is told before anything is started', async () => {
  const port = await twoFreePorts();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port + 1, '127.0.0.1', resolve));
  const run = await npmStart(port);
  expect(await endOf(run.npm)).toBe(1);
  taken.close();
  expect(run.said()).toContain(
    `Port ${port + 1} (the simulated phone, PORT+1) is taken; start with another PORT.`,
  );
  expect(existsSync(join(dataDir, 'mongo'))).toBe(false);
});

test('a start tells what to open, answers at its address, and tells on Ctrl-C where the data stays', async () => {
  const run = await npmStartReady();
  await until(() => /模擬手機：[^]*控制台：[^]*健康檢查：/.test(run.said()), {
    what: 'the addresses are told',
  });
  expect(run.said()).toContain(`http://127.0.0.1:${run.port + 1}`);
  expect(await (await fetch(`http://127.0.0.1:${run.port}/`)).text()).toContain('小藝在');
  // It has QR codes to scan, whose channels are known.
  const phone = await fetch(`http://127.0.0.1:${run.port + 1}/sim/state`);
  expect(await phone.json()).toMatchObject({
    scenes: ['station-hangzhou', 'hotel-lobby', 'magazine-autumn'],
  });
  expect(run.said()).not.toMatch(/^\{"level"/m);
  expect(readFileSync(join(dataDir, 'logs', 'web.log'), 'utf8')).toContain('web is ready');
  process.kill(-run.pid, 'SIGINT');
  await endOf(run.npm);
  expect(run.said()).toContain(`停好了，資料在 ${dataDir}。`);
});
