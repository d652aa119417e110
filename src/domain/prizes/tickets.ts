import { createHash } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { AppError } from '../../errors';
import { monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import type { CodeList, Prize } from './prize';

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

/** Imported codes. `out`: those that two people took out since; an old file does not bring them back. */
type CodeListRow = { _id: string; campaign: string; prize: string; codes: string[]; out: string[] };

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

type Item = { campaign: string; prize: string };
type Write = mongo.AnyBulkWriteOperation<Ticket>;
export type Counts = Record<Ticket['state'], number>;

const timeoutMS = 2_500;
/** So long a process believes what it saw itself: that nothing was left. It may refuse early, never grant. */
const soldOutMs = 1_000;

/** Stock: one document per item, taken by one conditional write, so that no kill and no crowd gives one away twice. */
export function createTickets({ db }: { db: Connection }) {
  const rows = db.collection<Ticket>('tickets');
  const lists = db.collection<CodeListRow>('codeLists');
  const soldOut = new Map<string, number>();

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

  async function listed(of: CodeList | undefined): Promise<Pick<CodeListRow, 'codes' | 'out'>> {
    const row = of && (await lists.findOne({ _id: of.list }, { projection: { codes: 1, out: 1 } }));
    return row ?? { codes: [], out: [] };
  }

  async function keepList(row: Omit<CodeListRow, '_id'>): Promise<CodeList> {
    const { campaign, prize, codes, out } = row;
    const hash = createHash('sha256')
      .update(JSON.stringify([codes, out]))
      .digest('base64url')
      .slice(0, 22);
    const list = `${campaign}/${prize}/${hash}`;
    await lists.updateOne({ _id: list }, { $setOnInsert: row }, { upsert: true });
    crashPoint('codes-listed');
    return { list, count: codes.length };
  }

  /** Brings the codes of a list onto tickets: first onto numbers that have none yet, last in place of burnt ones. */
  async function fill(campaign: string, prize: Prize): Promise<number> {
    const { codes, out } = await listed(prize.codes);
    const wrong = new Set(out);
    let made = 0;
    for (;;) {
      const all = await present(campaign, prize.id);
      const takenOut = all.filter(({ code, state }) => code && wrong.has(code) && !isOut(state));
      if (takenOut.length > 0 && (await write(takenOut.map(withoutCode))) > 0) continue;
      const used = new Set(all.flatMap(({ code = [], burnt = [] }) => burnt.concat(code)));
      const unused = codes.filter((code) => !used.has(code));
      const vacant = vacantNumbers(campaign, prize, all);
      const bare = all.filter(({ state, code }) => state === 'free' && code === undefined);
      const back = all.filter(({ state }) => state === 'back');
      const places = [
        ...vacant.map(
          (_id) => (code: string) => insertNew({ ...newTicket(_id, { campaign, prize: prize.id }), code }),
        ),
        ...[...bare, ...back].map((ticket) => (code: string) => withCode(ticket, code)),
      ];
      const pairs = unused
        .slice(0, places.length)
        .map((code, i) => (places[i] as (typeof places)[number])(code));
      const written = await write(pairs);
      made += written;
      // Nothing to write, or others wrote it; what they left is looked for again.
      if (written === pairs.length) return made;
    }
  }

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
    upkeep: { indexes: ticketIndexes } satisfies Upkeep,
    /**
     * Makes one ticket for each promised item, with the codes of its list on them; those that are there stay as they are.
     * Only for what is published and can shrink no more; repeat it after a change of quantity or codes.
     */
    async stock(campaign: string, prize: Prize): Promise<{ promised: number; have: number; made: number }> {
      const { id, kind, quantity: promised, codes } = prize;
      const plain = async () => {
        const vacant = vacantNumbers(campaign, prize, await present(campaign, id));
        return write(vacant.map((_id) => insertNew(newTicket(_id, { campaign, prize: id }))));
      };
      const made = codes ? await fill(campaign, prize) : kind === 'code' ? 0 : await plain();
      soldOut.delete(`${campaign}/${id}`);
      return { promised, have: await rows.countDocuments({ campaign, prize: id }), made };
    },

    /**
     * The list of a prize with these codes after those that it has. `added`: those that are new; `out`: those that were
     * taken out of it before and stay out.
     */
    async addCodes(
      { campaign, prize }: Item,
      codes: string[],
      before?: CodeList,
    ): Promise<{ codes: CodeList; added: number; out: string[] }> {
      const { codes: had, out } = await listed(before);
      const known = new Set([...had, ...out]);
      const more = codes.filter((code) => !known.has(code));
      const list =
        before && more.length === 0
          ? before
          : await keepList({ campaign, prize, codes: [...had, ...more], out });
      return { codes: list, added: more.length, out: codes.filter((code) => out.includes(code)) };
    },

    /** The list without these codes. @throws AppError when one of them is not in it or is somebody's already */
    async takeOut(
      { campaign, prize }: Item,
      wrong: string[],
      before: CodeList | undefined,
    ): Promise<CodeList> {
      const { codes, out } = await listed(before);
      const unknown = wrong.filter((code) => !codes.includes(code));
      if (unknown.length > 0)
        throw new AppError('NotFound', 'codes.unknown', `獎品「${prize}」沒有這些碼：${unknown.join('、')}`);
      const gone = await rows
        .find({ campaign, prize, code: { $in: wrong }, state: { $in: ['held', 'given'] } })
        .toArray();
      if (gone.length > 0)
        throw new AppError(
          'Conflict',
          'codes.given',
          `這些碼已經發出去了，不能取出：${gone.map(({ code }) => code).join('、')}；要收回請作廢那一份獎品（void）。`,
        );
      const left = codes.filter((code) => !wrong.includes(code));
      return keepList({ campaign, prize, codes: left, out: [...new Set([...out, ...wrong])] });
    },

    /** Every code of a prize, in the order of its list, and what became of it; `spare`: on no ticket. */
    async codesOf(
      campaign: string,
      prize: Prize,
    ): Promise<{ code: string; state: Ticket['state'] | 'spare' }[]> {
      const { codes } = await listed(prize.codes);
      const states = new Map<string, Ticket['state']>();
      for (const { code, burnt = [], state } of await present(campaign, prize.id)) {
        for (const old of burnt) states.set(old, 'back');
        if (code !== undefined) states.set(code, state);
      }
      return codes.map((code) => ({ code, state: states.get(code) ?? 'spare' }));
    },

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

    /** With how many codes each prize can keep its promise: those of its list that can be given, and what was given without. */
    async codes({ id, prizes }: { id: string; prizes: Prize[] }): Promise<Map<string, number>> {
      const counts = new Map<string, number>();
      for (const prize of prizes) {
        if (!prize.codes) continue;
        const codes = new Set((await listed(prize.codes)).codes);
        let have = codes.size;
        for (const { code, burnt = [], state } of await present(id, prize.id)) {
          have -= burnt.filter((old) => codes.has(old)).length;
          if (isOut(state) && (code === undefined || !codes.has(code))) have++;
        }
        counts.set(prize.id, have);
      }
      return counts;
    },
  };
}

export type Tickets = ReturnType<typeof createTickets>;

type Present = Pick<Ticket, '_id' | 'state' | 'code' | 'burnt'>;

/** It is somebody's. */
const isOut = (state: Ticket['state']): boolean => state === 'held' || state === 'given';

/** The numbers that have no ticket; no more of them than the quantity has room for. */
function vacantNumbers(campaign: string, { id, quantity }: Prize, all: Present[]): string[] {
  if (all.length >= quantity) return [];
  const taken = new Set(all.map(({ _id }) => _id));
  const numbers = Array.from({ length: quantity }, (_, i) => `${campaign}/${id}/${i + 1}`);
  return numbers.filter((_id) => !taken.has(_id)).slice(0, quantity - all.length);
}

const newTicket = (_id: string, item: Item): Ticket => ({ _id, ...item, rnd: Math.random(), state: 'free' });

const insertNew = ({ _id, ...row }: Ticket): Write => ({
  updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true },
});

/** Only while nobody has it and its code is still the one that was seen. */
const unmoved = ({ _id, state, code }: Present) => ({ _id, state, code: code ?? { $exists: false } });

const withCode = (ticket: Present, code: string): Write => ({
  updateOne: {
    filter: unmoved(ticket),
    update: { $set: { code, state: 'free' }, ...(ticket.code ? { $push: { burnt: ticket.code } } : {}) },
  },
});

const withoutCode = (ticket: Present): Write => ({
  updateOne: {
    filter: unmoved(ticket),
    update: { $set: { state: 'back' }, $unset: { code: 1 }, $push: { burnt: ticket.code as string } },
  },
});
