import { beijingDay } from '../../kit/beijing';
import { crashPoint } from '../../kit/crash-point';
import type { Campaign } from '../campaigns/campaign';
import type { Played } from '../campaigns/kind';
import type { Draws } from '../draws/draws';
import type { Decision } from '../prizes/award';
import type { Awards } from '../prizes/awards';
import type { Holds } from './holds';
import type { createPassing, GivenUp } from './passing';
import type { Progress } from './progress';

/** Who gets nothing now: held until somebody has looked, or rejected for good. */
type Out = { held: ReadonlySet<string>; rejected: ReadonlySet<string> };

/** Gives what was decided. All of it may be done twice: an award is written once. */
export function createGiving(given: {
  awards: Pick<Awards, 'award' | 'take'>;
  draws: Pick<Draws, 'of' | 'outcome'>;
  holds: Pick<Holds, 'held' | 'rejected'>;
  passing: ReturnType<typeof createPassing>;
  progress: Progress;
  playedOf: (campaign: Campaign) => Played;
}) {
  const { awards, draws, holds, passing, progress, playedOf } = given;

  /** Gives a prize, unless its winner is held: then it is given when she is released. */
  async function give(campaign: Campaign, decision: Decision): Promise<void> {
    const { prize, pid, on, why, unit, floor } = decision;
    const won = { prize, pid, on, why, unit, ...(floor === undefined ? {} : { floor }) };
    // Participation prizes are given while the campaign runs: here come those whose stock came back or came later.
    if (why === 'participation') await awards.take(campaign, won, { resume: true });
    else await awards.award(campaign, won);
    crashPoint('settlement-prize-given');
  }

  const outNow = async (campaign: string): Promise<Out> => ({
    held: await holds.held(campaign),
    rejected: await holds.rejected(campaign),
  });

  /** Rankings and participation, as they stood at publication. `only`: those of one person. */
  async function giveWinners(campaign: Campaign, only?: string): Promise<void> {
    const row = await progress.read(campaign.id);
    if (!row?.published) return;
    const excluded = await holds.rejected(campaign.id, row.published.rev);
    const out = await outNow(campaign.id);
    const lastDay = beijingDay(campaign.endsAt);
    for await (const won of playedOf(campaign).winners(campaign, { excluded, lastDay }))
      if ((only === undefined || won.pid === only) && !out.held.has(won.pid) && !out.rejected.has(won.pid))
        await give(campaign, won);
  }

  /** What was drawn, and what passed on. `only`: of one person. */
  async function giveDrawn(campaign: Campaign, only?: string): Promise<void> {
    const out = await outNow(campaign.id);
    for (const draw of await draws.of(campaign.id)) {
      const outcome = draw.drawn && (await draws.outcome(draw._id));
      const on = draw.drawn && beijingDay(draw.drawn.at);
      for (const [i, pid] of (outcome?.won ?? []).entries()) {
        if (only !== undefined && pid !== only) continue;
        const won = { prize: draw.prize, pid, on: on as string, why: 'draw' as const, unit: `draw-${i + 1}` };
        await giveOrPass(campaign, won, out);
      }
    }
    for (const passed of await passing.all(campaign.id))
      if (only === undefined || passed.pid === only) await giveOrPass(campaign, passed, out);
  }

  async function giveOrPass(campaign: Campaign, won: Decision, out: Out): Promise<void> {
    if (out.held.has(won.pid)) return;
    if (!out.rejected.has(won.pid)) return give(campaign, won);
    if (won.why !== 'draw') return;
    await passReserve(campaign, { ...won, _id: `${campaign.id}/${won.prize}/${won.unit}` }, out);
  }

  async function passReserve(campaign: Campaign, from: GivenUp, out: Out): Promise<void> {
    const to = await passing.toReserve(campaign.id, from, out.rejected);
    if (to) await giveOrPass(campaign, to, out);
  }

  return { give, giveWinners, giveDrawn, passReserve, outNow };
}
