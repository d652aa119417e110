import { z } from 'zod';
import type { Clock } from '../../kit/clock';
import { defineJob, type Job } from '../../kit/define-job';
import { inScript, type Script } from '../../kit/text';
import type { Outbox } from '../outbox/outbox';
import type { Timers } from '../timers/timers';

const againAfterMs = 10 * 60_000;

type Needs = {
  campaigns: {
    load(): Promise<void>;
    get(id: string): { title: string; state: string; endsAt: number; keywords: string[] } | undefined;
  };
  subscribers: { byPid(pid: string): Promise<{ fan: string; script?: Script } | undefined> };
  outbox: Pick<Outbox, 'add'>;
  timers: Pick<Timers, 'arm'>;
  clock: Clock;
  defaultScript: Script;
};

const data = z.object({ campaign: z.string(), pid: z.string() });

/** The campaign has begun: tells her who said 「開賽提醒我」, once, if she is still here. */
export const campaignRemind: Job<'campaign-remind', z.output<typeof data>, Needs> = defineJob({
  name: 'campaign-remind',
  data,
  async run(
    { campaigns, subscribers, outbox, timers, clock, defaultScript }: Needs,
    { campaign: id, pid },
  ): Promise<void> {
    if (campaigns.get(id)?.state === 'scheduled') {
      // Not told before it has begun. Its beginning makes this due at once; armed before we look, it cannot miss it.
      const dueAt = new Date(clock.now() + againAfterMs);
      const timer = `campaign-remind:${id}:${pid}:${dueAt.getTime()}`;
      await timers.arm({ id: timer, dueAt, job: campaignRemind, data: { campaign: id, pid } });
      await campaigns.load();
    }
    const campaign = campaigns.get(id);
    if (campaign?.state === 'scheduled') return;
    const her = await subscribers.byPid(pid);
    if (!campaign || !her || clock.now() > campaign.endsAt) return;
    const text = inScript(
      `「${campaign.title}」開賽了，回覆「${campaign.keywords[0]}」來答題。`,
      her.script ?? defaultScript,
    );
    await outbox.add({ id: `campaign-remind_${id}_${pid}`, fan: her.fan }, [
      { kind: 'tell', reply: { kind: 'text', text } },
    ]);
  },
});
