import type { City } from '../../domain/cities/city';
import { beijingDay } from '../../kit/beijing';
import { createDictionary } from './dictionary';
import { type Earlier, followed, mayFollow, nameOf, only } from './following';
import { createNames, type Known } from './names';
import { spokenKinds } from './quantities';
import { mergeWords, type Reading, readText } from './read';
import { cutBetween, picked } from './several';
import { createSpelling } from './spelling';
import type { Wish } from './things';
import { type Score, scoresOf, type Thing, type Topic, wordsOf } from './topics';
import { type Wanted, wantedOf } from './wishes';
import { writeWish } from './write';

/** One thing she wants: a topic, what it needs to know, and what of her words it cannot honour. */
export type Want = { topic: Topic; wish: Wish; rest: string };

export type Understood = {
  /** What she wants, in her order; none when nobody could tell. */
  wants: Want[];
  /** What her text was taken for, where she seems to have mistyped it. */
  guess?: string;
  /** The topic's city could be any of these. */
  several?: { typed: string; cities: readonly City[] };
  /** A place she named and we have nothing of, and what she asks for there. */
  elsewhere?: string;
  topic?: string;
  /** What decided, for people: `npm run handlers -- why`. */
  why: { reading: Reading; wanted: Wanted; scores: Score[]; followed?: string };
};

/** Nobody reads on in a text as long as this: what is not understood of it is talk. */
const shortText = 40;
const mostSlips = 3;
/** Cities of one wish that are answered. */
const mostCities = 3;

/** Behind exact words and patterns: what a sentence is about and what it says, whatever its words. */
export function createUnderstanding(topics: readonly Topic[], services: Known) {
  const names = createNames(services);
  const words = createDictionary(mergeWords(wordsOf(topics)));
  const spelling = createSpelling(spellable());

  /** Names and words that may be mistyped; the same object as long as the tables are the same. */
  function spellable(): () => Iterable<string> {
    const strong = [...wordsOf(topics).keys(), ...spokenKinds];
    let of: unknown;
    let known: string[] = [];
    return () => {
      const dictionary = names();
      if (of !== dictionary) {
        of = dictionary;
        const ours = [...dictionary.entries()].filter(([, { elsewhere }]) => elsewhere === undefined);
        known = [...strong, ...ours.map(([name]) => name)];
      }
      return known;
    };
  }

  const read = (raw: string, at: number): Reading =>
    readText(raw, { names: names(), words, today: beijingDay(at) });

  /** `before`: what she was answered last, if that is not long ago; asked only when her words may go on from it. */
  async function understand(
    raw: string,
    { at, before }: { at: number; before: () => Promise<string | undefined> },
  ): Promise<Understood> {
    const found = await take(read(raw, at), at, before);
    const { reading, wanted } = found.why;
    const done = found.wants.length > 0 || found.elsewhere !== undefined;
    if (done && (reading.folded.length > shortText || wanted.unknown.length === 0)) return found;
    const typed = reading.folded.length > shortText ? undefined : spelt(reading, at);
    if (typed === undefined) return found;
    const second = await take(read(typed, at), at, before);
    const [want] = second.wants;
    const strange = second.why.wanted.unknown.join('');
    if (!want || second.wants.length > 1 || strange.length > 1) return found;
    if (done && Object.keys(want.wish).length <= Object.keys(found.wants[0]?.wish ?? {}).length) return found;
    return { ...second, guess: want.topic.idle ? typed : writeWish(want.topic, want.wish) };
  }

  /** With each of a few slips mended: 「苏洲有什么井点」 has two. */
  function spelt(reading: Reading, at: number): string | undefined {
    let mended: string | undefined;
    for (let slip = 0; slip < mostSlips; slip++) {
      const next = spelling.corrected(mended === undefined ? reading : read(mended, at));
      if (next === undefined) break;
      mended = next;
    }
    return mended;
  }

  async function take(
    reading: Reading,
    at: number,
    before: () => Promise<string | undefined>,
  ): Promise<Understood> {
    const wanted = wantedOf(reading, services.cities.get);
    const scores = scoresOf(topics, reading, wanted);
    const chosen = picked(reading, scores, wanted);
    const [first] = chosen;
    const text = mayFollow(reading, wanted, scores, first) ? await before() : undefined;
    const earlier = text === undefined ? undefined : earlierOf(text, at);
    const why = { reading, wanted, scores, ...(text === undefined ? {} : { followed: text }) };
    const place = earlier && nameOf(earlier.wish);
    if (wanted.here && place) {
      wanted.wish.near = place;
      delete wanted.wish.city;
    }
    const goesOn = earlier && follow(earlier, { reading, wanted, scores, first });
    if (goesOn) return { ...goesOn, why };
    const elsewhere = placeWithout(wanted, first?.topic);
    if (!first) return { wants: [], why, ...elsewhere };
    const wants =
      chosen.length > 1 ? severalWants(reading, at, chosen) : wantsOf(first.topic, reading, wanted);
    const several = wanted.several && first.topic.takes.includes('city') ? { several: wanted.several } : {};
    return { wants, why, ...several, ...elsewhere };
  }

  function earlierOf(text: string, at: number): Earlier | undefined {
    const reading = read(text, at);
    const wanted = wantedOf(reading, services.cities.get);
    const [last] = picked(reading, scoresOf(topics, reading, wanted), wanted);
    return last && !last.topic.idle ? { topic: last.topic, wish: wanted.wish } : undefined;
  }

  function follow(
    earlier: Earlier,
    now: { reading: Reading; wanted: Wanted; scores: readonly Score[]; first: Score | undefined },
  ): Pick<Understood, 'wants' | 'several' | 'elsewhere' | 'topic'> | undefined {
    const { topic } = earlier;
    const { reading, wanted, first } = now;
    const place =
      !first || first.topic.name === topic.name
        ? wanted.unknown.join('').length <= 4 && placeWithout(wanted, topic)
        : undefined;
    if (place) return { wants: [], ...place };
    const wish = followed(earlier, now);
    if (!wish) return undefined;
    const several = wanted.several ? { several: wanted.several } : {};
    return { wants: [{ topic, wish, rest: restOf(topic, reading, wanted) }], ...several };
  }

  /** 「杭州天氣和上海酒店」: each clause with its own things, the second with the city of the first if it names none. */
  function severalWants(reading: Reading, at: number, chosen: readonly Score[]): Want[] {
    const [first, second] = chosen as [Score, Score]; // in her order
    const cut = cutBetween(reading, first, second);
    const clauses = [
      { text: reading.said({ from: 0, to: cut }), topic: first.topic },
      { text: reading.said({ from: cut, to: reading.folded.length }), topic: second.topic },
    ];
    return clauses.reduce<Want[]>((wants, { text, topic }) => {
      const clause = read(text, at);
      const want = wantOf(topic, clause, wantedOf(clause, services.cities.get));
      const city = want.wish.city ?? wants[0]?.wish.city ?? wants[0]?.wish.to;
      return [
        ...wants,
        city && topic.takes.includes('city') ? { ...want, wish: { ...want.wish, city } } : want,
      ];
    }, []);
  }

  /** 「台北跟高雄的天氣」 is two wishes; where one goes from one city to another, it is one. */
  function wantsOf(topic: Topic, reading: Reading, wanted: Wanted): Want[] {
    const want = wantOf(topic, reading, wanted);
    const cities =
      topic.takes.includes('city') && !topic.takes.includes('to') && !wanted.trip ? wanted.cities : [];
    if (cities.length < 2 || want.wish.near || want.wish.sight || want.wish.hotel) return [want];
    return cities.slice(0, mostCities).map((city) => ({ ...want, wish: { ...want.wish, city } }));
  }

  const wantOf = (topic: Topic, reading: Reading, wanted: Wanted): Want => ({
    topic,
    wish: only(topic, wanted.wish),
    rest: restOf(topic, reading, wanted),
  });

  return { understand, read };
}

export type Understanding = ReturnType<typeof createUnderstanding>;

/** She asks for a place that we have nothing of, and names none that we have. */
function placeWithout(
  { wish, elsewhere }: Wanted,
  topic: Topic | undefined,
): { elsewhere: string; topic?: string } | undefined {
  const [place] = elsewhere;
  if (place === undefined || wish.sight || wish.hotel) return undefined;
  if (topic && !(['city', 'to', 'sight'] as const).some((thing) => topic.takes.includes(thing)))
    return undefined;
  const other = wish.city && !topic?.takes.includes('to');
  return other ? undefined : { elsewhere: place, ...(topic && !topic.idle ? { topic: topic.name } : {}) };
}

/** What the topic cannot honour, as she typed it: conditions it does not take, and what nobody understood of a short text. */
function restOf({ takes }: Topic, { pieces, said, folded }: Reading, { extras, unknown }: Wanted): string {
  const lost = pieces.filter(
    (piece) =>
      piece.kind === 'thing' &&
      Object.keys(piece.wish).length > 0 &&
      Object.keys(piece.wish).every((thing) => !takes.includes(thing as Thing)),
  );
  const strange =
    folded.length <= shortText ? unknown.filter((piece) => piece.length > 1 && piece.length <= 8) : [];
  return [...new Set([...lost.map(said), ...extras, ...strange])].join('、');
}
