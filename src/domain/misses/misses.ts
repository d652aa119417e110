import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import { keyedHash } from '../../kit/ids';
import { fold } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';

/** `_id` = keyed hash of the folded words. `sample` is them as typed, from the second person on who typed them, and `parts` what of them was understood. */
type MissRow = { _id: string; n: number; lastAt: Date; first?: string; sample?: string; parts?: string[] };

export const missIndexes: IndexSpec[] = [
  { collection: 'misses', key: { lastAt: 1 }, why: 'what is older than its retention' },
];

/** Longer texts are talk, and more likely personal. */
const longest = 20;
const foldedOf = (typed: string): string => fold(typed).replace(/\d/g, '#');

/**
 * What people typed and got nothing for, counted: the list from which the next keyword comes. What only one person ever
 * typed is hers, and would have to go when she leaves: of that only a hash is kept.
 */
export function createMisses({ db, clock, key }: { db: Connection; clock: Clock; key: string }) {
  const rows = db.collection<MissRow>('misses');
  return {
    upkeep: {
      indexes: missIndexes,
      /** What nobody has typed since. */
      forget: (ago) => rows.deleteMany({ lastAt: { $lt: ago(30) } }),
    } satisfies Upkeep,
    /** Counts a short text of one person, and what was understood of it; digits become #, so that no number of a person is kept. */
    async count(typed: string, pid: string, understood: string[] = []): Promise<void> {
      const words = foldedOf(typed);
      if (words === '' || words.length > longest) return;
      const _id = keyedHash(key, 'miss', words);
      const row = await rows.findOneAndUpdate(
        { _id },
        { $inc: { n: 1 }, $set: { lastAt: new Date(clock.now()) }, $setOnInsert: { first: pid } },
        { upsert: true, returnDocument: 'after' },
      );
      if (row?.sample !== undefined || row?.first === pid) return;
      const sample = typed.trim().replace(/\d/g, '#').slice(0, longest);
      const parts = understood.map((part) => part.replace(/\d/g, '#'));
      await rows.updateOne({ _id }, { $set: { sample, parts }, $unset: { first: 1 } });
    },
    /** Those of the texts that somebody typed and got nothing for. */
    async among(texts: readonly string[]): Promise<Set<string>> {
      const byId = new Map<string, string[]>();
      for (const text of texts) {
        const words = foldedOf(text);
        if (words === '' || words.length > longest) continue;
        const _id = keyedHash(key, 'miss', words);
        byId.set(_id, [...(byId.get(_id) ?? []), text]);
      }
      if (byId.size === 0) return new Set();
      const met = rows.find({ _id: { $in: [...byId.keys()] } }, { projection: { _id: 1 } });
      return new Set((await met.toArray()).flatMap(({ _id }) => byId.get(_id) ?? []));
    },
    /** The most frequent, of those that more than one person typed. */
    top: (limit: number): Promise<MissRow[]> =>
      rows.find({ sample: { $exists: true } }, { sort: { n: -1 }, limit }).toArray(),
  };
}

export type Misses = ReturnType<typeof createMisses>;
