import { z } from 'zod';
import { defineJob } from '../../kit/define-job';

const award = z.string();

type Tells = { prizes: { tell(award: string, what: 'won' | 'sent' | 'remind'): Promise<void> } };

/** A prize was decided, or sent, outside a reply to her: tells her once. */
export const awardTell = defineJob({
  name: 'award-tell',
  data: z.object({ award, what: z.enum(['won', 'sent']) }),
  run: ({ prizes }: Tells, { award: id, what }) => prizes.tell(id, what),
});

/** Two days before the deadline: reminds her, if she has not claimed or used it. */
export const awardRemind = defineJob({
  name: 'award-remind',
  data: z.object({ award }),
  run: ({ prizes }: Tells, { award: id }) => prizes.tell(id, 'remind'),
});

/** The deadline (`claimBy`) is past. It may have been put off since; then another timer is armed. */
export const awardExpire = defineJob({
  name: 'award-expire',
  data: z.object({ award, claimBy: z.number() }),
  run: (
    { prizes }: { prizes: { expire(award: string, passed: number): Promise<void> } },
    { award: id, claimBy },
  ) => prizes.expire(id, claimBy),
});

/** It is free again (void, expired): settlement knows who is next. */
export const awardPass = defineJob({
  name: 'award-pass',
  data: z.object({ award }),
  run: ({ settlement }: { settlement: { passOn(award: string): Promise<void> } }, { award: id }) =>
    settlement.passOn(id),
});
