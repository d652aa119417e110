import { may, type Role } from '../../domain/team/rights';
import { type Item, type MenuGroup, menuGroups, type Page } from './console';

export type MenuEntry = { name: string; href: string; here: boolean };

const folded: MenuGroup[] = ['content', 'reports', 'system'];

/** What she finds on the left: the pages that she may see, under their headings, in order. */
export function menuFor(items: readonly Item[], roles: readonly Role[], path: string) {
  const shown = items
    .filter(
      (item): item is Page<unknown> & { menu: NonNullable<Page<unknown>['menu']> } =>
        item.kind === 'page' && item.menu !== undefined,
    )
    .filter(({ right }) => may(roles, right))
    .toSorted((a, b) => a.menu.at - b.menu.at);
  const here = shown
    .map(({ path: one }) => one)
    .filter((one) => path === one || (one !== '/' && path.startsWith(`${one}/`)))
    .toSorted((a, b) => b.length - a.length)[0];
  return (
    (Object.keys(menuGroups) as MenuGroup[])
      .map((group) => ({
        code: group,
        name: menuGroups[group],
        entries: shown
          .filter(({ menu }) => menu.group === group)
          .map(({ title, path: href }): MenuEntry => ({ name: title, href, here: href === here })),
      }))
      .filter(({ entries }) => entries.length > 0)
      // What is opened seldom is folded, so that all headings are in sight.
      .map((group) => ({
        ...group,
        open: !folded.includes(group.code) || group.entries.some((one) => one.here),
      }))
  );
}
