import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingDay } from '../../kit/beijing';
import { type Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Campaign } from '../campaigns/campaign';
import type { Campaigns } from '../campaigns/campaigns';
import type { Played } from '../campaigns/kind';
import type { Draws } from '../draws/draws';
import type { Points } from '../points/points';
import type { Decision } from '../prizes/award';
import type { Awards } from '../prizes/awards';
import type { Prize } from '../prizes/prize';
import type { Upkeep } from '../upkeep';
import { createHolds, holdIndexes } from './holds';
import { createPassing, type GivenUp, passingIndexes } from './passing';
import { type Wait, waitsOf } from './waits';

/** The steps that are done once, in their order. What may change later (decisions, draws) is looked at every time. */
type StepName = 'wait' | 'close' | 'seal' | 'project' | 'judge' | 'publish' | 'give';

/** `settlements{_id: campaign}`: how far it is. */
export type SettlementRow = {
  _id: string;
  /** Moves with every decision about somebody who is held. */
  rev: number;
  /** When each was done, business ms. */
  steps: Partial<Record<StepName, number>>;
  /** What publication has seen: decisions up to this `rev`. */
  published?: { at: number; by: string; rev: number };
};

export type Settled =
  | { kind: 'settled' }
  /** People are held and nobody has decided about them. */
  | { kind: 'review'; held: number }
  /** All but these draws is given. `late`: the value is known already, two people must name a later one. */
  | { kind: 'draws'; waiting: { draw: string; why: 'value' | 'late' | 'uncommitted'; named: string }[] };

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
  const rows = db.collection<SettlementRow>('settlements');
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

  async function campaignOf(id: string): Promise<Campaign> {
    const campaign = await campaigns.find(id);
    if (!campaign) throw new AppError('NotFound', 'campaign.unknown', `沒有編號是「${id}」的活動。`);
    return campaign;
  }

  const read = (id: string) => rows.findOne({ _id: id }, { readConcern: 'majority' });

  /** Does a step unless it is done; it is done when it returns. */
  async function once(id: string, name: StepName, work: () => Promise<unknown>): Promise<void> {
    if ((await read(id))?.steps[name]) return;
    await work();
    await rows.updateOne({ _id: id }, { $set: { [`steps.${name}`]: clock.now() } });
    crashPoint('settlement-step-done');
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
      const { matchedCount } = await rows.updateOne(
        { _id: campaign.id, rev: row.rev, published: { $exists: false } },
        { $set: { published: { at: clock.now(), by, rev: row.rev } } },
      );
      crashPoint('settlement-published');
      if (matchedCount > 0) return;
    }
  }

  /** Gives a prize, unless its winner is held: then it is given when she is released. */
  async function give(campaign: Campaign, decision: Decision): Promise<void> {
    const { prize, pid, on, why, unit, floor } = decision;
    const won = { prize, pid, on, why, unit, ...(floor === undefined ? {} : { floor }) };
    // Participation prizes are given while the campaign runs: here come those whose stock came back or came later.
    if (why === 'participation') await awards.take(campaign, won, { resume: true });
    else await awards.award(campaign, won);
    crashPoint('settlement-prize-given');
  }

  type Out = { held: ReadonlySet<string>; rejected: ReadonlySet<string> };
  const outNow = async (campaign: string): Promise<Out> => ({
    held: await holds.held(campaign),
    rejected: await holds.rejected(campaign),
  });

  /** Rankings and participation, as they stood at publication. `only`: those of one person. */
  async function giveWinners(campaign: Campaign, only?: string): Promise<void> {
    const row = await read(campaign.id);
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

  async function* takingPart(campaign: Campaign, prize: Prize): AsyncGenerator<string> {
    if (prize.way.kind !== 'draw') return;
    const out = new Set([...(await holds.rejected(campaign.id)), ...campaign.staff]);
    for await (const pid of playedOf(campaign).entrants(campaign, prize.way.condition))
      if (!out.has(pid)) yield pid;
  }

  /** Freezes the lists that can be frozen and draws what can be drawn. Returns those that wait. */
  async function drawAll(campaign: Campaign): Promise<Extract<Settled, { kind: 'draws' }>['waiting']> {
    const waiting: Extract<Settled, { kind: 'draws' }>['waiting'] = [];
    for (const prize of campaign.prizes) {
      if (prize.way.kind !== 'draw') continue;
      const id = draws.idOf(campaign.id, prize.id);
      let draw = await draws.read(id);
      if (draw?.state === 'committed' && clock.now() < draw.valueAt) {
        await draws.freeze({ campaign: campaign.id, prize, pids: takingPart(campaign, prize) });
        draw = await draws.read(id);
      }
      if (draw?.state === 'valued') await draws.run(id);
      else if (draw?.state !== 'drawn') {
        const why = !draw ? 'uncommitted' : draw.state === 'committed' ? 'late' : 'value';
        waiting.push({ draw: id, why, named: draw?.named ?? prize.way.publicValue });
      }
    }
    return waiting;
  }

  /** After a decision about somebody: what waited for her, or passes on from her. */
  async function goOn(id: string, pid: string): Promise<void> {
    if (!(await read(id))?.published) return;
    const campaign = await campaignOf(id);
    await giveWinners(campaign, pid);
    await giveDrawn(campaign, pid);
  }

  /** A code that was shown to somebody who lost it again is given to nobody else. */
  async function codesMissing(campaign: Campaign): Promise<Wait[]> {
    const coded = campaign.prizes.filter(({ kind }) => kind === 'code');
    const waits = coded.map(async ({ id: prize }): Promise<Wait> => {
      const lacking = {
        campaign: campaign.id,
        prize,
        todo: 'ticket',
        state: { $nin: ['pending', 'void', 'expired'] },
      };
      return { for: 'codes', prize, missing: await awards.count(lacking) };
    });
    return (await Promise.all(waits)).filter((wait) => wait.for !== 'codes' || wait.missing > 0);
  }

  return {
    upkeep: { indexes: [...holdIndexes, ...passingIndexes] } satisfies Upkeep,
    /**
     * Goes on from wherever it is, as far as it can. Call it again when people have been decided about, when the values of
     * the draws are in, or after a kill.
     *
     * @param asked.withHeld do not wait for decisions about who is held: their prizes wait alone
     * @throws AppError Conflict when the campaign has not ended, or messages accepted before its end are not answered yet
     */
    async settle(asked: { campaign: string; by: string; withHeld?: boolean }): Promise<Settled> {
      const { campaign: id, by, withHeld = false } = asked;
      await campaigns.finish(id);
      const campaign = await campaignOf(id);
      if (campaign.state === 'settled') {
        await holds.finish(id);
        return { kind: 'settled' };
      }
      if (campaign.state !== 'ended' && campaign.state !== 'settling')
        throw new AppError('Conflict', 'campaign.state', `活動「${id}」還沒有結束，不能結算。`);
      await rows.updateOne({ _id: id }, { $setOnInsert: { rev: 0, steps: {} } }, { upsert: true });
      await once(id, 'wait', async () => {
        const open = (await unanswered?.(campaign.endsAt)) ?? 0;
        if (open > 0)
          throw new AppError(
            'Conflict',
            'settle_open',
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
    },

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
      return [...settling, ...(await codesMissing(campaign))];
    },
  };
}

export type Settlement = ReturnType<typeof createSettlement>;
