import type { City } from '../../domain/cities/city';
import { fold } from '../../kit/text';
import type { Services } from '../../services';
import { createDictionary, type Dictionary } from './dictionary';
import type { Named } from './things';

/** What a name stands for; 「西湖」 is a sight, and also a name of 杭州. */
export type Meant = {
  cities?: readonly City[];
  /** A province rather than a city. */
  region?: true;
  sight?: Named;
  hotel?: Named;
  /** A station of these cities, as timetables write it. */
  station?: { name: string; cityId: string };
  /** A place that we have nothing of. */
  elsewhere?: string;
};

/** Everyday words that hold the name of a city. */
const noNames = [
  '大理石',
  '長沙發',
  '天津飯',
  '北京時間',
  '上海菜',
  '和平時期',
  '重慶小麵',
  '揚州炒飯',
  '北京烤鴨',
  '黃山毛峰',
  '成都會',
  '東海口',
  '太原來',
];

/** Whose names are known. */
export type Known = {
  cities: Pick<Services['cities'], 'all' | 'elsewhere' | 'get'>;
  sights: Pick<Services['sights'], 'named'>;
  hotels: Pick<Services['hotels'], 'named'>;
  trains: Pick<Services['trains'], 'stations'>;
};

/** All names of our tables, compiled again when one of these has been read anew. */
export function createNames({ cities, sights, hotels, trains }: Known): () => Dictionary<Meant> {
  let of: readonly unknown[] = [];
  let compiled = createDictionary<Meant>(new Map());

  return () => {
    const now = [cities.all(), sights.named(), hotels.named(), trains.stations()] as const;
    if (now.some((table, i) => table !== of[i])) {
      of = now;
      compiled = compile(...now, cities.elsewhere());
    }
    return compiled;
  };
}

function compile(
  cities: readonly City[],
  sights: readonly (Named & { aliases?: string[] })[],
  hotels: readonly Named[],
  stations: readonly { name: string; cityId: string }[],
  elsewhere: readonly { name: string; aliases: readonly string[] }[],
): Dictionary<Meant> {
  const words = new Map<string, Meant>();
  const add = (name: string, meant: Meant) => {
    const word = fold(name);
    // 「滬」 and 「hk」 are names only where they stand alone, and there patterns find them.
    if (word.length < 2 || /^[a-z]{1,3}$/.test(word)) return;
    words.set(word, { ...meant, ...words.get(word) });
  };

  for (const name of noNames) add(name, {});
  addCities(cities, add);
  for (const { aliases = [], ...sight } of sights)
    for (const name of [...shortNames(sight.name), ...aliases]) add(name, { sight });
  for (const hotel of hotels) add(hotel.name, { hotel });
  for (const hotel of hotels) {
    const short = hotel.name.replace(/(?:大酒店|酒店|賓館|飯店|客棧|民宿|旅舍|旅館|公寓)$/, '');
    if ([...short].length >= 4 && !words.has(fold(short))) add(short, { hotel });
  }
  const known = new Map(cities.map((city) => [city.id, city]));
  const ours = stations.filter(({ cityId }) => known.has(cityId));
  for (const station of ours)
    for (const name of [station.name, `${station.name}站`])
      if (!words.get(fold(name))?.cities) add(name, { station });
  for (const { name, cityId } of ours) {
    const city = known.get(cityId);
    // 「杭州站」 is any of its stations.
    if (city) add(`${city.name}站`, { cities: [city] });
    if (city && name.startsWith(city.name) && name.length > city.name.length + 1)
      add(`${name.slice(city.name.length)}站`, { station: { name, cityId } });
  }
  for (const { name, aliases } of elsewhere)
    for (const one of [name, ...aliases]) if (!words.has(fold(one))) add(one, { elsewhere: name });
  return createDictionary(words);
}

/** A name before an alias before a region: 「吉林」 is the city, 「浙江」 all its cities. */
function addCities(cities: readonly City[], add: (name: string, meant: Meant) => void): void {
  const groups = (namesOf: (city: City) => string[]): Map<string, City[]> => {
    const found = new Map<string, City[]>();
    for (const city of cities)
      for (const name of new Set(namesOf(city).flatMap((one) => [fold(one), fold(one).replace(/['’]/g, '')])))
        found.set(name, [...(found.get(name) ?? []), city]);
    return found;
  };
  const own = groups(({ name, nameHans }) => [name, nameHans]);
  for (const [name, members] of own) add(name, { cities: members });
  for (const [name, members] of groups(({ aliases }) => aliases)) add(name, { cities: members });
  for (const [name, members] of groups(({ region }) => [
    region,
    region.replace(/^中國(?=.)/, ''),
    `${region}省`,
  ]))
    if (!own.has(name)) add(name, { cities: members, region: true });
}

/** 「秦始皇帝陵博物院（兵馬俑）」 is known by each of its parts. */
function shortNames(name: string): string[] {
  const parts = /^([^（(]+)[（(]([^）)]+)[）)]$/.exec(name);
  const whole = parts ? [name, parts[1] as string] : [name];
  return [
    ...new Set([
      ...whole,
      ...whole.map((one) => one.replace(/(?:風景名勝區|風景區|旅遊區|度假區|景區)$/, '')),
    ]),
  ];
}
