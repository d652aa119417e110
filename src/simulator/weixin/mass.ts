import { createHash } from 'node:crypto';
import { z } from 'zod';
import { beijingDay, dayMs, minuteMs } from '../../kit/beijing';
import type { Seen } from '../chat';
import type { Fan } from '../fans';
import { type Call, fanOf, ok, Refusal } from './call';
import { mediaUrlOf } from './media';
import type { Platform } from './platform';

const content = {
  msgtype: z.string(),
  clientmsgid: z.string().optional(),
  send_ignore_reprint: z.number().optional(),
  text: z.object({ content: z.string() }).optional(),
  images: z.object({ media_ids: z.array(z.string()).min(1) }).optional(),
  image: z.object({ media_id: z.string() }).optional(),
  voice: z.object({ media_id: z.string() }).optional(),
  mpnews: z.object({ media_id: z.string() }).optional(),
  mpvideo: z.object({ media_id: z.string() }).optional(),
};
const toTag = z.object({
  ...content,
  filter: z.object({ is_to_all: z.boolean().default(false), tag_id: z.number().optional() }),
});
const toList = z.object({ ...content, touser: z.array(z.string()) });
const toOne = z.object({ ...content, touser: z.string().optional(), towxname: z.string().optional() });
type Content = Pick<z.infer<typeof toTag>, keyof typeof content>;

type Sent = { msgId: number; at: number };
const day = dayMs;
const perMinute = 60;

/**
 * Mass sends: one per `clientmsgid` in 24 hours, four a month for each fan of a service account, 60 calls a minute of all
 * kinds together (wechat.md §5).
 */
export function massCalls(platform: Platform): Call[] {
  const { world } = platform;
  const byClientId = new Map<string, Sent>();
  const statuses = new Map<number, 'SEND_SUCCESS' | 'DELETE'>();
  let speed = 0;
  let lately: number[] = [];

  const countMinute = () => {
    const now = world.clock.now();
    lately = lately.filter((at) => at > now - minuteMs);
    if (lately.length >= perMinute) throw new Refusal(45011, 'api minute-quota reach limit');
    lately.push(now);
  };

  const urlOf = (mediaId: string): string => {
    const url = mediaUrlOf(platform, mediaId);
    if (url === undefined) throw new Refusal(40007, 'invalid media_id');
    return url;
  };

  const seenOf = (message: Content): Seen => {
    const need = <T>(part: T | undefined): T => {
      if (part === undefined) throw new Refusal(40008, 'invalid message type');
      return part;
    };
    switch (message.msgtype) {
      case 'text': {
        const text = need(message.text).content;
        if (text === '') throw new Refusal(44004, 'empty content');
        if (Buffer.byteLength(text) > 2048) throw new Refusal(45002, 'content size out of limit');
        return { kind: 'text', text };
      }
      case 'image': {
        const mediaId = message.images?.media_ids[0] ?? need(message.image).media_id;
        return { kind: 'image', mediaId, url: urlOf(mediaId) };
      }
      case 'voice': {
        const { media_id: mediaId } = need(message.voice);
        urlOf(mediaId);
        return { kind: 'voice', mediaId };
      }
      case 'mpnews': {
        const draft = world.drafts.get(need(message.mpnews).media_id);
        if (!draft) throw new Refusal(40007, 'invalid media_id');
        return { kind: 'card', title: draft.titles[0] ?? '圖文', description: draft.mediaId };
      }
      case 'mpvideo':
        return { kind: 'video', mediaId: need(message.mpvideo).media_id, title: '', description: '' };
      default:
        throw new Refusal(40008, 'invalid message type');
    }
  };

  /** Answers the earlier msg_id with 45065 when this was sent before. */
  const once = (message: Content, range: unknown): string => {
    if (message.clientmsgid !== undefined && Buffer.byteLength(message.clientmsgid) > 32) {
      throw new Refusal(45067, 'clientmsgid too long');
    }
    const { clientmsgid, ...rest } = message;
    const id =
      clientmsgid ??
      createHash('sha256')
        .update(JSON.stringify([range, rest]))
        .digest('hex');
    const before = byClientId.get(id);
    if (before && world.clock.now() - before.at < day) {
      throw new Refusal(45065, 'clientmsgid exist', { msg_id: before.msgId });
    }
    return id;
  };

  const send = (message: Content, fans: Fan[], how: { range: unknown; path: string }) => {
    // First: a draft that was sent under this key is gone.
    const id = once(message, how.range);
    const seen = seenOf(message);
    const now = world.clock.now();
    const month = beijingDay(now).slice(0, 7);
    const reached = fans.filter((fan) => fan.following && !fan.blocked && (fan.mass[month] ?? 0) < 4);
    for (const fan of reached) {
      fan.mass[month] = (fan.mass[month] ?? 0) + 1;
      // The many who are on no phone of the page are counted, or one send would put a phone there for each of them.
      if (world.hasPhone(fan)) world.received(fan, seen, { channel: 'mass', path: how.path });
    }
    const msgId = platform.nextId();
    byClientId.set(id, { msgId, at: now });
    // A draft is consumed by being sent.
    if (message.mpnews) world.drafts.delete(message.mpnews.media_id);
    statuses.set(msgId, 'SEND_SUCCESS');
    platform.later(() =>
      platform.deeds.pushes(
        { openid: 'oMassSendHelper' },
        {
          Event: 'MASSSENDJOBFINISH',
          MsgID: msgId,
          Status: 'send success',
          TotalCount: fans.length,
          FilterCount: reached.length,
          SentCount: reached.length,
          ErrorCount: 0,
        },
      ),
    );
    return ok({ msg_id: msgId, ...(message.msgtype === 'mpnews' ? { msg_data_id: platform.nextId() } : {}) });
  };

  const calls: Call[] = [
    {
      path: '/cgi-bin/message/mass/sendall',
      method: 'POST',
      daily: 100,
      effect: true,
      run: ({ read }) => {
        const message = read(toTag);
        const { is_to_all: all, tag_id: tag } = message.filter;
        if (!all && (tag === undefined || !world.tags.has(tag))) throw new Refusal(40152, 'invalid tag_id');
        const fans = world.fans().filter((fan) => fan.following && (all || fan.tags.includes(tag ?? -1)));
        return send(message, fans, { range: message.filter, path: '/cgi-bin/message/mass/sendall' });
      },
    },
    {
      path: '/cgi-bin/message/mass/send',
      method: 'POST',
      daily: 100,
      effect: true,
      run: ({ read }) => {
        if (platform.accountType === 'subscription') throw new Refusal(48001, 'api unauthorized');
        const message = read(toList);
        if (message.touser.length < 2) throw new Refusal(40130, 'at least 2 openids');
        if (message.touser.length > 10_000) throw new Refusal(40032, 'invalid openid list size');
        const fans = message.touser.flatMap((openid) => world.byOpenid(openid) ?? []);
        if (fans.length === 0) throw new Refusal(40031, 'invalid openid list');
        return send(message, fans, { range: message.touser, path: '/cgi-bin/message/mass/send' });
      },
    },
    {
      path: '/cgi-bin/message/mass/preview',
      method: 'POST',
      daily: 100,
      effect: true,
      run: ({ read }) => {
        const message = read(toOne);
        const fan =
          message.towxname !== undefined ? world.fan(message.towxname) : fanOf(world, message.touser ?? '');
        if (!fan.following) throw new Refusal(43004, 'require subscribe');
        world.received(fan, seenOf(message), { channel: 'mass', path: '/cgi-bin/message/mass/preview' });
        return ok({ msg_id: platform.nextId() });
      },
    },
    {
      path: '/cgi-bin/message/mass/get',
      method: 'POST',
      run: ({ read }) => {
        const { msg_id: id } = read(z.object({ msg_id: z.coerce.number() }));
        const status = statuses.get(id);
        if (!status) throw new Refusal(40059, 'invalid msg_id');
        return { msg_id: id, msg_status: status };
      },
    },
    {
      path: '/cgi-bin/message/mass/delete',
      method: 'POST',
      effect: true,
      run: ({ read }) => {
        const { msg_id: id } = read(z.object({ msg_id: z.coerce.number() }));
        if (!statuses.has(id)) throw new Refusal(40059, 'invalid msg_id');
        statuses.set(id, 'DELETE');
        return ok();
      },
    },
    {
      path: '/cgi-bin/message/mass/speed/get',
      method: 'POST',
      run: () => ({ speed, realspeed: [80, 60, 45, 30, 10][speed] }),
    },
    {
      path: '/cgi-bin/message/mass/speed/set',
      method: 'POST',
      run: ({ read }) => {
        const asked = read(z.object({ speed: z.number() })).speed;
        if (![0, 1, 2, 3, 4].includes(asked)) throw new Refusal(45083, 'invalid speed');
        speed = asked;
        return ok();
      },
    },
  ];
  return calls.map((call) => ({
    ...call,
    run(input) {
      countMinute();
      return call.run(input);
    },
  }));
}
