import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { engineSettings } from '../../src/config';
import { root } from '../../src/kit/root';
import { type Engines, startEngines, stopAll, useEngines } from '../../src/store/engines';
import { endOf, linesOf, processesWith, until } from '../support/processes';

let dataDir: string;
let started: ChildProcess[];

beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi 資料-')));
  started = [];
});

afterEach(async () => {
  for (const program of started) program.kill('SIGKILL');
  await until(() => processesWith(dataDir).length === 0, { what: 'nothing left on the data' });
  rmSync(dataDir, { recursive: true, force: true });
});

/** A program with both engines, in a process group of its own like that of a terminal's foreground job. */
function startProgram() {
  const program = spawn(
    process.execPath,
    [
      '-r',
      join(root, 'test/support/register-ts.js'),
      join(root, 'test/fixtures/engines-program.ts'),
      dataDir,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  started.push(program);
  return { program, said: linesOf(program) };
}

async function startReady() {
  const { program, said } = startProgram();
  const { mongoUri, redisUrl } = (await said.with('ready')) as { mongoUri: string; redisUrl: string };
  return { program, said, mongoUri, redisUrl, pid: program.pid as number };
}

type Addresses = Pick<Engines, 'mongoUri' | 'redisUrl'>;

const mongods = () => processesWith(dataDir).filter(({ command }) => /^\S*mongod /.test(command));
const redises = () => processesWith(dataDir).filter(({ command }) => /^\S*redis-server /.test(command));
const guardsOf = (name: 'mongod' | 'redis') =>
  processesWith(dataDir).filter(
    ({ command }) => command.includes('engine-guard') && command.includes(`${name}.log`),
  );
const only = <T>(list: T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

async function remember(engines: Addresses, word: string): Promise<void> {
  await withBoth(engines, async ({ words, redis }) => {
    await words.insertOne({ word });
    await redis.set('word', word);
  });
}

async function recall(engines: Addresses): Promise<unknown[]> {
  return await withBoth(engines, async ({ words, redis }) => [
    (await words.findOne())?.['word'],
    await redis.get('word'),
  ]);
}

type Both = { words: mongoose.mongo.Collection; redis: Redis };

async function withBoth<T>(engines: Addresses, work: (both: Both) => Promise<T>): Promise<T> {
  const client = new mongoose.mongo.MongoClient(engines.mongoUri ?? '', {
    writeConcern: { w: 'majority', journal: true },
  });
  const redis = new Redis(engines.redisUrl ?? '');
  redis.on('error', () => undefined); // it connects again by itself
  try {
    return await work({ words: client.db().collection('words'), redis });
  } finally {
    redis.disconnect();
    await client.close();
  }
}

async function expectNothingLeft(): Promise<void> {
  await until(() => processesWith(dataDir).length === 0, {
    what: 'no engine and no guard is left',
    withinMs: 120_000,
  });
  expect(processesWith(dataDir)).toEqual([]);
}

describe('nothing is left behind, and the data is there at the next start, after', () => {
  async function expectDataAtNextStart(): Promise<void> {
    await expectNothingLeft();
    const again = await startReady();
    expect(await recall(again)).toEqual(['芒果', '芒果']);
  }

  test('SIGTERM', async () => {
    const first = await startReady();
    await remember(first, '芒果');
    first.program.kill('SIGTERM');
    expect(await endOf(first.program)).toBe(0);
    expect(processesWith(dataDir)).toEqual([]);
    await expectDataAtNextStart();
  });

  test('Ctrl-C, which the terminal sends to every process of the group', async () => {
    const first = await startReady();
    await remember(first, '芒果');
    process.kill(-first.pid, 'SIGINT');
    expect(await endOf(first.program)).toBe(0);
    await expectDataAtNextStart();
  });

  test('kill -9 of the program', async () => {
    const first = await startReady();
    await remember(first, '芒果');
    first.program.kill('SIGKILL');
    expect(await endOf(first.program)).toBe('SIGKILL');
    await expectDataAtNextStart();
  });

  test('kill -9 of the program and of both guards at once: the next start takes the engines over', async () => {
    const first = await startReady();
    await remember(first, '芒果');
    const orphans = [only(mongods()), only(redises())].map(({ pid }) => pid);
    for (const guard of [...guardsOf('mongod'), ...guardsOf('redis')]) process.kill(guard.pid, 'SIGKILL');
    first.program.kill('SIGKILL');
    const again = await startReady();
    expect(await recall(again)).toEqual(['芒果', '芒果']);
    const now = [only(mongods()), only(redises())].map(({ pid }) => pid);
    expect(now.filter((pid) => orphans.includes(pid))).toEqual([]);
    expect([again.mongoUri, again.redisUrl]).toEqual([first.mongoUri, first.redisUrl]);
  });
});

describe('stopping from outside', () => {
  const stop = async () => {
    const said: string[] = [];
    return { found: await stopAll(dataDir, (line) => said.push(line)), said };
  };

  test('ends the program that runs, its engines and guards', async () => {
    const { program, pid } = await startReady();
    expect(await stop()).toEqual({
      found: true,
      said: [`請正在用這份資料的程式（程序 ${pid}）停下 …`],
    });
    expect(await endOf(program)).toBe(0);
    await expectNothingLeft();
    expect(await stop()).toEqual({ found: false, said: [] });
  });

  test('ends what a kill -9 of the program and of both guards left', async () => {
    const first = await startReady();
    await remember(first, '芒果');
    for (const guard of [...guardsOf('mongod'), ...guardsOf('redis')]) process.kill(guard.pid, 'SIGKILL');
    first.program.kill('SIGKILL');
    await endOf(first.program);
    const { found, said } = await stop();
    expect(found).toBe(true);
    expect(said.toSorted()).toEqual([
      '上一次留下的 mongod 還在，先等它停好 …',
      '上一次留下的 redis-server 還在，先等它停好 …',
    ]);
    expect(processesWith(dataDir)).toEqual([]);
  });

  test.each<[string, (dir: string) => string[], boolean]>([
    ['has our folder among its arguments', (dir) => [dir], false],
    ['was given the number of an engine that we knew', (dir) => ['--dbpath', dir], true],
  ])('leaves somebody else alone who %s', async (_, args, known) => {
    const dir = join(dataDir, 'mongo');
    mkdirSync(dir);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)', '--', ...args(dir)]);
    started.push(other);
    writeFileSync(join(dir, 'mongod.lock'), `${other.pid}\n`);
    if (known) writeFileSync(join(dataDir, 'mongod.process'), `${other.pid}/1/another boot`);
    expect(await stop()).toEqual({ found: false, said: [] });
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
  });
});

describe('a running program gets its engine back, at the same address and with its data, after kill -9 of', () => {
  test.each([
    ['mongod', () => only(mongods())],
    ['redis-server', () => only(redises())],
    ['the guard of mongod', () => only(guardsOf('mongod'))],
    ['the guard of redis-server', () => only(guardsOf('redis'))],
  ])('%s', async (_, victim) => {
    const program = await startReady();
    await remember(program, '荔枝');
    const before = processesWith(dataDir).map(({ pid }) => pid);
    const { pid } = victim();
    process.kill(pid, 'SIGKILL');
    await until(
      () =>
        mongods().length === 1 && redises().length === 1 && processesWith(dataDir).length === before.length,
      { what: 'both engines and their guards run' },
    );
    const started = /ended unexpectedly; starting it again/;
    await until(() => program.said.lines.some(({ say }) => started.test(String(say))), {
      what: 'it is told',
    });
    expect(await recall(program)).toEqual(['荔枝', '荔枝']);
    expect(program.program.exitCode).toBeNull();
    program.program.kill('SIGTERM');
    expect(await endOf(program.program)).toBe(0);
    expect(processesWith(dataDir)).toEqual([]);
  });
});

test('a program whose engine ends again and again stops with one sentence and leaves nothing', async () => {
  const { said, program } = await startReady();
  void until(
    () => {
      for (const { pid } of redises()) process.kill(pid, 'SIGKILL');
      return program.exitCode !== null;
    },
    { what: 'the program gives up' },
  ).catch(() => undefined);
  expect((await said.with('lost'))['lost']).toMatch(/^redis-server could not be kept running: /);
  expect(await endOf(program)).toBe(1);
  await expectNothingLeft();
});

describe('a second start on the same data', () => {
  test('is refused in a sentence that says who holds it and what to do', async () => {
    const first = await startReady();
    const second = startProgram();
    expect((await second.said.with('refused'))['refused']).toBe(
      `Another start (process ${first.pid}) is already using the data in ${dataDir}. Stop that one first, or give this one a folder of its own with DATA_DIR.`,
    );
    await remember(first, '木瓜');
    expect(await recall(first)).toEqual(['木瓜', '木瓜']);
  });

  test('at the same moment: exactly one of them runs', async () => {
    const programs = [startProgram(), startProgram(), startProgram()];
    const ends = await Promise.all(
      programs.map(({ said }) => Promise.any([said.with('ready'), said.with('refused')])),
    );
    expect(ends.filter((line) => 'ready' in line)).toHaveLength(1);
    only(mongods());
    only(redises());
  });
});

test('a script uses the engines of the program that runs, and stopping its own use leaves them running', async () => {
  const program = await startReady();
  const settings = engineSettings();
  const engines = await useEngines({ dataDir, settings, mongo: true, redis: true, say: () => undefined });
  expect(engines).toMatchObject({ mongoUri: program.mongoUri, redisUrl: program.redisUrl });
  await engines.stop();
  await remember(program, '石榴');
  expect(await recall(program)).toEqual(['石榴', '石榴']);
});

test('a port that somebody else took meanwhile is replaced, and the replica set follows', async () => {
  const settings = engineSettings();
  const options = { dataDir, settings, mongo: true, redis: true, say: () => undefined };
  const before = await startEngines(options);
  await remember(before, '楊梅');
  await before.stop();
  const ports = [before.mongoUri, before.redisUrl].map((uri) => Number(/:(\d+)\//.exec(uri ?? '')?.[1]));
  const squatters = await Promise.all(
    ports.map(
      (port) =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer((socket) => socket.destroy());
          server.listen(port, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const after = await startEngines(options);
  try {
    expect(after.mongoUri).not.toBe(before.mongoUri);
    expect(await recall(after)).toEqual(['楊梅', '楊梅']);
  } finally {
    await after.stop();
    for (const server of squatters) server.close();
  }
});

test('kill -9 of a test run leaves no engine', async () => {
  const never = join(dataDir, 'never.test.js');
  writeFileSync(never, "test('never ends', () => new Promise(() => console.error('RUNNING')), 600_000);");
  const config = {
    rootDir: root,
    roots: [dataDir],
    testMatch: ['**/never.test.js'],
    globalSetup: '<rootDir>/test/support/global-setup.ts',
    transform: { '^.+\\.ts$': '@swc/jest' },
  };
  const run = spawn(
    process.execPath,
    [join(root, 'node_modules/jest/bin/jest.js'), '--runInBand', '-c', JSON.stringify(config)],
    { cwd: root, stdio: 'ignore', env: { ...process.env, TMPDIR: dataDir } },
  );
  started.push(run);
  await until(() => mongods().length === 1 && redises().length === 1, { what: 'its engines run' });
  run.kill('SIGKILL');
  expect(await endOf(run)).toBe('SIGKILL');
  await expectNothingLeft();
});
