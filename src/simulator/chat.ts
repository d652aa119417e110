/** What goes over a simulated chat, in both directions, as a fan would describe it. */

/** What a fan can send. */
export type Sent =
  | { kind: 'text'; text: string; menuItem?: string }
  | { kind: 'image'; mediaId: string; url: string }
  | { kind: 'voice'; mediaId: string; recognition?: string }
  | { kind: 'video'; mediaId: string; thumbMediaId: string }
  | { kind: 'location'; latitude: number; longitude: number; scale: number; label: string; name?: string }
  | { kind: 'link'; title: string; description: string; url: string }
  | { kind: 'event'; event: string; key?: string; words: string };

export type Article = { title: string; description: string; picUrl: string; url: string };

/** What a fan can see from the account. `transfer` shows her nothing on a real phone. */
export type Seen =
  | { kind: 'text'; text: string }
  | { kind: 'image'; mediaId: string; url: string }
  | { kind: 'voice'; mediaId: string }
  | { kind: 'video'; mediaId: string; title: string; description: string }
  | { kind: 'music'; title: string; description: string; url: string }
  | { kind: 'news'; articles: Article[] }
  | { kind: 'menu'; head: string; items: { id: string; content: string }[]; tail: string }
  | { kind: 'template'; templateId: string; fields: { name: string; value: string }[]; url?: string }
  | { kind: 'card'; title: string; description: string }
  | { kind: 'transfer'; to?: string }
  | { kind: 'banner'; why: string };

/** By which of WeChat's ways it reached the fan. */
export type Channel = 'reply' | 'custom' | 'template' | 'mass' | 'console';

export type ChatItem =
  | { id: number; at: number; from: 'fan'; body: Sent; wire?: Wire }
  | { id: number; at: number; from: 'account'; channel: Channel; body: Seen; wireOf?: number; path?: string };

/** Exactly what went over the wire for one thing a fan did. */
export type Wire = {
  /** The message before it was sealed. */
  plain: string;
  deliveries: Delivery[];
  /** The reply that counted, opened. */
  plainReply?: string;
  /** What a developer should know: dropped articles, a reply nobody can see. */
  remarks: string[];
};

export type Delivery = {
  url: string;
  /** Machine time, ms. */
  at: number;
  ms: number;
  body: string;
  status?: number;
  response?: string;
  /** Set when there was no whole answer: timeout, refused, reset. */
  error?: string;
};

export const bannerText = '該公眾號提供的服務出現故障，請稍後再試';

/** What she reads, as plain words: used by tests and by the line under a fan's name. */
export function wordsOf(seen: Seen): string {
  switch (seen.kind) {
    case 'text':
      return seen.text;
    case 'news':
      return seen.articles
        .map((one) => [one.title, one.description, one.url].filter(Boolean).join('\n'))
        .join('\n\n');
    case 'menu':
      return [seen.head, ...seen.items.map((item) => `[${item.content}]`), seen.tail]
        .filter(Boolean)
        .join('\n');
    case 'template':
      return [...seen.fields.map((field) => `${field.name}:${field.value}`), seen.url]
        .filter(Boolean)
        .join('\n');
    case 'image':
      return `[圖片] ${seen.url}`;
    case 'voice':
      return '[語音]';
    case 'video':
      return ['[影片]', seen.title, seen.description].filter(Boolean).join(' ');
    case 'music':
      return ['[音樂]', seen.title, seen.description, seen.url].filter(Boolean).join(' ');
    case 'card':
      return ['[卡片]', seen.title, seen.description].filter(Boolean).join(' ');
    case 'transfer':
      return '[已轉接人工客服]';
    case 'banner':
      return bannerText;
  }
}
