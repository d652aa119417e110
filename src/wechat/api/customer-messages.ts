import type { Reply } from '../protocol/reply';
import type { WechatClient } from './client';
import { refusedHere, type SendOutcome, unsentBy } from './outcome';

/** A question with answers to tap. A tap comes back as a text message with the item's `id` as `bizmsgmenuid`. */
export type MenuMessage = {
  kind: 'msgmenu';
  head?: string;
  items: { id: string; text: string }[];
  tail?: string;
};

/** A card of a mini-program, which must be linked to the account; `path` is the page it opens. */
export type MiniProgramCard = {
  kind: 'miniprogram';
  title: string;
  appId: string;
  path: string;
  thumbMediaId: string;
};
/** A published article, by its `article_id` of the publishing calls (never its draft's media id). */
export type ArticleMessage = { kind: 'article'; articleId: string };

export type CustomerMessage =
  | Exclude<Reply, { kind: 'transfer' }>
  | MenuMessage
  | MiniProgramCard
  | ArticleMessage
  | VideoWithThumb;
/** Of all calls only this one wants the picture that stands for a video. */
type VideoWithThumb = Extract<Reply, { kind: 'video' }> & { thumbMediaId?: string };

/**
 * Customer-service messages (客服消息, wechat.md §4): to one fan, inside a window that she opened, out of a small ration.
 * The caller keeps the ration; here WeChat's answer becomes one of four outcomes and nothing is thrown for a refusal.
 * WeChat knows no key for these messages: what is `unknown` must not be sent again by itself.
 */
export function createCustomerMessages({ client }: { client: Pick<WechatClient, 'post'> }) {
  return {
    async send(openid: string, message: Reply | CustomerMessage): Promise<SendOutcome> {
      const body = bodyOf(message);
      if (typeof body === 'string') return refusedHere(body);
      try {
        await client.post('/cgi-bin/message/custom/send', { touser: openid, ...body });
        return { kind: 'sent' };
      } catch (thrown) {
        return unsentBy(thrown);
      }
    },

    /** Shows 「對方正在輸入」. A courtesy: WeChat wants her to have said something in the last 30 s; false when it refuses. */
    async typing(openid: string, on = true): Promise<boolean> {
      const command = on ? 'Typing' : 'CancelTyping';
      try {
        await client.post('/cgi-bin/message/custom/typing', { touser: openid, command });
        return true;
      } catch (thrown) {
        unsentBy(thrown);
        return false;
      }
    },
  };
}

export type CustomerMessages = ReturnType<typeof createCustomerMessages>;

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
    case 'miniprogram': {
      const { title, appId, path, thumbMediaId } = message;
      const miniprogrampage = { title, appid: appId, pagepath: path, thumb_media_id: thumbMediaId };
      return { msgtype: 'miniprogrampage', miniprogrampage };
    }
    case 'article':
      return { msgtype: 'mpnewsarticle', mpnewsarticle: { article_id: message.articleId } };
    case 'transfer':
      return '轉接人工只能當場回覆';
  }
}
