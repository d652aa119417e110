import type { Point } from '../../kit/geo';

export type PoiHotel = {
  name: string;
  address: string;
  /** GCJ-02. */
  point: Point;
  distanceKm: number;
  /** 「人均」 as the map says it, whole yuan: a hint, not an offer. */
  priceYuan?: number;
  tel?: string;
  source: string;
  /** When the service told us, UTC ms. */
  readAt: number;
};

/** `label`: 「杭州市西湖區北山街道」. `city` without 市, as people say it: 「杭州」. */
export type PlaceName = { label: string; city?: string };

/** As a map answers it. */
export type FoundHotel = Omit<PoiHotel, 'distanceKm' | 'source' | 'readAt'>;
