import type { Clock } from '../../kit/clock';
import type { Campaign } from '../campaigns/campaign';
import type { Played } from '../campaigns/kind';
import type { Draws } from '../draws/draws';
import type { Prize } from '../prizes/prize';
import type { Holds } from './holds';

/** `late`: the value is known already, two people must name a later one. */
export type WaitingDraw = { draw: string; why: 'value' | 'late' | 'uncommitted'; named: string };

export function createDrawing(given: {
  clock: Clock;
  draws: Pick<Draws, 'idOf' | 'read' | 'freeze' | 'run'>;
  holds: Pick<Holds, 'rejected'>;
  playedOf: (campaign: Campaign) => Played;
}) {
  const { clock, draws, holds, playedOf } = given;

  async function* takingPart(campaign: Campaign, prize: Prize): AsyncGenerator<string> {
    if (prize.way.kind !== 'draw') return;
    const out = new Set([...(await holds.rejected(campaign.id)), ...campaign.staff]);
    for await (const pid of playedOf(campaign).entrants(campaign, prize.way.condition))
      if (!out.has(pid)) yield pid;
  }

  /** Freezes the lists that can be frozen and draws what can be drawn. Returns those that wait. */
  async function drawAll(campaign: Campaign): Promise<WaitingDraw[]> {
    const waiting: WaitingDraw[] = [];
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

  return { drawAll };
}
