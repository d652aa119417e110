import { z } from 'zod';
import { defineJob } from '../../kit/define-job';

/** Sends the confirming link to the address of an ask. */
export const mailConfirm = defineJob({
  name: 'mail-confirm',
  data: z.object({ ask: z.string() }),
  run: ({ mails }: { mails: { send(ask: string): Promise<void> } }, { ask }) => mails.send(ask),
});

/** She lets go of her address; what she bound after `boundUpTo` (ms) stays. */
export const mailUnbind = defineJob({
  name: 'mail-unbind',
  data: z.object({ pid: z.string(), boundUpTo: z.number() }),
  run: ({ mails }: { mails: { unbind(pid: string, upTo: Date): Promise<void> } }, { pid, boundUpTo }) =>
    mails.unbind(pid, new Date(boundUpTo)),
});
