import { createHash } from 'node:crypto';
import { z } from 'zod';
import { articlesOf, newsInfo, type OldReply } from './old-reply';

/** An item that the old console answered by itself. In a menu made by API it becomes a click with `key`. */
export type OldClick = { path: string; key: string; reply: OldReply };

export type Button = {
  name: string;
  type?: string;
  key?: string;
  url?: string;
  appid?: string;
  pagepath?: string;
  media_id?: string;
  article_id?: string;
  sub_button?: Button[];
};
/** `conditional`: what fans who have a tag see instead. Without it nothing is said of such menus. */
export type MenuFile = { button: Button[]; conditional?: { tag: string; button: Button[] }[] };

/** Keys that begin so are answered by an operator's rule that `npm run import -- replies` makes from the same answer. */
export const ruleKeyPrefix = 'RULE_';

const item = z.object({
  name: z.string(),
  type: z.string().optional(),
  key: z.string().optional(),
  url: z.string().optional(),
  appid: z.string().optional(),
  pagepath: z.string().optional(),
  media_id: z.string().optional(),
  article_id: z.string().optional(),
  value: z.string().optional(),
  news_info: newsInfo.optional(),
});
const list = z.array(item);
// `get_current_selfmenu_info` puts the list one level deeper than `menu/get` does.
const button = item.extend({ sub_button: z.union([z.object({ list }), list]).optional() });
export const selfmenuShape = z.object({
  is_menu_open: z.coerce.number().default(1),
  selfmenu_info: z.object({ button: z.array(button).default([]) }).default({ button: [] }),
});

/**
 * The menu fans see now (answer of `get_current_selfmenu_info`), as a menu that can be made by API, and the answers
 * that the console gave by itself to some of its items.
 */
export function readSelfmenu(json: unknown): { open: boolean; menu: MenuFile; clicks: OldClick[] } {
  const answer = selfmenuShape.parse(json);
  const clicks: OldClick[] = [];
  const convert = (one: z.infer<typeof item>, path: string): Button => {
    const reply = consoleReply(one);
    if (!reply) return apiButton(one);
    const key = ruleKeyPrefix + createHash('sha256').update(path).digest('hex').slice(0, 10).toUpperCase();
    clicks.push({ path, key, reply });
    return { name: one.name, type: 'click', key };
  };
  const buttons = answer.selfmenu_info.button.map((top): Button => {
    const subs = Array.isArray(top.sub_button) ? top.sub_button : (top.sub_button?.list ?? []);
    if (subs.length === 0) return convert(top, top.name);
    return { name: top.name, sub_button: subs.map((sub) => convert(sub, `${top.name}/${sub.name}`)) };
  });
  return { open: answer.is_menu_open === 1, menu: { button: buttons }, clicks };
}

/** The fields a menu made by API has, in the order people read them. */
function apiButton(one: z.infer<typeof item>): Button {
  const { name, type, key, url, appid, pagepath, media_id, article_id } = one;
  const fields = { type, name, key, url, appid, pagepath, media_id, article_id };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return { name, ...Object.fromEntries(given) };
}

/** What the console says for an item of its own kinds; undefined for the kinds that the API knows too. */
function consoleReply(one: z.infer<typeof item>): OldReply | undefined {
  const value = one.value ?? '';
  switch (one.type) {
    case 'text':
      return { kind: 'text', text: value };
    case 'img':
    case 'photo':
      return { kind: 'image', mediaId: value };
    case 'voice':
      return { kind: 'voice', mediaId: value };
    case 'video':
      return { kind: 'video', source: value };
    case 'news':
      return { kind: 'news', articles: articlesOf(one.news_info) };
    default:
      return undefined;
  }
}
