import type { Connection } from 'mongoose';
import type { IndexSpec } from '../../store/indexes';
import { readAcrossSwap } from '../../store/swap';
import type { Upkeep } from '../upkeep';

export type TrainKind = '高鐵' | '動車' | '城際' | '直達' | '特快' | '快速' | '普快';

/** What one may ask for: a kind, or all that are no high-speed trains. */
export type AskedKind = TrainKind | '普速';
const ordinary: TrainKind[] = ['直達', '特快', '快速', '普快'];

/** `time`: clock times of Beijing, both included. `stations`: as timetables write them. `order`: cheapest, dearest, fastest, latest; anything else is by departure. */
export type TrainAsk = {
  on: string;
  kind?: AskedKind | undefined;
  time?: { from: string; to: string } | undefined;
  stations?: readonly string[];
  order?: string | undefined;
  after?: string;
};

/** A station as timetables write it, 「杭州東」. */
export type Station = { name: string; cityId: string };

/**
 * Times are of Beijing, `08:30`; it arrives `dayOffset` days after it left. `runs`: the weekdays it leaves on, Monday is 1.
 * `secondClassFen` (second class, else hard seat) in integer fen.
 */
export type Train = {
  id: string;
  number: string;
  from: string;
  to: string;
  fromStation: string;
  toStation: string;
  departs: string;
  arrives: string;
  dayOffset: number;
  runs: number[];
  kind: TrainKind;
  secondClassFen?: number;
};

/** What lies in `trains`. */
export type TrainRow = Omit<Train, 'id'> & { _id: string };

export const trainIndexes: IndexSpec[] = [
  {
    collection: 'trains',
    key: { from: 1, to: 1, departs: 1 },
    why: 'the trains from one city to another, by departure',
  },
  { collection: 'trains', key: { number: 1 }, why: 'where a train of this number goes' },
];

/** More than run between any two cities in a day. */
const mostAtOnce = 500;

/** A timetable as it was on the day of its import; 12306 has the last word. Written only by the importer, whole tables at a time. */
export function createTrains({ db }: { db: Connection }) {
  let stations: readonly Station[] = [];

  const imports = () =>
    db.collection<{ _id: string; on: string; sample: boolean }>('imports').findOne({ _id: 'trains' });

  async function load(): Promise<void> {
    const of = (city: string, station: string) =>
      db
        .collection('trains')
        .aggregate<{ _id: Station }>([{ $group: { _id: { name: `$${station}`, cityId: `$${city}` } } }])
        .toArray();
    const found = await readAcrossSwap(() => Promise.all([of('from', 'fromStation'), of('to', 'toStation')]));
    stations = [...new Map(found.flat().map(({ _id }) => [_id.name, _id])).values()];
  }

  return {
    upkeep: { indexes: trainIndexes, follows: { trains: load } } satisfies Upkeep,
    load,
    /** The stretches of a train, by its number as it is printed: `G7301`. */
    async numbered(number: string): Promise<{ trains: Train[]; importedOn: string; sample: boolean }> {
      const [rows, imported] = await Promise.all([
        readAcrossSwap(() =>
          db
            .collection<TrainRow>('trains')
            .find({ number }, { limit: 9, sort: { departs: 1 } })
            .toArray(),
        ),
        imports(),
      ]);
      return { trains: rows.map(toTrain), importedOn: imported?.on ?? '', sample: imported?.sample ?? false };
    },

    /** All stations of the timetable, held in memory; the same array until it is imported again. */
    stations: (): readonly Station[] => stations,
    /**
     * The trains between two cities (their ids) on a Beijing day that fit what is asked, in the order asked for, else by departure.
     * `after`: those that left by then (Beijing time) are only counted, `gone`. `importedOn`: the Beijing day of the timetable, to be told with
     * it; undefined when there is none. `sample`: it is the invented one that comes with the program.
     */
    async between(
      from: string,
      to: string,
      { on, kind, order, after = '', ...asked }: TrainAsk,
    ): Promise<{ trains: Train[]; gone: number; importedOn: string | undefined; sample: boolean }> {
      const [rows, imported] = await Promise.all([
        readAcrossSwap(() =>
          db
            .collection<TrainRow>('trains')
            .find(
              {
                from,
                to,
                runs: weekday(on),
                ...(kind ? { kind: kind === '普速' ? { $in: ordinary } : kind } : {}),
              },
              { batchSize: mostAtOnce },
            )
            .sort({ departs: 1, _id: 1 })
            .limit(mostAtOnce)
            .toArray(),
        ),
        imports(),
      ]);
      const fitting = rows.map(toTrain).filter((train) => fits(train, asked));
      const ahead = fitting.filter(({ departs }) => departs > after);
      return {
        trains: inOrder(ahead, order),
        gone: fitting.length - ahead.length,
        importedOn: imported?.on,
        sample: imported?.sample ?? false,
      };
    },
  };
}

/** Whether it leaves within the hours asked for, and from or to every station that was named. */
const fits = (train: Train, { time, stations = [] }: Pick<TrainAsk, 'time' | 'stations'>): boolean =>
  (!time || (train.departs >= time.from && train.departs <= time.to)) &&
  stations.every((one) => one === train.fromStation || one === train.toStation);

/** Of one day, by departure unless she says otherwise. */
function inOrder(trains: Train[], order: string | undefined): Train[] {
  const price = ({ secondClassFen = Number.POSITIVE_INFINITY }: Train) => secondClassFen;
  if (order === 'cheapest') return trains.toSorted((a, b) => price(a) - price(b));
  if (order === 'dearest') return trains.toSorted((a, b) => price(b) - price(a));
  if (order === 'fastest') return trains.toSorted((a, b) => minutesOf(a) - minutesOf(b));
  return order === 'latest' ? trains.toReversed() : trains;
}

const minutesOf = ({ departs, arrives, dayOffset }: Train): number =>
  minutesIn(arrives) + dayOffset * 24 * 60 - minutesIn(departs);
const minutesIn = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

export type Trains = ReturnType<typeof createTrains>;

/** Of a day `2026-11-23`; Monday is 1, Sunday 7. */
const weekday = (on: string): number => new Date(`${on}T00:00:00Z`).getUTCDay() || 7;

const toTrain = ({ _id, ...rest }: TrainRow): Train => ({ id: _id, ...rest });
