import { monotonicMs } from '../../../kit/clock';
import { isDuplicate } from '../../../store/duplicate';
import { type Item, type Ticket, type TicketRows, timeoutMS } from './rows';

/** So long a process believes what it saw itself: that nothing was left. It may refuse early, never grant. */
const soldOutMs = 1_000;

/** A ticket is taken by one conditional write, so that no kill and no crowd gives one away twice. */
export function createHolding({ rows }: Pick<TicketRows, 'rows'>) {
  const soldOut = new Map<string, number>();

  /** One of the free ones, from a random place on and then from the beginning. */
  async function takeFree({ campaign, prize, award }: Item & { award: string }): Promise<Ticket | undefined> {
    const start = Math.random();
    const take = [{ $set: { state: 'held', award: { $literal: award }, heldAt: '$$NOW' } }];
    for (const rnd of [{ $gte: start }, { $lt: start }]) {
      const ticket = await rows.findOneAndUpdate({ campaign, prize, state: 'free', rnd }, take, {
        sort: { rnd: 1 },
        returnDocument: 'after',
        timeoutMS,
      });
      if (ticket) return ticket;
    }
    return undefined;
  }

  /** The ticket this award has. A held one is held anew, so that no sweeper frees it under our hands. */
  async function heldBy(award: string): Promise<Ticket | undefined> {
    const held = await rows.findOneAndUpdate({ award, state: 'held' }, [{ $set: { heldAt: '$$NOW' } }], {
      returnDocument: 'after',
      timeoutMS,
    });
    return held ?? (await rows.findOne({ award, state: 'given' }, { timeoutMS })) ?? undefined;
  }

  return {
    /** There is new stock of it. */
    restocked: ({ campaign, prize }: Item): void => void soldOut.delete(`${campaign}/${prize}`),

    /** Whether it is worth asking: false may be what this process saw within the last second. */
    async anyLeft(campaign: string, prize: string): Promise<boolean> {
      const key = `${campaign}/${prize}`;
      if ((soldOut.get(key) ?? 0) > monotonicMs()) return false;
      const one = await rows.findOne(
        { campaign, prize, state: 'free' },
        { projection: { _id: 1 }, timeoutMS },
      );
      if (!one) soldOut.set(key, monotonicMs() + soldOutMs);
      return one !== null;
    },

    /** Takes a ticket for an award; asked again it is the same one. Undefined: none is left. */
    async hold(item: Item & { award: string }): Promise<Ticket | undefined> {
      const taken = await takeFree(item).catch((error: unknown) => {
        if (isDuplicate(error)) return undefined; // it has one
        throw error;
      });
      if (taken) return taken;
      return heldBy(item.award);
    },

    /** The award has it now. */
    async give(id: string, award: string): Promise<void> {
      await rows.updateOne(
        { _id: id, award, state: 'held' },
        { $set: { state: 'given' }, $unset: { heldAt: 1 } },
        { timeoutMS },
      );
    },

    /** The award is off: its ticket goes back to stock; `seen`: its code was shown, so it goes aside. */
    async release(award: string, { seen = false }: { seen?: boolean } = {}): Promise<void> {
      await rows.updateOne(
        { award },
        { $set: { state: seen ? 'back' : 'free', was: award }, $unset: { award: 1, heldAt: 1 } },
        { timeoutMS },
      );
      soldOut.clear();
    },

    /** Held for longer than this. The database's clock decides. */
    abandoned: (olderThanMs: number, limit = 500): Promise<Ticket[]> =>
      rows
        .find(
          { state: 'held', $expr: { $lt: ['$heldAt', { $subtract: ['$$NOW', olderThanMs] }] } },
          { limit, timeoutMS: 10_000 },
        )
        .toArray(),

    /** Frees one that nobody wants; not if it was held anew meanwhile. */
    async free({ _id, award, heldAt }: Ticket): Promise<boolean> {
      const done = await rows.updateOne(
        { _id, state: 'held', ...(award ? { award } : {}), ...(heldAt ? { heldAt } : {}) },
        { $set: { state: 'free' }, $unset: { award: 1, heldAt: 1 } },
        { timeoutMS },
      );
      return done.modifiedCount === 1;
    },
  };
}
