import { type ConditionalMenu, type Steps, stepsTo } from './conditional-menu';
import type { Menu } from './menu';
import { diffMenus, readMenuFile } from './menu-file';
import { type MenuFile, readSelfmenu, ruleKeyPrefix } from './selfmenu';
import type { WechatTags } from './tags';

/** `done` false: nothing was changed because of `problems`. */
export type PushResult = { done: boolean; problems: string[]; changes: string[] };

const nothing: Steps = { problems: [], changes: [], add: [], remove: [] };

/**
 * The account's menu against a file: what `npm run menu` does, without files and words of the terminal. A file that says
 * nothing of conditional menus leaves those of the account as they are.
 */
export function createMenuTool({
  menu,
  tags,
  claimed,
}: {
  menu: Menu;
  tags: Pick<WechatTags, 'list'>;
  claimed: readonly string[];
}) {
  const current = async (): Promise<MenuFile> => readSelfmenu(await menu.current()).menu;

  async function conditionalSteps({ conditional }: MenuFile): Promise<Steps> {
    if (!conditional) return nothing;
    const [made, all] = await Promise.all([menu.get(), tags.list()]);
    return stepsTo(conditional, { menus: made?.conditional ?? [], tags: all });
  }

  return {
    /**
     * The menu fans see now, as a file. Items that the console answered by itself are listed in `asRules`: they click a
     * key that `npm run import -- replies` makes a rule for.
     */
    async pull(): Promise<{ menu: MenuFile; asRules: string[] }> {
      const { menu: file, clicks } = readSelfmenu(await menu.current());
      const asRules = clicks.map(({ path, key }) => `${path}(${key})`);
      const menus = (await menu.get())?.conditional ?? [];
      const conditional = menus.length === 0 ? [] : named(menus, await tags.list());
      return { menu: conditional.length === 0 ? file : { ...file, conditional }, asRules };
    },

    /** What is wrong with a file; nothing is asked of WeChat. */
    check: (json: unknown): string[] => readMenuFile(json, { claimed }).problems,

    /** What is wrong with it as WeChat stands: tags that are not there. */
    missing: async (json: unknown): Promise<string[]> =>
      (await conditionalSteps(readMenuFile(json, { claimed }).menu)).problems,

    /** What pushing the file would change, and what keeps it from being pushed. */
    async diff(json: unknown): Promise<string[]> {
      const { menu: file } = readMenuFile(json, { claimed });
      const { changes, problems } = await conditionalSteps(file);
      return [...diffMenus(await current(), file), ...changes, ...problems.map((one) => `! ${one}`)];
    },

    /** Makes the file the account's menu, unless it has problems or nothing would change. Cut off, it is done again. */
    async push(json: unknown): Promise<PushResult> {
      const { menu: file, problems } = readMenuFile(json, { claimed });
      if (problems.length > 0) return { done: false, problems, changes: [] };
      const steps = await conditionalSteps(file);
      if (steps.problems.length > 0) return { done: false, problems: steps.problems, changes: [] };
      const changes = diffMenus(await current(), file);
      // A menu made by hand in the console is no ground for conditional ones (65303).
      const lacksDefault = steps.add.length > 0 && !(await menu.get());
      if (changes.length > 0 || lacksDefault) await menu.create({ button: file.button });
      for (const { tag, button } of steps.add) await menu.addConditional(tag, button);
      for (const id of steps.remove) await menu.removeConditional(id);
      return { done: true, problems, changes: [...changes, ...steps.changes] };
    },
  };
}

/** As a file has them: by the tag's name, one a tag. */
function named(menus: readonly ConditionalMenu[], tags: readonly { id: number; name: string }[]) {
  const byTag = new Map<string, ConditionalMenu['button']>();
  for (const { tag, button } of menus) {
    const name = tags.find(({ id }) => id === tag)?.name;
    if (name !== undefined) byTag.set(name, button);
  }
  return [...byTag].map(([tag, button]) => ({ tag, button }));
}

/** Keys in a menu that are answered by operators' rules, which must have been imported. */
export const ruleKeysIn = ({ button, conditional = [] }: MenuFile): string[] =>
  [...button, ...conditional.flatMap((one) => one.button)]
    .flatMap((top) => [top, ...(top.sub_button ?? [])])
    .flatMap(({ key }) => (key?.startsWith(ruleKeyPrefix) ? [key] : []));
