import type { Connection } from 'mongoose';
import { createCities } from '../../../src/domain/cities/cities';
import { createHotels, hotelIndexes } from '../../../src/domain/hotels/hotels';
import { createImporter } from '../../../src/domain/import/import';
import { createSights, sightIndexes } from '../../../src/domain/sights/sights';
import { createTrains, trainIndexes } from '../../../src/domain/trains/trains';
import { beijingDay } from '../../../src/kit/beijing';
import type { Row } from '../../../src/sheets/grid';
import { createIndexes } from '../../../src/store/indexes';

/** The travel domains on a database, with a clock that stands at noon of a Beijing day. */
export async function createTravel(db: Connection, today = '2026-11-22') {
  await createIndexes(db, [...hotelIndexes, ...sightIndexes, ...trainIndexes]);
  const now = Date.parse(`${today}T12:00:00+08:00`);
  const clock = { now: () => now, day: (at = now) => beijingDay(at) };
  const cities = createCities({ db });
  return {
    clock,
    cities,
    hotels: createHotels({ db }),
    sights: createSights({ db }),
    trains: createTrains({ db }),
    importer: createImporter({ db, clock, cities }),
  };
}

/** Rows as a file would give them, the header on line 1. */
export const rowsOf = (cells: Record<string, unknown>[]): Row[] =>
  cells.map((one, at) => ({ line: at + 2, cells: one }));

export const cityCells = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  name: id,
  name_hans: id,
  region: '浙江',
  lng: '120.155100',
  lat: '30.274100',
  datum: 'gcj02',
  ...more,
});

export const hotelCells = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  city: 'hangzhou',
  name: `酒店 ${id}`,
  address: '湖濱路 1 號',
  lng: '120.16',
  lat: '30.25',
  datum: 'gcj02',
  stars: '4',
  price_yuan: '388',
  price_on: '2026-11-12',
  price_source: '示例房價',
  ...more,
});
