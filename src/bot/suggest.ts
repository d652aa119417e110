import type { Need } from '../domain/offers/offers';
import { fold } from '../kit/text';
import type { Rules } from './rules';

/** Keywords that have an answer now and share most characters with what she typed; used when nothing else had one. */
export function createSuggest(keywords: Rules['keywords'], has: (need: Need) => boolean) {
  const known = keywords.map((one) => ({ ...one, folded: fold(one.word) }));

  return (text: string, most = 3): string[] => {
    const said = fold(text).slice(0, 40);
    return known
      .filter(({ needs }) => needs === undefined || has(needs))
      .map(({ word, folded }) => ({ word, score: likeness(said, folded) }))
      .filter(({ score }) => score > 0.3)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, most)
      .map(({ word }) => word);
  };
}

/** Shared characters by Dice's measure, 0 to 1; a shared pair of neighbours counts once more. */
function likeness(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  const chars = [...new Set(b)].filter((char) => a.includes(char)).length;
  const pairs = [...pairsOf(b)].filter((pair) => a.includes(pair)).length;
  return Math.min(1, (2 * chars + 2 * pairs) / (a.length + b.length + 2 * Math.max(0, b.length - 1)));
}

function* pairsOf(text: string): Generator<string> {
  for (let i = 0; i + 1 < text.length; i++) yield text.slice(i, i + 2);
}
