import { z } from 'zod';
import type { Seen } from '../chat';
import { type Fan, spendWindow } from '../fans';
import { type Call, fanOf, ok, openidShape, Refusal } from './call';
import { mediaUrlOf } from './media';
import type { Platform } from './platform';

const article = z.object({
  title: z.string(),
  description: z.string().default(''),
  url: z.string(),
  picurl: z.string().default(''),
});
const media = z.object({ media_id: z.string() });

const shape = z.object({
  touser: openidShape,
  msgtype: z.string(),
  customservice: z.object({ kf_account: z.string() }).optional(),
  text: z.object({ content: z.string() }).optional(),
  image: media.optional(),
  voice: media.optional(),
  video: media.extend({ title: z.string().default(''), description: z.string().default('') }).optional(),
  music: z
    .object({
      title: z.string().default(''),
      description: z.string().default(''),
      musicurl: z.string(),
      thumb_media_id: z.string(),
    })
    .optional(),
  news: z.object({ articles: z.array(article) }).optional(),
  mpnewsarticle: z.object({ article_id: z.string() }).optional(),
  msgmenu: z
    .object({
      head_content: z.string().default(''),
      list: z.array(
        z.object({ id: z.union([z.string(), z.number()]).transform(String), content: z.string() }),
      ),
      tail_content: z.string().default(''),
    })
    .optional(),
  miniprogrampage: z
    .object({ title: z.string(), appid: z.string(), pagepath: z.string(), thumb_media_id: z.string() })
    .optional(),
});

/** Customer messages, their windows and counts (wechat.md §4). */
export function customerCalls(platform: Platform): Call[] {
  const { world } = platform;

  const seenOf = (message: z.infer<typeof shape>): Seen => {
    const need = <T>(part: T | undefined): T => {
      if (part === undefined) throw new Refusal(40008, 'invalid message type');
      return part;
    };
    const url = (id: string) => {
      const found = mediaUrlOf(platform, id);
      if (found === undefined) throw new Refusal(40007, 'invalid media_id');
      return found;
    };
    switch (message.msgtype) {
      case 'text': {
        const { content } = need(message.text);
        if (content === '') throw new Refusal(44004, 'empty content');
        if (Buffer.byteLength(content) > 2048) throw new Refusal(45002, 'content size out of limit');
        return { kind: 'text', text: content };
      }
      case 'image': {
        const { media_id: mediaId } = need(message.image);
        return { kind: 'image', mediaId, url: url(mediaId) };
      }
      case 'voice': {
        const { media_id: mediaId } = need(message.voice);
        url(mediaId);
        return { kind: 'voice', mediaId };
      }
      case 'video': {
        const { media_id: mediaId, title, description } = need(message.video);
        url(mediaId);
        return { kind: 'video', mediaId, title, description };
      }
      case 'music': {
        const music = need(message.music);
        return { kind: 'music', title: music.title, description: music.description, url: music.musicurl };
      }
      case 'news': {
        const { articles } = need(message.news);
        if (articles.length === 0) throw new Refusal(44003, 'empty news data');
        if (articles.length > 1) throw new Refusal(45008, 'article size out of limit');
        return { kind: 'news', articles: articles.map(({ picurl, ...one }) => ({ ...one, picUrl: picurl })) };
      }
      case 'mpnewsarticle':
        return { kind: 'card', title: '圖文', description: need(message.mpnewsarticle).article_id };
      case 'msgmenu': {
        const menu = need(message.msgmenu);
        if (menu.list.length === 0) throw new Refusal(40035, 'empty msgmenu list');
        return { kind: 'menu', head: menu.head_content, items: menu.list, tail: menu.tail_content };
      }
      case 'miniprogrampage': {
        const page = need(message.miniprogrampage);
        return { kind: 'card', title: page.title, description: `小程序 ${page.appid}` };
      }
      default:
        throw new Refusal(40008, 'invalid message type');
    }
  };

  const mayReach = (fan: Fan) => {
    // Someone who left keeps no window: the platform answers as for a closed one.
    if (!fan.following) throw new Refusal(45015, 'response out of time limit or subscription is canceled');
    if (fan.refuses) throw new Refusal(48002, 'api forbidden: user refuses messages');
    if (fan.blocked) throw new Refusal(43019, 'user is in blacklist');
  };

  return [
    {
      path: '/cgi-bin/message/custom/send',
      method: 'POST',
      daily: 500_000,
      effect: true,
      run: ({ read }) => {
        const message = read(shape, 40035);
        const stranger = world.byOpenid(message.touser);
        if (stranger && !stranger.known) throw new Refusal(43004, 'require subscribe');
        const fan = fanOf(world, message.touser);
        mayReach(fan);
        const seen = seenOf(message);
        const refused = spendWindow(fan, world.clock);
        if (refused === 45015)
          throw new Refusal(45015, 'response out of time limit or subscription is canceled');
        if (refused === 45047) throw new Refusal(45047, 'out of response count limit');
        world.received(fan, seen, { channel: 'custom', path: '/cgi-bin/message/custom/send' });
        return ok();
      },
    },
    {
      path: '/cgi-bin/message/custom/typing',
      method: 'POST',
      run: ({ read }) => {
        const { touser, command } = read(z.object({ touser: openidShape, command: z.string() }), 40035);
        const fan = fanOf(world, touser);
        if (command !== 'Typing' && command !== 'CancelTyping') throw new Refusal(45072, 'invalid command');
        if (Date.now() - fan.actedAt > 30_000) throw new Refusal(45080, 'no interaction within 30 seconds');
        if (command === 'Typing' && fan.typing) throw new Refusal(45081, 'already typing');
        world.typing(fan, command === 'Typing');
        return ok();
      },
    },
  ];
}
