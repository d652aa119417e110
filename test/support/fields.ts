import type { Connection } from 'mongoose';

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
