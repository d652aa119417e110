import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { keyedHash } from '../../kit/ids';
import { fold } from '../../kit/text';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';

/** `_id` = keyed hash of the folded words. `sample` is them as typed, from the second person on who typed them, and `parts` what of them was understood. */
export type MissRow = {
  _id: string;
  n: number;
  lastAt: Date;
  first?: string;
  sample?: string;
  parts?: string[];
  /** What somebody of ours made of it. */
  mark?: MissMark;
};
/** `done`: it has an answer now; `ignored`: it needs none. */
export type MissMark = { as: 'done' | 'ignored'; by: string; at: Date };

export const missIndexes: IndexSpec[] = [
  { collection: 'misses', key: { lastAt: 1 }, why: 'what is older than its retention' },
  {
    collection: 'misses',
    key: { 'mark.as': 1, n: -1, _id: 1 },
    partial: { sample: { $exists: true } },
    why: 'the most frequent, of those that somebody has yet to look at',
  },
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
    /** A page of what more than one person typed, the most frequent first; `as` undefined: of what nobody has marked. */
    async page(asked: {
      as?: MissMark['as'] | undefined;
      after?: { n: number; id: string } | undefined;
      most: number;
    }): Promise<MissRow[]> {
      const { as, after, most } = asked;
      const beyond = after && { $or: [{ n: { $lt: after.n } }, { n: after.n, _id: { $gt: after.id } }] };
      return rows
        .find({ sample: { $exists: true }, 'mark.as': as ?? null, ...beyond } as object)
        .sort({ n: -1, _id: 1 })
        .limit(most)
        .toArray();
    },
    get: (id: string): Promise<MissRow | null> => rows.findOne({ _id: id, sample: { $exists: true } }),
    /** @throws AppError NotFound when it was forgotten meanwhile */
    async mark(id: string, as: MissMark['as'] | undefined, by: string): Promise<void> {
      const mark = as && { as, by, at: new Date(clock.now()) };
      const { matchedCount } = await rows.updateOne(
        { _id: id },
        mark ? { $set: { mark } } : { $unset: { mark: 1 } },
      );
      if (matchedCount === 0)
        throw new AppError('NotFound', 'misses.unknown', '這句話三十天沒人再說，已經不在名單裡了。');
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
