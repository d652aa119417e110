import type { Connection } from 'mongoose';
import type { Point } from '../../kit/geo';
import type { IndexSpec } from '../../store/indexes';
import { readAcrossSwap } from '../../store/swap';
import type { Upkeep } from '../upkeep';

/** `hours` and `tickets` as a person would say them, last checked on the Beijing day `updatedOn`. `point` in GCJ-02, when known. */
export type Sight = {
  id: string;
  cityId: string;
  name: string;
  hours: string;
  tickets: string;
  intro: string;
  point?: Point;
  updatedOn: string;
  /** Other names by which it is asked for. */
  aliases?: string[];
};

/** A sight by its names. */
export type SightName = Pick<Sight, 'id' | 'name' | 'cityId' | 'point' | 'aliases'>;

/** What lies in `sights`. `place`: the row's place in the imported table, best first as its editor ordered it. */
export type SightRow = Omit<Sight, 'id'> & { _id: string; place: number };

export const sightIndexes: IndexSpec[] = [
  {
    collection: 'sights',
    key: { cityId: 1, place: 1 },
    why: 'the sights of a city in the order of the imported table',
  },
];

const mostAtOnce = 50;

/** Written only by the importer, whole tables at a time. */
export function createSights({ db }: { db: Connection }) {
  const rows = db.collection<SightRow>('sights');
  let names: readonly SightName[] = [];

  async function load(): Promise<void> {
    const projection = { name: 1, cityId: 1, point: 1, aliases: 1 };
    const found = await readAcrossSwap(() => rows.find({}, { projection, batchSize: 10_000 }).toArray());
    names = found.map(toSight);
  }

  return {
    upkeep: { indexes: sightIndexes, follows: { sights: load } } satisfies Upkeep,
    load,
    /** All sights by name, held in memory; the same array until the table is imported again. */
    named: (): readonly SightName[] => names,

    async get(id: string): Promise<Sight | undefined> {
      const row = await readAcrossSwap(() => rows.findOne({ _id: id }));
      return row ? toSight(row) : undefined;
    },

    /** A page of the sights of a city, in the order of the imported table, and how many there are in all. */
    async of(
      cityId: string,
      { skip, limit }: { skip: number; limit: number },
    ): Promise<{ total: number; sights: Sight[] }> {
      const [found] = await readAcrossSwap(() =>
        rows
          .aggregate<{ total: { n: number }[]; page: SightRow[] }>([
            { $match: { cityId } },
            {
              $facet: {
                total: [{ $count: 'n' }],
                page: [
                  { $sort: { place: 1, _id: 1 } },
                  { $skip: Math.max(0, skip) },
                  { $limit: Math.min(mostAtOnce, Math.max(1, limit)) },
                ],
              },
            },
          ])
          .toArray(),
      );
      return { total: found?.total[0]?.n ?? 0, sights: (found?.page ?? []).map(toSight) };
    },
  };
}

export type Sights = ReturnType<typeof createSights>;

const toSight = ({ _id, place: _place, ...rest }: SightRow): Sight => ({ id: _id, ...rest });
