import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { createAnswering } from './bot/answering';
import { checkMenu, lackingIn, loadHandlers } from './bot/discover';
import { createDispatch, type Dispatch } from './bot/dispatch';
import { createFanLimit } from './bot/fan-limit';
import type { Rules } from './bot/rules';
import { type Config, tellSettings } from './config';
import { examine } from './doctor';
import { createImporter } from './domain/import/import';
import { bringFacts } from './domain/import/sample';
import type { MailQrcode } from './domain/mails/mails';
import { remedies } from './domain/offers/offers';
import { takenIn } from './domain/quiz/play/taken-by';
import { createRehearsals } from './domain/quiz/rehearse/rehearsals';
import type { OpenStage } from './domain/quiz/rehearse/stage';
import { createCallback } from './http/callback';
import { type House, loadItems } from './http/console/console';
import { type Console, createConsole } from './http/console/server';
import { pages } from './http/h5/pages';
import { createMetrics } from './http/metrics';
import { createHttp } from './http/server';
import { armHousekeeping, housekeeping } from './jobs/housekeeping';
import { createHints, type Hints } from './jobs/queue';
import { createRelay } from './jobs/relay';
import { createSweeper } from './jobs/sweeper';
import { createTaskRunner } from './jobs/task-runner';
import { turnClock } from './jobs/turn-clock';
import { createWatch } from './jobs/watch';
import { createWorker } from './jobs/worker';
import { createClock, monotonicMs, type TurnableClock } from './kit/clock';
import type { AnyJob } from './kit/define-job';
import { randomId } from './kit/ids';
import { createLog, type Log, stdout } from './kit/log';
import { watchStalls } from './kit/stalls';
import { migrations } from './migrations';
import { createConsolePages } from './render/console';
import { createPages } from './render/pages';
import { createRender } from './render/render';
import { createServices, type Services } from './services';
import { createSmallIndexes, missingIndexes, missingInvariants } from './store/indexes';
import { migrate, migrationsOf } from './store/migrations';
import { connectMongo } from './store/mongo';
import { connectRedis } from './store/redis';
import { dropScratch, scratchName } from './store/scratch';
import { createSharedToken } from './store/shared-token';
import { allows } from './wechat/api/account-types';
import { createWechatClient, type WechatClient } from './wechat/api/client';
import { createCustomerMessages } from './wechat/api/customer-messages';
import { createQrcodes } from './wechat/api/qrcodes';
import { createCallbackReader } from './wechat/protocol/callback';

export type AppOptions = {
  mongoUri: string;
  redisUrl: string;
  /** For tests: a database and a queue prefix of their own. */
  database?: string;
  role?: string;
  clock?: TurnableClock;
  log?: Log;
  handlersFolder?: string;
  /** For tests: domains beside those of `services.ts`. */
  more?: (given: { db: Connection }) => Record<string, unknown>;
};

/** The composition root: everything is built here, nothing is started. */
export async function createApp(config: Config, options: AppOptions) {
  const role = options.role ?? config.ROLE;
  const log = options.log ?? createLog({ level: config.LOG_LEVEL, name: role });
  const clock = options.clock ?? createClock();
  const rules = loadHandlers(options.handlersFolder);
  if (!options.handlersFolder) checkMenu(rules);
  const { render } = createRender();
  const db = await connectMongo(options.mongoUri, {
    appName: `xiaoyi-${role}`,
    ...(options.database ? { database: options.database } : {}),
  });
  const metrics = createMetrics();
  const redis = connectRedis(options.redisUrl, log);
  const appId = config.WECHAT_APP_ID ?? '';
  const sharedToken = createSharedToken({ db, appId, dataKey: config.dataKey });
  const client = createWechatClient({
    baseUrl: config.WECHAT_API_URL,
    appId,
    appSecret: config.WECHAT_APP_SECRET ?? '',
    account: { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED },
    sharedToken,
    onEnd(end) {
      services.quota.count(end);
      watch.called(end);
      metrics.wechatCall(end.path, end.errcode);
    },
    log,
  });
  const services = createServices({
    config,
    db,
    redis,
    render,
    clock,
    log,
    role,
    mailQrcode: mailQrcodeOf(config, client),
    client,
    onGroup: metrics.groupSize,
    hint: (cause) => hints.hint(cause),
    more: options.more?.({ db }) ?? {},
  });
  const { inbox, outbox, subscribers, reach, timers, processes, versions, upkeep } = services;

  const watch = createWatch({ alarms: services.alarms, inbox, outbox, log });
  const customerMessages = createCustomerMessages({ client });
  const hints = createHints({ redis, prefix: `xiaoyi-${db.name}` });

  const dispatch = createDispatch({ rules, services, render, clock, log });
  const answering = createAnswering({
    inbox,
    outbox,
    subscribers,
    reach,
    dispatch,
    // With the simulator's turned clock, but not with a wall clock that is set back.
    limit: createFanLimit({ now: () => monotonicMs() + clock.offset() }),
    pidUntil: services.campaigns.nameKeptUntil,
    hint: hints.hint,
    clock,
    log,
    counts: metrics.answering,
  });

  const { relay, underWay } = createRelay({
    outbox,
    subscribers,
    reach,
    customerMessages,
    jobs: new Map<string, AnyJob<Services>>([...upkeep.jobs, [housekeeping.name, housekeeping]]),
    services,
    log,
  });
  const sweeper = createSweeper({
    inbox,
    outbox,
    timers,
    resume: answering.resume,
    relay,
    hint: hints.hint,
    sweepDomains: upkeep.sweep,
    log,
  });
  const worker = createWorker({ redisUrl: options.redisUrl, prefix: `xiaoyi-${db.name}`, relay, log });

  const reader = createCallbackReader({
    appId,
    // Without a token nobody's signature counts, rather than everybody's.
    token: config.WECHAT_TOKEN ?? randomId(),
    encodingAesKey: config.WECHAT_ENCODING_AES_KEY,
    maxAgeSeconds: config.WECHAT_MAX_AGE,
    account: config.WECHAT_ORIGINAL_ID,
  });
  const http = createHttp({
    callback: createCallback({ reader, answer: answering.answer, counts: metrics.callback, log }),
    pages,
    services,
    fill: createPages().page,
    verifyFolder: join(config.dataDir, 'verify'),
    script: services.defaultScript,
    ready: () => problemsOf({ db, indexes: upkeep.indexes }),
    log,
  });

  const taskRunner = createTaskRunner({ tasks: services.tasks, known: upkeep.tasks, services, log });

  for (const { name, help, read } of upkeep.gauges) metrics.gauge(name, help, read);
  metrics.gauge('callbacks_in_flight', 'Callbacks being answered now', answering.inFlight);
  metrics.gauge('log_lines_lost', 'Log lines that could not be written', stdout.lost);
  metrics.gauge('hints_lost', 'Hints that Redis did not take', hints.lost);

  /** What every role needs before it serves. */
  async function prepare(): Promise<void> {
    stalls = watchStalls({ log, doing: () => ({ jobs: underWay(), callbacks: answering.inFlight() }) });
    await migrate({ db, migrations, owner: processes.boot, others: processes.others, log });
    await createSmallIndexes(db, upkeep.indexes);
    const missing = await missingInvariants(db, upkeep.indexes);
    if (missing.length > 0)
      throw new Error(
        `Indexes that state invariants are missing: ${missing.join(', ')}. Run: npm run migrate`,
      );
    // What is true of the world, for an account of somebody's; the simulator brings all of its sample by itself.
    if (!config.simulated) {
      const importer = createImporter({ db, clock, cities: services.cities });
      await bringFacts({ db, importer });
    }
    for (const [name, load] of upkeep.follows) await versions.watch(name, load);
    await upkeep.warm();
    versions.start(2_000, (err) => log.warn({ err }, 'the versions could not be read'));
    await processes.start();
  }

  const rehearsals = createRehearsals({ open: stageOn({ config, ...options, base: db.name }) });

  let workerStarted = false;
  let stalls: { stop(): void } | undefined;

  return {
    config,
    db,
    clock,
    log,
    services,
    client,
    customerMessages,
    rules,
    dispatch,
    answering,
    relay,
    sweeper,
    metrics,
    prepare,
    http,
    taskRunner,
    /** The console, in a process of its own: what people do there is not felt by callbacks. */
    console: (): Console =>
      createConsole({
        items: loadItems(),
        services,
        pages: createConsolePages(),
        house: houseOf({
          config: { ...config, MONGODB_URI: options.mongoUri, REDIS_URL: options.redisUrl },
          rules,
          dispatch,
          services,
          clock,
          rehearsals,
          db,
          sharedToken,
          hints,
        }),
        url: consoleUrl(config),
        proxies: config.CONSOLE_PROXIES,
        clock,
        script: services.defaultScript,
        log,
      }),
    async startWorker(): Promise<void> {
      workerStarted = true;
      await armHousekeeping({ timers, clock });
      worker.start(() => hints.hint('canary'));
      sweeper.start();
      watch.start();
      taskRunner.start();
      upkeep.start();
    },
    /** Turns business time to `to` (ms), stepping through everything that falls due on the way. */
    async turn(to: number, onStep?: (at: number) => void | Promise<void>): Promise<void> {
      // What people did until now is looked at on the way, as it is where time passes by itself.
      await services.sequences.upkeep.sweep();
      await turnClock({
        clock,
        inbox,
        outbox,
        timers,
        sweeper,
        relay,
        settled: services.pushes.settled,
        to,
        ...(onStep ? { onStep } : {}),
      });
    },
    /** Waits for all that was accepted, then lets go of everything. */
    async close(): Promise<void> {
      try {
        await http.close();
        await rehearsals.close();
        versions.stop();
        watch.stop();
        if (workerStarted) {
          await taskRunner.close();
          await sweeper.close();
          await worker.close();
          await upkeep.close();
        }
        await answering.drained();
        await services.quota.drained();
        await processes.stop().catch(() => {});
      } finally {
        stalls?.stop();
        await hints.close();
        redis.disconnect();
        await db.close();
      }
    },
  };
}

/** What the console is told of the house beside its services. */
function houseOf(given: {
  config: Config;
  rules: Rules;
  dispatch: Dispatch;
  services: Services;
  clock: TurnableClock;
  rehearsals: House['rehearsals'];
  db: Connection;
  sharedToken: Pick<ReturnType<typeof createSharedToken>, 'read'>;
  hints: Pick<Hints, 'counts'>;
}): House {
  const { config, rules, dispatch, services, clock, rehearsals, db, sharedToken, hints } = given;
  return {
    account: { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED },
    simulated: config.simulated,
    solo: config.SOLO_TEAM,
    publicUrl: config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    // The simulator is where we ask WeChat.
    phoneUrl: config.simulated ? config.WECHAT_API_URL : undefined,
    async explain(text) {
      const { replies, ...tried } = await dispatch.tryOut(text);
      const [first] = replies ?? [];
      return { ...tried, replies, reply: first?.kind === 'text' ? first.text : '' };
    },
    comesFirst: dispatch.comesFirst,
    menu: {
      keys: rules.menuKeys,
      lacking: (menu) =>
        lackingIn(menu, { rules, has: (need) => services.offers.has(need, clock.now()) }).map(
          ({ name, need }) => ({ name, ...remedies[need] }),
        ),
    },
    takenBy: takenIn(rules),
    doctor: () => examine(config),
    rehearsals,
    settings: tellSettings(config),
    hints: hints.counts,
    tokenLeftMs: async () => (await sharedToken.read())?.freshMs,
    schema: async () => ({
      migrations: await migrationsOf(db, migrations),
      missing: await missingIndexes(db, services.upkeep.indexes),
    }),
  };
}

/** A program of its own for a rehearsal, on a database that is thrown away: nothing can reach the real account, or leave the machine. */
export const stageOn =
  (given: { config: Config; mongoUri: string; redisUrl: string; base: string }): OpenStage =>
  async (clock) => {
    const { config, mongoUri, redisUrl, base } = given;
    const nobody = {
      WECHAT_APP_ID: 'wxrehearsal',
      WECHAT_APP_SECRET: randomId(),
      WECHAT_TOKEN: randomId(),
      WECHAT_ENCODING_AES_KEY: undefined,
      WECHAT_ORIGINAL_ID: 'gh_rehearsal',
      WECHAT_API_URL: 'http://127.0.0.1:1',
    };
    const stage = await createApp(
      { ...config, ...nobody },
      {
        mongoUri,
        redisUrl,
        database: scratchName(base),
        role: 'rehearsal',
        clock,
        log: createLog({ level: 'error', name: 'rehearsal' }),
      },
    );
    const redis = connectRedis(redisUrl, stage.log);
    const drop = () => dropScratch(stage.db, redis).finally(() => redis.disconnect());
    return { stage, account: nobody.WECHAT_ORIGINAL_ID, drop };
  };

/** Where it is reached; on this machine where nothing else is said. */
const consoleUrl = ({ CONSOLE_URL: url, CONSOLE_PORT: port, PORT }: Config): string =>
  url ?? `http://127.0.0.1:${port ?? PORT + 2}`;

/** Only where the account may have them. */
function mailQrcodeOf(config: Config, client: WechatClient): MailQrcode | undefined {
  const account = { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED };
  if (!allows(account, 'qrcodes')) return undefined;
  const qrcodes = createQrcodes({ client });
  return async (scene, lastsMs) => {
    const { ticket } = await qrcodes.create(scene, { expiresInS: Math.ceil(lastsMs / 1_000) });
    return qrcodes.picture(ticket);
  };
}

export type App = Awaited<ReturnType<typeof createApp>>;

type Needs = { db: Connection; indexes: Services['upkeep']['indexes'] };

/** Redis is speed, not truth: without it we are ready all the same, so only the database counts. */
async function problemsOf({ db, indexes }: Needs): Promise<string[]> {
  const problems: string[] = [];
  await db.db
    ?.command({ ping: 1 }, { timeoutMS: 1_500 })
    .catch(() => problems.push('the database does not answer'));
  if (problems.length === 0)
    problems.push(...(await missingInvariants(db, indexes)).map((name) => `the index ${name} is missing`));
  return problems;
}
