import { z } from 'zod';
import type { Job } from '../../kit/job';

/**
 * She left: WeChat obliges us to delete her data. Her row went with the event itself; this takes what she said and was
 * told. Messages sent since (she may be back already) are not touched.
 */
export type EraseData = { fan: string; pid: string; upTo: number };
export const erase: Job<EraseData> = {
  data: z.object({ fan: z.string(), pid: z.string(), upTo: z.number() }),
  async run({ inbox, outbox, enquiries }, { fan, pid, upTo }) {
    await inbox.erase(fan, new Date(upTo));
    await outbox.erase(fan);
    if (pid !== '') await enquiries.erase(pid);
  },
};
