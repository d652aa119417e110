import type { City } from '../../domain/cities/city';
import { beijingDay } from '../../kit/beijing';
import { createDictionary } from './dictionary';
import { createNames, type Known } from './names';
import { mergeWords, type Piece, type Reading, readText } from './read';
import { createSpelling } from './spelling';
import type { Wish } from './things';
import { enough, type Score, scoresOf, type Thing, type Topic, wordsOf } from './topics';
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

/** Behind exact words and patterns: what a sentence is about and what it says, whatever its words. */
export function createUnderstanding(topics: readonly Topic[], services: Known) {
  const names = createNames(services);
  const words = createDictionary(mergeWords(wordsOf(topics)));
  const spelling = createSpelling(spellable());

  /** Names and words that may be mistyped; the same object as long as the tables are the same. */
  function spellable(): () => Iterable<string> {
    const strong = [...wordsOf(topics).keys()];
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
    const typed = reading.folded.length > shortText ? undefined : spelling.corrected(reading);
    if (typed === undefined) return found;
    const second = await take(read(typed, at), at, before);
    const [want] = second.wants;
    if (!want || second.wants.length > 1 || second.why.wanted.unknown.length > 0) return found;
    if (done && Object.keys(want.wish).length <= Object.keys(found.wants[0]?.wish ?? {}).length) return found;
    return { ...second, guess: want.topic.idle ? typed : writeWish(want.topic, want.wish) };
  }

  async function take(
    reading: Reading,
    at: number,
    before: () => Promise<string | undefined>,
  ): Promise<Understood> {
    const wanted = wantedOf(reading, services.cities.get);
    const scores = scoresOf(topics, reading, wanted);
    const chosen = picked(reading, scores);
    const [first] = chosen;
    const why = { reading, wanted, scores };
    const whole = wanted.trip || wanted.wish.sight !== undefined || wanted.wish.hotel !== undefined;
    const follows = !first || (first.words.length === 0 && !whole) || isFollowing(reading);
    const earlier = follows ? await before() : undefined;
    const followed = earlier === undefined ? undefined : follow(earlier, at, { reading, wanted, first });
    if (followed)
      return { ...followed, why: { ...why, ...(earlier === undefined ? {} : { followed: earlier }) } };
    const elsewhere = placeWithout(wanted, first?.topic);
    if (!first) return { wants: [], why, ...elsewhere };
    const wants =
      chosen.length > 1 ? severalWants(reading, at, chosen) : [wantOf(first.topic, reading, wanted)];
    const several = wanted.several && first.topic.takes.includes('city') ? { several: wanted.several } : {};
    return { wants, why, ...several, ...elsewhere };
  }

  /** Her words carry on with what she was answered last: 「那上海呢」「便宜點的」「明天呢」. */
  function follow(
    before: string,
    at: number,
    { reading, wanted, first }: { reading: Reading; wanted: Wanted; first: Score | undefined },
  ): Pick<Understood, 'wants' | 'several' | 'elsewhere' | 'topic'> | undefined {
    const earlier = read(before, at);
    const had = wantedOf(earlier, services.cities.get);
    const [last] = picked(earlier, scoresOf(topics, earlier, had));
    if (!last || last.topic.idle) return undefined;
    const { topic } = last;
    if (first && first.topic.name !== topic.name) return undefined;
    if (wanted.unknown.join('').length > 4) return undefined;
    const place = placeWithout(wanted, topic);
    if (place) return { wants: [], ...place };
    const now = { ...wayBack(reading, had.wish), ...newThings(topic, wanted, had.wish) };
    const isCondition = topic.takes.includes('yuan') && wanted.extras.length > 0;
    if (Object.keys(now).length === 0 && !isCondition) return undefined;
    const wish = merged(only(topic, had.wish), now);
    // The same again: she means something else.
    if (!isCondition && writeWish(topic, wish) === writeWish(topic, had.wish)) return undefined;
    const several = wanted.several ? { several: wanted.several } : {};
    return { wants: [{ topic, wish, rest: restOf(topic, reading, wanted) }], ...several };
  }

  /** 「杭州天氣和上海酒店」: each clause with its own things, the second with the city of the first if it names none. */
  function severalWants(reading: Reading, at: number, chosen: readonly Score[]): Want[] {
    const [first, second] = chosen.slice(0, 2).toSorted((a, b) => a.at - b.at) as [Score, Score];
    const cut = cutBetween(reading, first, second);
    const [head, tail] = [
      reading.said({ from: 0, to: cut }),
      reading.said({ from: cut, to: reading.folded.length }),
    ];
    return [
      { text: head, topic: first.topic },
      { text: tail, topic: second.topic },
    ].reduce<Want[]>((wants, { text, topic }) => {
      const clause = read(text, at);
      const own = wantedOf(clause, services.cities.get);
      const want = wantOf(topic, clause, own);
      const city = want.wish.city ?? wants[0]?.wish.city ?? wants[0]?.wish.to;
      return [
        ...wants,
        city && topic.takes.includes('city') ? { ...want, wish: { ...want.wish, city } } : want,
      ];
    }, []);
  }

  const wantOf = (topic: Topic, reading: Reading, wanted: Wanted): Want => ({
    topic,
    wish: only(topic, wanted.wish),
    rest: restOf(topic, reading, wanted),
  });

  return { understand, read };
}

export type Understanding = ReturnType<typeof createUnderstanding>;

/** The topics that count: what stands above all else alone, talk only when there is nothing else, two when something joins them. */
function picked(reading: Reading, scores: readonly Score[]): Score[] {
  const meant = scores.filter(({ score }) => score >= enough);
  const serious = meant.filter(({ topic }) => !topic.idle);
  const [first, second] = serious.length > 0 ? serious : meant;
  if (!first) return [];
  const urgent = first.score >= 4 && Object.keys(first.topic.words).includes('4');
  const both = second && !urgent && !first.topic.idle && first.words.length > 0 && second.words.length > 0;
  return both && areTwo(reading, first, second) ? [first, second] : [first];
}

/** Two topics are two wishes when something joins them, or each has a city of its own: 「酒店的早餐」 is one. */
function areTwo({ pieces }: Reading, first: Score, second: Score): boolean {
  const [from, to] = [Math.min(first.at, second.at), Math.max(first.at, second.at)];
  const between = pieces.filter((piece) => piece.from > from && piece.from < to);
  return between.some(
    (piece) =>
      (piece.kind === 'word' && piece.word.small === 'and') || (piece.kind === 'name' && piece.meant.cities),
  );
}

/** Where the clause of the second begins: behind what joins the two. */
function cutBetween({ pieces }: Reading, first: Score, second: Score): number {
  const joint = pieces.findLast(
    (piece) =>
      piece.kind === 'word' && piece.word.small === 'and' && piece.from > first.at && piece.from < second.at,
  );
  const word = pieces.find((piece) => piece.from === first.at);
  return joint?.to ?? word?.to ?? second.at;
}

const only = ({ takes }: Topic, wish: Wish): Wish =>
  Object.fromEntries(Object.entries(wish).filter(([thing]) => takes.includes(thing as Thing)));

/** What she said now of what the topic takes; a city alone is where she goes, unless that is what is known. */
function newThings(topic: Topic, wanted: Wanted, had: Wish): Wish {
  const { city, from, to, ...rest } = only(topic, wanted.wish);
  const place = wanted.wish.city;
  if (!topic.takes.includes('to')) return { ...rest, ...(city ? { city } : {}) };
  if (from && to) return { ...rest, from, to };
  if (from && !to && wanted.wish.from === from) return { ...rest, from };
  if (!place) return rest;
  return had.to && !had.from ? { ...rest, from: place } : { ...rest, to: place };
}

/** 「那回來呢」. */
const wayBack = ({ folded }: Reading, { from, to }: Wish): Wish =>
  from && to && /回来|回程|返程|回去|返回|反过来/.test(folded) ? { from: to, to: from } : {};

function merged(had: Wish, now: Wish): Wish {
  const { page: _page, ...kept } = had;
  const moved = (now.city && now.city.id !== had.city?.id) || now.near;
  if (moved) {
    delete kept.near;
    delete kept.sight;
    delete kept.hotel;
  }
  return { ...kept, ...now };
}

/** 「那上海呢」「換成高鐵」. */
function isFollowing({ pieces }: Reading): boolean {
  const [first] = pieces;
  const last = pieces.at(-1);
  const then = (piece: Piece | undefined) => piece?.kind === 'word' && piece.word.small === 'then';
  return then(first) || then(last);
}

/** She asks for a place that we have nothing of, and names none that we have. */
function placeWithout(
  { wish, elsewhere }: Wanted,
  topic: Topic | undefined,
): { elsewhere: string; topic?: string } | undefined {
  const [place] = elsewhere;
  if (place === undefined || wish.sight || wish.hotel) return undefined;
  if (topic && !topic.takes.includes('city') && !topic.takes.includes('to')) return undefined;
  const other = wish.city && !topic?.takes.includes('to');
  return other ? undefined : { elsewhere: place, ...(topic && !topic.idle ? { topic: topic.name } : {}) };
}

/** What the topic cannot honour, as she typed it: conditions it does not take, and what nobody understood of a short text. */
function restOf({ takes }: Topic, { pieces, said, folded }: Reading, { extras, unknown }: Wanted): string {
  const lost = pieces.filter(
    (piece) =>
      piece.kind === 'thing' && Object.keys(piece.wish).every((thing) => !takes.includes(thing as Thing)),
  );
  const strange =
    folded.length <= shortText ? unknown.filter((piece) => piece.length > 1 && piece.length <= 8) : [];
  return [...new Set([...lost.map(said), ...extras, ...strange])].join('、');
}
