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
  const whole = text.trim().replaceAll('(', '（').replaceAll(')', '）').replaceAll(';', '；');
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
      `看不懂「${part.slice(0, 60)}」。條件這樣寫：\n${[...leaves.values()].map(({ pattern }) => `  ${pattern}`).join('\n')}\n合起來：同時（…；…）、任一（…；…）、都不（…）。`,
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
