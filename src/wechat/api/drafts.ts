import { z } from 'zod';
import type { WechatClient } from './client';
import { readAnswer } from './errors';

const page = z.object({
  total_count: z.number(),
  item: z
    .array(
      z.object({
        media_id: z.string(),
        content: z.object({ news_item: z.array(z.object({ title: z.string() })).default([]) }),
        update_time: z.number(),
      }),
    )
    .default([]),
});

/** One draft of up to eight articles; their titles in order. The media id is what a mass send takes. */
export type Draft = { mediaId: string; titles: string[]; updatedAt: Date };

/** Drafts a call of `list`. */
export const mostDrafts = 20;

/** The account's drafts (草稿, wechat.md §5.5), written in its console: 1000 calls a Beijing day. */
export function createDrafts({ client }: { client: Pick<WechatClient, 'post'> }) {
  return {
    /** `count`: at most 20. `total`: all there are. */
    async list({
      offset,
      count,
    }: {
      offset: number;
      count: number;
    }): Promise<{ total: number; drafts: Draft[] }> {
      const path = '/cgi-bin/draft/batchget';
      const body = { offset, count: Math.min(count, mostDrafts), no_content: 1 };
      const answer = readAnswer(path, page, await client.post(path, body, { repeatable: true }));
      const drafts = answer.item.map(({ media_id: mediaId, content, update_time: seconds }) => ({
        mediaId,
        titles: content.news_item.map(({ title }) => title),
        updatedAt: new Date(seconds * 1_000),
      }));
      return { total: answer.total_count, drafts };
    },
  };
}

export type Drafts = ReturnType<typeof createDrafts>;
