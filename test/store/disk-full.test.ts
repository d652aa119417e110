import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { engineSettings } from '../../src/config';
import { whenThereIsRoom } from '../../src/store/disk-full';
import { findRedisServer } from '../../src/store/engine-binaries';
import { type Engines, startEngines } from '../../src/store/engines';
import { processesWith, until } from '../support/processes';

let dir: string;
let said: string[];
let engines: Engines | undefined;
const full = () => join(dir, 'full');
const tries = () => (existsSync(`${full()}.tries`) ? readFileSync(`${full()}.tries`).length : 0);

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi-full-')));
  said = [];
  engines = undefined;
});
afterEach(async () => {
  rmSync(full(), { force: true });
  await engines?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A redis-server on a disk that is full while the file `full` is there. */
async function settings() {
  const real = await findRedisServer(engineSettings(), () => undefined);
  const redisServerBin = join(dir, 'redis-server');
  const script = `#!/bin/sh
if [ "$1" != --version ] && [ -e '${full()}' ]; then
  printf x >> '${full()}.tries'
  echo "Can't open the append-only file: No space left on device"
  exit 1
fi
exec '${real.path}' "$@"
`;
  writeFileSync(redisServerBin, script);
  chmodSync(redisServerBin, 0o755);
  return { ...engineSettings(), redisServerBin };
}

const start = async () => {
  const options = { dataDir: join(dir, 'data'), settings: await settings(), mongo: false, redis: true };
  const say = (line: string) => said.push(line);
  return whenThereIsRoom((say) => startEngines({ ...options, say }), { dir: '.data', say });
};

async function ping(redisUrl: string | undefined): Promise<string> {
  const redis = new Redis(redisUrl ?? '');
  try {
    return await redis.ping();
  } finally {
    redis.disconnect();
  }
}

const told = (at: string) => `資料磁碟滿了（${at}）。清出一些空間就會自己繼續，不必重新啟動。`;

test('a start on a full disk says so once, and goes on when there is room', async () => {
  writeFileSync(full(), '');
  const starting = start();
  await until(() => tries() > 1, { what: 'it has tried twice' });
  rmSync(full());
  engines = await starting;
  expect(said).toEqual([expect.stringMatching(/^正在啟動 redis-server .+ …$/), told('.data')]);
  expect(await ping(engines.redisUrl)).toBe('PONG');
});

test('an engine that ends for want of room is waited for, however long, and nothing is lost', async () => {
  engines = await start();
  let lost: Error | undefined;
  engines.onLost((error) => {
    lost = error;
  });
  writeFileSync(full(), '');
  for (const { pid, command } of processesWith(join(dir, 'data')))
    if (!command.includes('engine-guard')) process.kill(pid, 'SIGKILL');
  await until(() => tries() > 4, { what: 'it has tried more often than it would for another reason' });
  expect(lost).toBeUndefined();
  expect(said.filter((line) => line === told(join(dir, 'data')))).toHaveLength(1);
  rmSync(full());
  expect(await ping(engines.redisUrl)).toBe('PONG');
});

test('a stop does not wait for room', async () => {
  engines = await start();
  writeFileSync(full(), '');
  for (const { pid, command } of processesWith(join(dir, 'data')))
    if (!command.includes('engine-guard')) process.kill(pid, 'SIGKILL');
  await until(() => tries() > 0, { what: 'it has tried' });
  await engines.stop();
  expect(processesWith(join(dir, 'data'))).toEqual([]);
});

test.each(['ENOSPC', 'EDQUOT'])('a file that cannot be written for %s is tried again', async (code) => {
  const results = [Object.assign(new Error('write'), { code }), 'written'];
  const work = () => {
    const result = results.shift();
    if (result instanceof Error) throw result;
    return result;
  };
  expect(await whenThereIsRoom(work, { dir: '.data', say: (line) => said.push(line) })).toBe('written');
  expect(said).toEqual([told('.data')]);
});

test('another failure is told at once', async () => {
  const work = () => Promise.reject(new Error('another'));
  await expect(whenThereIsRoom(work, { dir, say: (line) => said.push(line) })).rejects.toThrow('another');
  expect(said).toEqual([]);
});
