import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { type App, createApp } from '../../src/app';
import type { Config } from '../../src/config';
import { beijingDay } from '../../src/kit/beijing';
import { createClock, type TurnableClock } from '../../src/kit/clock';
import { createLog, type Log } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { simulatedAccount } from '../../src/simulator/account';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator';
import { readXml } from '../../src/simulator/xml';
import { followedMs, tellClock } from '../../src/store/shared-clock';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { testConfig } from './config';
import { testDatabase } from './database';
import { createFaultProxy, type FaultProxy, placeOf, throughPort } from './fault-proxy';
import { forkMember } from './member-process';
import { domainsIn } from './more-domains';

export type RigOptions = {
  /** Processes that answer callbacks, and processes that work off what those left to do. */
  webs?: number;
  workers?: number;
  /** Real processes, killed with SIGKILL; else apps in this process, cut off from everything. */
  real?: boolean;
  handlers?: string;
  settings?: Record<string, string>;
  callbacks?: SimulatorOptions['callbacks'];
  redisUrl?: string;
  /** Another MongoDB than that of this run, connected to without a proxy. */
  mongoUri?: string;
  log?: Log;
  /** A module whose default export makes domains beside ours, with jobs of a test. */
  more?: string;
  /** Beijing time at the start, `2026-11-24T10:00`; without it ours. Needed for `turnTo`. */
  at?: string;
  /** Business time moves by `turnTo` alone. */
  stopped?: boolean;
  /** How far the clocks of the web processes are ahead, one after the other. */
  skewMs?: number[];
};

export type Member = {
  role: 'web' | 'worker';
  /** Undefined in a process of its own. */
  app?: App;
  boot: string;
  port: number;
  /** Its way to the database. */
  mongo: FaultProxy;
  dead: boolean;
  /** Resolves when it is killed. */
  ended: Promise<void>;
  /** The end of everything it does, without a warning. */
  kill(): void;
  /** The orderly end. */
  close(): Promise<void>;
  /** To a process of its own. */
  signal?(name: NodeJS.Signals): void;
};

/** The place of one web process: its address stays while processes come and go behind it. */
type Slot = { front: FaultProxy; member: Member };

/** Some processes, WeChat from the other side, and what is needed to break and to judge them. */
export async function createRig(options: RigOptions = {}) {
  const database = testDatabase(options.mongoUri);
  const { webs = 1, workers = 0, redisUrl = database.redisUrl } = options;
  const handlersFolder = options.handlers ?? join(root, 'test', 'fixtures', 'handlers-accept');
  const offset = options.at === undefined ? 0 : Date.parse(`${options.at}:00+08:00`) - Date.now();
  const clock = options.stopped ? stoppedClock(offset) : createClock(offset);
  const log = options.log ?? createLog({ level: 'silent', name: 'rig' });
  const db: Connection = await database.connect();
  if (options.at !== undefined) await tellClock(db, offset);
  const simPort = await freePort();
  const settings = { ...simulatedAccount.env(simPort - 1), ...options.settings };
  const config: Config = testConfig(settings);
  const members: Member[] = [];
  const burials: Promise<unknown>[] = [];

  async function start(role: Member['role'], crash?: [name: string, pass: number]): Promise<Member> {
    const proxy = await createFaultProxy(placeOf(database.uri));
    const given = {
      mongoUri: options.mongoUri ?? throughPort(database.uri, proxy.port),
      redisUrl,
      database: database.name,
      role,
      handlersFolder,
      ...(options.more ? { more: options.more } : {}),
    };
    const started = options.real
      ? await forkMember({
          ...given,
          settings,
          ...(crash ? { crash } : {}),
          ...(options.at === undefined ? {} : { followsClock: true }),
        })
      : await startHere(given);
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const endIt = () => {
      end();
      started.kill();
    };
    const member: Member = { ...started, role, mongo: proxy, dead: false, ended, kill: endIt };
    members.push(member);
    return member;
  }

  async function startHere({ more, ...given }: StartOptions) {
    const skew = options.skewMs?.[members.length] ?? 0;
    const now = () => clock.now() + skew;
    const own = skew === 0 ? clock : { ...clock, now, day: (at = now()) => beijingDay(at) };
    const app = await createApp(config, { ...given, ...(await domainsIn(more)), clock: own, log });
    try {
      await app.prepare();
    } catch (error) {
      await app.close();
      throw error;
    }
    if (given.role === 'worker') await app.startWorker();
    return {
      app,
      boot: app.services.processes.boot,
      port: given.role === 'web' ? await app.http.listen(0, '127.0.0.1') : 0,
      // Its connections first, so that nothing in it waits for an answer that cannot come.
      kill: () =>
        void burials.push(
          app.db
            .getClient()
            .close(true)
            .then(() => app.close())
            .catch(() => {}),
        ),
      close: () => app.close(),
    };
  }

  const slots: Slot[] = [];
  for (let n = 0; n < webs; n++) {
    const member = await start('web');
    slots.push({ member, front: await createFaultProxy({ host: '127.0.0.1', port: member.port }) });
  }
  for (let n = 0; n < workers; n++) await start('worker');

  const sim = createSimulator({
    callbackUrl: slots.map(({ front }) => `http://127.0.0.1:${front.port}/wechat`),
    ...simulatedAccount,
    account: simulatedAccount.originalId,
    clock,
    log,
    ...(options.callbacks ? { callbacks: options.callbacks } : {}),
  });
  await sim.listen(simPort);

  const living = (role?: Member['role']) =>
    members.filter((one) => !one.dead && (role === undefined || one.role === role));
  const processes = db.collection<{ _id: string; at: Date }>('processes');

  /** From this moment nothing that it does reaches anybody. */
  function kill(member: Member): void {
    if (member.dead) return;
    member.dead = true;
    slots.find((slot) => slot.member === member)?.front.cut();
    member.mongo.cut();
    member.kill();
  }
  /** As if it had been silent for long already: the others know at once. */
  async function mourn(member: Member): Promise<void> {
    await processes.updateOne({ _id: member.boot }, { $set: { at: new Date(0) } });
    await db.collection('leases').updateMany({}, { $set: { until: new Date(0) } });
    await Promise.all(living().map((one) => one.app?.services.processes.beat() ?? Promise.resolve()));
  }
  async function sweepOnce({ services, sweeper }: App): Promise<void> {
    await services.processes.beat();
    await db.collection('outbox').updateMany({ state: 'pending' }, { $set: { dueAt: new Date(0) } });
    // Nobody else sends, so whoever still holds a row is dead.
    if (living('worker').length === 0)
      await db.collection('outbox').updateMany({ state: 'sending' }, { $set: { leaseUntil: new Date(0) } });
    await sweeper.sweepInbox(-60_000);
    await sweeper.sweepOutbox(-60_000);
  }

  let sweeping = Promise.resolve();
  /** One after the other, whoever asks: a drain that a crash left behind may still be at it. */
  function sweepInTurn({ app, ended }: Partial<Member> = {}): Promise<void> {
    if (app && ended)
      sweeping = sweeping.then(() =>
        Promise.race([sweepOnce(app), ended]).then(
          () => {},
          () => {},
        ),
      );
    return sweeping;
  }

  /** Another process at the address of a dead one: a new one, or one that stood by. */
  async function replace(member: Member, standby?: Member): Promise<Member> {
    const next = standby ?? (await start(member.role));
    const slot = slots.find((one) => one.member === member);
    if (!slot) return next;
    slot.member = next;
    slot.front.retarget({ host: '127.0.0.1', port: next.port });
    slot.front.restore();
    return next;
  }

  let openids = 0;
  return {
    database,
    db,
    sim,
    clock,
    config,
    real: options.real ?? false,
    slots,
    members,
    living,
    start,
    kill,
    mourn,
    replace,
    /** Business time in all processes, by one leap: nothing falls due on the way. */
    async turnTo(at: number): Promise<void> {
      clock.setOffset(clock.offset() + at - clock.now());
      if (!options.real) return; // they all share the clock of this process
      await tellClock(db, clock.offset());
      await new Promise((resolve) => setTimeout(resolve, followedMs));
    },
    /** An app in this process. */
    get app(): App {
      const app = living().find((one) => one.app)?.app;
      if (!app) throw new Error('There is no app in this process.');
      return app;
    },
    /** Sends the same fields as WeChat would, with the copies that WeChat would send. */
    deliver: sim.callbacks.deliver,
    /** The fields of a text; a new MsgId each time unless one is given. */
    text: (openid: string, content: string, msgId: bigint = nextMsgId()) => ({
      ToUserName: simulatedAccount.originalId,
      FromUserName: openid,
      CreateTime: Math.floor(clock.now() / 1_000),
      MsgType: 'text',
      Content: content,
      MsgId: msgId,
    }),
    event: (openid: string, event: string, more: Record<string, string | number> = {}) => ({
      ToUserName: simulatedAccount.originalId,
      FromUserName: openid,
      CreateTime: Math.floor(clock.now() / 1_000),
      MsgType: 'event',
      Event: event,
      ...more,
    }),
    async follower(name: string) {
      const fan = sim.fan(name);
      await fan.follows();
      return fan;
    },
    openid: () => `oRig${String(++openids).padStart(24, '0')}`,
    /** What she was sent beside the passive replies, in order. */
    sentTo: (openid: string): string[] =>
      sim.effects
        .list('/cgi-bin/message/custom/send')
        .filter((effect) => effect.openid === openid)
        .map((effect) => (effect.body as { text: { content: string } }).text.content),
    /** No customer message may be sent to her, until she does something. */
    async shutWindow(openid: string): Promise<void> {
      for (const { app } of living()) {
        if (!app) continue;
        const { reach, subscribers } = app.services;
        await reach.drained();
        await db.collection<{ _id: string }>('reach').deleteOne({ _id: subscribers.fanOf(openid) });
      }
    },
    /** Carries out everything that waits, as worker and sweeper would in time; what was put off is due at once. */
    async drain(): Promise<void> {
      for (let turn = 0; turn < 300; turn++) {
        const member = living().find((one) => one.app);
        await sweepInTurn(member);
        const open = await db.collection('inbox').countDocuments({ open: true });
        const waiting = await db
          .collection('outbox')
          .countDocuments({ state: { $in: ['pending', 'sending'] } });
        if (member && !member.dead && open + waiting === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const left = await db.collection('inbox').find({ open: true }).limit(3).toArray();
      const sending = await db
        .collection('outbox')
        .find({ state: { $in: ['pending', 'sending'] } })
        .limit(3)
        .toArray();
      throw new Error(`It did not drain: ${JSON.stringify({ left, sending })}`);
    },
    rows: <Row extends object = Record<string, unknown>>(collection: string, filter: object = {}) =>
      db.collection(collection).find(filter).toArray() as unknown as Promise<(Row & { _id: string })[]>,
    count: (collection: string, filter: object = {}) => db.collection(collection).countDocuments(filter),
    async close(): Promise<void> {
      await sim.close();
      await Promise.all(slots.map(({ front }) => front.close()));
      await Promise.all(living().map((one) => one.close()));
      await Promise.all(burials);
      await Promise.all(members.map((one) => one.mongo.close()));
      await database.drop();
    },
  };
}

type StartOptions = Omit<Parameters<typeof createApp>[1], 'more'> & { role: Member['role']; more?: string };

function stoppedClock(first: number): TurnableClock {
  const machine = Date.now();
  let offset = first;
  const now = () => machine + offset;
  return {
    now,
    day: (at = now()) => beijingDay(at),
    offset: () => offset,
    setOffset: (ms) => {
      offset = ms;
    },
  };
}

export type Rig = Awaited<ReturnType<typeof createRig>>;

let lastMsgId = BigInt(Date.now()) * 1_000_000n;
export const nextMsgId = (): bigint => ++lastMsgId;

type Delivered = Awaited<ReturnType<Rig['deliver']>>;
const envelope = createEnvelope(simulatedAccount);

const textIn = (node: ReturnType<typeof readXml>, name: string): string => {
  const value = node[name];
  return typeof value === 'string' ? value : '';
};

/** What each copy was answered: the words, `success`, or why there was no 200. */
export const answersOf = ({ wire }: Delivered): string[] =>
  wire.deliveries.map(({ status, response = '', error }) => {
    if (status !== 200) return error ?? `HTTP ${status}`;
    if (response === 'success') return response;
    const reply = readXml(envelope.open(textIn(readXml(response), 'Encrypt')));
    return textIn(reply, 'MsgType') === 'text' ? textIn(reply, 'Content') : textIn(reply, 'MsgType');
  });

/** The answers with status 200, each once. */
export const heard = (delivered: Delivered): string[] => [
  ...new Set(answersOf(delivered).filter((_, i) => delivered.wire.deliveries[i]?.status === 200)),
];

/** One that nobody listens on. Of those that the system gives to outgoing connections none: they go in the moment they are looked at. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 18_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
