import { z } from 'zod';
import type { WechatClient } from './client';
import { type ConditionalMenu, readConditional } from './conditional-menu';
import { isWechatError, readAnswer } from './errors';
import type { JsonObject } from './exact-json';
import type { Button } from './selfmenu';

const added = z.object({ menuid: z.union([z.string(), z.number()]) });

/** The account's menu (wechat.md §8.1). What a menu may look like is in `menu-file.ts`. */
export function createMenu({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  return {
    /** The menu that was made by API, as WeChat tells it, and those for some fans; undefined when there is none. */
    async get(): Promise<{ menu: unknown; conditional: ConditionalMenu[] } | undefined> {
      try {
        const answer = await client.get('/cgi-bin/menu/get');
        return { menu: answer['menu'], conditional: readConditional(answer) };
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

    /**
     * What fans with this tag see instead: of two for one tag the newer, of several tags the one she was given last. Needs a menu
     * made by API (65303); at most 3 domains over all of them (65316); 2,000 a day. Twice makes two.
     */
    async addConditional(tag: number, button: readonly Button[]): Promise<string> {
      const path = '/cgi-bin/menu/addconditional';
      const answer = await client.post(path, { button, matchrule: { tag_id: String(tag) } });
      return String(readAnswer(path, added, answer).menuid);
    },

    /** One that is gone already (65301) is no error. 2,000 a day. */
    async removeConditional(id: string): Promise<void> {
      try {
        await client.post('/cgi-bin/menu/delconditional', { menuid: id }, { repeatable: true });
      } catch (thrown) {
        if (!isWechatError(thrown) || thrown.details.errcode !== 65301) throw thrown;
      }
    },
  };
}

export type Menu = ReturnType<typeof createMenu>;
