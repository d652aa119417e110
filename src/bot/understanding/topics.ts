import { fold } from '../../kit/text';
import { isDenied, type Reading, type TopicWord } from './read';
import type { Things } from './things';
import type { Wanted } from './wishes';

export type Thing = keyof Things;

/** What a handler is about. */
export type Topic = {
  /** What one says to have it answered: 「天氣」. */
  name: string;
  /** Words by their weight: one of 2 decides by itself, two of 1 together, or one with a city or a day; 3 stands above one of 2, 4 above all else. */
  words: Partial<Record<1 | 2 | 3 | 4, string>>;
  takes: readonly Thing[];
  /** What makes it the topic without any word: somebody who names stars asks for hotels. `from`: a way from one city to another. */
  by?: readonly Thing[];
  /** Talk: it counts when she wants nothing else. */
  idle?: boolean;
};

export type Score = {
  topic: Topic;
  score: number;
  words: string[];
  places: number[];
  at: number;
  urgent?: true;
};

/** From here on a topic is what she means. */
export const enough = 2;

/** Each word of the topics and what it says for which. */
export function wordsOf(topics: readonly Topic[]): Map<string, TopicWord[]> {
  const found = new Map<string, TopicWord[]>();
  for (const { name, words } of topics)
    for (const [weight, list] of Object.entries(words))
      for (const word of new Set(list.split(/\s+/).map(fold)))
        if (word !== '')
          found.set(word, [...(found.get(word) ?? []), { topic: name, weight: Number(weight) }]);
  return found;
}

/** The topics that a sentence speaks of, best first. */
export function scoresOf(topics: readonly Topic[], reading: Reading, wanted: Wanted): Score[] {
  const scores = new Map<string, Score>();
  const byName = new Map(topics.map((topic) => [topic.name, topic]));
  const entry = (topic: Topic): Score => {
    const known = scores.get(topic.name) ?? { topic, score: 0, words: [], places: [], at: -1 };
    scores.set(topic.name, known);
    return known;
  };
  reading.pieces.forEach((piece, i) => {
    if (piece.kind !== 'word' || isDenied(reading.pieces, i)) return;
    for (const { topic: name, weight } of piece.word.topics) {
      const topic = byName.get(name);
      const one = topic && entry(topic);
      if (!one || one.words.includes(piece.text)) continue;
      one.score += weight;
      if (weight === 4) one.urgent = true;
      one.words.push(piece.text);
      one.places.push(piece.from);
      one.at = piece.from;
    }
  });
  for (const topic of topics) {
    const thing = topic.by?.find((one) => stands(one, wanted));
    if (thing === undefined) continue;
    const one = entry(topic);
    one.score += enough;
    if (one.at < 0) one.at = placeOf(thing, reading);
  }
  for (const one of scores.values()) one.score += support(one.topic, wanted);
  return [...scores.values()].sort(
    (a, b) => b.score - a.score || b.words.length - a.words.length || b.at - a.at,
  );
}

const stands = (thing: Thing, { wish, trip }: Wanted): boolean => (thing === 'from' ? trip : thing in wish);

/** Where what makes it the topic stands. */
const placeOf = (thing: Thing, { pieces }: Reading): number =>
  pieces.find((piece) =>
    piece.kind === 'name'
      ? thing === 'sight' || thing === 'hotel'
        ? piece.meant[thing]
        : thing === 'from' && piece.meant.cities
      : piece.kind === 'thing' && thing in piece.wish,
  )?.from ?? -1;

/** What goes with a topic speaks for it a little, and so does that nothing else stands in the sentence. */
function support(topic: Topic, { wish, unknown, elsewhere }: Wanted): number {
  const fitting = (['city', 'days', 'sight', 'yuan', 'near', 'order', 'time'] as const).filter(
    (thing) => thing in wish && topic.takes.includes(thing),
  ).length;
  const place = elsewhere.length > 0 && topic.takes.includes('city') ? 0.5 : 0;
  return Math.min(1, fitting * 0.5 + place) + (unknown.length === 0 ? 0.5 : 0);
}
