import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';

const answer = z.object({
  subscribe: z.coerce.number(),
  openid: z.string(),
  subscribe_time: z.number().optional(),
  unionid: z.string().optional(),
  remark: z.string().default(''),
  tagid_list: z.array(z.number()).default([]),
  subscribe_scene: z.string().optional(),
  qr_scene: z.union([z.number(), z.string()]).optional(),
  qr_scene_str: z.string().optional(),
});

/** What WeChat still tells of a fan. Nickname, avatar, sex and place are no longer among it (since 2021-12-27). */
export type UserInfo = {
  openid: string;
  follows: boolean;
  followedAt?: Date;
  unionid?: string;
  remark: string;
  tagIds: number[];
  /** How she came, e.g. `ADD_SCENE_QR_CODE`. */
  scene?: string;
  /** The scene of the QR code she came by. */
  qrScene?: string;
};

const several = z.object({ user_info_list: z.array(answer) });
const page = z.object({
  total: z.number(),
  count: z.number(),
  data: z.object({ openid: z.array(z.string()).default([]) }).optional(),
  next_openid: z.string().default(''),
});

/** `openids`: at most 10,000. `more`: perhaps there are others behind them. `total`: all followers. */
export type Page = { openids: string[]; total: number; more: boolean };

/** Openids a call of `infos`. */
export const mostInfos = 100;

export function createUsers({ client }: { client: Pick<WechatClient, 'get' | 'post'> }) {
  return {
    /** Refused with 40003 for an openid that is not one of ours. */
    async info(openid: string): Promise<UserInfo> {
      const path = '/cgi-bin/user/info';
      return infoOf(readAnswer(path, answer, await client.get(path, { openid, lang: 'zh_CN' })));
    },
    /** Of at most 100. Refused as a whole with 40003 when one of them is not ours. */
    async infos(openids: readonly string[]): Promise<UserInfo[]> {
      const path = '/cgi-bin/user/info/batchget';
      const user_list = openids.map((openid) => ({ openid, lang: 'zh_CN' }));
      const told = await client.post(path, { user_list }, { repeatable: true });
      return readAnswer(path, several, told).user_info_list.map(infoOf);
    },
    /**
     * Those who follow, from behind `after` on ('' from the first); 500 calls a Beijing day. Refused with 40003 when `after` does
     * not follow any more. The last page with somebody may say that there are more; then one with nobody follows.
     */
    async list(after: string): Promise<Page> {
      const path = '/cgi-bin/user/get';
      const told = await client.get(path, after === '' ? {} : { next_openid: after });
      const { total, count, data, next_openid: next } = readAnswer(path, page, told);
      const openids = count === 0 ? [] : (data?.openid ?? []);
      return { openids, total, more: openids.length > 0 && next !== '' };
    },
  };
}

export type Users = ReturnType<typeof createUsers>;

function infoOf(user: z.infer<typeof answer>): UserInfo {
  const qrScene = user.qr_scene_str || (user.qr_scene ? String(user.qr_scene) : '');
  return {
    openid: user.openid,
    follows: user.subscribe === 1,
    ...(user.subscribe_time ? { followedAt: new Date(user.subscribe_time * 1000) } : {}),
    ...(user.unionid ? { unionid: user.unionid } : {}),
    remark: user.remark,
    tagIds: user.tagid_list,
    ...(user.subscribe_scene ? { scene: user.subscribe_scene } : {}),
    ...(qrScene ? { qrScene } : {}),
  };
}
