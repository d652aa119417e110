import { AppError } from '../../errors';
import { type Leaf, normalised } from '../leaf';
import { below, type Joint, type LeafRule, type Rule } from './rule';

const jointWords: Record<Joint, string> = { all: '同時', any: '任一', none: '都不' };
const deepest = 6;

/** A rule as people read it: 「同時（在關注；任一（性別是「女」；30 天內問過酒店至少 2 次））」. `readSentence` reads the same rule from it. */
export function writeSentence(rule: Rule, leaves: ReadonlyMap<string, Leaf>): string {
  const under = below(rule);
  if (under)
    return `${jointWords[under.joint]}（${under.rules.map((one) => writeSentence(one, leaves)).join('；')}）`;
  const { leaf: name, ...values } = rule as LeafRule;
  const leaf = leaves.get(name);
  if (!leaf) throw new AppError('NotFound', 'segment.leaf', `沒有「${name}」這種條件。`);
  return leaf.write(values);
}

/**
 * Reads a sentence back, in either script and width: as `writeSentence` writes it, or one condition, or several with 「；」 between
 * them, which all have to be true.
 *
 * @throws AppError Invalid segment.sentence, with what is not understood and sentences that are
 */
export function readSentence(text: string, leaves: ReadonlyMap<string, Leaf>): unknown {
  const whole = text
    .trim()
    .replace(/[“"『]([^”"』「」]*)[”"』]/g, '「$1」')
    .replace(/」\s*[、,，或和]\s*「/g, '」或「')
    .replaceAll('(', '（')
    .replaceAll(')', '）')
    .replace(/[;,，。\n]+/g, '；');
  if ((whole.match(/（/g) ?? []).length !== (whole.match(/）/g) ?? []).length)
    throw new AppError('Invalid', 'segment.sentence', '括號沒有成對：每個「（」要有一個「）」。');
  if (whole.length > 2_000)
    throw new AppError('Invalid', 'segment.sentence', '這句話太長了，最多 2000 個字。');
  const parts = split(whole);
  return parts.length === 1 ? read(parts[0] as string, 0) : { all: parts.map((one) => read(one, 0)) };

  function read(part: string, depth: number): unknown {
    if (depth > deepest) throw new AppError('Invalid', 'segment.sentence', `括號最多疊 ${deepest} 層。`);
    const [, word, inside] = /^(\S{2})（(.*)）$/su.exec(part) ?? [];
    const joint = (Object.keys(jointWords) as Joint[]).find(
      (one) => word !== undefined && normalised(jointWords[one]) === normalised(word),
    );
    if (joint) return { [joint]: split(inside as string).map((one) => read(one, depth + 1)) };
    for (const leaf of leaves.values()) {
      const values = leaf.read(part);
      if (values) return { leaf: leaf.name, ...values };
    }
    throw new AppError(
      'Invalid',
      'segment.sentence',
      `看不懂「${part.slice(0, 60)}」。是想說這些嗎：\n${nearest(part, leaves)
        .map((one) => `  ${one}`)
        .join(
          '\n',
        )}\n名字放在「」裡。全部寫法：npm run segment -- leaves。合起來：同時（…；…）、任一（…；…）、都不（…）。`,
      { details: { part, nearest: nearest(part, leaves) } },
    );
  }
}

/** At the 「；」 that stand in no bracket and no quotation. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let part = '';
  for (const char of text) {
    if (char === '「') isQuoted = true;
    if (char === '」') isQuoted = false;
    if (!isQuoted && char === '（') depth++;
    if (!isQuoted && char === '）') depth--;
    if (char === '；' && depth === 0 && !isQuoted) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

/** The three leaves that have most pairs of characters in common with what was typed, as they are filled in. */
function nearest(part: string, leaves: ReadonlyMap<string, Leaf>): string[] {
  const pairsOf = (text: string) => {
    const plain = normalised(text).replace(/「[^」]*」|\{\w+\}|\d+/g, ' ');
    return Array.from({ length: Math.max(0, plain.length - 1) }, (_, i) => plain.slice(i, i + 2)).filter(
      (pair) => !pair.includes(' '),
    );
  };
  const typed = new Set(pairsOf(part));
  const scored = [...leaves.values()].map((leaf) => {
    const pairs = pairsOf(`${leaf.pattern} ${leaf.like}`);
    return {
      like: leaf.like,
      hits: pairs.filter((pair) => typed.has(pair)).length,
    };
  });
  return scored
    .toSorted((a, b) => b.hits - a.hits)
    .slice(0, 3)
    .map(({ like }) => like);
}
