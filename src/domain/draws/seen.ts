import type { Connection } from 'mongoose';
import type { Giver } from '../prizes/prize';
import type { Draw, EntryRow } from './draw';

export type SeenDraw = {
  name: string;
  commitment: string;
  named: string;
  /** '' and 0 before the list is frozen. */
  listHash: string;
  entries: number;
  /** '' before two people have entered it. */
  value: string;
  drawn: boolean;
  number: string;
};

/** Draws as a fan sees them. */
export function createSeen({ db }: { db: Connection }) {
  const rows = db.collection<Draw>('draws');
  const entryRows = db.collection<EntryRow>('drawEntries');

  return {
    /** The draws of a campaign as she sees them: what is promised, and her number once the list is frozen ('' before, or without one). */
    async seenBy(campaign: Giver, pid: string): Promise<SeenDraw[]> {
      const nameOf = new Map(campaign.prizes.map(({ id, name }) => [id, name]));
      const its = await rows.find({ campaign: campaign.id }, { sort: { _id: 1 } }).toArray();
      return Promise.all(
        its.map(async ({ _id, prize, commitment, named, state, frozen, value }) => ({
          name: nameOf.get(prize) ?? prize,
          commitment,
          named,
          listHash: frozen?.hash ?? '',
          entries: frozen?.entries ?? 0,
          value: value?.text ?? '',
          drawn: state === 'drawn',
          number: (await entryRows.findOne({ pid, draw: _id, attempt: frozen?.attempt ?? '' }))?.entry ?? '',
        })),
      );
    },

    /** Her numbers in all the draws she is in, whichever campaign they are of; the oldest first. */
    async numbersOf(
      pid: string,
    ): Promise<{ campaign: string; prize: string; number: string; drawn: boolean }[]> {
      const hers = await entryRows.find({ pid }).toArray();
      if (hers.length === 0) return [];
      const its = await rows
        .find({ _id: { $in: hers.map(({ draw }) => draw) } }, { sort: { valueAt: 1, _id: 1 } })
        .toArray();
      return its.flatMap(({ _id, campaign, prize, state, frozen }) => {
        const entry = hers.find(({ draw, attempt }) => draw === _id && attempt === frozen?.attempt)?.entry;
        return entry === undefined ? [] : [{ campaign, prize, number: entry, drawn: state === 'drawn' }];
      });
    },
  };
}
