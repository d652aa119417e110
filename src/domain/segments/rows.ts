import { AppError } from '../../errors';
import type { Leaf, PlaceKind } from '../leaf';
import { below, type Joint, joints, type LeafRule, type Rule } from './rule';

/** A rule laid out for a form: groups, and conditions in them. Two levels, as people put rules together. */
export type RuleRows = { joint: Joint; groups: { joint: Joint }[]; conditions: ConditionRow[] };
/** `values`: what stands in the places of the leaf, in their order, as typed. `group`: the number of its group. */
export type ConditionRow = { group: number; not: boolean; leaf: string; values: string[] };

export const isJoint = (word: string): word is Joint => (joints as readonly string[]).includes(word);

/** A rule in rows; undefined where it goes deeper than rows do. */
export function rowsOf(rule: Rule, leaves: ReadonlyMap<string, Leaf>): RuleRows | undefined {
  const simple = (one: Rule): Omit<ConditionRow, 'group'> | undefined => {
    const under = below(one);
    if (!under) return { not: false, ...writtenOf(one as LeafRule, leaves) };
    const [only, ...more] = under.rules;
    if (under.joint !== 'none' || !only || more.length > 0 || below(only)) return undefined;
    return { not: true, ...writtenOf(only as LeafRule, leaves) };
  };
  const { joint, rules } = below(rule) ?? { joint: 'all' as const, rules: [rule] };
  const plain = rules.map(simple);
  if (plain.every((one) => one !== undefined))
    return { joint: 'all', groups: [{ joint }], conditions: plain.map((one) => ({ group: 0, ...one })) };

  const rows: RuleRows = { joint, groups: [], conditions: [] };
  const loose = plain.filter((one) => one !== undefined);
  if (loose.length > 0) {
    // Of 「none」 nobody may have any of them.
    rows.groups.push({ joint: joint === 'none' ? 'any' : joint });
    rows.conditions.push(...loose.map((one) => ({ group: 0, ...one })));
  }
  for (const [i, one] of rules.entries()) {
    if (plain[i]) continue;
    const under = below(one);
    const inside = under?.rules.map(simple) ?? [];
    if (!under || !inside.every((each) => each !== undefined)) return undefined;
    const group = rows.groups.length;
    rows.groups.push({ joint: under.joint });
    rows.conditions.push(...inside.map((each) => ({ group, ...each })));
  }
  return rows;
}

/**
 * What rows say, for `read`: a group of one is its condition, and a group joined as what is around it is no group.
 *
 * @throws AppError Invalid segment.rows, at the field
 */
export function ruleIn({ joint, groups, conditions }: RuleRows, leaves: ReadonlyMap<string, Leaf>): unknown {
  const fields: Record<string, string> = {};
  const read = groups.map(({ joint: its }, group) => ({
    joint: its,
    rules: conditions.flatMap((row, n) => (row.group === group ? [conditionIn(row, n)] : [])),
  }));
  const [wrong] = Object.values(fields);
  if (wrong !== undefined)
    throw new AppError('Invalid', 'segment.rows', `有條件還沒填好：${wrong}。`, { details: { fields } });
  const filled = read.filter(({ rules }) => rules.length > 0);
  if (filled.length === 0) throw new AppError('Invalid', 'segment.rows', '還沒有條件：加一個，或寫一句話。');
  const [only, ...more] = filled.map((one) => joined(one.joint, one.rules));
  if (more.length === 0 && joint !== 'none') return only;
  return joined(
    joint,
    filled.flatMap((one) =>
      one.joint === joint && joint !== 'none'
        ? one.rules
        : one.joint === 'any' && joint === 'none'
          ? one.rules
          : [joined(one.joint, one.rules)],
    ),
  );

  function conditionIn(row: ConditionRow, n: number): unknown {
    const leaf = leaves.get(row.leaf);
    if (!leaf) {
      fields[`conditions.${n}.leaf`] = '請選一個條件';
      return undefined;
    }
    const values: Record<string, unknown> = {};
    for (const [i, { name, filled: how }] of leaf.places.entries()) {
      const typed = (row.values[i] ?? '').trim();
      const value = valueIn(typed, how);
      const problem = value === undefined ? wantedIn(how) : problemOf(leaf, name, value);
      if (problem !== undefined) fields[`conditions.${n}.p${i}`] = problem;
      values[name] = value;
    }
    const one = { leaf: row.leaf, ...values };
    return row.not ? { none: [one] } : one;
  }
}

const joined = (joint: Joint, rules: unknown[]): unknown =>
  rules.length === 1 && joint !== 'none' ? rules[0] : { [joint]: rules };

function writtenOf({ leaf: name, ...values }: LeafRule, leaves: ReadonlyMap<string, Leaf>) {
  const written = (leaves.get(name)?.places ?? []).map((place) => {
    const value = values[place.name];
    if (Array.isArray(value)) return value.join('、');
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
  return { leaf: name, values: written };
}

function valueIn(typed: string, how: PlaceKind): unknown {
  if (typed === '') return undefined;
  if (how.kind === 'number') return /^\d{1,9}$/.test(typed) ? Number(typed) : undefined;
  if (how.kind !== 'words') return typed;
  const words = typed
    .split(/[、,，]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return words.length > 0 ? words : undefined;
}

function wantedIn(how: PlaceKind): string {
  if (how.kind === 'number') return `要填 ${how.least} 到 ${how.most} 的整數`;
  return how.kind === 'choice' ? '請選一個' : '要填';
}

/** What the leaf says against one of its values. */
function problemOf(leaf: Leaf, name: string, value: unknown): string | undefined {
  const read = leaf.schema.safeParse({ [name]: value });
  const issue = read.success ? undefined : read.error.issues.find(({ path }) => path[0] === name);
  if (!issue) return undefined;
  const how = leaf.places.find((one) => one.name === name)?.filled;
  if (how && (how.kind === 'number' || how.kind === 'choice')) return wantedIn(how);
  if (how?.kind === 'day') return '日期寫成 2026-12-01';
  return '最多 40 個字，不能有引號、括號、分號';
}
