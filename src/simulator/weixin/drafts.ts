import { z } from 'zod';
import { type Call, Refusal } from './call';
import type { Platform } from './platform';

const shape = z.object({
  offset: z.number().int().min(0),
  count: z.number().int(),
  no_content: z.number().optional(),
});

/** What was written in the account's console and not sent yet (wechat.md §5.5). */
export function draftCalls({ world }: Platform): Call[] {
  return [
    {
      path: '/cgi-bin/draft/batchget',
      method: 'POST',
      daily: 1_000,
      run: ({ read }) => {
        const { offset, count } = read(shape);
        if (count < 1 || count > 20) throw new Refusal(40035, 'invalid count');
        const item = [...world.drafts.values()].slice(offset, offset + count).map((draft) => {
          const seconds = Math.floor(draft.updatedAt / 1000);
          const news_item = draft.titles.map((title) => ({ title }));
          return {
            media_id: draft.mediaId,
            content: { news_item, create_time: seconds, update_time: seconds },
            update_time: seconds,
          };
        });
        return { total_count: world.drafts.size, item_count: item.length, item };
      },
    },
  ];
}
