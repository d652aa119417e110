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

export function createUsers({ client }: { client: Pick<WechatClient, 'get'> }) {
  return {
    /** Refused with 40003 for an openid that is not one of ours. */
    async info(openid: string): Promise<UserInfo> {
      const path = '/cgi-bin/user/info';
      const user = readAnswer(path, answer, await client.get(path, { openid, lang: 'zh_CN' }));
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
    },
  };
}

export type Users = ReturnType<typeof createUsers>;
