import { z } from 'zod';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { defineJob } from '../../kit/define-job';
import type { Timers } from '../timers/timers';
import type { Erased } from '../upkeep';

/** By then a handler that was at work on her words when she left, and may have written them down since, has ended. */
const againAfterMs = 5 * 60_000;

type Needs = {
  subscribers: {
    remove(fan: string, leftAt: Date, pidUntil: (campaigns: string[]) => number | undefined): Promise<void>;
    load(fan: string): Promise<{ pid: string } | undefined>;
  };
  campaigns: { nameKeptUntil(ids: string[]): number | undefined };
  upkeep: { erase(her: Erased, passed: () => void): Promise<void> };
  timers: Pick<Timers, 'arm'>;
  clock: Clock;
};

/**
 * She left (CreateTime `leftAt`, ms): WeChat obliges us to delete her data. Her row went with the event itself, or goes
 * now if a process died in between; this takes what she said and was told up to `upTo`. Messages sent since (she may be
 * back already) are not touched.
 */
export const erase = defineJob({
  name: 'erase',
  data: z.object({
    fan: z.string(),
    pid: z.string(),
    upTo: z.number(),
    leftAt: z.number().optional(),
    again: z.boolean().optional(),
  }),
  async run({ subscribers, campaigns, upkeep, timers, clock }: Needs, { fan, pid, upTo, leftAt, again }) {
    await subscribers.remove(fan, new Date(leftAt ?? upTo), campaigns.nameKeptUntil);
    crashPoint('erase-row-gone');
    // In a running campaign she keeps her name, and may come back at any moment: what is of after her return stays. Where she is
    // not here the second time, nothing up to the moment before we looked is.
    const looked = clock.now();
    const back = again && pid !== '' && (await subscribers.load(fan))?.pid === pid;
    await upkeep.erase(
      {
        fan,
        pid: pid === '' || back ? undefined : pid,
        upTo: new Date(again && !back ? looked : upTo),
      },
      () => crashPoint('erase-domain-done'),
    );
    if (pid === '' || again) return;
    await timers.arm({
      id: `erase:${pid}:${upTo}`,
      dueAt: new Date(clock.now() + againAfterMs),
      job: erase,
      data: { fan, pid, upTo, leftAt, again: true },
    });
  },
});

/** All of hers goes now, as when she says 「刪除我的資料」: what is being written in this moment, five minutes later. */
export async function eraseNow(services: Needs, her: { fan: string; pid: string }): Promise<void> {
  const at = services.clock.now();
  await erase.run(services, { ...her, upTo: at, leftAt: at });
}
