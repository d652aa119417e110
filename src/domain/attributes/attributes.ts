import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { Audience } from '../audience';
import { rowsOf, type Upkeep } from '../upkeep';
import { attributeLeaves } from './attributes.leaves';
import { birthdayToken, fromBirthday } from './derived';

/** The attribute that age and sign follow from; too exact to be asked for itself. */
const birthday = '生日';

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
      copy: async ({ pid }) => ({ attributes: await rows.find({ pid }).toArray() }),
    } satisfies Upkeep,
    audience: {
      from: { group: '她說的', how: '答題裡的屬性題、問卷；年齡、星座由生日推出' },
      leaves: attributeLeaves,
      async facts(people) {
        const today = clock.day(clock.now());
        const known = new Map<string, { tokens: string[] }>();
        for (const { pid, name, value } of await rows
          .find({ pid: { $in: people.map((one) => one.pid) } })
          .toArray()) {
          const { tokens } = known.get(pid) ?? { tokens: [] };
          const { age, sign, on } = name === birthday ? fromBirthday(value, today) : {};
          tokens.push(
            `known:${name}`,
            ...(name === birthday ? [] : [`attribute:${name}=${value}`]),
            ...(age ? [`age:${age}`] : []),
            ...(sign ? [`sign:${sign}`] : []),
            ...(on ? [birthdayToken(on)] : []),
          );
          known.set(pid, { tokens });
        }
        return known;
      },
    } satisfies Audience,
    /** The newest answer stands. */
    async set(fact: Pick<Attribute, 'pid' | 'name' | 'value' | 'source' | 'consent'>): Promise<void> {
      await rows.updateOne(
        { _id: `${fact.pid}/${fact.name}` },
        { $set: { ...fact, at: new Date(clock.now()) } },
        { upsert: true },
      );
    },
    of: (pid: string): Promise<Attribute[]> => rows.find({ pid }).toArray(),
    /** What facts are called, as far as anybody has one. */
    names: async (): Promise<string[]> => (await rows.distinct('name')).slice(0, 200),
  };
}

export type Attributes = ReturnType<typeof createAttributes>;
