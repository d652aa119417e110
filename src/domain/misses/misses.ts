import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { fold } from '../../kit/text';

/** `_id` = the folded words. */
type MissRow = { _id: string; n: number; sample: string; lastAt: Date };

/** Longer texts are talk, and more likely personal. */
const longest = 20;

/** What people typed and got nothing for, counted: the list from which the next keyword comes. */
export function createMisses({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<MissRow>('misses');
  return {
    /** Counts a short text; digits become #, so that no number of a person is kept. */
    async count(typed: string): Promise<void> {
      const words = fold(typed).replace(/\d/g, '#');
      if (words === '' || words.length > longest) return;
      await rows.updateOne(
        { _id: words },
        {
          $inc: { n: 1 },
          $set: { lastAt: new Date(clock.now()), sample: typed.trim().replace(/\d/g, '#').slice(0, longest) },
        },
        { upsert: true },
      );
    },
    top: (limit: number): Promise<MissRow[]> => rows.find({}, { sort: { n: -1 }, limit }).toArray(),
  };
}

export type Misses = ReturnType<typeof createMisses>;
