import pino, { type Logger } from 'pino';
import { type App, createApp } from '../../src/app';
import { createImporter } from '../../src/domain/import/import';
import { importSample } from '../../src/domain/import/sample';
import { createClock } from '../../src/kit/clock';
import { simulatedAccount } from '../../src/simulator/account';
import { bannerText, wordsOf } from '../../src/simulator/chat';
import type { Deed, DeedOptions, Place } from '../../src/simulator/deeds';
import type { FanFace, Sending, TapWith } from '../../src/simulator/fan-face';
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator';
import { testConfig } from './config';
import { testDatabase } from './database';

export type TownOptions = {
  /** Beijing time at the start, `2026-11-23T10:00`; from there the clock runs as ours does. */
  at?: string;
  /** The sample cities, hotels, guides … are imported; false leaves the tables empty. */
  sample?: boolean;
  /** Settings beside those of the tests' own account. */
  settings?: Record<string, string>;
  handlersFolder?: string;
  /** How WeChat behaves; deliveries here give up after the real 5 s unless told otherwise. */
  wechat?: SimulatorOptions['callbacks'];
  agents?: SimulatorOptions['agents'];
  log?: Logger;
};

/**
 * The whole account with WeChat around it: the real program on a real mongod and redis, spoken to by simulated fans over
 * signed and encrypted callbacks.
 *
 * ```ts
 * const town = await createTown();
 * const lin = await town.fan('Lin');
 * expect(await lin.follows()).toContain('歡迎');
 * expect(await lin.says('杭州天氣')).toContain('杭州');
 * await town.close();
 * ```
 */
export async function createTown(options: TownOptions = {}) {
  const { at = '2026-11-23T10:00', sample = true } = options;
  const database = testDatabase();
  await database.connect(); // what drops the database in the end
  const clock = createClock(Date.parse(`${at}:00+08:00`) - Date.now());
  const log = options.log ?? pino({ level: 'silent' });

  let turn = (_to: number): Promise<void> => Promise.resolve();
  const sim = createSimulator({
    ...simulatedAccount,
    callbackUrl: 'http://127.0.0.1:1/wechat', // until the program listens
    account: simulatedAccount.originalId,
    clock,
    log,
    turn: (to) => turn(to),
    ...(options.wechat ? { callbacks: options.wechat } : {}),
    ...(options.agents ? { agents: options.agents } : {}),
  });
  const { url } = await sim.listen(0);

  const app = await bringUp();
  turn = (to) => app.turn(to);
  sim.callbacks.pointAt(`http://127.0.0.1:${await app.http.listen(0, '127.0.0.1')}/wechat`);

  async function bringUp(): Promise<App> {
    const config = testConfig({ ...options.settings, WECHAT_API_URL: url });
    const made = await createApp(config, {
      mongoUri: database.uri,
      redisUrl: database.redisUrl,
      database: database.name,
      role: 'all',
      clock,
      log,
      ...(options.handlersFolder === undefined ? {} : { handlersFolder: options.handlersFolder }),
    });
    await made.prepare();
    if (sample) await importSamples(made);
    await made.startWorker();
    return made;
  }

  const fanOf = (name: string): TownFan => townFan(sim.fan(name));
  /** Waits until all that was said is carried out: replies that came late, outbox rows, WeChat's own events. */
  async function settled(): Promise<void> {
    await app.answering.drained();
    await app.turn(clock.now());
    await sim.settled();
  }

  return {
    app,
    sim,
    clock,
    services: app.services,
    /** The person of this name; a stranger to the account until she follows. */
    fan: async (name: string): Promise<TownFan> => fanOf(name),
    /** The same, already following, her welcome read. */
    follower: async (name: string): Promise<TownFan> => {
      const fan = fanOf(name);
      await fan.follows();
      return fan;
    },
    settled,
    /** Turns business time, stepping through all that falls due: `turn({ hours: 25 })` or to a moment in ms. */
    turn: (to: number | { minutes?: number; hours?: number; days?: number }): Promise<void> => {
      if (typeof to === 'number') return sim.turn(to);
      const { minutes = 0, hours = 0, days = 0 } = to;
      return sim.turn(clock.now() + minutes * 60_000 + hours * 3_600_000 + days * 86_400_000);
    },
    async close(): Promise<void> {
      await app.close();
      await sim.close();
      await database.drop();
    },
  };
}

export type Town = Awaited<ReturnType<typeof createTown>>;

/** One person, in a test's words. A verb gives what she reads at once, '' when nothing came. */
export type TownFan = ReturnType<typeof townFan>;

function townFan(face: FanFace) {
  /** Throws when she would see the banner, with why and what was answered. */
  const read = (deed: Deed | undefined): string => {
    if (deed?.seen?.kind !== 'banner') return deed?.seen ? wordsOf(deed.seen) : '';
    const last = deed.outcome.wire.deliveries.at(-1);
    throw new Error(
      `${face.name} 看到「${bannerText}」：${deed.seen.why}\n送出：${deed.outcome.wire.plain}\n回應：${last?.status ?? last?.error} ${last?.response ?? ''}`,
    );
  };
  return {
    name: face.name,
    openid: face.openid,
    says: async (text: string, options?: DeedOptions & { menuItem?: string }) =>
      read(await face.says(text, options)),
    sends: async (what: Sending, options?: DeedOptions) => read(await face.sends(what, options)),
    /** GCJ-02. */
    isAt: async (place: Omit<Place, 'label'> & { label?: string }, options?: DeedOptions) =>
      read(await face.sends({ location: { label: '', ...place } }, options)),
    clicks: async (key: string, options?: DeedOptions) => read(await face.clicks(key, options)),
    taps: async (path: string, more?: TapWith, options?: DeedOptions) =>
      read(await face.taps(path, more, options)),
    scans: async (scene: string, options?: DeedOptions) => read(await face.scans(scene, options)),
    follows: async (scene?: string, options?: DeedOptions) => read(await face.follows(scene, options)),
    leaves: async (options?: DeedOptions) => read(await face.leaves(options)),
    arrives: async (place: Place, options?: DeedOptions) => read(await face.arrives(place, options)),
    /** Everything the account ever said to her, by any way, oldest first. */
    get inbox(): string[] {
      return face.inbox();
    },
    /** The chat with its XML, for what words do not show. */
    chat: face.chat,
    /** What she does with the whole answer instead of its words: storms, banners, statuses. */
    whole: face,
  };
}

async function importSamples(app: App): Promise<void> {
  const importer = createImporter({ db: app.db, clock: app.clock, cities: app.services.cities });
  for (const { file, result } of await importSample({ importer }))
    if (result.kind !== 'written') throw new Error(`${file}: ${JSON.stringify(result)}`);
  await app.services.versions.check();
}
