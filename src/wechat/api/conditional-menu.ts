import { z } from 'zod';
import { readAnswer } from './errors';
import { diffMenus } from './menu-file';
import { type Button, readSelfmenu } from './selfmenu';

/** A conditional menu as WeChat keeps it. Without `tag` it is for others than the fans of one tag: not ours to touch. */
export type ConditionalMenu = { id: string; tag?: number; button: Button[] };

const word = z.union([z.string(), z.number()]);
const shape = z.object({
  conditionalmenu: z
    .array(z.object({ button: z.array(z.unknown()), matchrule: z.record(z.string(), word), menuid: word }))
    .default([]),
});

/** Of an answer of `menu/get`; old accounts call a tag a group. */
export const readConditional = (answer: unknown): ConditionalMenu[] =>
  readAnswer('/cgi-bin/menu/get', shape, answer).conditionalmenu.map(({ button, matchrule, menuid }) => {
    const { tag_id: tag = '', group_id: group = '', ...rest } = matchrule;
    const only = Object.values(rest).every((value) => value === '' || Number(value) === 0);
    const its = Number(tag === '' ? group : tag);
    const { menu } = readSelfmenu({ is_menu_open: 1, selfmenu_info: { button } });
    return { id: String(menuid), ...(only && its > 0 ? { tag: its } : {}), button: menu.button };
  });

type Tag = { id: number; name: string };
type Wanted = { tag: string; button: Button[] };

/** What is to be done so that each tag has the menu that is wanted, and no other has one. */
export type Steps = {
  problems: string[];
  changes: string[];
  add: { tag: number; button: Button[] }[];
  /** To be deleted after the others are added, so that nobody sees the default menu in between. */
  remove: string[];
};

/**
 * There is no edit: a changed menu is added anew and the old one deleted. Two of one tag, as after a push that was cut off,
 * become one.
 */
export function stepsTo(
  wanted: readonly Wanted[],
  { menus, tags }: { menus: readonly ConditionalMenu[]; tags: readonly Tag[] },
): Steps {
  const steps: Steps = { problems: [], changes: [], add: [], remove: [] };
  const kept = new Set<string>();
  for (const { tag: name, button } of wanted) {
    const tag = tags.find((one) => one.name === name)?.id;
    if (tag === undefined) {
      steps.problems.push(
        `標籤「${name}」：微信上還沒有這個標籤。先 npm run tags -- mark 分群 ${name}，再 npm run tags -- sync。`,
      );
      continue;
    }
    const its = menus.filter((one) => one.tag === tag);
    const same = its.find((one) => diffMenus(one, { button }).length === 0);
    if (same) kept.add(same.id);
    else steps.add.push({ tag, button });
    const [before = { button: [] }] = its;
    if (!same)
      steps.changes.push(...diffMenus(before, { button }).map((line) => `標籤「${name}」的菜單 ${line}`));
    else if (its.length > 1) steps.changes.push(`標籤「${name}」的菜單有 ${its.length} 個，只留一個`);
  }
  const names = new Map(tags.map(({ id, name }) => [id, name]));
  for (const { id, tag } of menus) {
    if (tag === undefined || kept.has(id)) continue;
    steps.remove.push(id);
    const name = names.get(tag);
    if (name === undefined || !wanted.some((one) => one.tag === name))
      steps.changes.push(`- 標籤「${name ?? tag}」的菜單`);
  }
  return steps;
}
