import type { Piece, Reading } from './read';
import { enough, type Score } from './topics';
import type { Wanted } from './wishes';

/** The topics that count: what stands above all else alone, talk only when there is nothing else, two when something joins them. */
export function picked(reading: Reading, scores: readonly Score[], wanted: Wanted): Score[] {
  const meant = scores.filter(({ score }) => score >= enough);
  const serious = meant.filter(({ topic }) => !topic.idle);
  const [first, ...others] = serious.length > 0 ? serious : meant;
  if (!first) return [];
  const urgent = serious.find((one) => one.urgent);
  if (urgent) return [urgent];
  if (first.topic.idle) return [first];
  for (const second of others) {
    const two = apart(first, second);
    if (two && areTwo(reading, two, wanted)) return two;
  }
  return [first];
}

/** The two in her order, each where a word of its own stands; undefined when they share all their words. */
function apart(first: Score, second: Score): [Score, Score] | undefined {
  const own = (one: Score, other: Score): Score | undefined => {
    const places = one.words.flatMap((word, i) =>
      other.words.includes(word) ? [] : [one.places[i] as number],
    );
    return places[0] === undefined ? undefined : { ...one, at: places[0] };
  };
  if (first.words.length === 0 || second.words.length === 0) return inOrder(first, second);
  const [a, b] = [own(first, second), own(second, first)];
  return a || b ? inOrder(a ?? first, b ?? second) : undefined;
}

const inOrder = (a: Score, b: Score): [Score, Score] => (a.at <= b.at ? [a, b] : [b, a]);

/**
 * Two topics are two wishes when something joins them, or each has a city of its own: 「酒店的早餐」 is one. Without a word of its
 * own (two cities, a sight; 「攻略」 is also one of tickets) a topic needs more than a comma, or a way from one city to another; so does one that little speaks for.
 */
function areTwo({ pieces, spaced }: Reading, [first, second]: [Score, Score], { trip }: Wanted): boolean {
  const between = pieces.filter((piece) => piece.from > first.at && piece.from <= second.at);
  const isSpoken = ({ words, topic }: Score, other: Score) =>
    words.some((word) => !other.words.includes(word)) || (trip && topic.by?.includes('from') === true);
  const alike = Math.min(first.score, second.score) * 1.7 >= Math.max(first.score, second.score);
  const spoken = alike && isSpoken(first, second) && isSpoken(second, first);
  return between.some(
    (piece) =>
      joins(piece, spoken) ||
      (spoken && (spaced(piece.from) || (piece.kind === 'name' && piece.meant.cities))),
  );
}

const joins = (piece: Piece, orSign: boolean): boolean =>
  piece.kind === 'word' &&
  (piece.word.small === 'and' || piece.word.small === 'also') &&
  (orSign || /[\p{L}\p{N}]/u.test(piece.text));

/** Where the clause of the second begins: behind what joins the two. */
export function cutBetween({ pieces, spaced }: Reading, first: Score, second: Score): number {
  const between = pieces.filter((piece) => piece.from > first.at && piece.from <= second.at);
  const joint = between.findLast((piece) => joins(piece, true));
  const blank = between.find((piece) => spaced(piece.from));
  if (!joint && blank) return blank.from;
  const word = pieces.find((piece) => piece.from === first.at);
  return joint?.to ?? word?.to ?? second.at;
}
