import type { City } from '../../domain/cities/city';
import type { AskedKind } from '../../domain/trains/trains';
import type { Days } from '../../kit/days';
import type { Point } from '../../kit/geo';

/** Something with a name in our tables. `point` in GCJ-02, where it is known. */
export type Named = { id: string; name: string; cityId: string; point?: Point };

export type Order = 'cheapest' | 'dearest' | 'best' | 'nearest' | 'earliest' | 'latest' | 'fastest';

/** Bounds, both included. */
export type Range = { min?: number; max?: number };

/** What a sentence can tell a handler, by the name under which `about` takes it. */
export type Things = {
  city: City;
  from: City;
  to: City;
  sight: Named;
  hotel: Named;
  /** A place of ours, or where she is. */
  near: Named | 'me';
  days: Days;
  /** Clock times of Beijing, `06:00` to `12:00`. */
  time: { from: string; to: string };
  /** In yuan. */
  yuan: Range;
  stars: Range;
  order: Order;
  kind: AskedKind;
  /** Of a train: 「G7301」. */
  number: string;
  /** Stations as timetables write them. */
  stations: string[];
  /** From 1 on. */
  page: number;
};

/** What one sentence says: things, and what is left of it that nobody understood, as she typed it. */
export type Wish = Partial<Things>;
