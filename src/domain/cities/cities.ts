import type { Connection } from 'mongoose';
import type { Point } from '../../kit/geo';
import { readAcrossSwap } from '../../store/swap';
import type { Upkeep } from '../upkeep';
import type { City } from './city';
import { elsewhere } from './elsewhere';
import { compileCities, type Gazetteer } from './gazetteer';

/** What lies in `cities`. */
export type CityRow = Omit<City, 'id'> & { _id: string };

/**
 * The cities we know, held compiled in memory: finding one costs no query.
 * `load` reads them; call it at start and whenever `versions{_id: 'cities'}` has changed. Until then none is known.
 */
export function createCities({ db }: { db: Connection }) {
  let known: Gazetteer = compileCities([]);

  async function load(): Promise<void> {
    const rows = await readAcrossSwap(() =>
      db.collection<CityRow>('cities').find({}, { batchSize: 10_000 }).sort({ _id: 1 }).toArray(),
    );
    known = compileCities(rows.map(toCity));
  }

  return {
    upkeep: { follows: { cities: load } } satisfies Upkeep,
    load,
    find: (text: string) => known.find(text),
    split: (text: string) => known.split(text),
    nearest: (point: Point) => known.nearest(point),
    get: (id: string) => known.get(id),
    all: () => known.all(),
    elsewhere,
    fullName,
  };
}

/** With its region, as one says where it is: 「浙江杭州」「北京」「中國香港」「中國台灣台北」. */
const fullName = ({ name, region }: City): string => (region.endsWith(name) ? region : `${region}${name}`);

export type Cities = ReturnType<typeof createCities>;

export const toCity = ({ _id, ...rest }: CityRow): City => ({ id: _id, ...rest });
