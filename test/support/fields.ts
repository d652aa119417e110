import type { Connection } from 'mongoose';
import { classesOf } from '../../src/domain/data-map';

/** The top-level fields of what lies in each collection (of 500 rows). */
export async function fieldsIn(db: Connection): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { name } of (await db.db?.listCollections({}, { nameOnly: true }).toArray()) ?? []) {
    const fields = await db
      .collection(name)
      .aggregate<{ _id: string }>([
        { $limit: 500 },
        { $project: { field: { $map: { input: { $objectToArray: '$$ROOT' }, in: '$$this.k' } } } },
        { $unwind: '$field' },
        { $group: { _id: '$field' } },
      ])
      .toArray();
    found.set(name, fields.map(({ _id }) => _id).toSorted());
  }
  return found;
}

/** Fields that lie in the database and have no class in the data map (`src/domain/data-map.ts`), as `collection.field`. */
export async function unclassed(db: Connection): Promise<string[]> {
  const missing: string[] = [];
  for (const [collection, fields] of await fieldsIn(db)) {
    const classes = classesOf(collection);
    for (const field of fields) if (classes && !classes.has(field)) missing.push(`${collection}.${field}`);
  }
  return missing;
}
