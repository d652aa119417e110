import { AppError } from '../../errors';
import type { Condition, Flat, Leaf, Now } from '../leaf';
import { below, type LeafRule, type Rule } from './rule';

export type Filter = Record<string, unknown>;

/** What a leaf asks; its values were checked when the rule was read. */
export function conditionOf(rule: LeafRule, leaves: ReadonlyMap<string, Leaf>, now: Now): Condition {
  const { leaf: name, ...values } = rule;
  const leaf = leaves.get(name);
  if (!leaf) throw new AppError('NotFound', 'segment.leaf', `沒有「${name}」這種條件。`);
  return leaf.asks(values, now);
}

/** The rule as a query over flat people. */
export function compile(rule: Rule, leaves: ReadonlyMap<string, Leaf>, now: Now): Filter {
  const under = below(rule);
  if (!under) return filterOf(conditionOf(rule as LeafRule, leaves, now));
  const filters = under.rules.map((one) => compile(one, leaves, now));
  return { [{ all: '$and', any: '$or', none: '$nor' }[under.joint]]: filters };
}

function filterOf(condition: Condition): Filter {
  if ('has' in condition) return { t: condition.has };
  if ('lacks' in condition) return { t: { $nin: condition.lacks } };
  if ('hasOne' in condition) return { t: { $in: condition.hasOne } };
  const { number, from, to } = condition;
  return {
    [`n.${number}`]: {
      $exists: true,
      ...(from === undefined ? {} : { $gte: from }),
      ...(to === undefined ? {} : { $lte: to }),
    },
  };
}

/** The same, of one person, with the reason for each leaf. */
export type Verdict = { rule: Rule; is: boolean; below: Verdict[] };

export function judge(rule: Rule, flat: Flat, leaves: ReadonlyMap<string, Leaf>, now: Now): Verdict {
  const under = below(rule);
  if (!under) return { rule, is: holds(conditionOf(rule as LeafRule, leaves, now), flat), below: [] };
  const verdicts = under.rules.map((one) => judge(one, flat, leaves, now));
  const is =
    under.joint === 'all'
      ? verdicts.every((one) => one.is)
      : under.joint === 'any'
        ? verdicts.some((one) => one.is)
        : !verdicts.some((one) => one.is);
  return { rule, is, below: verdicts };
}

function holds(condition: Condition, { t, n }: Flat): boolean {
  if ('has' in condition) return t.includes(condition.has);
  if ('lacks' in condition) return !condition.lacks.some((one) => t.includes(one));
  if ('hasOne' in condition) return condition.hasOne.some((one) => t.includes(one));
  const value = Object.hasOwn(n, condition.number) ? n[condition.number] : undefined;
  return (
    value !== undefined &&
    (condition.from === undefined || value >= condition.from) &&
    (condition.to === undefined || value <= condition.to)
  );
}

/** Tokens of which everybody in the segment has one: what an index is asked for. */
export function mustHave(rule: Rule, leaves: ReadonlyMap<string, Leaf>, now: Now): string[][] {
  const under = below(rule);
  if (under) return under.joint === 'all' ? under.rules.flatMap((one) => mustHave(one, leaves, now)) : [];
  const condition = conditionOf(rule as LeafRule, leaves, now);
  if ('has' in condition) return [[condition.has]];
  return 'hasOne' in condition ? [condition.hasOne] : [];
}
