import type { Point } from '../../kit/geo';

/** What a source answers; the words are Traditional already. */
export type Reading = {
  at: number;
  now: { text: string; temp: number; feels: number; humidity: number; wind: string; windLevel: number };
  days: { on: string; text: string; low: number; high: number; rain?: number }[];
};

/** One service that knows the weather of a GCJ-02 point. Throws `Upstream`. */
export type WeatherSource = { source: string; read(point: Point): Promise<Reading> };
