import { z } from 'zod';
import type { WechatClient } from './client';
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
  };
}

export type Media = ReturnType<typeof createMedia>;
