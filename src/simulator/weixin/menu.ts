import { z } from 'zod';
import type { Button } from '../world';
import { type Call, ok, Refusal } from './call';
import type { Platform } from './platform';

const button: z.ZodType<Button> = z.object({
  name: z.string(),
  type: z.string().optional(),
  key: z.string().optional(),
  url: z.string().optional(),
  appid: z.string().optional(),
  pagepath: z.string().optional(),
  media_id: z.string().optional(),
  article_id: z.string().optional(),
  get sub_button() {
    return z.array(button).optional();
  },
});

/** What a type of button must carry. */
const needs: Record<string, (keyof Button)[]> = {
  click: ['key'],
  view: ['url'],
  miniprogram: ['appid', 'pagepath', 'url'],
  scancode_push: ['key'],
  scancode_waitmsg: ['key'],
  pic_sysphoto: ['key'],
  pic_photo_or_album: ['key'],
  pic_weixin: ['key'],
  location_select: ['key'],
  media_id: ['media_id'],
  view_limited: ['media_id'],
  article_id: ['article_id'],
  article_view_limited: ['article_id'],
};

/** Throws what WeChat answers when a menu is not built as it wants (wechat.md §8.1). */
function check(buttons: Button[], level: 'top' | 'sub'): void {
  const most = level === 'top' ? 3 : 5;
  if (buttons.length === 0 || buttons.length > most) {
    throw new Refusal(level === 'top' ? 40016 : 40023, `invalid ${level} button count`);
  }
  for (const one of buttons) {
    const bytes = Buffer.byteLength(one.name);
    if (bytes === 0 || bytes > (level === 'top' ? 16 : 60)) {
      throw new Refusal(level === 'top' ? 40018 : 40025, 'invalid button name size');
    }
    if (one.sub_button && one.sub_button.length > 0) {
      if (level === 'sub') throw new Refusal(40022, 'invalid sub button level');
      check(one.sub_button, 'sub');
      continue;
    }
    const needed = needs[one.type ?? ''];
    if (!needed) throw new Refusal(level === 'top' ? 40017 : 40024, 'invalid button type');
    for (const field of needed) {
      const value = one[field];
      if (typeof value !== 'string' || value === '')
        throw new Refusal(field === 'url' ? 40020 : 40019, `missing ${field}`);
    }
    if (one.key !== undefined && Buffer.byteLength(one.key) > 128)
      throw new Refusal(40019, 'invalid button key size');
    if (one.url !== undefined && Buffer.byteLength(one.url) > 1024)
      throw new Refusal(40020, 'invalid button url size');
    if (one.url !== undefined && !/^https?:\/\//.test(one.url))
      throw new Refusal(40055, 'invalid button url domain');
  }
}

/** The menu as `get_current_selfmenu_info` tells it: sub menus sit in `list`. */
const asSelfMenu = (buttons: Button[]): object[] =>
  buttons.map(({ sub_button: sub, ...one }) =>
    sub?.length ? { name: one.name, sub_button: { list: asSelfMenu(sub) } } : one,
  );

export function menuCalls(platform: Platform): Call[] {
  const { world } = platform;
  return [
    {
      path: '/cgi-bin/menu/create',
      method: 'POST',
      daily: 1000,
      effect: true,
      run: ({ read, raw }) => {
        if (/\\u[0-9a-f]{4}/i.test(raw))
          throw new Refusal(
            40033,
            'invalid charset. please check your request, if include \\uxxxx will create fail!',
          );
        const menu = read(z.object({ button: z.array(button) }), 40015);
        check(menu.button, 'top');
        world.setMenu(menu.button);
        return ok();
      },
    },
    {
      path: '/cgi-bin/menu/get',
      method: 'GET',
      daily: 10_000,
      run: () => {
        if (!world.menu) throw new Refusal(46003, 'menu no exist');
        return { menu: { button: world.menu.map((one) => ({ ...one, sub_button: one.sub_button ?? [] })) } };
      },
    },
    {
      path: '/cgi-bin/menu/delete',
      method: 'GET',
      daily: 1000,
      effect: true,
      run: () => {
        world.setMenu(undefined);
        return ok();
      },
    },
    {
      path: '/cgi-bin/get_current_selfmenu_info',
      method: 'GET',
      run: () => ({
        is_menu_open: world.menu ? 1 : 0,
        ...(world.menu ? { selfmenu_info: { button: asSelfMenu(world.menu) } } : {}),
      }),
    },
    {
      path: '/cgi-bin/get_current_autoreply_info',
      method: 'GET',
      run: () => platform.autoReplies(),
    },
  ];
}
