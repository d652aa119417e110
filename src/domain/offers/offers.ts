import type { Connection } from 'mongoose';
import { readAcrossSwap } from '../../store/swap';
import type { Campaigns } from '../campaigns/campaigns';
import type { Cities } from '../cities/cities';
import type { City } from '../cities/city';
import type { Upkeep } from '../upkeep';

/** What an account may lack: tables that an operator brings, a service to connect, a campaign. */
export type Need = 'guides' | 'sights' | 'hotels' | 'trains' | 'weather' | 'nearby' | 'quiz' | 'phone';

/** Of what an account lacks: its name, and how an operator brings it. */
export const remedies: Record<Need, { what: string; todo: string }> = {
  guides: { what: '攻略', todo: 'npm run import -- guides 檔案' },
  sights: { what: '景點', todo: 'npm run import -- sights 檔案' },
  hotels: { what: '酒店', todo: 'npm run import -- hotels 檔案' },
  trains: { what: '列車時刻', todo: 'npm run import -- trains 檔案' },
  weather: {
    what: '天氣服務',
    todo: '在 .env 選 WEATHER_PROVIDER：open-meteo（品牌要 OPEN_METEO_KEY）或 qweather（要 QWEATHER_URL、QWEATHER_KEY）',
  },
  nearby: { what: '附近的酒店', todo: 'npm run import -- hotels 檔案，或在 .env 填 AMAP_KEY' },
  quiz: { what: '答題活動', todo: 'npm run quiz -- template 檔案.xlsx，填好後 import、check、start' },
  phone: { what: '綁定手機', todo: '在 .env 填 SMS_…（騰訊雲短信）' },
};

/**
 * What can be answered now, by an example: `hotels` is a city that has some, `trains` 「北京到西安」, `quiz` the keyword of the
 * one that runs; '' where there is nothing. `nearby`: whether hotels round her can be found.
 */
export type Can = Record<Exclude<Need, 'nearby' | 'phone'>, string> & {
  nearby: boolean;
  /** Whether codes can be sent. */
  phone: boolean;
  /** One or two that we know. */
  cities: string[];
  /** Whole sentences to try. */
  asks: string[];
};

/** What one may ask about a city, and the word for it. */
const words = { guides: '攻略', weather: '天氣', hotels: '酒店', sights: '景點' } as const;
type AboutCity = keyof typeof words;

/** Named where we know them and they have what is asked for. */
const favourites = ['杭州', '成都'] as const;
const favouriteTrip = ['杭州', '上海'] as const;

type Tables = { guides: Set<string>; sights: Set<string>; hotels: Set<string>; trip: Trip | undefined };
type Trip = { from: string; to: string };

/**
 * So that nobody is led to what has no answer: welcome, help, suggestions and the hints under replies ask here what to
 * name. Held in memory; `load` reads again, whenever one of `tables` has moved. Until then all is taken to be there.
 */
export function createOffers(given: {
  db: Connection;
  cities: Cities;
  campaigns: Pick<Campaigns, 'running' | 'latest'>;
  weather: boolean;
  maps: boolean;
  phone: boolean;
}) {
  const { db, cities, campaigns, weather, maps, phone } = given;
  let tables: Tables | undefined;
  let kept: { of: readonly City[]; quiz: string; shown: { can: Can } } | undefined;

  const cityIds = async (collection: string, field: string): Promise<Set<string>> =>
    new Set((await readAcrossSwap(() => db.collection(collection).distinct(field))) as string[]);

  async function aTrip(): Promise<Trip | undefined> {
    const trains = db.collection<Trip>('trains');
    const [from, to] = favouriteTrip.map((name) => idOf(name) ?? '') as [string, string];
    const trip = await readAcrossSwap(async () => (await trains.findOne({ from, to })) ?? trains.findOne());
    return trip ?? undefined;
  }

  function idOf(name: string): string | undefined {
    const found = cities.find(name);
    return found.kind === 'one' ? found.city.id : undefined;
  }

  const covers = (what: AboutCity, id: string): boolean =>
    what === 'weather' ? weather : !tables || tables[what].has(id);

  /** Cities to name, the favourites first. */
  const known = (): readonly City[] => [
    ...favourites.flatMap((name) => cities.get(idOf(name) ?? '') ?? []),
    ...cities.all(),
  ];

  const example = (what: AboutCity): string => known().find(({ id }) => covers(what, id))?.name ?? '';

  function trip(): string {
    if (!tables) return favouriteTrip.join('到');
    const [from, to] = [tables.trip?.from, tables.trip?.to].map((id) => cities.get(id ?? '')?.name);
    return from !== undefined && to !== undefined ? `${from}到${to}` : '';
  }

  function can(quiz: string): Can {
    const topics = (Object.keys(words) as AboutCity[]).filter((what) => example(what) !== '');
    const trains = trip();
    return {
      guides: example('guides'),
      sights: example('sights'),
      hotels: example('hotels'),
      weather: example('weather'),
      trains,
      quiz,
      phone,
      nearby: maps || !tables || tables.hotels.size > 0,
      cities: [...new Set(known().map(({ name }) => name))].slice(0, 2),
      asks: [...topics.map((what) => `${example(what)}${words[what]}`), ...(trains === '' ? [] : [trains])],
    };
  }

  /** The same object as long as nothing changes: filled templates are kept by it. */
  function now(at: number): { can: Can } {
    const quiz = campaigns.running(at)[0]?.keywords[0] ?? '';
    const of = cities.all();
    if (kept?.of !== of || kept.quiz !== quiz) kept = { of, quiz, shown: { can: can(quiz) } };
    return kept.shown;
  }

  async function load(): Promise<void> {
    const [guides, sights, hotels, train] = await Promise.all([
      cityIds('guides', '_id'),
      cityIds('sights', 'cityId'),
      cityIds('hotels', 'cityId'),
      aTrip(),
    ]);
    tables = { guides, sights, hotels, trip: train };
    kept = undefined;
  }

  return {
    upkeep: { follows: { guides: load, sights: load, hotels: load, trains: load } } satisfies Upkeep,
    now,

    load,

    /** Whether there is anything to answer from. Words of a quiz have an answer from its announcement until it is forgotten. */
    has: (need: Need, at: number): boolean =>
      need === 'quiz' ? campaigns.latest(at) !== undefined : Boolean(now(at).can[need]),

    /** Whether a city has it. */
    covers: (what: AboutCity, city: City): boolean => covers(what, city.id),

    /** What she may say next about a city, as a list to choose from; without one, about any. */
    asks(
      city: City | undefined,
      topics = Object.keys(words) as AboutCity[],
    ): { label: string; says: string }[] {
      return topics.flatMap((what) => {
        const name = city ? (covers(what, city.id) ? city.name : '') : example(what);
        const says = `${name}${words[what]}`;
        return name === '' ? [] : [{ label: says, says }];
      });
    },
  };
}

export type Offers = ReturnType<typeof createOffers>;
