import { z } from 'zod';
import type { Button } from '../world';
import { type Call, fanOf, ok, openidShape, Refusal } from './call';
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

function mustBeRaw(raw: string): void {
  if (/\\u[0-9a-f]{4}/i.test(raw))
    throw new Refusal(
      40033,
      'invalid charset. please check your request, if include \\uxxxx will create fail!',
    );
}

/** Whom a conditional menu is for. What tells of a person but tags and platform was taken away for privacy. */
const rule = z.looseObject({
  tag_id: z.union([z.string(), z.number()]).optional(),
  client_platform_type: z.union([z.string(), z.number()]).optional(),
});
const privateFields = ['sex', 'country', 'province', 'city', 'language'];

const domainsIn = (buttons: readonly Button[]): string[] =>
  buttons.flatMap(({ type, url = '', sub_button: subs }) => [
    ...(type === 'view' ? [new URL(url).hostname] : []),
    ...domainsIn(subs ?? []),
  ]);

export function menuCalls(platform: Platform): Call[] {
  const { world } = platform;
  return [
    {
      path: '/cgi-bin/menu/create',
      method: 'POST',
      daily: 1000,
      effect: true,
      run: ({ read, raw }) => {
        mustBeRaw(raw);
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
        const whole = (buttons: Button[]) =>
          buttons.map((one) => ({ ...one, sub_button: one.sub_button ?? [] }));
        return {
          menu: { button: whole(world.menu) },
          ...(world.conditional.length > 0
            ? {
                conditionalmenu: world.conditional.map((one) => ({
                  ...{ button: whole(one.button), matchrule: one.rule, menuid: one.id },
                })),
              }
            : {}),
        };
      },
    },
    {
      path: '/cgi-bin/menu/delete',
      method: 'GET',
      daily: 1000,
      effect: true,
      run: () => {
        world.setMenu(undefined);
        world.setConditional([]);
        return ok();
      },
    },
    {
      path: '/cgi-bin/menu/addconditional',
      method: 'POST',
      daily: 2000,
      effect: true,
      run: ({ read, raw }) => {
        mustBeRaw(raw);
        const menu = read(z.object({ button: z.array(button), matchrule: rule }), 40015);
        check(menu.button, 'top');
        if (!world.menu) throw new Refusal(65303, 'no default menu');
        const { tag_id: tagId = '', client_platform_type: platformType = '' } = menu.matchrule;
        if (privateFields.some((field) => (menu.matchrule[field] ?? '') !== ''))
          throw new Refusal(65320, 'match rule is not allowed for privacy');
        if (tagId === '' && platformType === '') throw new Refusal(65304, 'empty match rule');
        const tag = tagId === '' ? undefined : Number(tagId);
        if (tag !== undefined && !world.tags.has(tag)) throw new Refusal(45159, 'invalid tag_id');
        const all = [...world.conditional.map((one) => one.button), menu.button];
        if (new Set(all.flatMap(domainsIn)).size > 3) throw new Refusal(65316, 'too many domains');
        const id = Math.max(208_000_000, ...world.conditional.map((one) => one.id)) + 1;
        const its = platformType === '' ? tag : undefined;
        world.setConditional([
          ...world.conditional,
          { id, tag: its, rule: menu.matchrule, button: menu.button },
        ]);
        return { menuid: String(id) };
      },
    },
    {
      path: '/cgi-bin/menu/delconditional',
      method: 'POST',
      daily: 2000,
      effect: true,
      run: ({ read }) => {
        const id = Number(read(z.object({ menuid: z.union([z.string(), z.number()]) })).menuid);
        const rest = world.conditional.filter((one) => one.id !== id);
        if (rest.length === world.conditional.length) throw new Refusal(65301, 'no such menuid');
        world.setConditional(rest);
        return ok();
      },
    },
    {
      path: '/cgi-bin/menu/trymatch',
      method: 'POST',
      daily: 20_000,
      run: ({ read }) => {
        const fan = fanOf(world, read(z.object({ user_id: openidShape })).user_id);
        return { button: world.menuFor(fan) ?? world.menu ?? [] };
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
