import { createEnvelope } from '../../wechat/protocol/crypto';
import { simulatedAccount } from '../account';
import { wordsOf } from '../chat';
import type { Deed } from '../deeds';
import type { FanFace } from '../fan-face';
import { createTown, type TownOptions } from '../town';
import { readXml } from '../xml';

export type Place = Pick<TownOptions, 'mongoUri' | 'redisUrl' | 'database'>;

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

/** A town that keeps a journal: two processes that answer, one that works behind them. */
export async function openTown(place: Place, at: number) {
  const journal: Line[] = [];
  const counts = { callbacks: 0, storms: 0, copiesThatDiffer: 0, banners: 0, late: 0 };
  const envelope = createEnvelope(simulatedAccount);
  const town = await createTown({ ...place, at, webs: 2, workers: 1, wechat: { historyPerFan: 4 } });
  const { app, sim, clock, services, notice } = town;

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
    db: app.db,
    services,
    rules: app.rules,
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
    settled: town.settled,
    /** Under which name the account keeps somebody. */
    async pidOf(name: string): Promise<string> {
      const { subscribers } = services;
      const row = await subscribers.load(subscribers.fanOf(face(name).openid));
      if (!row) throw new Error(`${name} is not known to the account`);
      return row.pid;
    },
    close: town.close,
  };
}

export type Town = Awaited<ReturnType<typeof openTown>>;
