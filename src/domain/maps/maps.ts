import { hourMs } from '../../kit/beijing';
import { createCache } from '../../kit/cache';
import { distanceKm, isMainland, type Point } from '../../kit/geo';
import type { Log } from '../../kit/log';
import { createAmap } from './amap';
import type { FoundHotel, PlaceName, PoiHotel } from './place';

export type Maps = ReturnType<typeof createMaps>;

/**
 * Outside maps as a second source: hotels round a point, and the name of a point. They only ever add to what we know
 * ourselves, so without a key, abroad, or when the service fails there is simply nothing: an empty list, undefined.
 *
 * Points are rounded to about 100 m before they leave, and answers kept per rounded point: hotels for half an hour,
 * names for a day.
 */
export function createMaps(options: {
  amapKey?: string | undefined;
  amapUrl?: string | undefined;
  log: Log;
  /** Machine time and fetch, for tests. */
  now?: () => number;
  fetch?: typeof fetch;
}) {
  const { amapKey, amapUrl = 'https://restapi.amap.com', log } = options;
  const machine = {
    ...(options.now ? { now: options.now } : {}),
    ...(options.fetch ? { fetch: options.fetch } : {}),
  };
  const amap = amapKey ? createAmap({ baseUrl: amapUrl, key: amapKey, log, ...machine }) : undefined;
  const time = options.now ? { now: options.now } : {};
  const hotels = createCache<FoundHotel[]>({ max: 500, freshMs: hourMs / 2, staleMs: 6 * hourMs, ...time });
  const names = createCache<PlaceName | undefined>({
    max: 2000,
    freshMs: 24 * hourMs,
    staleMs: 168 * hourMs,
    ...time,
  });

  async function orNothing<T>(what: string, nothing: T, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (err) {
      log.warn({ err }, `maps: ${what} not to be had, going on without`);
      return nothing;
    }
  }

  return {
    /** Whether there is anybody to ask. */
    available: amap !== undefined,

    /** Hotels within 5 km, nearest first; at most `limit` (25 is the most the service gives). Never throws. */
    async nearbyHotels(point: Point, { limit = 5 }: { limit?: number } = {}): Promise<PoiHotel[]> {
      if (!amap || !isChina(point)) return [];
      return orNothing('hotels', [], async () => {
        const near = nearby(point);
        const { value, at } = await hotels.get(keyOf(near), () => amap.hotelsAround(near));
        return value
          .map((hotel) => ({
            ...hotel,
            distanceKm: distanceKm(point, hotel.point),
            source: '高德地圖',
            readAt: at,
          }))
          .sort((a, b) => a.distanceKm - b.distanceKm)
          .slice(0, limit);
      });
    },

    /** What people call this place. Never throws. */
    async placeOf(point: Point): Promise<PlaceName | undefined> {
      if (!amap || !isChina(point)) return undefined;
      return orNothing('the name of a place', undefined, async () => {
        const near = nearby(point);
        return (await names.get(keyOf(near), () => amap.nameOf(near))).value;
      });
    },
  };
}

/** AMap's data ends at the border (Hong Kong, Macao and Taiwan within): no need to ask about Paris. */
const isChina = (point: Point): boolean =>
  isMainland(point) ||
  (point.lng > 113.5 && point.lng < 114.6 && point.lat > 22 && point.lat < 22.6) ||
  (point.lng > 118 && point.lng < 122.2 && point.lat > 21.8 && point.lat < 26.5);

const nearby = ({ lng, lat }: Point): Point => ({
  lng: Math.round(lng * 1000) / 1000,
  lat: Math.round(lat * 1000) / 1000,
});

const keyOf = ({ lng, lat }: Point): string => `${lng},${lat}`;
