import { fold } from '../../kit/text';
import { maxTextBytes, type Reply, replyProblem } from '../../wechat/protocol/reply';
import type { RuleChange } from './rule';

/** What is wrong with a rule, and of which part of it. */
export type RuleProblem = { part: 'words' | 'replies' | 'dates'; n?: number; what: string };

const mostWords = 200;
const mostReplies = 10;

export function problemOf({ match, replies, validFrom, validUntil }: RuleChange): RuleProblem | undefined {
  const words = match.flatMap((one) => one.words.map((word) => ({ word, kind: one.kind })));
  if (words.length === 0) return { part: 'words', what: '至少要一個關鍵詞。' };
  if (words.length > mostWords)
    return { part: 'words', what: `有 ${words.length} 個關鍵詞，一條規則最多 ${mostWords} 個。` };
  const empty = words.find(({ word, kind }) => (kind === 'click' ? word === '' : fold(word) === ''));
  if (empty) return { part: 'words', what: `關鍵詞「${empty.word}」只有標點或空白。` };
  if (replies.length === 0) return { part: 'replies', what: '至少要一則回覆。' };
  if (replies.length > mostReplies)
    return { part: 'replies', what: `有 ${replies.length} 則回覆，最多 ${mostReplies} 則。` };
  if (validFrom && validUntil && validFrom >= validUntil) return { part: 'dates', what: '結束要晚於開始。' };
  for (const [n, reply] of replies.entries()) {
    const what = replyWrong(reply);
    if (what) return { part: 'replies', n, what: `第 ${n + 1} 則回覆：${what}` };
  }
  return undefined;
}

/** In words for operators; what only WeChat's own list of limits knows comes as it is there. */
function replyWrong(reply: Reply): string | undefined {
  const bytes = reply.kind === 'text' ? Buffer.byteLength(reply.text) : 0;
  if (reply.kind === 'text' && reply.text.trim() === '') return '要有文字。';
  if (bytes > maxTextBytes)
    return `文字有 ${bytes} 字節，微信一則最多 ${maxTextBytes} 字節（約 ${Math.floor(maxTextBytes / 3)} 個漢字）；請分成兩則。`;
  if ((reply.kind === 'image' || reply.kind === 'voice' || reply.kind === 'video') && reply.mediaId === '')
    return '要有素材編號（media_id）。';
  if (reply.kind === 'news') {
    const [article] = reply.articles;
    if (!article?.title.trim()) return '圖文要有標題。';
    if (!/^https?:\/\/\S+$/.test(article.url)) return '圖文的鏈接要以 https:// 開頭。';
    if (article.picUrl && !/^https?:\/\/\S+$/.test(article.picUrl)) return '圖片的地址要以 https:// 開頭。';
  }
  return replyProblem(reply, 'text');
}
