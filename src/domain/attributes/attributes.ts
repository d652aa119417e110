import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import { rowsOf, type Upkeep } from '../upkeep';

/** A fact about a person, with where it came from, when, and the words she agreed to. `_id` = `<pid>/<name>`. */
export type Attribute = {
  _id: string;
  pid: string;
  name: string;
  value: string;
  /** `quiz:yizhandaodi`, `form:…`, `location`. */
  source: string;
  at: Date;
  consent: string;
};

export const attributeIndexes: IndexSpec[] = [
  { collection: 'attributes', key: { pid: 1 }, why: 'what do we know of her (erasure, export)' },
  { collection: 'attributes', key: { name: 1, value: 1 }, why: 'who is like this (segments)' },
];

export function createAttributes({ db, clock }: { db: Connection; clock: Clock }) {
  const rows = db.collection<Attribute>('attributes');
  return {
    upkeep: {
      indexes: attributeIndexes,
      erase: async (her) => void (her.pid && (await rows.deleteMany(rowsOf(her)))),
    } satisfies Upkeep,
    /** The newest answer stands. */
    async set(fact: Pick<Attribute, 'pid' | 'name' | 'value' | 'source' | 'consent'>): Promise<void> {
      await rows.updateOne(
        { _id: `${fact.pid}/${fact.name}` },
        { $set: { ...fact, at: new Date(clock.now()) } },
        { upsert: true },
      );
    },
    of: (pid: string): Promise<Attribute[]> => rows.find({ pid }).toArray(),
  };
}

export type Attributes = ReturnType<typeof createAttributes>;
