import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app';
import { type Config, childEnv, engineSettings, isLoopback, loadConfig } from './config';
import { AppError, messageOf } from './errors';
import { monotonicMs } from './kit/clock';
import { leave, leaveOnFailure } from './kit/ending';
import { type Log, logOf, stdout } from './kit/log';
import { isPortFree } from './kit/port';
import { showing } from './kit/progress';
import { simulatedAccount } from './simulator/account';
import { runSimulator } from './simulator/run';
import { keepAddresses } from './store/addresses';
import { lockHolder, wasKilled } from './store/data-lock';
import { hasNoRoom, whenThereIsRoom } from './store/disk-full';
import { startEngines } from './store/engines';
import { followClock } from './store/shared-clock';

const say = (line: string) => stdout.write(`${line}\n`);

/** `node main.js` starts what ROLE says; the supervisor forks itself with the role as its first word. */
async function main(): Promise<void> {
  // Whoever started us may die while we start; what has its own way to stop well is done long before this.
  if (process.send) process.once('disconnect', () => setTimeout(() => process.exit(1), 12_000).unref());
  const forkedAs = process.argv[2];
  const config = await whenThereIsRoom(() => loadConfig(), { dir: 'DATA_DIR', say });
  if (forkedAs === 'simulator') return runSimulator(config, { whenTold, ready });
  const role = (forkedAs as Role | undefined) ?? config.ROLE;
  requireAccount(config, role, process.argv.includes('--simulated'));
  if (role === 'all') return supervise(config);
  return runRole(config, role);
}

type Role = 'web' | 'worker' | 'console';

/** One web, worker or console process. In production there may be any number of each. */
async function runRole(config: Config, role: Role): Promise<void> {
  const log = logOf(config, role);
  leaveOnFailure(log);
  const { MONGODB_URI: mongoUri, REDIS_URL: redisUrl } = config;
  if (!mongoUri || !redisUrl)
    throw new Error(`ROLE=${role} needs MONGODB_URI and REDIS_URL; only ROLE=all starts engines of its own.`);
  if (config.production && config.WECHAT_APP_ID && !config.WECHAT_ENCODING_AES_KEY)
    log.warn(
      'WECHAT_ENCODING_AES_KEY is not set: in plain mode anybody who has seen one callback URL can forge messages',
    );
  const app = await createApp(config, { mongoUri, redisUrl, role, log });
  const consoleAt = role === 'console' ? app.console() : undefined;
  const stopClock = process.argv.includes('--simulated') ? await followClock(app) : undefined;
  await app.prepare();
  const place = metricsOf(config, role);
  const metrics = place && (await orTaken(place, app.metrics.listen(place.port)));
  const port =
    role === 'web' ? await orTaken(publicOf(config), app.http.listen(config.PORT, config.HOST)) : undefined;
  const inside =
    consoleAt &&
    (await orTaken(consoleOf(config), consoleAt.listen(consolePort(config), config.CONSOLE_HOST)));
  if (role === 'worker') await app.startWorker();
  log.info(
    { ...(port === undefined ? {} : { port }), ...(metrics ? { metricsPort: metrics.port } : {}) },
    `${role} is ready`,
  );
  ready({ port: port ?? inside, ...(consoleAt ? { join: await app.services.team.first() } : {}) });
  whenTold(log, async () => {
    stopClock?.();
    await consoleAt?.close();
    await app.close();
    await metrics?.close();
  });
}

/** `join`: the token by which the first administrator joins. */
type Ready = { port?: number | undefined; url?: string; join?: string | undefined };

/** A process that ends again and again is started after half a second, then after twice as long each time, at most … */
const firstPauseMs = 500;
const longestPauseMs = 30_000;
const noRoomPauseMs = 5_000;
/** … until one goes on for this long. */
const settledAfterMs = 60_000;

/** Starts the engines that no URL names, then one web and one worker process, and the simulator where no account is set. */
async function supervise(config: Config): Promise<void> {
  const log = logOf(config, 'main');
  leaveOnFailure(log);
  const simulated = !config.WECHAT_APP_ID;
  await requirePorts(config, simulated);
  const local = {
    dataDir: config.dataDir,
    settings: engineSettings(),
    mongo: !config.MONGODB_URI,
    redis: !config.REDIS_URL,
  };
  const engines = await whenThereIsRoom((say) => startEngines({ ...local, say }), {
    dir: config.DATA_DIR,
    say,
  });
  const env = childEnv({
    MONGODB_URI: config.MONGODB_URI ?? engines.mongoUri ?? '',
    REDIS_URL: config.REDIS_URL ?? engines.redisUrl ?? '',
    DATA_KEY: config.dataKey,
    ...(simulated ? simulatedAccount.env(config.PORT) : {}),
  });
  const roles = ['web', 'worker', 'console', ...(simulated ? ['simulator'] : [])];
  const children = new Map<string, ChildProcess>();
  const served = new Set<string>();
  const pauses = new Map<string, number>();
  let stopping = false;
  let forget: (() => void) | undefined;

  const start = (role: string): Promise<Ready> =>
    new Promise((resolve) => {
      const child = fork(__filename, [role, ...(simulated ? ['--simulated'] : [])], {
        env,
        // What a push leaves behind is cleared away in small steps: a fifth less memory, for no more work.
        execArgv: [...process.execArgv, ...(role === 'worker' ? ['--max-semi-space-size=4'] : [])],
      });
      const startedAt = monotonicMs();
      children.set(role, child);
      child.on('message', (told) => {
        served.add(role);
        resolve(told as Ready);
      });
      child.on('exit', (code, signal) => {
        children.delete(role);
        if (stopping) return;
        // What fails before it ever served has said why; whatever ends later is started again.
        const noRoom = !config.MONGODB_URI && hasNoRoom(config.dataDir);
        if (code && !served.has(role) && !noRoom) return void stop(1);
        const settled = monotonicMs() - startedAt > settledAfterMs;
        const next = Math.min((pauses.get(role) ?? 0) * 2 || firstPauseMs, longestPauseMs);
        const pauseMs = noRoom ? noRoomPauseMs : settled ? firstPauseMs : next;
        pauses.set(role, pauseMs);
        log.warn({ role, code, signal, pauseMs }, 'a process ended and is started again');
        setTimeout(() => !stopping && void start(role).then(resolve), pauseMs);
      });
    });

  async function stop(code: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    const gone = [...children.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children.values()) child.kill('SIGTERM');
    const impatient = setTimeout(() => {
      for (const child of children.values()) child.kill('SIGKILL');
    }, 10_000);
    await Promise.all(gone);
    clearTimeout(impatient);
    await engines.stop();
    forget?.();
    if (code === 0) say(config.MONGODB_URI ? '停好了。' : `停好了，資料在 ${config.DATA_DIR}。`);
    await leave(code);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
  process.on('disconnect', () => void stop(0));
  engines.onLost((error) => {
    log.fatal({ err: error }, 'an engine is lost');
    void stop(1);
  });

  const told = await showing('正在啟動小藝', say, () => Promise.all(roles.map(start)));
  const web = `http://127.0.0.1:${told[0]?.port ?? config.PORT}`;
  const phone = told[3]?.url;
  const inside = config.CONSOLE_URL ?? `http://127.0.0.1:${told[2]?.port ?? consolePort(config)}`;
  const addresses = { web, console: inside, ...(phone ? { phone } : {}) };
  forget = await whenThereIsRoom(() => keepAddresses(config.dataDir, addresses), {
    dir: config.DATA_DIR,
    say,
  });
  say('');
  if (phone) say(`  在瀏覽器裡打開模擬手機：  ${phone}`);
  else say(`  微信回調：  ${config.PUBLIC_URL ?? web}/wechat`);
  say(`  控制台：    ${inside}`);
  if (told[2]?.join) say(`  第一位管理員由這個連結加入（用一次）：  ${inside}/join/${told[2].join}`);
  say(`  健康檢查：  ${web}/readyz`);
  if (!config.production) say(`  日誌：      ${config.DATA_DIR}/logs`);
  say('');
}

type Place = {
  port: number;
  host: string;
  called?: string;
  setting: 'PORT' | 'METRICS_PORT' | 'CONSOLE_PORT';
};

const portTaken = ({ port, called, setting }: Place): AppError =>
  new AppError(
    'Conflict',
    'main.port-taken',
    `Port ${port}${called ? ` (${called})` : ''} is taken; start with another ${setting}.`,
  );

const metricsOf = (config: Config, role: Role): Place | undefined => {
  if (config.METRICS_PORT === undefined) return undefined;
  const shift = config.METRICS_PORT > 0 ? { web: 0, worker: 1, console: 2 }[role] : 0;
  const called = `metrics of the ${role}, METRICS_PORT${shift ? `+${shift}` : ''}`;
  return { port: config.METRICS_PORT + shift, host: '127.0.0.1', called, setting: 'METRICS_PORT' };
};

const publicOf = (config: Config): Place => ({ port: config.PORT, host: config.HOST, setting: 'PORT' });

export const consolePort = ({ CONSOLE_PORT: port, PORT }: Config): number =>
  port ?? (PORT === 0 ? 0 : PORT + 2);
const consoleOf = (config: Config): Place => ({
  port: consolePort(config),
  host: config.CONSOLE_HOST,
  called: 'the console',
  setting: 'CONSOLE_PORT',
});

/** What listens there, or a sentence where somebody else does. */
const orTaken = <T>(place: Place, listening: Promise<T>): Promise<T> =>
  listening.catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? portTaken(place) : error;
  });

/** Told before anything is started. A second start on the same data is told by what it finds there, the data. */
async function requirePorts(config: Config, simulated: boolean): Promise<void> {
  if (lockHolder(config.dataDir)) return;
  const phone: Place = {
    port: config.PORT + 1,
    host: '127.0.0.1',
    called: 'the simulated phone, PORT+1',
    setting: 'PORT',
  };
  const places = [
    ...(config.PORT === 0 ? [] : [publicOf(config), ...(simulated ? [phone] : [])]),
    ...(consolePort(config) === 0 ? [] : [consoleOf(config)]),
    ...(['web', 'worker', 'console'] as const).flatMap((role) => metricsOf(config, role) ?? []),
  ];
  const firstTaken = async (): Promise<Place | undefined> => {
    for (const place of places) if (!(await isPortFree(place.port, place.host))) return place;
    return undefined;
  };
  let taken = await firstTaken();
  if (taken && wasKilled(config.dataDir)) {
    say('上一次是被強行結束的，還在收尾；等它放開端口 …');
    for (const giveUpAt = monotonicMs() + endsWithinMs; taken && monotonicMs() < giveUpAt; ) {
      await sleep(200);
      taken = await firstTaken();
    }
  }
  if (taken) throw portTaken(taken);
}

/** After this its processes have ended, by themselves or made to. */
const endsWithinMs = 25_000;

/** The keys of the simulator's account are public: with them, or with none, anybody may say anything to us. */
function requireAccount(config: Config, role: string, simulated: boolean): void {
  if (simulated) return;
  const problem = ((): string | undefined => {
    if (config.WECHAT_APP_ID === simulatedAccount.appId || config.WECHAT_TOKEN === simulatedAccount.token)
      return '這是模擬器的帳號，誰都知道它的密鑰';
    if (config.WECHAT_APP_ID) return undefined;
    if (config.production) return '正式環境（NODE_ENV=production）沒有模擬器';
    if (role !== 'all') return `ROLE=${role} 沒有模擬器，只有 ROLE=all 才有`;
    if (!isLoopback(config.HOST)) return `模擬器只在本機用，HOST=${config.HOST} 會讓別人也連得到`;
    return undefined;
  })();
  if (problem)
    throw new AppError(
      'Invalid',
      'main.no-account',
      `${problem}。請設定真實公眾號的 WECHAT_APP_ID、WECHAT_APP_SECRET、WECHAT_TOKEN 和 WECHAT_ENCODING_AES_KEY（見 README「Connect a real account」）${
        config.production ? '' : '，或用 HOST=127.0.0.1 ROLE=all 在本機試用'
      }。`,
    );
}

const ready = (facts: Ready): void => {
  process.send?.(facts);
};

/** Ends this process cleanly on SIGTERM, Ctrl-C, or when the supervisor is gone; at the latest after ten seconds. */
function whenTold(log: Log, close: () => Promise<void>): void {
  let told = false;
  const end = () => {
    if (told) return;
    told = true;
    setTimeout(() => void leave(1), 10_000).unref();
    close().then(
      () => leave(0),
      (err: unknown) => {
        log.error({ err }, 'stopping failed');
        return leave(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  if (process.send) process.on('disconnect', end);
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
