import { createHash } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { AppError } from '../../errors';
import { hourMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Media, Temporary } from '../../wechat/api/media';

type PushFile = {
  /** Of its bytes. */
  _id: string;
  name: string;
  type: string;
  bytes: mongo.Binary | Buffer;
  at: Date;
  /** At WeChat, for three days. */
  mediaId?: string;
  expiresAt?: Date;
};

const names = /\.(png|jpe?g|gif)$/i;
/** By what they begin with: a name says little. */
const types: readonly (readonly [type: string, start: Buffer])[] = [
  ['image/png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff])],
  ['image/gif', Buffer.from('GIF8')],
];
const most = 2 * 1024 * 1024;

/** Pictures that pushes carry: kept here, and brought to WeChat when they are sent, since it forgets them after three days. */
export function createPushFiles({
  db,
  clock,
  media,
}: {
  db: Connection;
  clock: Clock;
  media: Pick<Media, 'uploadTemporary'>;
}) {
  const rows = db.collection<PushFile>('pushFiles');
  const uploads = new Map<string, Promise<Temporary>>();
  /** What WeChat has, by file: it is asked for with every message. */
  const known = new Map<string, Temporary>();
  const isFresh = (one: Partial<Temporary> | null | undefined): one is Temporary =>
    one?.mediaId !== undefined && (one.expiresAt?.getTime() ?? 0) > clock.now() + hourMs;

  async function upload(id: string): Promise<Temporary> {
    const before = await rows.findOne({ _id: id }, { projection: { mediaId: 1, expiresAt: 1 } });
    if (isFresh(before)) return before;
    const file = before && (await rows.findOne({ _id: id }));
    if (!file) throw new AppError('NotFound', 'push.file', '推送裡的圖片不在了，請重新導入這個推送。');
    const bytes = Buffer.isBuffer(file.bytes) ? file.bytes : Buffer.from(file.bytes.buffer);
    const { name, type } = file;
    const sent = await media.uploadTemporary('image', { name, type, bytes: new Uint8Array(bytes) });
    await rows.updateOne({ _id: id }, { $set: { mediaId: sent.mediaId, expiresAt: sent.expiresAt } });
    return sent;
  }

  return {
    upkeep: { forget: (ago: (days: number) => Date) => rows.deleteMany({ at: { $lt: ago(400) } }) },
    /** Keeps a picture; its name from here on is a digest. @throws AppError Invalid for what WeChat does not take */
    async keep(name: string, bytes: Buffer): Promise<string> {
      const [type] = types.find(([, start]) => bytes.subarray(0, start.length).equals(start)) ?? [];
      if (!names.test(name) || bytes.length > most)
        throw new AppError('Invalid', 'push.picture', `圖片「${name}」要是 PNG、JPG 或 GIF，最大 2 MB。`);
      if (!type)
        throw new AppError(
          'Invalid',
          'push.picture',
          `「${name}」裡面不是圖片：要是 PNG、JPG 或 GIF，只改檔名不行；請用看圖的程式打開，另存成 PNG。`,
        );
      const _id = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
      const at = new Date(clock.now());
      await rows.updateOne({ _id }, { $set: { at }, $setOnInsert: { name, type, bytes } }, { upsert: true });
      return _id;
    },
    /** A kept picture, to be shown; undefined: it is not here any more. */
    async picture(id: string): Promise<{ type: string; bytes: Buffer } | undefined> {
      const file = await rows.findOne({ _id: id });
      if (!file) return undefined;
      const bytes = Buffer.isBuffer(file.bytes) ? file.bytes : Buffer.from(file.bytes.buffer);
      return { type: file.type, bytes };
    },
    /** The media id under which WeChat has it now. */
    async mediaId(image: { mediaId: string } | { file: string }): Promise<string> {
      if ('mediaId' in image) return image.mediaId;
      const { file } = image;
      const has = known.get(file);
      if (isFresh(has)) return has.mediaId;
      const running = uploads.get(file) ?? upload(file).finally(() => uploads.delete(file));
      uploads.set(file, running);
      const now = await running;
      known.set(file, now);
      return now.mediaId;
    },
  };
}

export type PushFiles = ReturnType<typeof createPushFiles>;
