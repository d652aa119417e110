import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { engineSettings } from '../../src/config';
import { findMongod } from '../../src/store/engine-binaries';
import { attachEngines, startEngines } from '../../src/store/engines';
import { identityOf } from '../../src/store/process-identity';
import { placeOf } from '../support/fault-proxy';
import { processesWith, until } from '../support/processes';
import { freePort } from '../support/rig';

const mongoUri = process.env['TEST_MONGODB_URI'] as string;
const redisUrl = process.env['TEST_REDIS_URL'] as string;
const secrets = [new URL(mongoUri).password, new URL(redisUrl).password];

const open: { close(): Promise<unknown> }[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

async function mongoAt(uri: string): Promise<mongoose.mongo.MongoClient> {
  const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 20_000 });
  open.push(client);
  return await client.connect();
}

function redisAt(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => null, enableReadyCheck: false });
  redis.on('error', () => undefined);
  open.push({ close: async () => redis.disconnect() });
  return redis;
}

const sayOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: Error) => error.message,
  );

async function dataDirOfThisRun(client: mongoose.mongo.MongoClient): Promise<string> {
  const { parsed } = await client.db('admin').command({ getCmdLineOpts: 1 });
  return dirname((parsed as { storage: { dbPath: string } }).storage.dbPath);
}

describe('mongod', () => {
  test('does nothing for who has no secret: no reading, no writing, no first user', async () => {
    const { host, port } = placeOf(mongoUri);
    const stranger = await mongoAt(`mongodb://${host}:${port}/?directConnection=true`);
    const words = stranger.db('xiaoyi').collection('words');
    const user = { createUser: 'me', pwd: 'me', roles: ['root'] };
    expect(await sayOf(words.findOne())).toMatch(/requires authentication/);
    expect(await sayOf(words.insertOne({}))).toMatch(/requires authentication/);
    expect(await sayOf(stranger.db('admin').command(user))).toMatch(/requires authentication/);
  });

  test.each<[string, Record<string, unknown>]>([
    ['end it', { shutdown: 1 }],
    ['make users', { createUser: 'me', pwd: 'me', roles: [] }],
    ['change its set', { replSetReconfig: {} }],
    ['set its parameters', { setParameter: 1, slowms: 0 }],
  ])('does not let even our user %s', async (_, command) => {
    const client = await mongoAt(mongoUri);
    expect(await sayOf(client.db('admin').command(command))).toMatch(/not authorized/);
  });

  test('has no moment, before our user is made, in which anybody could be the first', async () => {
    const client = await mongoAt(mongoUri);
    const parameter = { getParameter: 1, enableLocalhostAuthBypass: 1 };
    expect(await client.db('admin').command(parameter)).toMatchObject({ enableLocalhostAuthBypass: false });
  });

  test('runs no JavaScript', async () => {
    const client = await mongoAt(mongoUri);
    expect(await sayOf(client.db('t_js').collection('a').findOne({ $where: 'true' }))).not.toBe('done');
  });

  test('logs no command of ours, however slow', async () => {
    const client = await mongoAt(mongoUri);
    const much = { $range: [0, 4_000_000] };
    const sum = { $reduce: { input: much, initialValue: 0, in: { $add: ['$$value', '$$this'] } } };
    const slow = [{ $documents: [{ said: '我住在桂花街' }] }, { $project: { sum } }];
    await client.db('t_slow').aggregate(slow).toArray();
    const log = readFileSync(join(await dataDirOfThisRun(client), 'mongod.log'), 'utf8');
    expect(log).not.toContain('桂花街');
  });
});

describe('Redis', () => {
  test.each([['GET', 'a'], ['CONFIG', 'SET', 'dir', '/tmp'], ['FLUSHALL']])(
    'does nothing for who has no secret: %s',
    async (...command) => {
      const { host, port } = placeOf(redisUrl);
      const [name = '', ...args] = command;
      expect(await sayOf(redisAt(`redis://${host}:${port}`).call(name, ...args))).toMatch(/^NOAUTH/);
    },
  );

  test.each([
    ['CONFIG', 'SET', 'dir', '/tmp'],
    ['CONFIG', 'GET', '*'],
    ['DEBUG', 'SLEEP', '0'],
    ['MODULE', 'LIST'],
    ['REPLICAOF', '127.0.0.1', '1'],
    ['SLAVEOF', '127.0.0.1', '1'],
    ['SAVE'],
    ['BGSAVE'],
    ['FLUSHALL'],
    ['FLUSHDB'],
    ['MONITOR'],
    ['ACL', 'LIST'],
    ['SHUTDOWN', 'NOSAVE'],
  ])('does not let even our user %s', async (...command) => {
    const [name = '', ...args] = command;
    expect(await sayOf(redisAt(redisUrl).call(name, ...args))).toMatch(/^NOPERM/);
  });
});

test('the secrets stand in no process list, no log and no file that others may read', async () => {
  const dataDir = await dataDirOfThisRun(await mongoAt(mongoUri));
  const key = readFileSync(join(dataDir, 'engines-key'), 'utf8');
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  for (const secret of [...secrets, key]) {
    expect(secret).toMatch(/^[0-9a-f]{64,}$/);
    expect(processesWith(secret)).toEqual([]);
    for (const log of readdirSync(dataDir).filter((name) => name.endsWith('.log')))
      expect(readFileSync(join(dataDir, log), 'utf8')).not.toContain(secret);
  }
  for (const file of ['engines-key', 'redis/redis.conf'])
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
});

describe('data of a version without secrets', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'xiaoyi-old-')));
  });
  afterEach(async () => {
    for (const { pid } of processesWith(dataDir)) process.kill(pid, 'SIGKILL');
    await until(() => processesWith(dataDir).length === 0, { what: 'nothing left on the data' });
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** As it started mongod, whose guard and program were killed. */
  async function oldMongod(): Promise<number> {
    const dir = join(dataDir, 'mongo');
    mkdirSync(dir);
    const port = await freePort();
    const { path } = await findMongod(engineSettings(), () => undefined);
    const args = ['--dbpath', dir, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'rs0'];
    spawn(path, args, { stdio: 'ignore', detached: true });
    const host = `127.0.0.1:${port}`;
    const client = await mongoAt(`mongodb://${host}/?directConnection=true`);
    const config = { _id: 'rs0', members: [{ _id: 0, host }] };
    await client.db('admin').command({ replSetInitiate: config });
    const set = await mongoAt(`mongodb://${host}/xiaoyi?replicaSet=rs0`);
    await set.db().collection<{ _id: string }>('words').insertOne({ _id: '楊桃' });
    writeFileSync(join(dataDir, 'engines.json'), JSON.stringify({ kept: { mongod: port } }));
    for (const log of ['mongod.log', 'mongod.log.old']) writeFileSync(join(dataDir, log), '我住在桂花街');
    return port;
  }

  test('is taken over from its orphan as it is, closed, and its old logs go', async () => {
    const port = await oldMongod();
    const said: string[] = [];
    const engines = await startEngines({
      dataDir,
      settings: engineSettings(),
      mongo: true,
      redis: false,
      say: (line) => said.push(line),
    });
    try {
      expect(said[0]).toBe('上一次留下的 mongod 還在，先等它停好 …');
      expect(said[1]).toMatch(/^正在啟動 mongod \d+\.\d+\.\d+ …$/);
      const client = await mongoAt(engines.mongoUri ?? '');
      expect(await client.db().collection('words').find().toArray()).toEqual([{ _id: '楊桃' }]);
      expect(placeOf(engines.mongoUri ?? '').port).toBe(port);
      const stranger = await mongoAt(`mongodb://127.0.0.1:${port}/?directConnection=true`);
      expect(await sayOf(stranger.db('xiaoyi').collection('words').findOne())).toMatch(/requires auth/);
      expect(existsSync(join(dataDir, 'mongod.log.old'))).toBe(false);
      expect(readFileSync(join(dataDir, 'mongod.log'), 'utf8')).not.toContain('桂花街');
      await client.close();
    } finally {
      await engines.stop();
    }
  });

  test('that its program serves still can be used by a command of this version', async () => {
    const owner = identityOf(process.pid) ?? '';
    mkdirSync(join(dataDir, 'lock'));
    writeFileSync(join(dataDir, 'lock', '1'), owner);
    const served = { mongod: 1, redis: 2, owner };
    writeFileSync(join(dataDir, 'engines.json'), JSON.stringify({ served }));
    expect(await attachEngines(dataDir)).toMatchObject({
      mongoUri: 'mongodb://127.0.0.1:1/xiaoyi?replicaSet=rs0',
      redisUrl: 'redis://127.0.0.1:2/0',
    });
  });
});
