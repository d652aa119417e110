import { distanceKm, type Point } from '../../kit/geo';
import { fold, foldWithOffsets } from '../../kit/text';
import type { City } from './city';
import { likeness } from './likeness';

/** `several`: the name stands for more than one city, ask back. `near`: at most three that she may have meant. */
export type Found =
  | { kind: 'one'; city: City }
  | { kind: 'several'; cities: City[] }
  | { kind: 'none'; near: City[] };

/** `rest` is what is left of the text as she typed it, without the city. */
export type Split = Found & { rest: string };

export type Gazetteer = ReturnType<typeof compileCities>;

const suffixes = ['特別行政區', '自治州', '自治區', '地區', '市', '省', '區', '縣'].map(fold);
const country = fold('中國');
const longestAsked = 40;

/** Names, aliases and regions folded once, so that a look-up is a few reads of a map. Pure. */
export function compileCities(cities: City[]) {
  const byId = new Map(cities.map((city) => [city.id, city]));
  const names = groupBy(cities, (city) => [city.name, city.nameHans]);
  const aliases = groupBy(cities, (city) => city.aliases);
  // 「台灣」 as well as 「中國台灣」.
  const regions = groupBy(cities, (city) => [city.region, city.region.replace(/^中國(?=.)/, '')]);
  const keys = cities.map((city) => ({
    city,
    keys: [...new Set([city.name, city.nameHans, ...city.aliases].map(key))],
  }));
  const longest = Math.max(0, ...[...names.keys(), ...aliases.keys()].map((one) => one.length)) + 12;

  /** A name before an alias before a region: 「吉林」 is the city, 「浙江」 all its cities. */
  const named = (text: string): City[] => names.get(text) ?? aliases.get(text) ?? regions.get(text) ?? [];

  function lookUp(text: string): City[] {
    for (const tried of withoutSuffix(text)) {
      const found = named(tried);
      if (found.length > 0) return found;
    }
    if (text.startsWith(country) && text.length > country.length) return lookUp(text.slice(country.length));
    return inRegion(text);
  }

  /** 「浙江省杭州市」, 「江蘇泰州」: the region tells which. */
  function inRegion(text: string): City[] {
    for (const [region, members] of regions) {
      if (!text.startsWith(region)) continue;
      const rest = text.slice(region.length);
      const tail = suffixes.find((suffix) => rest.startsWith(suffix) && rest.length > suffix.length);
      for (const tried of withoutSuffix(tail ? rest.slice(tail.length) : rest)) {
        const found = (names.get(tried) ?? aliases.get(tried) ?? []).filter((city) => members.includes(city));
        if (found.length > 0) return found;
      }
    }
    return [];
  }

  function near(...tried: string[]): City[] {
    return keys
      .map(({ city, keys: own }) => ({
        city,
        like: Math.max(...own.flatMap((one) => tried.map((text) => likeness(text, one)))),
      }))
      .filter(({ like }) => like >= 0.5)
      .sort((a, b) => b.like - a.like || (a.city.id < b.city.id ? -1 : 1))
      .slice(0, 3)
      .map(({ city }) => city);
  }

  const answer = (found: City[]): Found => {
    const [first] = found;
    if (!first) return { kind: 'none', near: [] };
    return found.length === 1 ? { kind: 'one', city: first } : { kind: 'several', cities: found };
  };

  return {
    /** The city of a name in either script, an alias, pinyin or region, 「杭州」「杭州市」「浙江杭州」「hangzhou」. */
    find(text: string): Found {
      const asked = key(text);
      if (asked === '' || asked.length > longestAsked) return { kind: 'none', near: [] };
      const found = lookUp(asked);
      return found.length > 0 ? answer(found) : { kind: 'none', near: near(asked) };
    },

    /** The longest city name that a phrase begins with (else ends with, else holds), and the rest: 「杭州500以下」 → 杭州, 「500以下」. */
    split(text: string): Split {
      const { text: folded, at } = foldWithOffsets(text.slice(0, 200));
      for (let end = Math.min(folded.length, longest); end > 0; end--) {
        if (!standsAlone(folded, 0, end)) continue;
        const found = lookUp(folded.slice(0, end));
        if (found.length > 0) return { ...answer(found), rest: text.slice(at[end]).trim() };
      }
      for (let start = Math.max(1, folded.length - longest); start < folded.length - 1; start++) {
        if (!standsAlone(folded, start, folded.length)) continue;
        const found = lookUp(folded.slice(start));
        if (found.length > 0) return { ...answer(found), rest: text.slice(0, at[start]).trim() };
      }
      for (let start = 1; start < folded.length - 2; start++) {
        for (let end = Math.min(folded.length - 1, start + longest); end > start + 1; end--) {
          if (!standsAlone(folded, start, end)) continue;
          const found = named(folded.slice(start, end));
          if (found.length > 0)
            return { ...answer(found), rest: `${text.slice(0, at[start])} ${text.slice(at[end])}`.trim() };
        }
      }
      const head = /^\D*/.exec(folded)?.[0] ?? '';
      return {
        kind: 'none',
        near: head === '' ? [] : near(head, head.slice(0, 2), head.slice(0, 3)),
        rest: text.trim(),
      };
    },

    /** The city whose middle is nearest, however far; undefined only when no city is known. */
    nearest(point: Point): { city: City; km: number } | undefined {
      let best: { city: City; km: number } | undefined;
      for (const city of cities) {
        const km = distanceKm(point, city.point);
        if (!best || km < best.km) best = { city, km };
      }
      return best;
    },

    get: (id: string): City | undefined => byId.get(id),
    all: (): readonly City[] => cities,
  };
}

/** Folded, and without what stands inside foreign names: 「Xi'an」, 「Ürümqi·」. */
const key = (text: string): string => fold(text).replace(/['’ʼ·.-]/g, '');

function groupBy(cities: City[], namesOf: (city: City) => string[]): Map<string, City[]> {
  const groups = new Map<string, City[]>();
  for (const city of cities) {
    for (const name of new Set(namesOf(city).map(key))) {
      if (name !== '') groups.set(name, [...(groups.get(name) ?? []), city]);
    }
  }
  return groups;
}

function withoutSuffix(text: string): string[] {
  const suffix = suffixes.find((one) => text.endsWith(one) && text.length - one.length >= 2);
  return suffix ? [text, text.slice(0, -suffix.length)] : [text];
}

/**
 * Whether a piece of a phrase can be a name by itself: Latin letters not cut from a longer word (「xian」 in 「xiangyang」), and a
 * name of one character (「滬」) only where no other word could run on from it.
 */
function standsAlone(text: string, start: number, end: number): boolean {
  const latin = /[a-z]/;
  const before = text.charAt(start - 1);
  const after = text.charAt(end);
  if (latin.test(after) && latin.test(text.charAt(end - 1))) return false;
  if (latin.test(before) && latin.test(text.charAt(start))) return false;
  return end - start > 1 || (before === '' && (after === '' || /\d/.test(after)));
}
