import type { Campaign } from '../campaigns/campaign';
import type { Draws } from '../draws/draws';
import type { WaitingDraw } from './drawing';
import type { Holds } from './holds';

export type Settled =
  | { kind: 'settled' }
  /** People are held and nobody has decided about them. */
  | { kind: 'review'; held: number }
  /** All but these draws is given. */
  | { kind: 'draws'; waiting: WaitingDraw[] };

export type ValueEntered =
  | { kind: 'waits' }
  | {
      kind: 'drawn';
      campaign: string;
      won: string[];
      reserve: string[];
      people: { first: string; second: string } | undefined;
      settled: Settled;
    };

/** What people decide between the end and the last prize, and how it goes on then. */
export function createDecisions(given: {
  holds: Pick<Holds, 'held'>;
  draws: Pick<Draws, 'enter' | 'run' | 'read'>;
  campaignOf: (id: string) => Promise<Campaign>;
  settle: (asked: { campaign: string; by: string }) => Promise<Settled>;
}) {
  const { holds, draws, campaignOf, settle } = given;

  return {
    /** Once nobody is held any more, what waited for that goes on. */
    async goOnIfDecided(asked: { campaign: string; by: string }): Promise<Settled | { kind: 'idle' }> {
      if ((await campaignOf(asked.campaign)).state !== 'settling') return { kind: 'idle' };
      const held = (await holds.held(asked.campaign)).size;
      return held > 0 ? { kind: 'review', held } : settle(asked);
    },

    /**
     * Somebody enters the public value of a draw. With the second person who says the same it is drawn, and what waited for
     * that goes on.
     */
    async enterValue(asked: { draw: string; value: string; by: string }): Promise<ValueEntered> {
      const { draw: id, value, by } = asked;
      if ((await draws.enter({ id, value, by })) === 'waits') return { kind: 'waits' };
      const { won, reserve } = await draws.run(id);
      const draw = await draws.read(id);
      const campaign = draw?.campaign ?? '';
      const people = draw?.value && { first: draw.value.by, second: draw.value.approvedBy };
      return { kind: 'drawn', campaign, won, reserve, people, settled: await settle({ campaign, by }) };
    },
  };
}
