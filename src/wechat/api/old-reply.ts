import { z } from 'zod';
import type { Article } from '../protocol/reply';

/** A reply that the official console gave before the account was switched to a server. */
export type OldReply =
  | { kind: 'text'; text: string }
  /** Temporary media: another id at every reading, dead after 3 days. */
  | { kind: 'image' | 'voice'; mediaId: string }
  /** A media id or, mostly, the address of the file, which dies too. */
  | { kind: 'video'; source: string }
  | { kind: 'news'; articles: Article[] }
  /** A card, or something newer than this program. */
  | { kind: 'other'; type: string };

export const newsInfo = z.object({
  list: z
    .array(
      z.object({
        title: z.string(),
        digest: z.string().default(''),
        cover_url: z.string().default(''),
        content_url: z.string().default(''),
      }),
    )
    .default([]),
});

export const articlesOf = (news: z.infer<typeof newsInfo> | undefined): Article[] =>
  (news?.list ?? []).map(({ title, digest, cover_url: picUrl, content_url: url }) => ({
    title,
    url,
    ...(digest ? { description: digest } : {}),
    ...(picUrl ? { picUrl } : {}),
  }));
