import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { beijingDay, dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Upkeep } from '../upkeep';
import { countPeople } from './count-people';
import { type CubeDay, cubeOf } from './cube-day';

/** A stage as people read it. `isFed`: something that is kept can put people there; `fedBy` says what does, or what would. */
export type NamedStage = { code: string; name: string; isFed: boolean; fedBy: string };

/** A cube, and an older one to compare it with. */
export type Compared = { now: CubeDay; before?: CubeDay };

const comparedDays = 30;

/**
 * The cube of consumer assets: how many people there are and how well they are known (width), how long they have been with us
 * (length), what they bring (height). Counted from flat rows, once a day for good.
 */
export function createCube(given: {
  db: Connection;
  clock: Clock;
  /** How many stand where. */
  standing: () => Promise<Readonly<Record<string, number>>>;
  stages: readonly NamedStage[];
  /** The numbers of flat rows that tell that she asked something. */
  asked: readonly string[];
}) {
  const { db, clock, standing, stages, asked } = given;
  const days = db.collection<CubeDay>('cubeDays');

  /** As it is at this moment. */
  async function count(): Promise<CubeDay> {
    const at = new Date(clock.now());
    const day = clock.day(at.getTime());
    const [blocks, counted] = await Promise.all([countPeople(db, { day, asked }), standing()]);
    return cubeOf(blocks, { day, at, stages: counted });
  }

  /** Keeps the cube of today. Once a day, unless it is asked for `anew`: twice is as once. */
  async function keep({ anew = false } = {}): Promise<void> {
    if (!anew && (await days.findOne({ _id: clock.day() }, { projection: { _id: 1 } }))) return;
    const { _id, ...counted } = await count();
    await days.replaceOne({ _id }, counted, { upsert: true });
  }

  /** What was kept a month before or, where we are younger, on the first day of all. */
  async function before(day: string): Promise<CubeDay | null> {
    const month = beijingDay(startOfBeijingDay(day) - comparedDays * dayMs);
    return (
      (await days.findOne({ _id: { $lte: month } }, { sort: { _id: -1 } })) ??
      (await days.findOne({ _id: { $lt: day } }, { sort: { _id: 1 } }))
    );
  }

  async function nothingKept(day: string): Promise<AppError> {
    const [first, last] = await Promise.all(
      ([1, -1] as const).map((way) => days.findOne({}, { sort: { _id: way }, projection: { _id: 1 } })),
    );
    return new AppError(
      'NotFound',
      'cube.day',
      first && last
        ? `${day} 沒有留下數字；留下的從 ${first._id} 到 ${last._id}，每天 04:00 數一次。`
        : `${day} 沒有留下數字：每天 04:00 才數一次，還沒有數過。此刻的隨時都能看。`,
    );
  }

  return {
    // After people and stages, which are worked out anew in the same run.
    upkeep: { forget: () => keep() } satisfies Upkeep,
    keep,
    /** The days that were kept, the newest first. */
    kept: async (limit = 400): Promise<string[]> => {
      const some = days.find({ people: { $gt: 0 } }, { sort: { _id: -1 }, limit, projection: { _id: 1 } });
      return (await some.toArray()).map(({ _id }) => _id);
    },
    stages,
    /**
     * As it was kept on a Beijing day; as it is now where none is named. `against`: an older day to compare it with, else a month
     * before.
     * @throws AppError NotFound where nothing is known
     */
    async read(day?: string, against?: string): Promise<Compared> {
      const now = day === undefined ? await count() : await days.findOne({ _id: day });
      if (!now) throw await nothingKept(day as string);
      if (now.people === 0)
        throw new AppError(
          'NotFound',
          'cube.empty',
          `${day === undefined ? '還沒有人關注' : `${day} 還沒有人關注`}，立方體是空的。有人關注，幾秒後就算得出來；剛導入的粉絲要先整理一次。`,
        );
      const older =
        against === undefined
          ? await before(now._id)
          : await days.findOne({ _id: against, people: { $gt: 0 } });
      if (against !== undefined && !older) throw await nothingKept(against);
      return older ? { now, before: older } : { now };
    },
  };
}

export type Cube = ReturnType<typeof createCube>;
