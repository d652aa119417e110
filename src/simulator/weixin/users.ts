import { z } from 'zod';
import type { Fan } from '../fans';
import { type Call, fanOf, ok, openidShape, Refusal } from './call';
import type { Platform } from './platform';

const openids = z.array(openidShape);

/** Fans, tags and the blacklist (wechat.md §7). */
export function userCalls(platform: Platform): Call[] {
  const { world } = platform;

  const followers = () => world.fans().filter((fan) => fan.following);

  const describe = (fan: Fan) =>
    fan.following
      ? {
          subscribe: 1,
          openid: fan.openid,
          language: 'zh_CN',
          subscribe_time: Math.floor(fan.subscribedAt / 1000),
          remark: fan.remark,
          groupid: fan.tags[0] ?? 0,
          tagid_list: fan.tags,
          subscribe_scene: fan.subscribeScene,
          qr_scene: /^\d+$/.test(fan.qrScene) ? Number(fan.qrScene) : 0,
          qr_scene_str: /^\d+$/.test(fan.qrScene) ? '' : fan.qrScene,
        }
      : { subscribe: 0, openid: fan.openid, tagid_list: [] };

  const tagOf = (id: number) => {
    const tag = world.tags.get(id);
    if (!tag) throw new Refusal(45159, 'invalid tag_id');
    return tag;
  };
  const checkName = (name: string) => {
    if (name === '') throw new Refusal(45157, 'invalid tag name');
    if ([...name].length > 30) throw new Refusal(45158, 'tag name too long');
    if ([...world.tags.values()].some((tag) => tag.name === name))
      throw new Refusal(45157, 'tag name already exists');
  };
  const own = (id: number) => {
    if (id <= 2) throw new Refusal(45058, 'can not modify system tag');
    return tagOf(id);
  };
  const members = (list: string[]) => {
    if (list.length === 0 || list.length > 50) throw new Refusal(40032, 'invalid openid list size');
    const fans = list.map((openid) => fanOf(world, openid));
    if (fans.some((fan) => !fan.following)) throw new Refusal(40003, 'not a follower');
    return fans;
  };
  /** How many followers wear each tag, in one pass over all. */
  const counted = (): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const fan of world.fans())
      if (fan.following) for (const id of fan.tags) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  };
  const tagging = z.object({ openid_list: openids, tagid: z.number().int() });
  const page = (all: string[], after: string, size: number) => {
    const from = after === '' ? 0 : all.indexOf(after) + 1;
    if (after !== '' && from === 0) throw new Refusal(40003, 'invalid next_openid');
    return all.slice(from, from + size);
  };

  return [
    {
      path: '/cgi-bin/user/info',
      method: 'GET',
      run: ({ query }) => describe(fanOf(world, query['openid'] ?? '')),
    },
    {
      path: '/cgi-bin/user/info/batchget',
      method: 'POST',
      run: ({ read }) => {
        const { user_list: list } = read(z.object({ user_list: z.array(z.object({ openid: openidShape })) }));
        if (list.length === 0 || list.length > 100) throw new Refusal(40032, 'invalid openid list size');
        return { user_info_list: list.map(({ openid }) => describe(fanOf(world, openid))) };
      },
    },
    {
      path: '/cgi-bin/user/info/updateremark',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { openid, remark } = read(z.object({ openid: openidShape, remark: z.string() }));
        if (Buffer.byteLength(remark) >= 30) throw new Refusal(40035, 'remark too long');
        fanOf(world, openid).remark = remark;
        return ok();
      },
    },
    {
      path: '/cgi-bin/user/get',
      method: 'GET',
      daily: 500,
      run: ({ query }) => {
        const all = followers().map((fan) => fan.openid);
        const list = page(all, query['next_openid'] ?? '', 10_000);
        return {
          total: all.length,
          count: list.length,
          ...(list.length > 0 ? { data: { openid: list } } : {}),
          next_openid: list.at(-1) ?? '',
        };
      },
    },
    {
      path: '/cgi-bin/tags/create',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { tag } = read(z.object({ tag: z.object({ name: z.string() }) }));
        checkName(tag.name);
        if ([...world.tags.keys()].filter((id) => id > 2).length >= 100)
          throw new Refusal(45056, 'too many tags');
        const id = Math.max(99, ...world.tags.keys()) + 1;
        world.tags.set(id, { id, name: tag.name });
        return { tag: { id, name: tag.name } };
      },
    },
    {
      path: '/cgi-bin/tags/get',
      method: 'GET',
      run: () => {
        const counts = counted();
        return { tags: [...world.tags.values()].map((tag) => ({ ...tag, count: counts.get(tag.id) ?? 0 })) };
      },
    },
    {
      path: '/cgi-bin/tags/update',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { tag } = read(z.object({ tag: z.object({ id: z.number(), name: z.string() }) }));
        const known = own(tag.id);
        checkName(tag.name);
        known.name = tag.name;
        return ok();
      },
    },
    {
      path: '/cgi-bin/tags/delete',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { tag } = read(z.object({ tag: z.object({ id: z.number() }) }));
        own(tag.id);
        world.tags.delete(tag.id);
        for (const fan of world.fans()) {
          if (!fan.tags.includes(tag.id)) continue;
          fan.tags = fan.tags.filter((id) => id !== tag.id);
          world.tagged(fan);
        }
        return ok();
      },
    },
    {
      path: '/cgi-bin/tags/members/batchtagging',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { openid_list: list, tagid } = read(tagging);
        tagOf(tagid);
        const fans = members(list);
        if (fans.some((fan) => !fan.tags.includes(tagid) && fan.tags.length >= 20)) {
          throw new Refusal(45059, 'too many tags on one fan');
        }
        for (const fan of fans) {
          if (!fan.tags.includes(tagid)) fan.tags.push(tagid);
          world.tagged(fan);
        }
        return ok();
      },
    },
    {
      path: '/cgi-bin/tags/members/batchuntagging',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { openid_list: list, tagid } = read(tagging);
        tagOf(tagid);
        for (const fan of members(list)) {
          fan.tags = fan.tags.filter((id) => id !== tagid);
          world.tagged(fan);
        }
        return ok();
      },
    },
    {
      path: '/cgi-bin/tags/getidlist',
      method: 'POST',
      run: ({ read }) => ({ tagid_list: fanOf(world, read(z.object({ openid: openidShape })).openid).tags }),
    },
    {
      path: '/cgi-bin/user/tag/get',
      method: 'POST',
      run: ({ read }) => {
        const asked = read(z.object({ tagid: z.number(), next_openid: z.string().default('') }));
        tagOf(asked.tagid);
        const all = followers()
          .filter((fan) => fan.tags.includes(asked.tagid))
          .map((fan) => fan.openid);
        const list = page(all, asked.next_openid, 10_000);
        return {
          count: list.length,
          ...(list.length > 0 ? { data: { openid: list } } : {}),
          next_openid: list.at(-1) ?? '',
        };
      },
    },
    {
      path: '/cgi-bin/tags/members/getblacklist',
      method: 'POST',
      run: ({ read }) => {
        const { begin_openid: begin } = read(z.object({ begin_openid: z.string().default('') }));
        const all = world
          .fans()
          .filter((fan) => fan.blocked)
          .map((fan) => fan.openid);
        const list = page(all, begin, 1000);
        return {
          total: all.length,
          count: list.length,
          data: { openid: list },
          next_openid: list.at(-1) ?? '',
        };
      },
    },
    ...(['batchblacklist', 'batchunblacklist'] as const).map(
      (name): Call => ({
        path: `/cgi-bin/tags/members/${name}`,
        method: 'POST',
        effect: true,
        run: ({ read }) => {
          const { openid_list: list } = read(z.object({ openid_list: openids }));
          if (list.length === 0 || list.length > 20) throw new Refusal(40032, 'invalid openid list size');
          for (const openid of list) fanOf(world, openid).blocked = name === 'batchblacklist';
          return ok();
        },
      }),
    ),
  ];
}
