import { z } from 'zod';
import { AppError } from '../../errors';
import { dayMs } from '../../kit/beijing';
import type { Upload, WechatClient } from './client';
import { readAnswer } from './errors';

const added = z.object({ media_id: z.string() });
const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/amr': 'amr',
};

const uploaded = z.object({
  media_id: z.string().optional(),
  thumb_media_id: z.string().optional(),
  created_at: z.coerce.number(),
});

const temporaryMs = 3 * dayMs;
const kilo = 1024;
const mega = 1024 * kilo;

/** What WeChat takes as a temporary file, by kind (wechat.md §8.6). How long a voice is (60 s at most) it judges itself. */
const limits = {
  image: {
    bytes: 10 * mega,
    types: ['image/png', 'image/jpeg', 'image/gif'],
    says: 'PNG、JPG 或 GIF，最大 10 MB',
  },
  voice: { bytes: 2 * mega, types: ['audio/amr', 'audio/mpeg', 'audio/mp3'], says: 'AMR 或 MP3，最大 2 MB' },
  video: { bytes: 10 * mega, types: ['video/mp4'], says: 'MP4，最大 10 MB' },
  thumb: { bytes: 64 * kilo, types: ['image/jpeg'], says: 'JPG，最大 64 KB' },
} as const satisfies Record<string, { bytes: number; types: readonly string[]; says: string }>;

export type TemporaryKind = keyof typeof limits;
/** Usable as often as wanted until then. */
export type Temporary = { mediaId: string; expiresAt: Date };

/** Files at WeChat (素材, wechat.md §8.6). */
export function createMedia({ client }: { client: Pick<WechatClient, 'download' | 'upload'> }) {
  return {
    /**
     * Makes a permanent copy of a temporary file, which WeChat forgets after 3 days. The new media id, or undefined when
     * it is no picture or voice. WechatError when the old id is dead (40007) or the account may not (48001).
     */
    async keep(kind: 'image' | 'voice', mediaId: string): Promise<string | undefined> {
      const file = await client.download('/cgi-bin/media/get', { media_id: mediaId });
      if (file.kind === 'json') return undefined;
      const extension = extensions[file.type];
      if (!extension) return undefined;
      const path = '/cgi-bin/material/add_material';
      const upload = { name: file.name ?? `${kind}.${extension}`, type: file.type, bytes: file.bytes };
      return readAnswer(path, added, await client.upload(path, upload, { type: kind })).media_id;
    },

    /**
     * Brings a file to WeChat for three days. A lost answer costs nothing but one more upload.
     * @throws AppError `Invalid` for a type or size that WeChat does not take, WechatError when it refuses it all the same
     */
    async uploadTemporary(kind: TemporaryKind, file: Upload): Promise<Temporary> {
      const { bytes, types, says } = limits[kind];
      const fits = types.some((type) => type === file.type);
      if (!fits || file.bytes.byteLength === 0 || file.bytes.byteLength > bytes)
        throw new AppError(
          'Invalid',
          'wechat.media',
          `「${file.name}」（${file.type}，${file.bytes.byteLength} 字節）微信不收：要 ${says}，不能是空的。`,
        );
      const path = '/cgi-bin/media/upload';
      const answer = readAnswer(path, uploaded, await client.upload(path, file, { type: kind }));
      const mediaId = readAnswer(path, z.string(), answer.media_id ?? answer.thumb_media_id);
      return { mediaId, expiresAt: new Date(answer.created_at * 1_000 + temporaryMs) };
    },
  };
}

export type Media = ReturnType<typeof createMedia>;
