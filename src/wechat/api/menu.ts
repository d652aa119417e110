import type { WechatClient } from './client';
import { isWechatError } from './errors';
import type { JsonObject } from './exact-json';

/** The account's menu (wechat.md §8.1). What a menu may look like is in `menu-file.ts`. */
export function createMenu({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  return {
    /** The menu that was made by API, as WeChat tells it; undefined when there is none. */
    async get(): Promise<unknown> {
      try {
        return (await client.get('/cgi-bin/menu/get'))['menu'];
      } catch (thrown) {
        if (isWechatError(thrown) && thrown.details.errcode === 46003) return undefined;
        throw thrown;
      }
    },

    /** The menu fans see now, even when it was made by hand in the console: the answer of `get_current_selfmenu_info`. */
    current: (): Promise<JsonObject> => client.get('/cgi-bin/get_current_selfmenu_info'),

    /** Replaces the whole menu; doing it twice is the same as once. Fans see it within 5 minutes. 1,000 a day. */
    async create(menu: object): Promise<void> {
      await client.post('/cgi-bin/menu/create', menu, { repeatable: true });
    },
  };
}

export type Menu = ReturnType<typeof createMenu>;
