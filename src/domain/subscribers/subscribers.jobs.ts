import { z } from 'zod';
import { crashPoint } from '../../kit/crash-point';
import type { Job } from '../../kit/job';

/**
 * She left (CreateTime `leftAt`, ms): WeChat obliges us to delete her data. Her row went with the event itself, or goes
 * now if a process died in between; this takes what she said and was told up to `upTo`. Messages sent since (she may be
 * back already) are not touched.
 */
export type EraseData = { fan: string; pid: string; upTo: number; leftAt?: number | undefined };
export const erase: Job<EraseData> = {
  data: z.object({ fan: z.string(), pid: z.string(), upTo: z.number(), leftAt: z.number().optional() }),
  async run({ inbox, outbox, enquiries, attributes, subscribers, quiz }, { fan, pid, upTo, leftAt }) {
    await subscribers.remove(fan, new Date(leftAt ?? upTo), (talk) => quiz.nameKeptUntil(talk.quiz));
    crashPoint('erase-row-gone');
    await inbox.erase(fan, new Date(upTo));
    crashPoint('erase-inbox-gone');
    await outbox.erase(fan);
    crashPoint('erase-outbox-gone');
    if (pid === '') return;
    await enquiries.erase(pid);
    await attributes.erase(pid);
  },
};
