import { z } from 'zod';
import { type Call, Refusal } from './call';
import type { Platform } from './platform';

const shape = z.object({
  expire_seconds: z.number().int().positive().default(60),
  action_name: z.string(),
  action_info: z.object({
    scene: z.object({ scene_id: z.number().int().optional(), scene_str: z.string().optional() }),
  }),
});

/** QR codes with a scene (wechat.md §8.2). */
export function qrcodeCalls(platform: Platform): Call[] {
  const { world } = platform;
  return [
    {
      path: '/cgi-bin/qrcode/create',
      method: 'POST',
      daily: 100_000,
      effect: true,
      run: ({ read }) => {
        if (platform.accountType === 'subscription') throw new Refusal(48001, 'api unauthorized');
        const asked = read(shape);
        const { scene_id: id, scene_str: text } = asked.action_info.scene;
        const permanent = asked.action_name.startsWith('QR_LIMIT_');
        const scene = sceneOf(asked.action_name, id, text);
        if (!permanent && asked.expire_seconds > 2_592_000)
          throw new Refusal(40035, 'invalid expire_seconds');
        const ticket = `gQ${platform.nextId()}${Buffer.from(scene).toString('base64url')}`;
        const url = `http://weixin.qq.com/q/${ticket.slice(-20)}`;
        const expiresAt = permanent
          ? Number.MAX_SAFE_INTEGER
          : world.clock.now() + asked.expire_seconds * 1000;
        world.addScene({ ticket, scene, permanent, expiresAt, url });
        return { ticket, ...(permanent ? {} : { expire_seconds: asked.expire_seconds }), url };
      },
    },
    {
      // At mp.weixin.qq.com, open to everybody. Ours only says what it stands for: it is scanned on the phone page.
      path: '/cgi-bin/showqrcode',
      method: 'GET',
      token: false,
      run: ({ query }) => {
        const known = [...world.scenes.values()].find(({ ticket }) => ticket === query['ticket']);
        if (!known) throw new Refusal(40052, 'invalid ticket');
        const words = known.scene.replaceAll(/[<>&]/g, ' ');
        const file = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><rect width="400" height="400" fill="#fff" stroke="#07c160" stroke-width="8"/><text x="200" y="190" text-anchor="middle" font-size="24">模擬的二維碼</text><text x="200" y="230" text-anchor="middle" font-size="10">${words}</text></svg>`;
        return { file: Buffer.from(file), contentType: 'image/svg+xml' };
      },
    },
  ];
}

function sceneOf(action: string, id: number | undefined, text: string | undefined): string {
  switch (action) {
    case 'QR_SCENE':
      if (!id || id < 0 || id > 0xffffffff) throw new Refusal(40053, 'invalid scene_id');
      return String(id);
    case 'QR_LIMIT_SCENE':
      if (!id || id < 1 || id > 100_000) throw new Refusal(40053, 'invalid scene_id');
      return String(id);
    case 'QR_STR_SCENE':
    case 'QR_LIMIT_STR_SCENE':
      if (!text || [...text].length > 64) throw new Refusal(40053, 'invalid scene_str');
      return text;
    default:
      throw new Refusal(40052, 'invalid action_name');
  }
}
