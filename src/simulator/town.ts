import pino from 'pino';
import { type App, createApp } from '../app';
import { loadConfig } from '../config';
import { createClock } from '../kit/clock';
import type { Log } from '../kit/log';
import { simulatedAccount } from './account';
import { importSamples } from './samples';
import { createSimulator, type SimulatorOptions } from './simulator';

export type TownOptions = {
  mongoUri: string;
  redisUrl: string;
  database: string;
  /** Business time at the start, ms; from there the clock runs as ours does. */
  at: number;
  /** Processes that answer callbacks, and that work behind them; without a worker each does both. */
  webs?: number;
  workers?: number;
  /** False leaves cities, hotels, guides … empty. */
  sample?: boolean;
  /** Settings beside those of the simulated account. */
  settings?: Record<string, string>;
  handlersFolder?: string;
  /** How WeChat behaves. */
  wechat?: Pick<SimulatorOptions, 'callbacks' | 'agents' | 'historyPerFan'>;
  log?: Log;
};

/**
 * The whole program with WeChat around it, which signs and seals: apps of this process, each with its own connections. They
 * share nothing but the database, Redis and the clock.
 */
export async function createTown(options: TownOptions) {
  const { mongoUri, redisUrl, database, at, webs = 1, workers = 0, sample = true } = options;
  const clock = createClock(at - Date.now());
  const log = options.log ?? pino({ level: 'silent' });

  let turn = (_to: number): Promise<void> => Promise.resolve();
  const sim = createSimulator({
    ...simulatedAccount,
    ...options.wechat,
    callbackUrl: 'http://127.0.0.1:1/wechat', // until the program listens
    account: simulatedAccount.originalId,
    clock,
    log,
    turn: (to) => turn(to),
  });
  const { url } = await sim.listen(0);
  const config = loadConfig({
    ...simulatedAccount.env(0),
    DATA_KEY: 'a key for towns, longer than thirty-two',
    LOG_LEVEL: 'silent',
    PORT: '0',
    ...options.settings,
    WECHAT_API_URL: url,
  });

  const { handlersFolder } = options;
  const roles: ('all' | 'web' | 'worker')[] =
    workers === 0 ? Array(webs).fill('all') : [...Array(workers).fill('worker'), ...Array(webs).fill('web')];
  const members: { role: string; app: App }[] = [];
  for (const role of roles) {
    const app = await createApp(config, {
      mongoUri,
      redisUrl,
      database,
      role,
      clock,
      log,
      ...(handlersFolder === undefined ? {} : { handlersFolder }),
    });
    await app.prepare();
    if (sample && members.length === 0) await importSamples(app);
    members.push({ role, app });
  }
  const apps = members.map(({ app }) => app);
  const answering = members.filter(({ role }) => role !== 'worker').map(({ app }) => app);
  const working = members.filter(({ role }) => role !== 'web').map(({ app }) => app);
  const first = working[0] as App;
  for (const app of working) await app.startWorker();
  const ports = await Promise.all(answering.map((app) => app.http.listen(0, '127.0.0.1')));
  sim.callbacks.pointAt(...ports.map((port) => `http://127.0.0.1:${port}/wechat`));

  /** What every process would notice within two seconds: new tables, quizzes that began, paused, ended. */
  const notice = async () => void (await Promise.all(apps.map(({ services }) => services.versions.check())));
  turn = (to) => first.turn(to, notice);

  return {
    sim,
    clock,
    /** One that works; where there is but one, the one that answers too. */
    app: first,
    services: first.services,
    notice,
    /** Until nothing waits: replies, what came late, outbox, projections, WeChat's own events. */
    async settled(): Promise<void> {
      await Promise.all(answering.map((app) => app.answering.drained()));
      await first.turn(clock.now());
      await sim.settled();
    },
    async close(): Promise<void> {
      for (const app of apps.toReversed()) await app.close();
      await sim.close();
    },
  };
}
