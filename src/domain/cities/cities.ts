import type { Connection } from 'mongoose';
import type { Point } from '../../kit/geo';
import { compileCities, type Gazetteer } from './gazetteer';

/** `point` in GCJ-02: the middle of the city as maps show it. `name` Traditional, `nameHans` Simplified. */
export type City = {
  id: string;
  name: string;
  nameHans: string;
  region: string;
  aliases: string[];
  point: Point;
};

/** What lies in `cities`. */
export type CityRow = Omit<City, 'id'> & { _id: string };

/**
 * The cities we know, held compiled in memory: finding one costs no query.
 * `load` reads them; call it at start and whenever `versions{_id: 'cities'}` has changed. Until then none is known.
 */
export function createCities({ db }: { db: Connection }) {
  let known: Gazetteer = compileCities([]);

  return {
    async load(): Promise<void> {
      const rows = await db
        .collection<CityRow>('cities')
        .find({}, { readConcern: 'snapshot' })
        .sort({ _id: 1 })
        .toArray();
      known = compileCities(rows.map(toCity));
    },
    find: (text: string) => known.find(text),
    split: (text: string) => known.split(text),
    nearest: (point: Point) => known.nearest(point),
    get: (id: string) => known.get(id),
    all: () => known.all(),
  };
}

export type Cities = ReturnType<typeof createCities>;

export const toCity = ({ _id, ...rest }: CityRow): City => ({ id: _id, ...rest });
