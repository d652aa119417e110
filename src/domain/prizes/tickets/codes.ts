import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { crashPoint } from '../../../kit/crash-point';
import type { CodeList, Prize } from '../prize';
import { type Item, isOut, type Ticket, type TicketRows } from './rows';

/** Imported codes. `out`: those that two people took out since; an old file does not bring them back. */
type CodeListRow = { _id: string; campaign: string; prize: string; codes: string[]; out: string[] };

/** Imported codes, in lists that never change: a change is another list. */
export function createCodes({ db, stored }: { db: Connection; stored: TicketRows }) {
  const { rows, present } = stored;
  const lists = db.collection<CodeListRow>('codeLists');

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

  return {
    listed,

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

export type Codes = ReturnType<typeof createCodes>;
