import { z } from 'zod';
import { type AwardState, awardStateNames } from './award';

/** Several states that people mean by one word. */
export const stateGroups = {
  /** Hers, and she has yet to claim or use it. */
  open: ['won', 'told'],
  /** On its way to her, used, or hers for good. */
  delivered: ['sent', 'used', 'done'],
} as const satisfies Record<string, readonly AwardState[]>;

export type AskedState = Exclude<AwardState, 'pending'> | keyof typeof stateGroups;

const { pending: _, ...shownStateNames } = awardStateNames;
/** All that one can ask for, in words. */
export const askedStateNames: Record<AskedState, string> = {
  open: '待領或待用',
  delivered: '已到手',
  ...shownStateNames,
  claimed: '已登記，待批准',
  approved: '已批准，待寄',
};

export type AwardFilter = {
  campaign?: string | undefined;
  prize?: string | undefined;
  sponsor?: string | undefined;
  state?: AskedState | undefined;
  /** Beijing day on which it was won. */
  day?: string | undefined;
};

export const isAskedState = (word: string): word is AskedState => Object.hasOwn(askedStateNames, word);
export const askedState = z.string().refine(isAskedState, '沒有這個狀態') as unknown as z.ZodType<AskedState>;

export const statesMeant = (state: AskedState): readonly AwardState[] =>
  state === 'open' || state === 'delivered' ? stateGroups[state] : [state];

/** As the database is asked. */
export function awardFilterOf(filter: AwardFilter): Record<string, unknown> {
  const { campaign, prize, sponsor, state, day } = filter;
  return {
    ...(campaign === undefined ? {} : { campaign }),
    ...(prize === undefined ? {} : { prize }),
    ...(sponsor === undefined ? {} : { 'what.sponsor': sponsor }),
    ...(state === undefined ? {} : { state: { $in: [...statesMeant(state)] } }),
    ...(day === undefined ? {} : { on: day }),
  };
}
