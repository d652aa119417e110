import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { type App, createApp } from '../../src/app';
import type { Config } from '../../src/config';
import { createClock } from '../../src/kit/clock';
import { createLog, type Log } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import { simulatedAccount } from '../../src/simulator/account';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator';
import { readXml } from '../../src/simulator/xml';
import { createEnvelope } from '../../src/wechat/protocol/crypto';
import { testConfig } from './config';
import { testDatabase } from './database';
import { createFaultProxy, type FaultProxy } from './fault-proxy';

export type RigOptions = {
  /** Processes that answer callbacks; each an app of its own in this process, on the one database. */
  webs?: number;
  workers?: number;
  handlers?: string;
  settings?: Record<string, string>;
  callbacks?: SimulatorOptions['callbacks'];
  redisUrl?: string;
  mongoUri?: string;
  log?: Log;
};

/** One app of the rig. Its database lies behind a proxy of its own, so that it can be cut off like a killed process. */
export type Member = { app: App; url: string; proxy: FaultProxy; dead: boolean; role: 'web' | 'worker' };

/** Some apps, WeChat from the other side, and what is needed to break and to judge them. */
export async function createRig(options: RigOptions = {}) {
  const database = testDatabase();
  const { webs = 1, workers = 0, redisUrl = database.redisUrl } = options;
  const handlersFolder = options.handlers ?? join(root, 'test', 'fixtures', 'handlers-accept');
  const clock = createClock();
  const log = options.log ?? createLog({ level: 'silent', name: 'rig' });
  const db: Connection = await database.connect();
  const simPort = await freePort();
  const config: Config = testConfig({
    ...simulatedAccount.env(simPort - 1),
    ...options.settings,
  });
  const direct = new URL(options.mongoUri ?? database.uri);
  const members: Member[] = [];

  async function start(role: 'web' | 'worker', port = 0): Promise<Member> {
    const proxy = await createFaultProxy({ host: direct.hostname, port: Number(direct.port) });
    const app = await createApp(config, {
      mongoUri: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
      redisUrl,
      database: database.name,
      role,
      clock,
      log,
      handlersFolder,
    });
    await app.prepare();
    const listening = role === 'web' ? await app.http.listen(port, '127.0.0.1') : 0;
    if (role === 'worker') await app.startWorker();
    const member: Member = {
      app,
      proxy,
      role,
      url: `http://127.0.0.1:${listening}/wechat`,
      dead: false,
    };
    members.push(member);
    return member;
  }

  for (let n = 0; n < webs; n++) await start('web');
  for (let n = 0; n < workers; n++) await start('worker');

  const sim = createSimulator({
    callbackUrl: members.filter((one) => one.role === 'web').map((one) => one.url),
    ...simulatedAccount,
    account: simulatedAccount.originalId,
    clock,
    log,
    ...(options.callbacks ? { callbacks: options.callbacks } : {}),
  });
  await sim.listen(simPort);

  const living = (role?: 'web' | 'worker') =>
    members.filter((one) => !one.dead && (role === undefined || one.role === role));

  /** As a SIGKILL: from this moment nothing it does reaches the database. Its row of `processes` is as if long silent. */
  function kill(member: Member): void {
    member.dead = true;
    member.proxy.cut();
    const { boot } = member.app.services.processes;
    const gone = member.app.close().catch(() => {});
    buried.push(
      gone,
      db
        .collection<{ _id: string }>('processes')
        .updateOne({ _id: boot }, { $set: { at: new Date(0) } })
        .then(() => Promise.all(living().map((one) => one.app.services.processes.beat())))
        .catch(() => {}),
    );
  }
  const buried: Promise<unknown>[] = [];
  /** Waits until the others know of the deaths. */
  const mourned = (): Promise<unknown> => Promise.all(buried.filter((_, i) => i % 2 === 1));

  let openids = 0;
  return {
    database,
    db,
    sim,
    clock,
    config,
    members,
    living,
    /** The first living web process. */
    get web(): App {
      return (living('web')[0] as Member).app;
    },
    start,
    kill,
    mourned,
    /** Sends the same fields as WeChat would, with the copies that WeChat would send. */
    deliver: sim.callbacks.deliver,
    /** The fields of a text; a new MsgId each time unless one is given. */
    text: (openid: string, content: string, msgId: string | bigint = nextMsgId()) => ({
      ToUserName: simulatedAccount.originalId,
      FromUserName: openid,
      CreateTime: Math.floor(clock.now() / 1_000),
      MsgType: 'text',
      Content: content,
      MsgId: msgId as bigint & number,
    }),
    /** A fan who follows already; nobody waits for the welcome. */
    async follower(name: string) {
      const fan = sim.fan(name);
      await fan.follows();
      return fan;
    },
    openid: () => `oRig${String(++openids).padStart(24, '0')}`,
    /** Carries out everything that waits, as the worker and the sweeper would in time. */
    async drain(): Promise<void> {
      const { app } = living()[0] as Member;
      for (let turn = 0; turn < 100; turn++) {
        await app.services.processes.beat();
        await app.sweeper.sweepInbox(-60_000);
        await app.sweeper.sweepOutbox(-60_000);
        if ((await app.services.inbox.undone()) === 0 && (await app.services.outbox.pending()) === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error('It did not drain.');
    },
    rows: <Row extends object = Record<string, unknown>>(collection: string, filter: object = {}) =>
      db.collection(collection).find(filter).toArray() as unknown as Promise<(Row & { _id: string })[]>,
    count: (collection: string, filter: object = {}) => db.collection(collection).countDocuments(filter),
    async close(): Promise<void> {
      await sim.close();
      await Promise.all(living().map((one) => one.app.close()));
      await Promise.all(members.map((one) => one.proxy.close()));
      await Promise.all(buried);
      await database.drop();
    },
  };
}

export type Rig = Awaited<ReturnType<typeof createRig>>;

let lastMsgId = BigInt(Date.now()) * 1_000_000n;
export const nextMsgId = (): bigint => ++lastMsgId;

/** What the fan reads in an outcome, `''` for success. */
export function saidIn(outcome: Awaited<ReturnType<Rig['deliver']>>): string {
  const { answer } = outcome;
  if (answer.kind === 'failed') return `failed: ${answer.why}`;
  return answer.kind === 'nothing' ? '' : String(answer.fields['Content'] ?? answer.fields['MsgType']);
}

const envelope = createEnvelope(simulatedAccount);

/** What each copy was answered: the words, `success`, or why there was no 200. */
export const answersOf = (outcome: Awaited<ReturnType<Rig['deliver']>>): string[] =>
  outcome.wire.deliveries.map(({ status, response = '', error }) => {
    if (status !== 200) return error ?? `HTTP ${status}`;
    if (response === 'success') return response;
    const reply = readXml(envelope.open(String(readXml(response)['Encrypt'])));
    return String(reply['Content'] ?? reply['MsgType']);
  });

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
