import type { Message } from './inbound';
import { carried } from './wire';

export type Article = { title: string; description?: string; picUrl?: string; url: string };

/** The one passive reply to a callback (wechat.md §3). */
export type Reply =
  | { kind: 'text'; text: string }
  | { kind: 'image'; mediaId: string }
  | { kind: 'voice'; mediaId: string }
  | { kind: 'video'; mediaId: string; title?: string; description?: string }
  | {
      kind: 'music';
      thumbMediaId: string;
      title?: string;
      description?: string;
      url?: string;
      hqUrl?: string;
    }
  | { kind: 'news'; articles: Article[] }
  /** Hands her over to the human agents, or to one of them. */
  | { kind: 'transfer'; agent?: string };

export const maxTextBytes = 2048;
const maxArticles = 8;

/**
 * The reply as WeChat wants it, not encrypted.
 *
 * @param envelope `to` the openid, `from` the account's `gh_…`, `at` seconds
 */
export function buildReply(
  reply: Reply,
  envelope: { to: string; from: string; at: number; format: 'xml' | 'json' },
): string {
  const fields: Fields = {
    ToUserName: envelope.to,
    FromUserName: envelope.from,
    CreateTime: envelope.at,
    MsgType: reply.kind === 'transfer' ? 'transfer_customer_service' : reply.kind,
    ...fieldsOf(reply),
  };
  return envelope.format === 'xml' ? `<xml>${xmlOf(fields)}</xml>` : JSON.stringify(fields, jsonValue);
}

/** The fields of an element, in order; undefined is left out. Names are ours, never from outside. */
export type Fields = { [name: string]: string | number | Fields | Fields[] | undefined };

/** Elements of texts (CDATA) and numbers; a list becomes `<item>`s. */
export function xmlOf(fields: Fields): string {
  let xml = '';
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value === 'string') xml += `<${name}>${cdataOf(value)}</${name}>`;
    else if (typeof value === 'number') xml += `<${name}>${value}</${name}>`;
    else if (Array.isArray(value))
      xml += `<${name}>${value.map((item) => `<item>${xmlOf(item)}</item>`).join('')}</${name}>`;
    else xml += `<${name}>${xmlOf(value)}</${name}>`;
  }
  return xml;
}

/** Cut in two wherever the text would end it; a carriage return cannot be carried and becomes a line feed. */
function cdataOf(text: string): string {
  let safe = carried(text);
  if (safe.includes('\r')) safe = safe.replace(/\r\n?/g, '\n');
  if (safe.includes(']]>')) safe = safe.replaceAll(']]>', ']]]]><![CDATA[>');
  return `<![CDATA[${safe}]]>`;
}

const jsonValue = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? carried(value) : value;

function fieldsOf(reply: Reply): Fields {
  switch (reply.kind) {
    case 'text':
      return { Content: reply.text };
    case 'image':
      return { Image: { MediaId: reply.mediaId } };
    case 'voice':
      return { Voice: { MediaId: reply.mediaId } };
    case 'video':
      return { Video: { MediaId: reply.mediaId, Title: reply.title, Description: reply.description } };
    case 'music':
      return {
        Music: {
          Title: reply.title,
          Description: reply.description,
          MusicUrl: reply.url,
          HQMusicUrl: reply.hqUrl,
          ThumbMediaId: reply.thumbMediaId,
        },
      };
    case 'news':
      return { ArticleCount: reply.articles.length, Articles: reply.articles.map(articleFields) };
  }
  return { TransInfo: reply.agent === undefined ? undefined : { KfAccount: reply.agent } };
}

const articleFields = (article: Article): Fields => ({
  Title: article.title,
  Description: article.description ?? '',
  PicUrl: article.picUrl ?? '',
  Url: article.url,
});

// After a text, image, voice, video, link or location WeChat shows one article and drops the others silently.
const oneArticleOnly: ReadonlySet<Message['kind']> = new Set<Message['kind']>([
  'text',
  'sticker',
  'image',
  'voice',
  'video',
  'shortvideo',
  'link',
  'location',
  'file',
]);

// Nobody is in the chat to read an answer.
const noReader: ReadonlySet<Message['kind']> = new Set<Message['kind']>([
  'leave',
  'templateResult',
  'massResult',
  'publishResult',
  'noticeSent',
  'authorization',
  'verification',
  'mediaCheck',
]);

/** Why WeChat would refuse, cut or drop this reply to a message of that kind, as one sentence; undefined if it fits. */
export function replyProblem(reply: Reply, trigger: Message['kind']): string | undefined {
  if (noReader.has(trigger)) return `There is nobody to read a reply to '${trigger}'.`;
  switch (reply.kind) {
    case 'text': {
      const bytes = Buffer.byteLength(carried(reply.text), 'utf8');
      if (reply.text.trim() === '') return 'A text reply must not be empty.';
      if (bytes > maxTextBytes)
        return `A text reply has at most ${maxTextBytes} bytes, this one has ${bytes}.`;
      return undefined;
    }
    case 'image':
    case 'voice':
    case 'video':
      return reply.mediaId === '' ? `A reply of kind '${reply.kind}' needs a media id.` : undefined;
    case 'music':
      return reply.thumbMediaId === ''
        ? "A reply of kind 'music' needs the media id of a thumbnail."
        : undefined;
    case 'news': {
      const most = oneArticleOnly.has(trigger) ? 1 : maxArticles;
      const count = reply.articles.length;
      if (count === 0) return 'A news reply needs an article.';
      if (count > most)
        return `A news reply to '${trigger}' has at most ${most} article${most > 1 ? 's' : ''}, this one has ${count}.`;
      if (reply.articles.some(({ title, url }) => title.trim() === '' || url.trim() === '')) {
        return 'Every article of a news reply needs a title and a link.';
      }
      return undefined;
    }
  }
  return reply.agent === '' ? 'A transfer names an agent or leaves the agent out.' : undefined;
}

/**
 * Shortens a text to what one reply carries: at the last line or sentence that fits, else at the last character,
 * and says so with `…`. Never inside a character or a link.
 */
export function fitText(text: string, maxBytes = maxTextBytes): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text, 'utf8') <= maxBytes) return text;
  const room = maxBytes - Buffer.byteLength('…');
  if (room < 0) return '';
  const fitting = prefixOf(text, room);
  return `${niceEnd(beforeOpenLink(fitting)).trimEnd()}…`;
}

/** A text in pieces of at most so many bytes, cut at lines and sentences where it can be; no character is lost. */
export function pagesOf(text: string, maxBytes: number): string[] {
  const pages: string[] = [];
  for (let rest = text.trim(); rest !== ''; ) {
    const fitting = prefixOf(rest, maxBytes) || rest.slice(0, maxBytes / 3);
    const piece = fitting === rest ? rest : niceEnd(beforeOpenLink(fitting)) || fitting;
    pages.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  return pages;
}

/** The longest beginning of whole characters (with their joiners and accents) of at most so many bytes. */
function prefixOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  let end = Math.min(maxBytes, bytes.length);
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  const length = bytes.toString('utf8', 0, end).length;
  // the last character may be several code points (an emoji with its joiners): look at it whole
  const before = Math.max(0, length - 64);
  for (const { index, segment } of graphemes.segment(text.slice(before, length + 64))) {
    const start = before + index;
    if (start < length && start + segment.length > length) return text.slice(0, start);
  }
  return text.slice(0, length);
}

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** Without a link, or the address, that would be cut in two. */
function beforeOpenLink(text: string): string {
  const open = text.lastIndexOf('<a ');
  if (open > text.lastIndexOf('</a>')) return text.slice(0, open);
  const address = /https?:\/\/[\w./?%&=#:;~+@,!*'()-]*$/.exec(text);
  return address ? text.slice(0, address.index) : text;
}

/** A line or sentence end in the second half; earlier ones would throw too much away. */
function niceEnd(text: string): string {
  const line = text.lastIndexOf('\n');
  if (line > text.length / 2) return text.slice(0, line);
  for (let at = text.length - 1; at > text.length / 2; at--) {
    if ('。！？；…'.includes(text[at]!)) return text.slice(0, at + 1);
    // The half-width ones stand in addresses too; there no space follows.
    if ('!?;'.includes(text[at]!) && /\s/.test(text[at + 1] ?? '')) return text.slice(0, at + 1);
  }
  return text;
}
