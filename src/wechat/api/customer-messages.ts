import type { Reply } from '../protocol/reply';
import type { WechatClient } from './client';
import { isWechatError, type WechatError } from './errors';

/** A question with answers to tap. A tap comes back as a text message with the item's `id` as `bizmsgmenuid`. */
export type MenuMessage = {
  kind: 'msgmenu';
  head?: string;
  items: { id: string; text: string }[];
  tail?: string;
};

export type CustomerMessage = Exclude<Reply, { kind: 'transfer' }> | MenuMessage | VideoWithThumb;
/** Of all calls only this one wants the picture that stands for a video. */
type VideoWithThumb = Extract<Reply, { kind: 'video' }> & { thumbMediaId?: string };

export type SendOutcome =
  | { kind: 'sent' }
  /** She cannot get this message now; sending it again fails again until she acts. `errcode` null: we did not even ask. */
  | { kind: 'refused'; errcode: number | null; reason: string }
  /** Nothing was sent, and it is not about her: the account or WeChat is out of order for a while. */
  | { kind: 'later'; afterMs: number; reason: string }
  /** It may have been sent. WeChat knows no key for these messages, so it must not be sent again by itself. */
  | { kind: 'unknown'; reason: string };

/**
 * Customer-service messages (客服消息, wechat.md §4): to one fan, inside a window that she opened, out of a small ration.
 * The caller keeps the ration; here WeChat's answer becomes one of four outcomes and nothing is thrown for a refusal.
 */
export function createCustomerMessages({ client }: { client: Pick<WechatClient, 'post'> }) {
  return {
    async send(openid: string, message: Reply | CustomerMessage): Promise<SendOutcome> {
      const body = bodyOf(message);
      if (typeof body === 'string') return { kind: 'refused', errcode: null, reason: body };
      try {
        await client.post('/cgi-bin/message/custom/send', { touser: openid, ...body });
        return { kind: 'sent' };
      } catch (thrown) {
        if (!isWechatError(thrown)) throw thrown;
        return outcomeOf(thrown);
      }
    },

    /** Shows 「對方正在輸入」. A courtesy: WeChat wants her to have said something in the last 30 s; false when it refuses. */
    async typing(openid: string, on = true): Promise<boolean> {
      const command = on ? 'Typing' : 'CancelTyping';
      try {
        await client.post('/cgi-bin/message/custom/typing', { touser: openid, command });
        return true;
      } catch (thrown) {
        if (!isWechatError(thrown)) throw thrown;
        return false;
      }
    },
  };
}

export type CustomerMessages = ReturnType<typeof createCustomerMessages>;

const secondMs = 1000;
/** These end by themselves or by an operator's hand; probed seldom enough that they are not made worse. */
const laterMs = new Map<number, number>([
  [45009, 300 * secondMs],
  [45011, 60 * secondMs],
  [45102, 300 * secondMs],
]);

function outcomeOf({ path, details }: WechatError): SendOutcome {
  const { errcode, reason } = details;
  if (details.ambiguous) return { kind: 'unknown', reason };
  // Without a token nothing is wrong with her or the message: an IP to be listed, a secret to be mended.
  if (path === '/cgi-bin/stable_token') return { kind: 'later', afterMs: 60 * secondMs, reason };
  if (details.retry === 'token') return { kind: 'later', afterMs: 30 * secondMs, reason };
  const afterMs = errcode === null ? undefined : laterMs.get(errcode);
  if (afterMs !== undefined) return { kind: 'later', afterMs, reason };
  if (details.retry === 'backoff') return { kind: 'later', afterMs: 5 * secondMs, reason };
  return { kind: 'refused', errcode, reason };
}

/** The message as this call wants it, or why it cannot go this way. */
function bodyOf(message: Reply | CustomerMessage): Record<string, unknown> | string {
  switch (message.kind) {
    case 'text':
      return { msgtype: 'text', text: { content: message.text } };
    case 'image':
      return { msgtype: 'image', image: { media_id: message.mediaId } };
    case 'voice':
      return { msgtype: 'voice', voice: { media_id: message.mediaId } };
    case 'video': {
      const { mediaId, title, description } = message;
      const thumb = 'thumbMediaId' in message ? message.thumbMediaId : undefined;
      return { msgtype: 'video', video: { media_id: mediaId, thumb_media_id: thumb, title, description } };
    }
    case 'music': {
      const { title, description, url, hqUrl, thumbMediaId } = message;
      const music = {
        title,
        description,
        musicurl: url,
        hqmusicurl: hqUrl ?? url,
        thumb_media_id: thumbMediaId,
      };
      return { msgtype: 'music', music };
    }
    case 'news': {
      const [first, ...others] = message.articles;
      if (!first) return '圖文裡沒有文章';
      // Here WeChat takes one article only (45008): several go as one text of links, so that none is lost.
      if (others.length > 0) {
        const content = message.articles
          .map(({ title, url }) => `<a href="${url}">${title}</a>`)
          .join('\n\n');
        return { msgtype: 'text', text: { content } };
      }
      const { title, description, url, picUrl } = first;
      return { msgtype: 'news', news: { articles: [{ title, description, url, picurl: picUrl }] } };
    }
    case 'msgmenu': {
      const list = message.items.map(({ id, text }) => ({ id, content: text }));
      return {
        msgtype: 'msgmenu',
        msgmenu: { head_content: message.head, list, tail_content: message.tail },
      };
    }
    case 'transfer':
      return '轉接人工只能當場回覆';
  }
}
