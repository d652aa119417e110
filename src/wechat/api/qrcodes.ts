import { z } from 'zod';
import { AppError } from '../../errors';
import type { WechatClient } from './client';
import { readAnswer } from './errors';

const answer = z.object({ ticket: z.string(), url: z.string(), expire_seconds: z.number().optional() });

/** A code that tells us, when scanned, which scene it stands for. */
export type Qrcode = { ticket: string; imageUrl: string; url: string; expiresInS?: number };

const maxExpiryS = 2_592_000;

/** Parametric QR codes (帶參數二維碼): verified service accounts only. */
export function createQrcodes({ client }: { client: Pick<WechatClient, 'post' | 'qrcodePicture'> }) {
  return {
    /**
     * `scene`: 1-64 characters. Temporary for `expiresInS` (at most 30 days, the default); permanent ones are 100,000 in
     * all and cannot be deleted.
     */
    async create(scene: string, options: { expiresInS?: number; permanent?: boolean } = {}): Promise<Qrcode> {
      const { length } = Array.from(scene);
      if (length < 1 || length > 64) {
        throw new AppError(
          'Invalid',
          'wechat.qrcode-scene',
          `A QR scene has 1-64 characters, this one ${length}: ${scene}`,
        );
      }
      const seconds = Math.min(Math.max(options.expiresInS ?? maxExpiryS, 60), maxExpiryS);
      const action = options.permanent
        ? { action_name: 'QR_LIMIT_STR_SCENE' }
        : { action_name: 'QR_STR_SCENE', expire_seconds: seconds };
      const body = { ...action, action_info: { scene: { scene_str: scene } } };
      // The same permanent scene gives the same code and a temporary one costs nothing: it may be asked again.
      const path = '/cgi-bin/qrcode/create';
      const { ticket, url, expire_seconds } = readAnswer(
        path,
        answer,
        await client.post(path, body, { repeatable: true }),
      );
      const imageUrl = `https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=${encodeURIComponent(ticket)}`;
      return { ticket, imageUrl, url, ...(expire_seconds ? { expiresInS: expire_seconds } : {}) };
    },
    /** The picture itself, for where none is fetched from elsewhere: a mail. */
    picture: (ticket: string): Promise<{ type: string; bytes: Buffer }> => client.qrcodePicture(ticket),
  };
}

export type Qrcodes = ReturnType<typeof createQrcodes>;
