import type { City } from '../../domain/cities/city';
import type { Piece, Reading } from './read';
import type { Wish } from './things';
import type { Score, Thing, Topic } from './topics';
import type { Wanted } from './wishes';
import { writeWish } from './write';

/** What she was answered last: its topic, and the wish that was answered. */
export type Earlier = { topic: Topic; wish: Wish };

/** Her words may go on from what she was answered last, so that is worth asking for. */
export function mayFollow(
  reading: Reading,
  wanted: Wanted,
  scores: readonly Score[],
  first?: Score,
): boolean {
  if (!first || isFollowing(reading) || wanted.here || lacksPlace(first.topic, wanted)) return true;
  const named = wanted.trip || wanted.wish.sight !== undefined || wanted.wish.hotel !== undefined;
  return (first.words.length === 0 && !named) || scores.some((one) => one !== first && covers(one, first));
}

/** 「最便宜是哪班」: where from and where to was said before. */
const lacksPlace = ({ takes }: Topic, { wish, elsewhere }: Wanted): boolean =>
  (takes.includes('to') || takes.includes('sight')) &&
  elsewhere.length === 0 &&
  !(['city', 'from', 'to', 'near', 'sight', 'hotel', 'number'] as const).some((thing) => thing in wish);

/** 「上海迪士尼附近的酒店」 with a word and a place of its own begins anew, whatever was said before. */
const isWhole = (reading: Reading, { wish, trip }: Wanted, first: Score | undefined): boolean =>
  first !== undefined &&
  first.words.length > 0 &&
  (trip || (['city', 'near', 'sight', 'hotel'] as const).some((thing) => thing in wish)) &&
  !isFollowing(reading);

/** 「多少錢」 is a word of rooms, of tickets, of one hotel: it says nothing against the topic before. */
const covers = (one: Score, first: Score): boolean =>
  first.words.length > 0 && first.words.every((word) => one.words.includes(word));

/**
 * What she wants when her words carry on with what was answered: 「那上海呢」「便宜點的」「明天呢」, or ask the same place for more (故宮
 * 「多少錢」); undefined when they do not.
 */
export function followed(
  earlier: Earlier,
  now: { reading: Reading; wanted: Wanted; scores: readonly Score[]; first: Score | undefined },
): Wish | undefined {
  const { reading, wanted, scores, first } = now;
  const { topic, wish: had } = earlier;
  const own = scores.find((one) => one.topic.name === topic.name);
  if (first && first.topic.name !== topic.name && !(own && covers(own, first))) return undefined;
  if (wanted.unknown.join('').length > 4 || (isWhole(reading, wanted, first) && !wanted.here))
    return undefined;
  const told = { ...wayBack(reading, had), ...newThings(topic, wanted, had) };
  const isCondition = topic.takes.includes('yuan') && wanted.extras.length > 0;
  const isOfHers = own !== undefined && own.words.length > 0 && nameOf(had) !== undefined;
  if (Object.keys(told).length === 0) return isCondition || isOfHers ? only(topic, had) : undefined;
  const wish = merged(only(topic, had), told);
  // The same again: she means something else.
  return isCondition || writeWish(topic, wish) !== writeWish(topic, had) ? wish : undefined;
}

/** What 「這附近」 is near to: the sight or hotel that was spoken of. */
export const nameOf = ({ sight, hotel, near }: Wish) => sight ?? hotel ?? (near === 'me' ? undefined : near);

export const only = ({ takes }: Topic, wish: Wish): Wish =>
  Object.fromEntries(Object.entries(wish).filter(([thing]) => takes.includes(thing as Thing)));

/** What she said now of what the topic takes; a city alone is where she goes, unless that is what is known. */
function newThings(topic: Topic, wanted: Wanted, had: Wish): Wish {
  const { city, from, to, ...rest } = only(topic, wanted.wish);
  const place: City | undefined = wanted.wish.city;
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
  const then = (piece: Piece | undefined) =>
    piece?.kind === 'word' && (piece.word.small === 'then' || piece.word.small === 'also');
  return then(pieces[0]) || then(pieces.at(-1));
}
