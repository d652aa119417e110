import type { Rule } from '../../src/domain/segments/rule';
import { simulatedAccount } from '../../src/simulator/account';
import { bringCrowd, morningOf } from '../../src/simulator/crowd';
import { importSamples } from '../../src/simulator/samples';
import type { ServicesAlone } from '../../src/with-services';
import { tabled } from './figures';

/** Five leaves, as marketers write them. */
const five: Rule = {
  all: [
    { leaf: 'region', regions: ['浙江', '江蘇'] },
    { leaf: 'attribute', name: '性別', values: ['女'] },
    { leaf: 'asked', days: 30, topic: 'hotels', times: 1 },
    { leaf: 'script', script: 'hans' },
    { leaf: 'seen', days: 60 },
  ],
};
const wide: Rule = {
  any: [
    { leaf: 'attribute', name: '性別', values: ['女'] },
    { leaf: 'silent', days: 60 },
  ],
};
const everybody: Rule = { leaf: 'followed-within', days: 3_650 };

/**
 * What segments cost over a crowd of `size` on this database: bringing it, a first answer beside a read of everybody (the floor), and
 * all ids as a stream with the memory that takes.
 */
export async function peopleCosts({ db, clock, services }: ServicesAlone, size: number): Promise<void> {
  const { segments, people } = services;
  await bringPeople({ db, clock, services }, size);
  const flat = db.collection('people');
  const bytes = await flat
    .aggregate([{ $sample: { size: 2_000 } }, { $group: { _id: 1, b: { $avg: { $bsonSize: '$$ROOT' } } } }])
    .toArray();
  console.log(`${await people.count()} 人，每人平均 ${Math.round(Number(bytes[0]?.['b'] ?? 0))} 位元組`);

  const rows: [string, string][] = [];
  for (const [name, rule] of Object.entries({ '5 leaves': five, 'any of two': wide, everybody })) {
    let found = { people: 0, exact: true, error: 0, of: 0 };
    const ours = await timed(async () => void (found = await segments.count(rule)));
    const floor = await timed(() => flat.countDocuments({ r: { $gte: 0 } }, { hint: { $natural: 1 } }));
    const told = found.exact ? `${found.people}` : `約 ${found.people} ±${found.error}`;
    rows.push([
      `count, ${name}: ${told}`,
      `${seconds(ours)}, ${(ours / floor).toFixed(2)} of reading everybody`,
    ]);
  }
  for (const [name, rule] of Object.entries({ '5 leaves': five, everybody })) {
    let most = 0;
    let ids = 0;
    const took = await timed(async () => {
      for await (const _ of segments.ids(rule)) {
        if (++ids % 20_000 === 0) most = Math.max(most, process.memoryUsage().rss);
      }
    });
    rows.push([
      `ids, ${name}: ${ids}`,
      `${seconds(took)}, RSS at most ${Math.round(Math.max(most, process.memoryUsage().rss) / 2 ** 20)} MiB`,
    ]);
  }
  console.log(tabled(rows));
}

/** As many as asked for, where there are fewer. */
export async function bringPeople(
  { db, clock, services }: Pick<ServicesAlone, 'db' | 'clock' | 'services'>,
  size: number,
): Promise<void> {
  const { people } = services;
  const there = await people.count();
  if (there < size) {
    await importSamples({ db, clock, services });
    await services.cities.load();
    const { appId } = simulatedAccount;
    const brought = await timed(() =>
      bringCrowd({ db, appId, now: morningOf(clock.now()), services }, there, size),
    );
    const rebuilt = await timed(() => people.rebuild());
    console.log(`${size - there} 人：編造 ${seconds(brought)}，整理 ${seconds(rebuilt)}`);
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
