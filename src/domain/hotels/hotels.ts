import type { Connection } from 'mongoose';
import { distanceKm, type Point } from '../../kit/geo';
import type { IndexSpec } from '../../store/indexes';
import { readAcrossSwap } from '../../store/swap';
import type { Upkeep } from '../upkeep';

type Bounds = { min?: number; max?: number };
/** Bounds of what a night costs and of the stars, both included. */
export type HotelFilter = { yuan?: Bounds | undefined; stars?: Bounds | undefined };
export type HotelSort = 'stars' | 'cheapest' | 'dearest' | 'nearest';

/** A hotel by its name. */
export type HotelName = Pick<Hotel, 'id' | 'name' | 'cityId' | 'point'>;

/**
 * `point` in GCJ-02; `priceFen` in integer fen, as it stood on `priceOn` (a Beijing day) at `priceSource`: never shown without both.
 * `bookUrl` is http(s) only, and reaches fans through the tracked links.
 */
export type Hotel = {
  id: string;
  cityId: string;
  name: string;
  address: string;
  point: Point;
  stars: number;
  priceFen: number;
  priceOn: string;
  priceSource: string;
  bookUrl?: string;
  tel?: string;
};

/** What lies in `hotels`. */
export type HotelRow = Omit<Hotel, 'id' | 'point'> & {
  _id: string;
  at: { type: 'Point'; coordinates: [number, number] };
};

export const hotelIndexes: IndexSpec[] = [
  { collection: 'hotels', key: { cityId: 1, priceFen: 1 }, why: 'the hotels of a city within a budget' },
  {
    collection: 'hotels',
    key: { at: '2dsphere' },
    invariant: true,
    why: 'the hotels nearest to a point; $geoNear fails without it',
  },
];

/** The most hotels one question may ask for. */
const mostAtOnce = 50;

/** Hotels with their last known price. Written only by the importer, whole tables at a time. */
export function createHotels({ db }: { db: Connection }) {
  const rows = db.collection<HotelRow>('hotels');
  let names: readonly HotelName[] = [];

  async function load(): Promise<void> {
    const found = await readAcrossSwap(() =>
      rows.find({}, { projection: { name: 1, cityId: 1, at: 1 }, batchSize: 10_000 }).toArray(),
    );
    names = found
      .map((row) => toHotel(row))
      .map(({ id, name, cityId, point }) => ({ id, name, cityId, point }));
  }

  return {
    upkeep: { indexes: hotelIndexes, follows: { hotels: load } } satisfies Upkeep,
    load,
    /** All hotels by name, held in memory; the same array until the table is imported again. */
    named: (): readonly HotelName[] => names,
    /**
     * A page of the hotels of a city (its id), and how many there are in all. Default order: most stars first, then the
     * cheaper one. Bounds in yuan, both included.
     */
    async search(
      asked: HotelFilter & {
        city: string;
        sort?: Exclude<HotelSort, 'nearest'>;
        skip: number;
        limit: number;
      },
    ) {
      const [found] = await readAcrossSwap(() =>
        rows
          .aggregate<{ total: { n: number }[]; page: HotelRow[] }>([
            { $match: matching(asked) },
            {
              $facet: {
                total: [{ $count: 'n' }],
                page: [
                  { $sort: orders[asked.sort ?? 'stars'] },
                  { $skip: Math.max(0, asked.skip) },
                  { $limit: bounded(asked.limit) },
                ],
              },
            },
          ])
          .toArray(),
      );
      return { total: found?.total[0]?.n ?? 0, hotels: (found?.page ?? []).map(toHotel) };
    },

    /** Whether we know any hotel of a city, whatever it costs. */
    anyIn: async (city: string): Promise<boolean> =>
      (await readAcrossSwap(() => rows.findOne({ cityId: city }, { projection: { _id: 1 } }))) !== null,

    /** A page of the hotels round a point, nearest first, with the distance as the crow flies. `point` in GCJ-02. */
    async near(
      point: Point,
      asked: HotelFilter & { sort?: HotelSort; skip?: number; limit: number; withinKm: number },
    ): Promise<{ total: number; hotels: (Hotel & { km: number })[] }> {
      const { sort = 'nearest', skip = 0, limit, withinKm } = asked;
      const [found] = await readAcrossSwap(() =>
        rows
          .aggregate<{ total: { n: number }[]; page: HotelRow[] }>([
            {
              $geoNear: {
                near: { type: 'Point', coordinates: [point.lng, point.lat] },
                key: 'at',
                distanceField: 'metres',
                maxDistance: withinKm * 1000,
                query: matching(asked),
              },
            },
            {
              $facet: {
                total: [{ $count: 'n' }],
                page: [
                  ...(sort === 'nearest' ? [] : [{ $sort: orders[sort] }]),
                  { $skip: Math.max(0, skip) },
                  { $limit: bounded(limit) },
                  { $unset: 'metres' },
                ],
              },
            },
          ])
          .toArray(),
      );
      const hotels = (found?.page ?? []).map(toHotel);
      return {
        total: found?.total[0]?.n ?? 0,
        hotels: hotels.map((hotel) => ({ ...hotel, km: distanceKm(point, hotel.point) })),
      };
    },

    async get(id: string): Promise<Hotel | undefined> {
      const row = await readAcrossSwap(() => rows.findOne({ _id: id }));
      return row ? toHotel(row) : undefined;
    },
  };
}

export type Hotels = ReturnType<typeof createHotels>;

const orders: Record<Exclude<HotelSort, 'nearest'>, Record<string, 1 | -1>> = {
  stars: { stars: -1, priceFen: 1, _id: 1 },
  cheapest: { priceFen: 1, stars: -1, _id: 1 },
  dearest: { priceFen: -1, stars: -1, _id: 1 },
};

const bounded = (limit: number): number => Math.min(mostAtOnce, Math.max(1, limit));

function matching(asked: HotelFilter & { city?: string }): Record<string, unknown> {
  const price = between(asked.yuan, 100);
  const stars = between(asked.stars);
  return {
    ...(asked.city === undefined ? {} : { cityId: asked.city }),
    ...(price ? { priceFen: price } : {}),
    ...(stars ? { stars } : {}),
  };
}

function between({ min, max }: Bounds = {}, unit = 1) {
  if (min === undefined && max === undefined) return undefined;
  return {
    ...(min === undefined ? {} : { $gte: min * unit }),
    ...(max === undefined ? {} : { $lte: max * unit }),
  };
}

function toHotel({ _id, at, ...rest }: HotelRow): Hotel {
  const [lng, lat] = at.coordinates;
  return { id: _id, ...rest, point: { lng, lat } };
}
