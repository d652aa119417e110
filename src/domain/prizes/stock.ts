import { createGate } from '../../kit/gate';
import type { AwardState } from './award';
import { type AskedState, statesMeant } from './award-filter';
import type { Awards } from './awards';
import type { Giver, Prize } from './prize';
import type { Tickets } from './tickets';

export type StockLine = {
  prize: Prize;
  /** All that were ever won. */
  won: number;
  /** By what one asks for: each number is the length of that list. */
  of: Record<Exclude<AskedState, 'won' | 'told' | 'sent' | 'used' | 'done'>, number>;
  /** Undefined before stock was made. */
  left: number | undefined;
  /** Won, and no ticket was left. */
  short: number;
};

const asked = ['open', 'claimed', 'approved', 'delivered', 'expired', 'void'] as const;

/** What became of the prizes of a campaign. It counts all of them: at most two campaigns at once, behind a page. */
export function createStock({
  awards,
  tickets,
}: {
  awards: Pick<Awards, 'tally'>;
  tickets: Pick<Tickets, 'counts'>;
}) {
  const gate = createGate({ atOnce: 2, maxWaiting: 50 });

  return (campaign: Giver): Promise<StockLine[]> =>
    gate(async () => {
      const [stock, tally] = await Promise.all([tickets.counts(campaign.id), awards.tally(campaign.id)]);
      return campaign.prizes.map((prize) => {
        const { short = 0, ...states } = tally.get(prize.id) ?? {};
        const count = (some: readonly AwardState[]) => some.reduce((sum, one) => sum + (states[one] ?? 0), 0);
        return {
          prize,
          won: count(Object.keys(states) as AwardState[]),
          of: Object.fromEntries(asked.map((one) => [one, count(statesMeant(one))])) as StockLine['of'],
          left: stock.get(prize.id)?.free ?? (stock.size > 0 ? 0 : undefined),
          short,
        };
      });
    });
}
