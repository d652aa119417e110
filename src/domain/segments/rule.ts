import { AppError } from '../../errors';
import type { Leaf } from '../leaf';

/** All, any or none of some rules; or one condition with its values, `{ leaf: 'asked', topic: 'hotels', times: 2, days: 30 }`. */
export type Rule = { all: Rule[] } | { any: Rule[] } | { none: Rule[] } | LeafRule;
export type LeafRule = { leaf: string; [value: string]: unknown };

export const joints = ['all', 'any', 'none'] as const;
export type Joint = (typeof joints)[number];

const deepest = 6;
const mostLeaves = 60;

/** The joint of a rule and the rules below it; undefined for a leaf. */
export function below(rule: Rule): { joint: Joint; rules: Rule[] } | undefined {
  for (const joint of joints)
    if (joint in rule) return { joint, rules: (rule as Record<Joint, Rule[]>)[joint] };
  return undefined;
}

/**
 * Reads a rule from what came from outside: known joints, known leaves, each with exactly its values.
 *
 * @throws AppError Invalid segment.rule, with the place of what is wrong: 「all[1].any[0]」
 */
export function readRule(input: unknown, leaves: ReadonlyMap<string, Leaf>): Rule {
  let count = 0;

  function read(value: unknown, place: string, depth: number): Rule {
    if (depth > deepest) throw wrong(place, `最多疊 ${deepest} 層`);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(place, '要的是一條規則：{ "all": […] }、{ "any": […] }、{ "none": […] } 或 { "leaf": … }');
    const own = Object.keys(value);
    const joint = joints.find((one) => own.includes(one));
    if (joint) {
      if (own.length > 1)
        throw wrong(place, `「${joint}」旁邊不能再有「${own.find((one) => one !== joint)?.slice(0, 40)}」`);
      const rules: unknown = (value as Record<string, unknown>)[joint];
      if (!Array.isArray(rules) || rules.length === 0) throw wrong(`${place}${joint}`, '至少要一條規則');
      return {
        [joint]: rules.map((one, i) => read(one, `${place}${joint}[${i}].`, depth + 1)),
      } as unknown as Rule;
    }
    if (++count > mostLeaves) throw wrong(place, `一共最多 ${mostLeaves} 個條件`);
    return readLeaf(value as Record<string, unknown>, place);
  }

  function readLeaf({ leaf: name, ...values }: Record<string, unknown>, place: string): LeafRule {
    const leaf = typeof name === 'string' ? leaves.get(name) : undefined;
    if (!leaf)
      throw wrong(
        place,
        `沒有「${String(name).slice(0, 40)}」這種條件；有的是：${[...leaves.keys()].join('、')}`,
      );
    const read = leaf.schema.safeParse(values);
    if (read.success) return { leaf: leaf.name, ...read.data };
    const [issue] = read.error.issues;
    const at = issue?.path.join('.') ?? '';
    const extra =
      issue?.code === 'unrecognized_keys' ? `不認得「${issue.keys.join('、').slice(0, 40)}」` : '';
    // In a number's range alone a sentence may be wrong that was read; what else is wrong came as JSON.
    const isOut = read.error.issues.every(
      (one) => (one.code === 'too_small' || one.code === 'too_big') && one.origin === 'number',
    );
    if (isOut) throw wrong(place, `「${leaf.write(values)}」：數不在範圍裡；應該像：${leaf.like}`);
    throw wrong(
      place,
      `「${leaf.name}」${at === '' ? '' : `的「${at}」`}${extra === '' ? '不對' : extra}；應該像：${leaf.pattern}`,
    );
  }

  return read(input, '', 0);
}

const wrong = (place: string, why: string) =>
  new AppError(
    'Invalid',
    'segment.rule',
    `規則${place === '' ? '' : `的 ${place.replace(/\.$/, '')}`}：${why}。`,
  );

/** All leaves of a rule, left to right. */
export function leavesOf(rule: Rule): LeafRule[] {
  const under = below(rule);
  return under ? under.rules.flatMap(leavesOf) : [rule as LeafRule];
}
