import { z } from 'zod';
import { defineJob } from '../../../kit/define-job';

type Needs = { sequences: { tick(): Promise<void> } };

/** Looks who comes in, and takes the steps that are due. */
export const sequenceTick = defineJob({
  name: 'sequence-tick',
  data: z.object({}),
  run: ({ sequences }: Needs) => sequences.tick(),
});
