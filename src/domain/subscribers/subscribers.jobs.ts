import { z } from 'zod';
import { crashPoint } from '../../kit/crash-point';
import type { Job } from '../../kit/job';

/**
 * She left (CreateTime `leftAt`, ms): WeChat obliges us to delete her data. Her row went with the event itself, or goes
 * now if a process died in between; this takes what she said and was told up to `upTo`. Messages sent since (she may be
 * back already) are not touched.
 */
export type EraseData = {
  fan: string;
  pid: string;
  upTo: number;
  leftAt?: number | undefined;
  again?: boolean | undefined;
};

/** By then a handler that was at work on her words when she left, and may have written them down since, has ended. */
const againAfterMs = 5 * 60_000;

export const erase: Job<EraseData> = {
  data: z.object({
    fan: z.string(),
    pid: z.string(),
    upTo: z.number(),
    leftAt: z.number().optional(),
    again: z.boolean().optional(),
  }),
  async run(services, { fan, pid, upTo, leftAt, again }) {
    const { inbox, outbox, enquiries, attributes, names, prizes, subscribers, quiz, timers, clock } =
      services;
    await subscribers.remove(fan, new Date(leftAt ?? upTo), (talk) => quiz.nameKeptUntil(talk.quiz));
    crashPoint('erase-row-gone');
    await inbox.erase(fan, new Date(upTo));
    crashPoint('erase-inbox-gone');
    await outbox.erase(fan, new Date(upTo));
    crashPoint('erase-outbox-gone');
    if (pid === '') return;
    // In a running quiz she keeps her name, so what it stands for may be of after her return: that stays.
    const back = (await subscribers.load(fan))?.pid === pid;
    if (again && back) return;
    const last = back ? new Date(upTo) : undefined;
    await enquiries.erase(pid, last);
    await attributes.erase(pid, last);
    await names.forget(pid, last);
    // What is on its way to her keeps its address until it has arrived.
    await prizes.claims.erase(pid);
    if (again) return;
    await timers.arm({
      id: `erase:${pid}:${upTo}`,
      dueAt: new Date(clock.now() + againAfterMs),
      job: 'erase',
      data: { fan, pid, upTo, leftAt, again: true },
    });
  },
};
