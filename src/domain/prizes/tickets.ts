import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { crashPoint } from '../../kit/crash-point';
import type { IndexSpec } from '../../store/indexes';
import type { Prize } from '../quiz/definition';
import type { CodeLine } from './codes';

/**
 * One item of stock. `held`: taken for an award that is being written; `given`: the award has it; `back`: it came back
 * after its code had been shown, so it is for a person to decide whether it may be given again.
 */
export type Ticket = {
  /** `<quiz>/<prize>/<n>`; for a code `n` is made from the code, so that a code lies in stock once. */
  _id: string;
  quiz: string;
  prize: string;
  /** Where it lies between 0 and 1: claims begin at a place of their own and do not crowd on one ticket. */
  rnd: number;
  state: 'free' | 'held' | 'given' | 'back';
  award?: string;
  /** The award that gave it back. */
  was?: string;
  code?: string;
  heldAt?: Date;
};

export const ticketIndexes: IndexSpec[] = [
  {
    collection: 'tickets',
    key: { award: 1 },
    unique: true,
    invariant: true,
    partial: { award: { $type: 'string' } },
    why: 'an award holds one ticket, however often it is claimed; which one',
  },
  {
    collection: 'tickets',
    key: { quiz: 1, prize: 1, state: 1, rnd: 1 },
    why: 'a free ticket of this prize, from a place on; how many are left',
  },
  { collection: 'tickets', key: { heldAt: 1 }, partial: { state: 'held' }, why: 'what is held too long' },
];

type Item = { quiz: string; prize: string };
export type Counts = Record<Ticket['state'], number>;

const timeoutMS = 2_500;
/** So long a process believes what it saw itself: that nothing was left. It may refuse early, never grant. */
const soldOutMs = 1_000;

/** Stock: one document per item, taken by one conditional write, so that no kill and no crowd gives one away twice. */
export function createTickets({ db }: { db: Connection }) {
  const rows = db.collection<Ticket>('tickets');
  const soldOut = new Map<string, number>();

  const insertNew = async (tickets: Ticket[]): Promise<number> => {
    let made = 0;
    for (let from = 0; from < tickets.length; from += 1_000) {
      const done = await rows.bulkWrite(
        tickets.slice(from, from + 1_000).map(({ _id, ...row }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true },
        })),
        { ordered: false, writeConcern: { w: 'majority' } },
      );
      made += done.upsertedCount;
      crashPoint('tickets-made');
    }
    return made;
  };

  /** One of the free ones, from a random place on and then from the beginning. */
  async function takeFree({ quiz, prize, award }: Item & { award: string }): Promise<Ticket | undefined> {
    const start = Math.random();
    const take = [{ $set: { state: 'held', award: { $literal: award }, heldAt: '$$NOW' } }];
    for (const rnd of [{ $gte: start }, { $lt: start }]) {
      const ticket = await rows.findOneAndUpdate({ quiz, prize, state: 'free', rnd }, take, {
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
    /**
     * Makes one ticket for each promised item; those that are there stay as they are. Codes are imported instead.
     * Repeat it after a rise of the quantity.
     */
    async stock(quiz: string, prize: Prize): Promise<{ promised: number; have: number; made: number }> {
      const { id, kind, quantity: promised } = prize;
      const count = () => rows.countDocuments({ quiz, prize: id });
      const before = await count();
      if (kind === 'code' || before >= promised) return { promised, have: before, made: 0 };
      const made = await insertNew(
        Array.from({ length: promised }, (_, i) => newTicket({ quiz, prize: id, n: String(i + 1) })),
      );
      soldOut.delete(`${quiz}/${id}`);
      return { promised, have: await count(), made };
    },

    /** Adds imported codes; one that lies in stock already is counted as `known`. */
    async addCodes({ quiz, prize }: Item, codes: CodeLine[]): Promise<{ added: number; known: number }> {
      const added = await insertNew(
        codes.map(({ code }) => ({ ...newTicket({ quiz, prize, n: `c-${hashOf(code)}` }), code })),
      );
      soldOut.delete(`${quiz}/${prize}`);
      return { added, known: codes.length - added };
    },

    /** Whether it is worth asking: false may be what this process saw within the last second. */
    async anyLeft(quiz: string, prize: string): Promise<boolean> {
      const key = `${quiz}/${prize}`;
      if ((soldOut.get(key) ?? 0) > Date.now()) return false;
      const one = await rows.findOne({ quiz, prize, state: 'free' }, { projection: { _id: 1 }, timeoutMS });
      if (!one) soldOut.set(key, Date.now() + soldOutMs);
      return one !== null;
    },

    /** Takes a ticket for an award; asked again it is the same one. Undefined: none is left. */
    async hold(item: Item & { award: string }): Promise<Ticket | undefined> {
      const taken = await takeFree(item).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === 11_000) return undefined; // it has one
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

    /** What is left of each prize of a quiz. */
    async counts(quiz: string): Promise<Map<string, Counts>> {
      const found = await rows
        .aggregate<{ _id: { prize: string; state: Ticket['state'] }; n: number }>([
          { $match: { quiz } },
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

    /** How many codes lie in stock (or were given) for each prize of a quiz. */
    async codes(quiz: string): Promise<Map<string, number>> {
      const found = await rows
        .aggregate<{ _id: string; n: number }>([
          { $match: { quiz, code: { $exists: true } } },
          { $group: { _id: '$prize', n: { $sum: 1 } } },
        ])
        .toArray();
      return new Map(found.map(({ _id, n }) => [_id, n]));
    },
  };
}

export type Tickets = ReturnType<typeof createTickets>;

const newTicket = ({ quiz, prize, n }: Item & { n: string }): Ticket => ({
  _id: `${quiz}/${prize}/${n}`,
  quiz,
  prize,
  rnd: Math.random(),
  state: 'free',
});

const hashOf = (code: string): string => createHash('sha256').update(code).digest('base64url').slice(0, 16);
