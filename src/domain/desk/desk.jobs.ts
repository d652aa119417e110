import { z } from 'zod';
import { defineJob } from '../../kit/define-job';

const data = z.object({ conversation: z.string() });

/** Nobody may have taken her up yet. */
export const deskWait = defineJob({
  name: 'desk-wait',
  data,
  run: ({ desk }: { desk: { waited(conversation: string): Promise<void> } }, { conversation }) =>
    desk.waited(conversation),
});

/** Nobody may have said a word for a while. */
export const deskQuiet = defineJob({
  name: 'desk-quiet',
  data,
  run: ({ desk }: { desk: { quieted(conversation: string): Promise<void> } }, { conversation }) =>
    desk.quieted(conversation),
});

/** It changed in a callback: what follows from that. */
export const deskSettle = defineJob({
  name: 'desk-settle',
  data,
  run: ({ desk }: { desk: { settle(conversation: string): Promise<void> } }, { conversation }) =>
    desk.settle(conversation),
});
