import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { Campaign } from '../campaigns/campaign';
import type { Campaigns } from '../campaigns/campaigns';
import type { Played } from '../campaigns/kind';
import type { Draws } from '../draws/draws';
import type { Points } from '../points/points';
import type { Awards } from '../prizes/awards';
import type { Upkeep } from '../upkeep';
import { createDecisions, type Settled } from './decisions';
import { createDrawing } from './drawing';
import { createGiving } from './giving';
import { createHolds, holdIndexes } from './holds';
import { createPassing, passingIndexes } from './passing';
import { createProgress } from './progress';
import { settleTask } from './settlement.tasks';
import { codesMissing, type Wait, waitsOf } from './waits';

/**
 * From the end of a campaign to its last prize. Every step may be done twice and by two processes at once, and each begins from
 * what is stored, so it can be cut off anywhere and is simply begun again.
 */
export function createSettlement(given: {
  db: Connection;
  clock: Clock;
  campaigns: Pick<Campaigns, 'find' | 'finish' | 'settle' | 'close'>;
  /** By the names that campaigns have in `kind`. */
  kinds: Readonly<Record<string, Played>>;
  points: Pick<Points, 'reverse'>;
  awards: Pick<Awards, 'award' | 'take' | 'read' | 'annul' | 'wait' | 'of' | 'find' | 'count'>;
  draws: Draws;
  /** How many messages accepted by a moment (business ms) are not answered yet: they may be answers. */
  unanswered?: (until: number) => Promise<number>;
}) {
  const { db, clock, campaigns, awards, draws, unanswered } = given;
  const progress = createProgress({ db, clock });
  const { read, once } = progress;
  const playedOf = (campaign: Pick<Campaign, 'kind'>): Played => {
    const played = given.kinds[campaign.kind];
    if (!played) throw new Error(`Nobody settles campaigns of the kind ${campaign.kind}.`);
    return played;
  };
  const holds = createHolds({
    ...given,
    playedIn: async (id) => playedOf(await campaignOf(id)),
    // Part of the decision: a kill before it is through leaves the decision undone, and `finish` takes it up again.
    decided: (campaign, pid) => goOn(campaign, pid),
  });
  const passing = createPassing(given);
  const giving = createGiving({ awards, draws, holds, passing, progress, playedOf });
  const { give, giveWinners, giveDrawn, passReserve, outNow } = giving;
  const { drawAll } = createDrawing({ clock, draws, holds, playedOf });

  async function campaignOf(id: string): Promise<Campaign> {
    const campaign = await campaigns.find(id);
    if (!campaign) throw new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
    return campaign;
  }

  async function judge(campaign: Campaign): Promise<void> {
    for (const [pid, reasons] of await playedOf(campaign).suspects(campaign))
      await holds.hold({ campaign: campaign.id, pid, reasons, by: 'pattern' });
  }

  /** From here on the list of winners stands: whoever is rejected later moves nobody up. */
  async function publish(campaign: Campaign, by: string): Promise<void> {
    for (;;) {
      const row = await read(campaign.id);
      if (!row || row.published) return;
      await holds.finish(campaign.id); // of every decision that `rev` counts
      const rejected = await holds.rejected(campaign.id);
      const out = new Set([...rejected, ...(await holds.held(campaign.id)), ...campaign.staff]);
      const heirs = () => playedOf(campaign).heirs(campaign.id);
      await passing.floors(campaign, { rejected, out, heirs }, (passed) => give(campaign, passed));
      if (await progress.publish({ id: campaign.id, by, rev: row.rev })) return;
    }
  }

  /** After a decision about somebody: what waited for her, or passes on from her. */
  async function goOn(id: string, pid: string): Promise<void> {
    if (!(await read(id))?.published) return;
    const campaign = await campaignOf(id);
    await giveWinners(campaign, pid);
    await giveDrawn(campaign, pid);
  }

  /**
   * Goes on from wherever it is, as far as it can. Call it again when people have been decided about, when the values of
   * the draws are in, or after a kill.
   *
   * @param asked.withHeld do not wait for decisions about who is held: their prizes wait alone
   * @throws AppError Conflict when the campaign has not ended, or messages accepted before its end are not answered yet
   */
  async function settle(asked: { campaign: string; by: string; withHeld?: boolean }): Promise<Settled> {
    const { campaign: id, by, withHeld = false } = asked;
    await campaigns.finish(id);
    const campaign = await campaignOf(id);
    if (campaign.state === 'settled') {
      await holds.finish(id);
      return { kind: 'settled' };
    }
    if (campaign.state !== 'ended' && campaign.state !== 'settling')
      throw new AppError('Conflict', 'campaign.state', `活動「${id}」還沒有結束，不能結算。`);
    await progress.begin(id);
    await once(id, 'wait', async () => {
      const open = (await unanswered?.(campaign.endsAt)) ?? 0;
      if (open > 0)
        throw new AppError(
          'Conflict',
          'settle.open',
          `還有 ${open} 則結束前收到的訊息沒有處理完；請稍後再結算。`,
        );
    });
    await once(id, 'close', () => campaigns.settle({ id, by }));
    await once(id, 'seal', () => playedOf(campaign).close(id));
    await once(id, 'project', () => playedOf(campaign).count(id));
    await once(id, 'judge', () => judge(campaign));
    await holds.finish(id);
    const held = (await holds.held(id)).size;
    if (held > 0 && !withHeld && !(await read(id))?.published) return { kind: 'review', held };
    await once(id, 'publish', () => publish(campaign, by));
    await once(id, 'give', () => giveWinners(campaign));
    const waiting = await drawAll(campaign);
    await giveDrawn(campaign);
    if (waiting.length > 0) return { kind: 'draws', waiting };
    await campaigns.close({ id, by });
    return { kind: 'settled' };
  }

  return {
    upkeep: { indexes: [...holdIndexes, ...passingIndexes], tasks: [settleTask] } satisfies Upkeep,
    settle,
    ...createDecisions({ holds, draws, campaignOf, settle }),

    /** Holds somebody by hand, with the reason. */
    hold: (asked: { campaign: string; pid: string; by: string; reason: string }): Promise<void> =>
      holds.hold({
        campaign: asked.campaign,
        pid: asked.pid,
        by: asked.by,
        reasons: [{ pattern: 'person', seen: asked.reason }],
      }),
    /** She may keep all, and gets what waited for her. */
    release: holds.release,
    /**
     * Reversal rows for her points; her prizes pass on: before publication to the next floor and the next below, after it to
     * a reserve of the draw, or back to stock.
     */
    reject: holds.reject,
    held: holds.list,
    holdOf: holds.of,
    heldPage: holds.page,

    /** What becomes of a prize that is free again (void, expired). May be called twice. */
    async passOn(id: string): Promise<void> {
      const award = await awards.read(id);
      if (award?.why !== 'draw') return;
      const campaign = await campaignOf(award.campaign);
      await passReserve(campaign, award, await outNow(campaign.id));
    },

    /** What it waits for, and for whom; reads only. */
    async waits(id: string): Promise<Wait[]> {
      const campaign = await campaignOf(id);
      const [row, held, its] = await Promise.all([read(id), holds.held(id), draws.of(id)]);
      const settling = waitsOf({ campaign, row, held: held.size, draws: its, now: clock.now() });
      return [...settling, ...(await codesMissing(campaign, awards))];
    },
  };
}

export type Settlement = ReturnType<typeof createSettlement>;
