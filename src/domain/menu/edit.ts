import { AppError } from '../../errors';
import { readMenuFile } from '../../wechat/api/menu-file';
import type { Button, MenuFile } from '../../wechat/api/selfmenu';

/** Where a button stands, counted from 0; without `sub` it is one at the bottom. `tag`: in the menu of those who have the tag. */
export type Place = { tag?: string | undefined; top: number; sub?: number | undefined };

export type MenuEdit =
  | { deed: 'set'; at: Place; button: Button }
  /** At the end: of the bottom, or (`sub`) of what unfolds over `top`. */
  | { deed: 'add'; at: Place; button: Button }
  | { deed: 'remove'; at: Place }
  | { deed: 'move'; at: Place; by: -1 | 1 }
  /** Who has the tag sees a menu of her own; it begins as everybody's. */
  | { deed: 'addTag'; tag: string }
  | { deed: 'removeTag'; tag: string };

const mostTop = 3;
const mostSub = 5;

/** The menu with one thing changed, and in a few words what. @throws AppError Invalid (`details.fields`), NotFound */
export function edited(menu: MenuFile, edit: MenuEdit): { menu: MenuFile; what: string } {
  const next = structuredClone(menu);
  switch (edit.deed) {
    case 'addTag': {
      const { tag } = edit;
      if (next.conditional?.some((one) => one.tag === tag))
        throw new AppError('Conflict', 'menu.tag', `標籤「${tag}」已經有自己的菜單。`);
      next.conditional = [...(next.conditional ?? []), { tag, button: structuredClone(menu.button) }];
      return { menu: next, what: `加上標籤「${tag}」的菜單` };
    }
    case 'removeTag':
      // An empty list says that nobody has a menu of her own; none at all would leave WeChat's as they are.
      next.conditional = (next.conditional ?? []).filter(({ tag }) => tag !== edit.tag);
      return { menu: next, what: `去掉標籤「${edit.tag}」的菜單` };
    case 'set': {
      const { list, n, button: before } = mustFind(next, edit.at);
      const subs = before.sub_button?.length ? { sub_button: before.sub_button } : {};
      const button = subs.sub_button ? { name: edit.button.name, ...subs } : edit.button;
      requireFit(button, edit.at);
      list[n] = button;
      return { menu: next, what: `改「${button.name}」` };
    }
    case 'add': {
      const list = listAt(next, edit.at);
      const most = edit.at.sub === undefined ? mostTop : mostSub;
      if (list.length >= most)
        throw new AppError('Invalid', 'menu.full', `這裡已有 ${most} 個按鈕，是上限；先去掉一個。`);
      requireFit(edit.button, edit.at);
      list.push(edit.button);
      return { menu: next, what: `加「${edit.button.name}」` };
    }
    case 'remove': {
      const { list, n, button } = mustFind(next, edit.at);
      list.splice(n, 1);
      return { menu: next, what: `去掉「${button.name}」` };
    }
    case 'move': {
      const { list, n, button } = mustFind(next, edit.at);
      const other = list[n + edit.by];
      if (other) [list[n], list[n + edit.by]] = [other, button];
      return { menu: next, what: `移動「${button.name}」` };
    }
  }
}

/** The button of a place, undefined where none is. */
export const buttonAt = (menu: MenuFile, { tag, top, sub }: Place): Button | undefined => {
  const button = buttonsOf(menu, tag)[top];
  return sub === undefined ? button : button?.sub_button?.[sub];
};

export function buttonsOf(menu: MenuFile, tag: string | undefined): Button[] {
  if (tag === undefined) return menu.button;
  const its = menu.conditional?.find((one) => one.tag === tag);
  if (!its) throw new AppError('NotFound', 'menu.tag', `標籤「${tag}」沒有自己的菜單。`);
  return its.button;
}

/** What the button stands among, or would stand among. One that unfolds does nothing by itself. */
function listAt(menu: MenuFile, { tag, top, sub }: Place): Button[] {
  const tops = buttonsOf(menu, tag);
  if (sub === undefined) return tops;
  const parent = tops[top];
  if (!parent) throw gone();
  if (!parent.sub_button) {
    tops[top] = { name: parent.name, sub_button: [] };
    return tops[top].sub_button as Button[];
  }
  return parent.sub_button;
}

function mustFind(menu: MenuFile, at: Place): { list: Button[]; n: number; button: Button } {
  const list = listAt(menu, at);
  const n = at.sub ?? at.top;
  const button = list[n];
  if (!button) throw gone();
  return { list, n, button };
}

const gone = () => new AppError('NotFound', 'menu.button', '這個按鈕已經不在了，請重新整理頁面。');

/** What WeChat would refuse of the button by itself; whether somebody answers its key is told on the page. */
function requireFit(button: Button, { sub }: Place): void {
  // What only unfolds has a name to look at.
  const alone: Button = button.sub_button ? { name: button.name, type: 'click', key: 'x' } : button;
  const whole = sub === undefined ? [alone] : [{ name: '一', sub_button: [alone] }];
  const claimed = alone.key === undefined ? [] : [alone.key];
  const [problem] = readMenuFile({ button: whole }, { claimed }).problems;
  if (problem === undefined) return;
  const field = /名稱|name/.test(problem)
    ? 'name'
    : /網址/.test(problem)
      ? 'url'
      : /key/.test(problem)
        ? 'key'
        : 'type';
  throw new AppError('Invalid', 'menu.button', problem, { details: { fields: { [field]: problem } } });
}
