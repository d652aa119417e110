import type { Connection } from 'mongoose';
import { distanceKm, type Point } from '../../kit/geo';
import type { IndexSpec } from '../../store/indexes';
import { readAcrossSwap } from '../../store/swap';
import type { Upkeep } from '../upkeep';
import { type HotelFilter, type HotelSort, parseHotelAsk } from './parse-ask';

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

  return {
    upkeep: { indexes: hotelIndexes } satisfies Upkeep,
    /**
     * A page of the hotels of a city (its id), and how many there are in all. Default order: most stars first, then the
     * cheaper one. Bounds in yuan, both included.
     */
    async search(asked: HotelFilter & { city: string; sort?: HotelSort; skip: number; limit: number }) {
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

    /** The nearest hotels, nearest first, with the distance as the crow flies. `point` in GCJ-02. */
    async near(
      point: Point,
      { limit, withinKm }: { limit: number; withinKm: number },
    ): Promise<(Hotel & { km: number })[]> {
      const found = await readAcrossSwap(() =>
        rows
          .aggregate<HotelRow>([
            {
              $geoNear: {
                near: { type: 'Point', coordinates: [point.lng, point.lat] },
                key: 'at',
                distanceField: 'metres',
                maxDistance: withinKm * 1000,
              },
            },
            { $limit: bounded(limit) },
            { $unset: 'metres' },
          ])
          .toArray(),
      );
      return found.map(toHotel).map((hotel) => ({ ...hotel, km: distanceKm(point, hotel.point) }));
    },

    async get(id: string): Promise<Hotel | undefined> {
      const row = await readAcrossSwap(() => rows.findOne({ _id: id }));
      return row ? toHotel(row) : undefined;
    },

    parseAsk: parseHotelAsk,
  };
}

export type Hotels = ReturnType<typeof createHotels>;

const orders: Record<HotelSort, Record<string, 1 | -1>> = {
  stars: { stars: -1, priceFen: 1, _id: 1 },
  cheapest: { priceFen: 1, stars: -1, _id: 1 },
  dearest: { priceFen: -1, stars: -1, _id: 1 },
};

const bounded = (limit: number): number => Math.min(mostAtOnce, Math.max(1, limit));

function matching(asked: HotelFilter & { city: string }): Record<string, unknown> {
  const price = between(asked.minYuan && asked.minYuan * 100, asked.maxYuan && asked.maxYuan * 100);
  const stars = asked.stars === undefined ? between(asked.minStars, asked.maxStars) : { $eq: asked.stars };
  return { cityId: asked.city, ...(price ? { priceFen: price } : {}), ...(stars ? { stars } : {}) };
}

function between(min: number | undefined, max: number | undefined) {
  if (min === undefined && max === undefined) return undefined;
  return { ...(min === undefined ? {} : { $gte: min }), ...(max === undefined ? {} : { $lte: max }) };
}

function toHotel({ _id, at, ...rest }: HotelRow): Hotel {
  const [lng, lat] = at.coordinates;
  return { id: _id, ...rest, point: { lng, lat } };
}
