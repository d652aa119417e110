import { z } from 'zod';
import { dayMs } from '../../kit/beijing';
import type { Media } from '../world';
import { type Call, ok, Refusal, type Upload } from './call';
import type { Platform } from './platform';

const day = dayMs;
const mega = 1024 * 1024;

/** Sizes and kinds of wechat.md §8.6. */
const limits: Record<string, { bytes: number; types: RegExp }> = {
  image: { bytes: 10 * mega, types: /^image\/(png|jpe?g|gif|bmp)$/ },
  voice: { bytes: 2 * mega, types: /^audio\/(amr|mp3|mpeg)$/ },
  video: { bytes: 10 * mega, types: /^video\/mp4$/ },
  thumb: { bytes: 64 * 1024, types: /^image\/jpe?g$/ },
};

/** Where an uploaded media can be seen; undefined when it is unknown or its three days are over. */
export function mediaUrlOf(platform: Pick<Platform, 'world' | 'publicUrl'>, id: string): string | undefined {
  const media = platform.world.media.get(id);
  if (!media || media.expiresAt <= platform.world.clock.now()) return undefined;
  return `${platform.publicUrl()}/sim/media/${encodeURIComponent(id)}`;
}

export function mediaCalls(platform: Platform): Call[] {
  const { world } = platform;

  const store = (type: string, upload: Upload | undefined, expiresAt: number): Media => {
    const limit = limits[type];
    if (!limit) throw new Refusal(40004, 'invalid media type');
    if (!upload) throw new Refusal(41005, 'media data missing');
    if (upload.bytes.length === 0) throw new Refusal(44001, 'empty media data');
    if (upload.bytes.length > limit.bytes) throw new Refusal(40006, 'invalid media size');
    if (!limit.types.test(upload.contentType)) throw new Refusal(40005, 'invalid file type');
    const id = `sim-${type}-up${platform.nextId()}`;
    const media = { id, type, contentType: upload.contentType, bytes: upload.bytes, expiresAt };
    world.media.set(id, media);
    return media;
  };

  return [
    {
      path: '/cgi-bin/media/upload',
      method: 'POST',
      daily: 100_000,
      run: ({ query, upload }) => {
        const media = store(query['type'] ?? '', upload(), world.clock.now() + 3 * day);
        return { type: media.type, media_id: media.id, created_at: Math.floor(world.clock.now() / 1000) };
      },
    },
    {
      path: '/cgi-bin/media/get',
      method: 'GET',
      daily: 200_000,
      run: ({ query }) => {
        const media = world.media.get(query['media_id'] ?? '');
        if (!media || media.expiresAt <= world.clock.now()) throw new Refusal(40007, 'invalid media_id');
        if (media.type === 'video') return { video_url: mediaUrlOf(platform, media.id) };
        return { file: media.bytes, contentType: media.contentType };
      },
    },
    {
      path: '/cgi-bin/material/add_material',
      method: 'POST',
      run: ({ query, upload }) => {
        const media = store(query['type'] ?? '', upload(), Number.MAX_SAFE_INTEGER);
        return {
          media_id: media.id,
          ...(media.type === 'image' ? { url: mediaUrlOf(platform, media.id) } : {}),
        };
      },
    },
    {
      path: '/cgi-bin/media/uploadimg',
      method: 'POST',
      run: ({ upload }) => {
        const file = upload();
        if (file && file.bytes.length > mega) throw new Refusal(40009, 'invalid image size');
        return { url: mediaUrlOf(platform, store('image', file, Number.MAX_SAFE_INTEGER).id) };
      },
    },
    {
      path: '/cgi-bin/material/del_material',
      method: 'POST',
      run: ({ read }) => {
        const { media_id: id } = read(z.object({ media_id: z.string() }));
        if (!world.media.delete(id)) throw new Refusal(40007, 'invalid media_id');
        return ok();
      },
    },
  ];
}

/** The file of a `multipart/form-data` body: the first part with a file name. */
export function readUpload(contentType: string, body: Buffer): Upload | undefined {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (!boundary) return undefined;
  const mark = Buffer.from(`--${boundary}`);
  let from = body.indexOf(mark);
  while (from >= 0) {
    const next = body.indexOf(mark, from + mark.length);
    if (next < 0) return undefined;
    const part = body.subarray(from + mark.length + 2, next - 2);
    const split = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, Math.max(0, split)).toString('utf8');
    const fileName = /filename="([^"]*)"/i.exec(head)?.[1];
    if (split >= 0 && fileName !== undefined) {
      const type =
        /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1]?.trim().toLowerCase() ?? 'application/octet-stream';
      return { fileName, contentType: type, bytes: Buffer.from(part.subarray(split + 4)) };
    }
    from = next;
  }
  return undefined;
}
