import { z } from 'zod';
import { createGate } from '../../../kit/gate';
import type { Reply } from '../../../wechat/protocol/reply';
import { may, part, type Visit } from '../console';
import { line } from '../form';

/** A lookup may ask a weather service: a few at once are enough for people. */
const gate = createGate({ atOnce: 2, maxWaiting: 20 });

/** A reply as a line of text. */
export function wordsOfReply(reply: Reply): string {
  switch (reply.kind) {
    case 'text':
      return shownText(reply.text);
    case 'news':
      return `〔圖文〕${reply.articles.map(({ title }) => title).join('、')}`;
    case 'image':
      return '〔圖片〕';
    case 'voice':
      return '〔語音〕';
    case 'video':
      return `〔視頻〕${reply.title ?? ''}`;
    case 'music':
      return `〔音樂〕${reply.title ?? ''}`;
    case 'transfer':
      return '〔轉給人工客服〕';
  }
}

/** In the chat a link is its words. */
const shownText = (text: string) => text.replace(/<a\s[^>]*>([\s\S]*?)<\/a>/gi, '$1');

/** As `_phone.html` shows it. */
export const bubbleOf = (reply: Reply) => {
  const article = reply.kind === 'news' ? reply.articles[0] : undefined;
  return article
    ? { hers: false, title: article.title, text: article.description ?? '' }
    : { hers: false, text: wordsOfReply(reply) };
};

/** What a fan would be answered, as the test box and previews show it. */
export async function tried({ house, services }: Visit, said: string) {
  const { by, rule, replies, how } = await gate(() => house.explain(said));
  const named = rule === undefined ? undefined : await services.replies.get(rule);
  return {
    said,
    by,
    rule: named ? { id: named._id, name: named.name } : '',
    ran: replies !== undefined,
    answered: by !== '' && !by.includes('otherwise'),
    phone: [{ hers: true, text: said }, ...(replies ?? []).map(bubbleOf)],
    how,
  };
}

export default [
  part(
    '/replies/try',
    may('replies.see'),
    { template: 'reply-tried', asks: z.object({ said: line(200) }) },
    async (visit, { said }) => ({ tried: await tried(visit, said) }),
  ),
];
