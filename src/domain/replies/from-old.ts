import { createHash } from 'node:crypto';
import { fold } from '../../kit/text';
import type { OldReplies, OldRule } from '../../wechat/api/autoreply';
import type { OldReply } from '../../wechat/api/old-reply';
import { type Article, fitText, type Reply } from '../../wechat/protocol/reply';
import type { Match, Rule } from './rule';

/** An old rule as it will be kept, before the database is asked. */
export type Draft = Pick<Rule, '_id' | 'name' | 'match' | 'replies' | 'mode' | 'createdAt'> & {
  fingerprint: string;
  hasMedia: boolean;
};

/** Something of the old rules that comes over changed or not at all, and what to do. For operators to read. */
export type Remark = { rule: string; what: string };

/** Ours from theirs. Ids are stable, so that importing the same twice changes nothing. */
export function draftsOf(old: OldReplies): { drafts: Draft[]; remarks: Remark[] } {
  const remarks: Remark[] = [];
  const ids = new Set<string>();
  const drafts = [
    ...old.rules.map((rule) => draftOfRule(rule, (what) => remarks.push({ rule: rule.name, what }))),
    ...old.clicks.map(({ path, key, reply }) =>
      draft({
        id: `menu_${digest(path)}`,
        name: `菜單：${path}`,
        match: [{ kind: 'click', words: [key] }],
        old: [reply],
        mode: 'all',
        createdAt: new Date(0),
        remark: (what) => remarks.push({ rule: `菜單：${path}`, what }),
      }),
    ),
  ].filter((one) => one !== undefined);
  for (const one of drafts) {
    while (ids.has(one._id)) one._id += '+';
    ids.add(one._id);
  }
  for (const [name, reply] of [
    ['關注後的回覆', old.onFollow] as const,
    ['默認回覆', old.otherwise] as const,
  ]) {
    if (!reply) continue;
    const words = reply.kind === 'text' ? `原文是：「${reply.text}」` : `原來是${names[reply.kind]}`;
    remarks.push({ rule: name, what: `由模板說，沒有搬過來，要用請改 templates/replies。${words}` });
  }
  return { drafts, remarks };
}

const names = {
  text: '文字',
  image: '圖片',
  voice: '語音',
  video: '視頻',
  news: '圖文',
  other: '其他類型',
} as const;
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

function draftOfRule(rule: OldRule, remark: (what: string) => void): Draft | undefined {
  const usable = rule.words.filter(({ word }) => {
    if (fold(word) !== '') return true;
    remark(`關鍵詞「${word}」只有標點或表情，比對時會被忽略，沒有搬過來。`);
    return false;
  });
  const match = (['exact', 'contains'] as const)
    .map((kind): Match => ({ kind, words: usable.filter((one) => one.kind === kind).map((one) => one.word) }))
    .filter(({ words }) => words.length > 0);
  if (match.length === 0) {
    remark('沒有可用的關鍵詞，整條沒有搬過來。');
    return undefined;
  }
  const id = `rule_${digest(`${rule.name}\n${rule.createdAt.getTime()}`)}`;
  return draft({
    id,
    name: rule.name,
    match,
    old: rule.replies,
    mode: rule.mode,
    createdAt: rule.createdAt,
    remark,
  });
}

function draft(from: {
  id: string;
  name: string;
  match: Match[];
  old: OldReply[];
  mode: Rule['mode'];
  createdAt: Date;
  remark: (what: string) => void;
}): Draft | undefined {
  const { id, name, match, old, mode, createdAt, remark } = from;
  const replies = old.flatMap((one) => convert(one, mode, remark));
  if (replies.length === 0) {
    remark('沒有可搬的回覆，整條沒有搬過來。');
    return undefined;
  }
  const hasMedia = replies.some((one) => one.kind === 'image' || one.kind === 'voice');
  // Media ids differ at every reading, and so do the keys in the addresses of video files.
  const lasting = old.map((one) => (one.kind === 'text' || one.kind === 'news' ? one : { kind: one.kind }));
  const fingerprint = digest(JSON.stringify([name, match, mode, lasting]));
  return { _id: id, name, match, replies, mode, createdAt, fingerprint, hasMedia };
}

function convert(old: OldReply, mode: Rule['mode'], remark: (what: string) => void): Reply[] {
  switch (old.kind) {
    case 'text': {
      if (old.text.trim() === '') return [];
      const text = fitText(old.text);
      if (text !== old.text) remark(`文字太長（一則最多 2048 位元組），截到「…${text.slice(-12)}」。`);
      return [{ kind: 'text', text }];
    }
    case 'image':
    case 'voice':
      return old.mediaId === '' ? [] : [{ kind: old.kind, mediaId: old.mediaId }];
    case 'video': {
      if (!/^https?:\/\//.test(old.source))
        return old.source === '' ? [] : [{ kind: 'video', mediaId: old.source }];
      remark('視頻改成了連結；後台給的連結會過期，請換成自己的。');
      return [{ kind: 'text', text: `<a href="${old.source}">點這裡看視頻</a>` }];
    }
    case 'news':
      return newsReplies(old.articles, mode, remark);
    case 'other':
      remark(`${old.type === 'card' ? '卡券' : `類型 ${old.type}`}不能搬，請到規則裡換成文字或圖文。`);
      return [];
  }
}

/** A reply to a message shows one article only: the others follow as a text of links where several replies may follow. */
function newsReplies(all: Article[], mode: Rule['mode'], remark: (what: string) => void): Reply[] {
  const articles = all.filter(({ title, url }) => title.trim() !== '' && url.trim() !== '');
  if (articles.length < all.length) remark('有圖文缺標題或連結，沒有搬過來。');
  const [first, ...others] = articles;
  if (!first) return [];
  const news: Reply = { kind: 'news', articles: [first] };
  if (others.length === 0) return [news];
  if (mode === 'random') {
    remark(`一則回覆只能有一篇圖文，留下第一篇，少了 ${others.length} 篇。`);
    return [news];
  }
  remark(`一則回覆只能有一篇圖文，其餘 ${others.length} 篇改成連結，接在後面。`);
  const links = others.map(({ title, url }) => `<a href="${url}">${title}</a>`).join('\n\n');
  return [news, { kind: 'text', text: fitText(links) }];
}
