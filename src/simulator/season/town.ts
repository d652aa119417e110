import pino from 'pino';
import { type App, createApp } from '../../app';
import { loadConfig } from '../../config';
import { createImporter } from '../../domain/import/import';
import { importSample } from '../../domain/import/sample';
import { createClock } from '../../kit/clock';
import { connectMongo } from '../../store/mongo';
import { createEnvelope } from '../../wechat/protocol/crypto';
import { simulatedAccount } from '../account';
import { wordsOf } from '../chat';
import type { Deed } from '../deeds';
import type { FanFace } from '../fan-face';
import { createSimulator } from '../simulator';
import { readXml } from '../xml';

export type Place = { mongoUri: string; redisUrl: string; database: string };

/** What a fan can do. `copies`: WeChat delivers it so often at once. */
export type Act = { says: string } | { follows: true } | { leaves: true };

/** One line of the journal: what she did and what came of it. All that the oracle knows about the chat. */
export type Line = {
  at: number;
  fan: string;
  /** What she typed; `(follows)` and the like; '' for what reached her unasked. */
  said: string;
  read: string;
};

const shown = (act: Act): string => ('says' in act ? act.says : 'follows' in act ? '(follows)' : '(leaves)');

/**
 * The whole program with WeChat around it: two apps that answer callbacks, one that works behind them, each with its own
 * connections, and the simulator, which signs and seals. They share nothing but the database, Redis and the clock.
 */
export async function openTown({ mongoUri, redisUrl, database }: Place, at: number) {
  const clock = createClock(at - Date.now());
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });
  const journal: Line[] = [];
  const counts = { callbacks: 0, storms: 0, copiesThatDiffer: 0, banners: 0, late: 0 };
  const envelope = createEnvelope(simulatedAccount);

  let turn = (_to: number): Promise<void> => Promise.resolve();
  const sim = createSimulator({
    ...simulatedAccount,
    callbackUrl: 'http://127.0.0.1:1/wechat', // until the program listens
    account: simulatedAccount.originalId,
    clock,
    log,
    turn: (to) => turn(to),
    historyPerFan: 4,
  });
  const { url } = await sim.listen(0);
  const config = loadConfig({
    ...simulatedAccount.env(0),
    WECHAT_API_URL: url,
    DATA_KEY: 'a key for one season, longer than thirty-two',
    LOG_LEVEL: 'silent',
    PORT: '0',
  });

  const db = await connectMongo(mongoUri, { appName: 'season', database });
  const bringUp = async (role: 'web' | 'worker'): Promise<App> => {
    const app = await createApp(config, { mongoUri, redisUrl, database, role, clock, log });
    await app.prepare();
    return app;
  };
  const worker = await bringUp('worker');
  await importSamples(worker);
  const webs = [await bringUp('web'), await bringUp('web')];
  await worker.startWorker();
  const ports = await Promise.all(webs.map((web) => web.http.listen(0, '127.0.0.1')));
  sim.callbacks.pointAt(...ports.map((port) => `http://127.0.0.1:${port}/wechat`));
  const apps = [...webs, worker];
  /** What every process would notice within two seconds: quizzes that began, paused, ended. */
  const notice = async () => void (await Promise.all(apps.map((app) => app.services.versions.check())));
  turn = (to) => worker.turn(to, notice);

  sim.world.watch((happening) => {
    if (happening.kind !== 'chat') return;
    const { item, openid } = happening;
    if (item.from !== 'account' || item.channel === 'reply') return;
    const fan = sim.world.byOpenid(openid)?.name ?? openid;
    journal.push({ at: item.at, fan, said: '', read: wordsOf(item.body) });
  });

  /** The words in a sealed answer. */
  function opened(response: string): string {
    if (response === '' || response === 'success') return '';
    return envelope
      .open((readXml(response) as { Encrypt: string }).Encrypt)
      .replace(/<CreateTime>\d+<\/CreateTime>/, '');
  }

  const faces = new Map<string, FanFace>();
  function face(name: string): FanFace {
    let one = faces.get(name);
    if (!one) faces.set(name, (one = sim.fan(name)));
    return one;
  }

  async function carryOut(name: string, act: Act, storm: boolean): Promise<Deed> {
    const fan = face(name);
    if ('follows' in act) return fan.follows(undefined, { storm });
    return 'leaves' in act ? fan.leaves({ storm }) : fan.says(act.says, { storm });
  }

  return {
    clock,
    db,
    worker,
    services: worker.services,
    rules: worker.rules,
    journal,
    counts,
    /** Through the callback; `storm`: three copies of it at once, to both processes. Resolves to what she reads. */
    async does(name: string, act: Act, { storm = false } = {}): Promise<string> {
      const at = clock.now();
      const { seen, outcome } = await carryOut(name, act, storm);
      const { deliveries } = outcome.wire;
      counts.callbacks += deliveries.length;
      if (storm) counts.storms++;
      if (seen?.kind === 'banner') counts.banners++;
      if (!seen && 'says' in act) counts.late++;
      const words = new Set(
        deliveries.flatMap(({ status, response }) => (status === 200 ? [opened(response ?? '')] : [])),
      );
      if (words.size > 1) counts.copiesThatDiffer++;
      const read = seen ? wordsOf(seen) : '';
      journal.push({ at, fan: name, said: shown(act), read });
      return read;
    },
    notice,
    /** Steps business time to a moment (ms), through all that falls due on the way. */
    async turnTo(to: number): Promise<void> {
      if (to <= clock.now()) return;
      await sim.turn(to);
      await notice();
    },
    /** Until nothing waits: replies, outbox, projections. */
    async settled(): Promise<void> {
      await Promise.all(webs.map((web) => web.answering.drained()));
      await worker.turn(clock.now());
      await sim.settled();
    },
    /** Under which name the account keeps somebody. */
    async pidOf(name: string): Promise<string> {
      const { subscribers } = worker.services;
      const row = await subscribers.load(subscribers.fanOf(face(name).openid));
      if (!row) throw new Error(`${name} is not known to the account`);
      return row.pid;
    },
    async close(): Promise<void> {
      await Promise.all(webs.map((web) => web.close()));
      await worker.close();
      await sim.close();
      await db.close();
    },
  };
}

export type Town = Awaited<ReturnType<typeof openTown>>;

async function importSamples({ db, clock, services }: App): Promise<void> {
  const importer = createImporter({ db, clock, cities: services.cities });
  for (const { file, result } of await importSample({ importer }))
    if (result.kind !== 'written') throw new Error(`${file}: ${JSON.stringify(result)}`);
  await services.versions.check();
}
