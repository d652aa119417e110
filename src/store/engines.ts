import { randomInt } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineSettings } from '../config';
import { AppError } from '../errors';
import { monotonicMs } from '../kit/clock';
import { privateFolder } from '../kit/private-files';
import { showing } from '../kit/progress';
import { type DataLock, lockHolder, takeLock } from './data-lock';
import { isDiskFull } from './disk-full';
import { findMongod, findRedisServer } from './engine-binaries';
import { mongodPlace, mongodSpec, mongoUri } from './engine-mongod';
import { keepRunning, type RunningEngine, stopLeftover } from './engine-process';
import { redisPlace, redisSpec, redisUrl } from './engine-redis';
import { type EngineSecrets, engineSecrets, hasSecrets } from './engine-secrets';

export type EngineOptions = {
  /** Folder of the data, the logs and the lock. */
  dataDir: string;
  settings: EngineSettings;
  /** Which of the two are wanted: none that somebody else provides by URL. */
  mongo: boolean;
  redis: boolean;
  /** Gets lines for people: what is fetched, what was started again. */
  say: (line: string) => void;
  /** More arguments for mongod (tests switch fail points on). */
  mongodArgs?: string[];
};

export type Engines = {
  /** Undefined when it was not asked for. */
  mongoUri: string | undefined;
  redisUrl: string | undefined;
  /** Stops what this call started, and waits until it is gone. */
  stop(): Promise<void>;
  /** Called once, when an engine ended and could not be brought back. */
  onLost(callback: (error: Error) => void): void;
};

type Ports = { mongod?: number; redis?: number };

/** What `engines.json` holds: the ports that stay with the data, and who serves which of them now. */
type Record = { kept?: Ports; served?: Ports & { owner: string } };

const none: Engines = {
  mongoUri: undefined,
  redisUrl: undefined,
  stop: async () => undefined,
  onLost: () => undefined,
};

/**
 * Starts the wanted engines on the data of `dataDir`, finding or fetching their programs first.
 * Throws `Conflict` when another program uses this data, `Upstream` when an engine cannot be had or started:
 * the message says what to do.
 */
export async function startEngines(options: EngineOptions): Promise<Engines> {
  if (!options.mongo && !options.redis) return none;
  privateFolder(options.dataDir);
  for (const part of ['mongo', 'redis']) mkdirSync(join(options.dataDir, part), { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const lock = takeLock(dataDir);
  if ('heldBy' in lock) throw inUse(options.dataDir, lock.heldBy);

  const running: RunningEngine[] = [];
  const stop = async () => {
    try {
      writeRecord(dataDir, { kept: readRecord(dataDir).kept ?? {} });
    } catch (error) {
      // What it says of the serving ends with this process all the same.
      if (!isDiskFull(error)) throw error;
    }
    await Promise.all(running.map((engine) => engine.stop()));
    lock.release();
  };
  let lost: Error | undefined;
  let tell: ((error: Error) => void) | undefined;
  const onLost = (error: Error) => {
    if (lost) return;
    lost = error;
    tell?.(error);
  };
  try {
    await endLeftovers(dataDir, options.say);
    const secrets = secretsFor(dataDir);
    const ports = await start({ options, dataDir, secrets, lock, onLost, running });
    return {
      ...urisOf(ports, secrets),
      stop,
      onLost(callback) {
        tell = callback;
        if (lost) callback(lost);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The engines that a running program serves on this data, or undefined when none does. Waits while it starts. */
export async function attachEngines(dataDir: string): Promise<Engines | undefined> {
  for (;;) {
    const holder = lockHolder(dataDir);
    if (!holder) return undefined;
    const { served } = readRecord(dataDir);
    if (served?.owner === holder.owner) {
      const secrets = hasSecrets(dataDir) ? engineSecrets(dataDir) : undefined;
      return { ...none, ...urisOf(served, secrets) };
    }
    await sleep(100);
  }
}

/** For scripts: the engines of the program that runs on this data, else engines of our own until `stop()`. */
export async function useEngines(options: EngineOptions): Promise<Engines> {
  if (!options.mongo && !options.redis) return none;
  const attached = await attachEngines(options.dataDir);
  if (!attached) return startEngines(options);
  if ((options.mongo && !attached.mongoUri) || (options.redis && !attached.redisUrl)) {
    throw new AppError(
      'Conflict',
      'engines.other',
      `The program that runs on the data in ${options.dataDir} was started with other settings: give this command the same MONGODB_URI and REDIS_URL.`,
    );
  }
  return attached;
}

const urisOf = (
  { mongod, redis }: Ports,
  secrets: EngineSecrets | undefined,
): Pick<Engines, 'mongoUri' | 'redisUrl'> => ({
  mongoUri: mongod === undefined ? undefined : mongoUri(mongod, secrets),
  redisUrl: redis === undefined ? undefined : redisUrl(redis, secrets),
});

/** Ends the engines that an earlier program left behind on this data, and waits for those that are ending. */
export async function endLeftovers(dataDir: string, say: (line: string) => void): Promise<void> {
  await Promise.all(
    [mongodPlace(dataDir), redisPlace(dataDir)].map((place) =>
      stopLeftover(place, () => say(`上一次留下的 ${place.name} 還在，先等它停好 …`)),
    ),
  );
}

const stopsWithinMs = 30_000;

/** Ends the program that holds this data, and what a killed one left on it. False when there was nothing. */
export async function stopAll(given: string, say: (line: string) => void): Promise<boolean> {
  if (!existsSync(given)) return false;
  const dataDir = realpathSync(given);
  let found = false;
  const holder = lockHolder(dataDir);
  if (holder) {
    found = true;
    say(`請正在用這份資料的程式（程序 ${holder.pid}）停下 …`);
    process.kill(holder.pid, 'SIGTERM');
    for (const giveUpAt = monotonicMs() + stopsWithinMs; lockHolder(dataDir)?.owner === holder.owner; ) {
      if (monotonicMs() > giveUpAt) throw inUse(given, holder.pid);
      await sleep(50);
    }
  }
  // Held meanwhile, so that these are not the engines of somebody who has just started.
  const lock = takeLock(dataDir);
  if ('heldBy' in lock) throw inUse(given, lock.heldBy);
  await endLeftovers(dataDir, (line) => {
    found = true;
    say(line);
  });
  lock.release();
  return found;
}

/** Data of a version without secrets is taken over as it is; what its engines logged may quote what fans said. */
function secretsFor(dataDir: string): EngineSecrets {
  if (!hasSecrets(dataDir))
    for (const { logFile } of [mongodPlace(dataDir), redisPlace(dataDir)])
      for (const log of [logFile, `${logFile}.old`]) rmSync(log, { force: true });
  return engineSecrets(dataDir);
}

async function start(given: {
  options: EngineOptions;
  dataDir: string;
  secrets: EngineSecrets;
  lock: DataLock;
  onLost: (error: Error) => void;
  running: RunningEngine[];
}): Promise<Ports> {
  const { options, dataDir, secrets, lock, onLost, running } = given;
  const { settings, say } = options;
  const { kept = {} } = readRecord(dataDir);
  const [mongodPort, redisPort] = await choosePorts([kept.mongod, kept.redis]);
  const startMongod = async (port: number) => {
    const { path, version } = await findMongod(settings, say);
    const more = options.mongodArgs ?? [];
    const spec = mongodSpec({ command: path, dataDir, port, secrets, more });
    const run = () => keepRunning(spec, { say, onLost });
    running.push(await showing(`正在啟動 mongod ${version}`, say, run));
    return port;
  };
  const startRedis = async (port: number) => {
    const { path, version } = await findRedisServer(settings, say);
    const run = () => keepRunning(redisSpec({ command: path, dataDir, port, secrets }), { say, onLost });
    running.push(await showing(`正在啟動 redis-server ${version}`, say, run));
    return port;
  };
  // Both to their end, so that a failure of one leaves nothing half started behind the other's back.
  const results = await Promise.allSettled([
    options.mongo ? startMongod(mongodPort) : undefined,
    options.redis ? startRedis(redisPort) : undefined,
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const ports = {
    ...(options.mongo ? { mongod: mongodPort } : {}),
    ...(options.redis ? { redis: redisPort } : {}),
  };
  // The port of one that is not wanted today stays with its data, but nobody is told that it is served.
  writeRecord(dataDir, { kept: { ...kept, ...ports }, served: { ...ports, owner: lock.owner } });
  return ports;
}

const inUse = (dataDir: string, pid: number): AppError =>
  new AppError(
    'Conflict',
    'engines.data-in-use',
    `Another start (process ${pid}) is already using the data in ${dataDir}. Stop that one first, or give this one a folder of its own with DATA_DIR.`,
  );

/** For each the kept port when it is free, else a new one. All are held until the last is chosen, so they differ. */
async function choosePorts(kept: [number | undefined, number | undefined]): Promise<[number, number]> {
  const held = [await hold(kept[0]), await hold(kept[1])] as const;
  await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return [held[0].port, held[1].port];
}

/**
 * A new port lies below those that systems hand out to outgoing connections (32768 and up on Linux, 49152 elsewhere): the
 * one that is kept with the data would else be somebody's connection at the next start.
 */
const newPort = (): number => randomInt(18_000, 32_000);

/** What an orphan held may take a moment to be free after its end. */
const patience = { tries: 15, everyMs: 200 };

async function hold(kept: number | undefined): Promise<{ port: number; server: Server }> {
  for (let tries = 0; ; tries++) {
    const wanted = kept !== undefined && tries < patience.tries ? kept : newPort();
    const server = await listening(wanted);
    if (server) return { port: wanted, server };
    if (kept !== undefined) await sleep(patience.everyMs);
  }
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}

function readRecord(dataDir: string): Record {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'engines.json'), 'utf8')) as Record;
  } catch {
    return {};
  }
}

function writeRecord(dataDir: string, record: Record): void {
  const draft = join(dataDir, `engines.json.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(record)}\n`);
  renameSync(draft, join(dataDir, 'engines.json'));
}
