import type { Menu } from './menu';
import { diffMenus, readMenuFile } from './menu-file';
import { type MenuFile, readSelfmenu, ruleKeyPrefix } from './selfmenu';

/** `done` false: nothing was changed because of `problems`. */
export type PushResult = { done: boolean; problems: string[]; changes: string[] };

/** The account's menu against a file: what `npm run menu` does, without files and words of the terminal. */
export function createMenuTool({ menu, claimed }: { menu: Menu; claimed: readonly string[] }) {
  const current = async (): Promise<MenuFile> => readSelfmenu(await menu.current()).menu;

  return {
    /**
     * The menu fans see now, as a file. Items that the console answered by itself are listed in `asRules`: they click a
     * key that `npm run import -- replies` makes a rule for.
     */
    async pull(): Promise<{ menu: MenuFile; asRules: string[] }> {
      const { menu: file, clicks } = readSelfmenu(await menu.current());
      return { menu: file, asRules: clicks.map(({ path, key }) => `${path}(${key})`) };
    },

    /** What is wrong with a file; nothing is asked of WeChat. */
    check: (json: unknown): string[] => readMenuFile(json, { claimed }).problems,

    /** What pushing the file would change. */
    async diff(json: unknown): Promise<string[]> {
      return diffMenus(await current(), readMenuFile(json, { claimed }).menu);
    },

    /** Makes the file the account's menu, unless it has problems or nothing would change. */
    async push(json: unknown): Promise<PushResult> {
      const { menu: file, problems } = readMenuFile(json, { claimed });
      if (problems.length > 0) return { done: false, problems, changes: [] };
      const changes = diffMenus(await current(), file);
      if (changes.length > 0) await menu.create(file);
      return { done: true, problems, changes };
    },
  };
}

/** Keys in a menu that are answered by operators' rules, which must have been imported. */
export const ruleKeysIn = (menu: MenuFile): string[] =>
  menu.button
    .flatMap((top) => [top, ...(top.sub_button ?? [])])
    .flatMap(({ key }) => (key?.startsWith(ruleKeyPrefix) ? [key] : []));
