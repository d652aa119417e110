import type { Connection } from 'mongoose';
import { readAcrossSwap } from '../../store/swap';

/** What to know before going, one to a city. `routes`: one text for each length of stay. */
export type Guide = {
  cityId: string;
  title: string;
  overview: string;
  seasons: string;
  routes: string[];
  food: string;
  tips: string;
  /** The Beijing day it was last checked. */
  updatedOn: string;
};

/** What lies in `guides`: `_id` is the city's id. */
export type GuideRow = Omit<Guide, 'cityId'> & { _id: string };

/** Written only by the importer, whole tables at a time. */
export function createGuides({ db }: { db: Connection }) {
  return {
    async of(cityId: string): Promise<Guide | undefined> {
      const row = await readAcrossSwap(() => db.collection<GuideRow>('guides').findOne({ _id: cityId }));
      if (!row) return undefined;
      const { _id, ...rest } = row;
      return { cityId: _id, ...rest };
    },
  };
}

export type Guides = ReturnType<typeof createGuides>;
