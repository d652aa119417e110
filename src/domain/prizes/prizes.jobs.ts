import { z } from 'zod';
import type { Job } from '../../kit/job';

export type AwardRef = { award: string };
/** `claimBy`: the deadline that is past. */
export type AwardExpire = AwardRef & { claimBy: number };
export type AwardTell = AwardRef & { what: 'won' | 'sent' };
const data = z.object({ award: z.string() });

/** A prize was decided, or sent, outside a reply to her: tells her once. */
export const awardTell: Job<AwardTell> = {
  data: data.extend({ what: z.enum(['won', 'sent']) }),
  run: ({ prizes }, { award, what }) => prizes.tell(award, what),
};

/** Two days before the deadline: reminds her, if she has not claimed or used it. */
export const awardRemind: Job<AwardRef> = {
  data,
  run: ({ prizes }, { award }) => prizes.tell(award, 'remind'),
};

/** The deadline is past. It may have been put off since; then another timer is armed. */
export const awardExpire: Job<AwardExpire> = {
  data: data.extend({ claimBy: z.number() }),
  run: ({ prizes }, { award, claimBy }) => prizes.expire(award, claimBy),
};
