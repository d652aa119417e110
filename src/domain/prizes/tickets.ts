import type { Connection } from 'mongoose';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import { createCodes } from './tickets/codes';
import { createHolding } from './tickets/holding';
import { type Counts, createTicketRows, type Ticket } from './tickets/rows';
import { createStocking } from './tickets/stocking';

export const ticketIndexes: IndexSpec[] = [
  {
    collection: 'tickets',
    key: { award: 1 },
    unique: true,
    invariant: true,
    partial: { award: { $type: 'string' } },
    why: 'an award holds one ticket, however often it asks; which one',
  },
  {
    collection: 'tickets',
    key: { campaign: 1, prize: 1, code: 1 },
    unique: true,
    invariant: true,
    partial: { code: { $type: 'string' } },
    why: 'a code lies on one ticket',
  },
  {
    collection: 'tickets',
    key: { campaign: 1, prize: 1, state: 1, rnd: 1 },
    why: 'a free ticket of this prize, from a place on; how many are left',
  },
  { collection: 'tickets', key: { heldAt: 1 }, partial: { state: 'held' }, why: 'what is held too long' },
];

/** Stock: one document per item. */
export function createTickets({ db }: { db: Connection }) {
  const stored = createTicketRows(db);
  const { rows } = stored;
  const { listed, ...codes } = createCodes({ db, stored });
  const { restocked, ...holding } = createHolding({ rows });

  return {
    upkeep: { indexes: ticketIndexes } satisfies Upkeep,
    ...createStocking({ stored, codes: { listed }, restocked }),
    ...codes,
    ...holding,

    /** What is left of each prize of a campaign. */
    async counts(campaign: string): Promise<Map<string, Counts>> {
      const found = await rows
        .aggregate<{ _id: { prize: string; state: Ticket['state'] }; n: number }>([
          { $match: { campaign } },
          { $group: { _id: { prize: '$prize', state: '$state' }, n: { $sum: 1 } } },
        ])
        .toArray();
      const counts = new Map<string, Counts>();
      for (const { _id, n } of found) {
        const one = counts.get(_id.prize) ?? { free: 0, held: 0, given: 0, back: 0 };
        counts.set(_id.prize, { ...one, [_id.state]: n });
      }
      return counts;
    },
  };
}

export type Tickets = ReturnType<typeof createTickets>;
