import { z } from 'zod';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { defineJob } from '../../kit/define-job';
import type { Timers } from '../timers/timers';

/** `at`: the business time for which it was armed; a campaign whose time was moved since has a timer of its own for that. */
const data = z.object({ campaign: z.string(), at: z.number() });

/** Between the end and the settlement: what was said in time is answered, and somebody may still be held by hand. */
const settleAfterMs = 10 * 60_000;
const againAfterMs = 60_000;

type Arming = Pick<Timers, 'arm'>;

/** The start time of a published campaign has come. */
export const campaignStart = defineJob({
  name: 'campaign-start',
  data,
  run: ({ campaigns }: { campaigns: { begin(id: string, at: number): Promise<void> } }, { campaign, at }) =>
    campaigns.begin(campaign, at),
});

type Ends = {
  campaigns: {
    finish(id: string, at: number): Promise<void>;
    find(id: string): Promise<{ state: string; endsAt: number } | undefined>;
  };
  timers: Arming;
};

/** Its end is past. */
export const campaignEnd = defineJob({
  name: 'campaign-end',
  data,
  async run({ campaigns, timers }: Ends, { campaign: id, at }) {
    await campaigns.finish(id, at);
    const campaign = await campaigns.find(id);
    if (campaign?.state === 'ended') await armSettlement(timers, id, campaign.endsAt);
  },
});

type Settles = {
  settlement: { settle(asked: { campaign: string; by: string }): Promise<unknown> };
  timers: Arming;
  clock: Clock;
};

/** Settles as far as no person has to decide: until somebody is held, or a draw waits for its value. */
export const campaignSettle = defineJob({
  name: 'campaign-settle',
  data,
  async run({ settlement, timers, clock }: Settles, { campaign }) {
    try {
      await settlement.settle({ campaign, by: 'timer' });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'settle.open') throw error;
      await arm(timers, campaign, clock.now() + againAfterMs);
    }
  },
});

/** The settlement of a campaign that ended at `endsAt` begins by itself a little later. */
export const armSettlement = (timers: Arming, campaign: string, endsAt: number): Promise<void> =>
  arm(timers, campaign, endsAt + settleAfterMs);

function arm(timers: Arming, campaign: string, at: number): Promise<void> {
  const id = `campaign-settle:${campaign}:${at}`;
  return timers.arm({ id, dueAt: new Date(at), job: campaignSettle, data: { campaign, at } });
}
