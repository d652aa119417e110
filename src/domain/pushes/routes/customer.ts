import type { CustomerMessage, CustomerMessages } from '../../../wechat/api/customer-messages';
import { messagesLeft } from '../../rations';
import { problemsOfLength } from '../fill';
import { type ContentOf, routeWords } from '../push';
import { replaced } from './replaced';
import type { Route } from './route';

/** Of the messages after one of hers so many stay for late replies and the people who answer. */
export const keptForReplies = 2;

type Content = ContentOf<'customer'>;

/** Customer messages: to whom wrote to us in the last 48 hours, out of a ration. */
export function customerRoute(given: {
  messages: Pick<CustomerMessages, 'send'>;
  mediaId: (image: { mediaId: string } | { file: string }) => Promise<string>;
}): Route<'customer'> {
  const { messages, mediaId } = given;
  return {
    name: 'customer',
    says: routeWords.customer,
    carries: ['marketing', 'service'],
    feature: 'customerMessages',
    anchors: true,
    againMs: 0,
    shut({ reach }, { at, rations }) {
      if (messagesLeft(reach, at, rations, keptForReplies) > 0) return undefined;
      return messagesLeft({ ...reach, sends: [] }, at, rations, keptForReplies) > 0 ? 'used' : 'window';
    },
    takes: () => ({ kind: 'message', keep: keptForReplies }),
    problems: (content) => (content.kind === 'text' ? problemsOfLength(content.text) : []),
    words: wordsOf,
    withWords: (content, words) => replaced(content, wordFields, wordsOf(content), words),
    async send({ openid }, content) {
      return messages.send(openid, await messageOf(content, mediaId));
    },
  };
}

/** The fields that `wordsOf` reads: a menu item's id, say, stays as it is whatever its text. */
const wordFields = ['text', 'title', 'description', 'url', 'head', 'tail'];

function wordsOf(content: Content): string[] {
  switch (content.kind) {
    case 'text':
      return [content.text];
    case 'article':
      return [content.title, content.description ?? '', content.url];
    case 'menu':
      return [content.head ?? '', ...content.items.map(({ text }) => text), content.tail ?? ''];
    case 'miniProgram':
      return [content.title];
    case 'video':
      return [content.title ?? '', content.description ?? ''];
    case 'image':
    case 'voice':
    case 'published':
      return [];
  }
}

async function messageOf(
  content: Content,
  mediaId: (image: { mediaId: string } | { file: string }) => Promise<string>,
): Promise<CustomerMessage> {
  switch (content.kind) {
    case 'text':
      return { kind: 'text', text: content.text };
    case 'image':
      return { kind: 'image', mediaId: await mediaId(content.image) };
    case 'voice':
      return { kind: 'voice', mediaId: content.mediaId };
    case 'video': {
      const { kind, mediaId: video, thumbMediaId, title = '', description = '' } = content;
      return { kind, mediaId: video, thumbMediaId, title, description };
    }
    case 'article': {
      const { title, description = '', url, picUrl = '' } = content;
      return { kind: 'news', articles: [{ title, description, url, picUrl }] };
    }
    case 'menu': {
      const { head, items, tail } = content;
      return { kind: 'msgmenu', items, ...(head ? { head } : {}), ...(tail ? { tail } : {}) };
    }
    case 'published':
      return { kind: 'article', articleId: content.articleId };
    case 'miniProgram': {
      const { title, appId, page: path, thumbMediaId } = content;
      return { kind: 'miniprogram', title, appId, path, thumbMediaId };
    }
  }
}
