import { z } from 'zod';
import type { Leaf } from '../../domain/leaf';
import { isJoint, type RuleRows, rowsOf, ruleIn } from '../../domain/segments/rows';
import type { Rule } from '../../domain/segments/rule';
import type { Services } from '../../services';
import { lines, rows } from './form';

/*
 * A rule in a form: as a sentence, and as rows of conditions. One follows the other: `was` is the sentence both were made from,
 * so a sentence that is another one was typed since, and else the rows were changed.
 */

const value = z.string().max(400).default('');
export const ruleFields = {
  sentence: lines(100_000).default(''),
  was: lines(100_000).default(''),
  joint: z.string().default('all'),
  groups: rows(z.object({ joint: z.string().default('all') }), 12),
  conditions: rows(
    z.object({
      group: z.string().regex(/^\d{1,2}$/),
      not: z.string().default(''),
      leaf: z.string().max(60).default(''),
      p0: value,
      p1: value,
      p2: value,
      p3: value,
    }),
    60,
  ),
};
const asked = z.object(ruleFields);
export type RuleAsked = z.infer<typeof asked>;

/** The rows as they stand in the form. */
export const rowsIn = ({ joint, groups, conditions }: RuleAsked): RuleRows => ({
  joint: isJoint(joint) ? joint : 'all',
  groups: groups.map((one) => ({ joint: isJoint(one.joint) ? one.joint : 'all' })),
  conditions: conditions.map(({ group, not, leaf, p0, p1, p2, p3 }) => ({
    group: Number(group),
    not: not !== '',
    leaf,
    values: [p0, p1, p2, p3],
  })),
});

/** What was meant; `led`: which of both had been changed. @throws AppError Invalid where it cannot be read */
export async function ruleFrom(
  segments: Services['segments'],
  form: RuleAsked,
): Promise<{ rule: Rule; led: 'sentence' | 'rows' | 'neither'; text: string }> {
  const [typed, was] = [form.sentence.trim(), form.was.trim()];
  if (form.groups.length === 0 || (typed !== was && typed !== ''))
    return { rule: await segments.readText(typed), led: 'sentence', text: typed };
  const leaves = segments.leaves();
  const given = ruleIn(rowsIn(form), leaves);
  if (was !== '') {
    const rule = await segments.readText(was);
    const before = rowsOf(rule, leaves);
    if (before && JSON.stringify(ruleIn(before, leaves)) === JSON.stringify(given))
      return { rule, led: 'neither', text: was };
  }
  const rule = await segments.read(given);
  return { rule, led: 'rows', text: segments.tell(rule) };
}

/** An empty form: one group with one condition that is not chosen yet. */
export const emptyRows: RuleRows = {
  joint: 'all',
  groups: [{ joint: 'all' }],
  conditions: [{ group: 0, not: false, leaf: '', values: [] }],
};

/** What may stand in a place, by its name: `campaign` → its ids. */
export type Suggestions = Record<string, { value: string; label: string }[]>;

/** The rows as their template takes them. */
export function rowsShown(given: RuleRows | undefined, segments: Services['segments'], known: Suggestions) {
  if (!given) return { deep: true, joint: 'all', groups: [], lists: [] };
  const leaves = segments.leaves();
  const grouped = groupedLeaves(segments);
  const names = new Set<string>();
  const condition = (row: RuleRows['conditions'][number], n: number) => {
    const leaf = leaves.get(row.leaf);
    return {
      n,
      group: row.group,
      not: row.not,
      leaf: row.leaf,
      leafGroups: grouped.map((one) => ({
        ...one,
        leaves: one.leaves.map((each) => ({ ...each, chosen: each.name === row.leaf })),
      })),
      rest: leaf?.rest ?? '',
      places: (leaf?.places ?? []).map(({ name, before, filled }, i) => {
        const list = filled.kind === 'word' || filled.kind === 'words' ? known[name] : undefined;
        if (list) names.add(name);
        const at = row.values[i] ?? '';
        return {
          name: `p${i}`,
          before,
          kind: filled.kind,
          value: at,
          least: filled.kind === 'number' ? filled.least : 0,
          most: filled.kind === 'number' ? filled.most : 0,
          list: list && filled.kind === 'word' ? `known-${name}` : '',
          options:
            filled.kind === 'choice'
              ? Object.entries(filled.names).map(([code, label]) => ({ code, label, chosen: code === at }))
              : [],
        };
      }),
    };
  };
  const all = given.conditions.map(condition);
  return {
    deep: false,
    joint: given.joint,
    groups: given.groups.map(({ joint }, n) => ({
      n,
      joint,
      conditions: all.filter(({ group }) => group === n),
    })),
    lists: [...names].map((name) => ({ id: `known-${name}`, options: known[name] ?? [] })),
  };
}

/** What can be asked, by where it is known from. */
export function groupedLeaves(segments: Services['segments']) {
  const groups = new Map<string, { name: string; label: string; like: string }[]>();
  for (const leaf of segments.leaves().values()) {
    const group = segments.sources().get(leaf.name)?.group ?? '其他';
    groups.set(group, [
      ...(groups.get(group) ?? []),
      { name: leaf.name, label: labelOf(leaf), like: leaf.like },
    ]);
  }
  return [...groups].map(([group, leaves]) => ({ group, leaves }));
}

const labelOf = ({ pattern }: Leaf): string => pattern.replace(/\{\w+\}/g, '…');
