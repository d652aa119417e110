import type { Connection } from 'mongoose';
import type { Values } from './pushes';
import type { Here } from './sending';

const own = ['名字', '城市', '積分'];

/** What 「{名字}」, 「{城市}」, 「{積分}」 and attributes like 「{旅行偏好}」 are for people. What is not known is missing. */
export function createValues(given: {
  db: Connection;
  names: (pids: string[]) => Promise<Map<string, string>>;
  cities: (pids: string[]) => Promise<Map<string, string>>;
}): Values {
  const { db, names: namesOf, cities } = given;
  const attributes = db.collection<{ pid: string; name: string; value: string }>('attributes');
  const balances = db.collection<{ _id: string; points: number }>('balances');

  return {
    names: async () => [...own, ...(await attributes.distinct('name'))],
    async of(people: readonly Here[], wanted) {
      const pids = people.map(({ pid }) => pid);
      const found = new Map<string, Record<string, string>>(pids.map((pid) => [pid, {}]));
      const put = (name: string, values: Iterable<[string, string]>) => {
        for (const [pid, value] of values) Object.assign(found.get(pid) ?? {}, { [name]: value });
      };
      if (wanted.includes('名字')) put('名字', await namesOf(pids));
      if (wanted.includes('城市')) put('城市', await cities(pids));
      if (wanted.includes('積分'))
        for (const { _id, points } of await balances.find({ _id: { $in: pids } }).toArray())
          put('積分', [[_id, String(points)]]);
      const others = wanted.filter((name) => !own.includes(name));
      if (others.length > 0)
        for (const { pid, name, value } of await attributes
          .find({ pid: { $in: pids }, name: { $in: others } })
          .toArray())
          put(name, [[pid, value]]);
      return found;
    },
  };
}
