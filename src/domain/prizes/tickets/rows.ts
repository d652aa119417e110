import type { Connection, mongo } from 'mongoose';
import { crashPoint } from '../../../kit/crash-point';
import { isDuplicate } from '../../../store/duplicate';

/**
 * One item of stock. `held`: taken for an award that is being written; `given`: the award has it; `back`: its code was
 * shown and came back, or was taken out, so it is given again only with another code.
 */
export type Ticket = {
  /** `<campaign>/<prize>/<n>`, n from 1 to the quantity: whoever makes tickets, and however often, there are never more. */
  _id: string;
  campaign: string;
  prize: string;
  /** Where it lies between 0 and 1: takers begin at a place of their own and do not crowd on one ticket. */
  rnd: number;
  state: 'free' | 'held' | 'given' | 'back';
  award?: string;
  /** The award that gave it back. */
  was?: string;
  code?: string;
  /** The codes it had before; nobody gets them again. */
  burnt?: string[];
  heldAt?: Date;
};

export type Item = { campaign: string; prize: string };
export type Write = mongo.AnyBulkWriteOperation<Ticket>;
export type Counts = Record<Ticket['state'], number>;
export type Present = Pick<Ticket, '_id' | 'state' | 'code' | 'burnt'>;

export const timeoutMS = 2_500;

export function createTicketRows(db: Connection) {
  const rows = db.collection<Ticket>('tickets');

  /** What another process was quicker to write is no error: nothing of it is written twice. */
  async function write(writes: Write[]): Promise<number> {
    let written = 0;
    for (let from = 0; from < writes.length; from += 1_000) {
      const part = writes.slice(from, from + 1_000);
      const done = await rows
        .bulkWrite(part, { ordered: false, writeConcern: { w: 'majority' } })
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
          return (error as mongo.MongoBulkWriteError).result;
        });
      written += done.upsertedCount + done.modifiedCount;
      crashPoint('tickets-made');
    }
    return written;
  }

  const present = (campaign: string, prize: string): Promise<Present[]> =>
    rows
      .find({ campaign, prize }, { projection: { state: 1, code: 1, burnt: 1 }, sort: { _id: 1 } })
      .toArray();

  return { rows, write, present };
}

export type TicketRows = ReturnType<typeof createTicketRows>;

/** It is somebody's. */
export const isOut = (state: Ticket['state']): boolean => state === 'held' || state === 'given';
