import type { CampaignRow, CampaignVersion } from '../campaigns/campaign-row';
import type { Campaigns } from '../campaigns/campaigns';
import type { Exports } from '../exports/exports';
import type { Tickets } from '../prizes/tickets';
import type { Counts } from '../prizes/tickets/rows';
import type { Settlement } from '../settlement/settlement';
import type { Wait } from '../settlement/waits';

export type Status = {
  row: CampaignRow;
  /** `counts` is missing before its stock was made. */
  prizes: { id: string; name: string; quantity: number; counts: Counts | undefined }[];
  waits: Wait[];
  versions: CampaignVersion[];
  /** Who took what out of it. */
  taken: Awaited<ReturnType<Exports['taken']>>;
};

/** What waits for whom in a campaign; `proposedBy`: her change waits for a second person. */
export type Waiting = { id: string; title: string; waits: Wait[]; proposedBy: string | undefined };

/** How campaigns stand, for the people who run them; as data. */
export function createStatus(given: {
  campaigns: Pick<Campaigns, 'row' | 'history'>;
  tickets: Pick<Tickets, 'counts'>;
  settlement: Pick<Settlement, 'waits'>;
  exports: Pick<Exports, 'taken'>;
}) {
  const { campaigns, tickets, settlement, exports } = given;

  return {
    async of(id: string): Promise<Status> {
      const row = await campaigns.row(id);
      const stock = await tickets.counts(id);
      return {
        row,
        prizes: row.prizes.map(({ id: prize, name, quantity }) => ({
          ...{ id: prize, name, quantity },
          counts: stock.get(prize),
        })),
        waits: await settlement.waits(id),
        versions: await campaigns.history(id),
        taken: await exports.taken(id),
      };
    },

    async waiting(ids: string[]): Promise<Waiting[]> {
      const all: Waiting[] = [];
      for (const id of ids) {
        const { title, proposal } = await campaigns.row(id);
        all.push({ id, title, waits: await settlement.waits(id), proposedBy: proposal?.by });
      }
      return all;
    },
  };
}
