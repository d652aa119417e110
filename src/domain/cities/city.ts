import type { Point } from '../../kit/geo';

/** `point` in GCJ-02: the middle of the city as maps show it. `name` Traditional, `nameHans` Simplified. */
export type City = {
  id: string;
  name: string;
  nameHans: string;
  region: string;
  aliases: string[];
  point: Point;
};
