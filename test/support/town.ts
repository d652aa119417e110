import { momentAt } from '../../src/kit/beijing';
import { bannerText, wordsOf } from '../../src/simulator/chat';
import type { Deed, DeedOptions, Place } from '../../src/simulator/deeds';
import type { FanFace, Sending, TapWith } from '../../src/simulator/fan-face';
import * as simulated from '../../src/simulator/town';
import { testDatabase } from './database';

export type TownOptions = Omit<simulated.TownOptions, 'mongoUri' | 'redisUrl' | 'database' | 'at'> & {
  /** Beijing time at the start, `2026-11-23T10:00`. */
  at?: string;
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
export async function createTown({ at = '2026-11-23T10:00', ...options }: TownOptions = {}) {
  const database = testDatabase();
  await database.connect(); // what drops the database in the end
  const town = await simulated.createTown({
    ...options,
    mongoUri: database.uri,
    redisUrl: database.redisUrl,
    database: database.name,
    at: momentAt(at),
  });
  const { sim, clock } = town;

  const fanOf = (name: string): TownFan => townFan(sim.fan(name));

  return {
    ...town,
    /** The person of this name; a stranger to the account until she follows. */
    fan: async (name: string): Promise<TownFan> => fanOf(name),
    /** The same, already following, her welcome read. */
    follower: async (name: string): Promise<TownFan> => {
      const fan = fanOf(name);
      await fan.follows();
      return fan;
    },
    /** Turns business time, stepping through all that falls due: `turn({ hours: 25 })` or to a moment in ms. */
    turn: (to: number | { minutes?: number; hours?: number; days?: number }): Promise<void> => {
      if (typeof to === 'number') return sim.turn(to);
      const { minutes = 0, hours = 0, days = 0 } = to;
      return sim.turn(clock.now() + minutes * 60_000 + hours * 3_600_000 + days * 86_400_000);
    },
    async close(): Promise<void> {
      await town.close();
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
