import { z } from 'zod';
import { AppError } from '../../errors';
import type { WechatClient } from './client';
import { isObject } from './exact-json';
import { articlesOf, newsInfo, type OldReply } from './old-reply';
import { type OldClick, readSelfmenu } from './selfmenu';

export type OldRule = {
  name: string;
  createdAt: Date;
  mode: 'all' | 'random';
  words: { kind: 'exact' | 'contains'; word: string }[];
  replies: OldReply[];
};

/** What operators had set up in the official console. */
export type OldReplies = {
  rules: OldRule[];
  /** Menu items that the console answered by itself. */
  clicks: OldClick[];
  /** Said on following, and to whatever no rule matched. Here templates do that: told, not carried. */
  onFollow?: OldReply;
  otherwise?: OldReply;
};

const reply = z.object({ type: z.string(), content: z.string().default(''), news_info: newsInfo.optional() });
const rule = z.object({
  rule_name: z.string(),
  create_time: z.coerce.number(),
  reply_mode: z.enum(['reply_all', 'random_one']).default('reply_all'),
  keyword_list_info: z.array(
    z.object({
      type: z.string().default('text'),
      match_mode: z.enum(['contain', 'equal']),
      content: z.string(),
    }),
  ),
  reply_list_info: z.array(reply),
});
const autoreply = z.object({
  is_add_friend_reply_open: z.coerce.number().default(0),
  is_autoreply_open: z.coerce.number().default(0),
  add_friend_autoreply_info: reply.optional(),
  message_default_autoreply_info: reply.optional(),
  keyword_autoreply_info: z.object({ list: z.array(rule).default([]) }).default({ list: [] }),
});

/**
 * Reads the answer of `get_current_autoreply_info` or of `get_current_selfmenu_info` (which one is seen by its fields),
 * fresh from WeChat or from a file.
 *
 * @throws AppError Invalid: `wechat.old-replies`, with the place that is not as WeChat documents it
 */
export function readAutoreply(json: unknown): OldReplies {
  try {
    if (has(json, ['selfmenu_info', 'is_menu_open'])) return { rules: [], clicks: readSelfmenu(json).clicks };
    if (has(json, ['keyword_autoreply_info', 'is_autoreply_open'])) return readRules(json);
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const issue = thrown.issues[0];
    const details = thrown.issues;
    throw new AppError('Invalid', 'wechat.old-replies', `${issue?.path.join('.')}: ${issue?.message}`, {
      details,
    });
  }
  throw new AppError(
    'Invalid',
    'wechat.old-replies',
    'This is neither an answer of get_current_autoreply_info nor of get_current_selfmenu_info.',
  );
}

const has = (json: unknown, fields: string[]): boolean =>
  isObject(json) && fields.some((field) => field in json);

/** Both answers, fresh. Every kind of account may ask, verified or not. */
export async function fetchOldReplies(client: Pick<WechatClient, 'get'>): Promise<OldReplies> {
  const rules = readAutoreply(await client.get('/cgi-bin/get_current_autoreply_info'));
  const { clicks } = readAutoreply(await client.get('/cgi-bin/get_current_selfmenu_info'));
  return { ...rules, clicks };
}

function readRules(json: unknown): OldReplies {
  const answer = autoreply.parse(json);
  const { add_friend_autoreply_info: onFollow, message_default_autoreply_info: otherwise } = answer;
  return {
    rules: answer.keyword_autoreply_info.list.map((one) => ({
      name: one.rule_name,
      createdAt: new Date(one.create_time * 1000),
      mode: one.reply_mode === 'reply_all' ? 'all' : 'random',
      words: one.keyword_list_info.map(({ match_mode: mode, content }) => ({
        kind: mode === 'equal' ? 'exact' : 'contains',
        word: content,
      })),
      replies: one.reply_list_info.map(readReply),
    })),
    clicks: [],
    ...(onFollow && answer.is_add_friend_reply_open ? { onFollow: readReply(onFollow) } : {}),
    ...(otherwise && answer.is_autoreply_open ? { otherwise: readReply(otherwise) } : {}),
  };
}

function readReply({ type, content, news_info: news }: z.infer<typeof reply>): OldReply {
  switch (type) {
    case 'text':
      return { kind: 'text', text: content };
    case 'img':
      return { kind: 'image', mediaId: content };
    case 'voice':
      return { kind: 'voice', mediaId: content };
    case 'video':
      return { kind: 'video', source: content };
    case 'news':
      return { kind: 'news', articles: articlesOf(news) };
    default:
      return { kind: 'other', type };
  }
}
