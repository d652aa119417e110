import type { Seen } from './chat';
import type { Node } from './xml';

/**
 * Reads a passive reply as strictly as WeChat does (wechat.md §3). Throws an `Error` whose message says what is
 * wrong; a fan would see the banner instead of the reply.
 *
 * @param trigger `message` allows one article in a news reply, `event` up to eight; what is over is dropped, as
 *   WeChat drops it, and told through `remark`.
 */
export function readReply(
  reply: { [name: string]: Node },
  expected: {
    openid: string;
    account: string;
    trigger: 'message' | 'event';
    /** Where an uploaded picture can be seen; undefined when WeChat knows no such media. */
    mediaUrl: (mediaId: string) => string | undefined;
    remark: (words: string) => void;
  },
): Seen {
  const text = (name: string, from: { [name: string]: Node } = reply): string => {
    const value = from[name];
    if (typeof value !== 'string') throw new Error(`缺少 ${name}，或它不是文字`);
    return value;
  };
  const maybe = (name: string, from: { [name: string]: Node }): string =>
    from[name] === undefined ? '' : text(name, from);
  const inner = (name: string, from: { [name: string]: Node } = reply): { [name: string]: Node } => {
    const value = from[name];
    if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`缺少 ${name}`);
    return value;
  };
  const media = (from: { [name: string]: Node }): { mediaId: string; url: string } => {
    const mediaId = text('MediaId', from);
    const url = expected.mediaUrl(mediaId);
    if (url === undefined) throw new Error(`MediaId「${mediaId}」不存在，或臨時素材已過了三天`);
    return { mediaId, url };
  };

  if (text('ToUserName') !== expected.openid) throw new Error('ToUserName 不是這位粉絲');
  if (text('FromUserName') !== expected.account)
    throw new Error(`FromUserName 不是公眾號 ${expected.account}`);
  if (!/^\d{9,11}$/.test(text('CreateTime'))) throw new Error('CreateTime 不是秒數');

  const type = text('MsgType');
  switch (type) {
    case 'text': {
      const content = text('Content');
      const bytes = Buffer.byteLength(content);
      if (bytes === 0) throw new Error('Content 是空的');
      if (bytes > 2048) throw new Error(`Content 有 ${bytes} 位元組，上限 2048`);
      return { kind: 'text', text: content };
    }
    case 'image':
      return { kind: 'image', ...media(inner('Image')) };
    case 'voice':
      return { kind: 'voice', mediaId: media(inner('Voice')).mediaId };
    case 'video': {
      const video = inner('Video');
      return {
        kind: 'video',
        mediaId: media(video).mediaId,
        title: maybe('Title', video),
        description: maybe('Description', video),
      };
    }
    case 'music': {
      const music = inner('Music');
      text('ThumbMediaId', music);
      return {
        kind: 'music',
        title: maybe('Title', music),
        description: maybe('Description', music),
        url: maybe('MusicUrl', music),
      };
    }
    case 'news': {
      const articles = reply['Articles'];
      // A JSON reply has the list itself, an XML one has it under `item`.
      const items = Array.isArray(articles) ? articles : inner('Articles')['item'];
      const list = (Array.isArray(items) ? items : [items]).map((item) => {
        if (typeof item !== 'object' || Array.isArray(item)) throw new Error('Articles 裡沒有 item');
        return {
          title: text('Title', item),
          description: maybe('Description', item),
          picUrl: maybe('PicUrl', item),
          url: text('Url', item),
        };
      });
      if (Number(text('ArticleCount')) !== list.length) throw new Error('ArticleCount 和 item 的數目不同');
      for (const article of list) {
        if (article.title === '') throw new Error('圖文的 Title 是空的');
        if (!/^https?:\/\//.test(article.url)) throw new Error(`圖文的 Url 不是網址：${article.url}`);
      }
      const most = expected.trigger === 'message' ? 1 : 8;
      if (list.length > most)
        expected.remark(`這種消息只能回 ${most} 條圖文，多的 ${list.length - most} 條被丟掉了`);
      return { kind: 'news', articles: list.slice(0, most) };
    }
    case 'transfer_customer_service': {
      const to = reply['TransInfo'] === undefined ? undefined : text('KfAccount', inner('TransInfo'));
      return { kind: 'transfer', ...(to === undefined ? {} : { to }) };
    }
    default:
      throw new Error(`不認識的 MsgType「${type}」`);
  }
}
