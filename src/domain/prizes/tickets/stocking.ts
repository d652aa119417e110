import type { Prize } from '../prize';
import type { Codes } from './codes';
import { type Item, isOut, type Present, type Ticket, type TicketRows, type Write } from './rows';

/** Makes the tickets of what is promised, and brings codes onto them. */
export function createStocking(given: {
  stored: TicketRows;
  codes: Pick<Codes, 'listed'>;
  /** Whoever saw that nothing was left looks again. */
  restocked: (item: Item) => void;
}) {
  const { stored, restocked } = given;
  const { rows, write, present } = stored;
  const { listed } = given.codes;

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

  return {
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
      restocked({ campaign, prize: id });
      return { promised, have: await rows.countDocuments({ campaign, prize: id }), made };
    },
  };
}

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
