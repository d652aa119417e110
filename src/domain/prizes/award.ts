import { beijingDay, dayMs, startOfBeijingDay } from '../../kit/beijing';
import { newRedeemCode } from './codes';
import type { Giver, Prize, PrizeKind, Way } from './prize';

/** `pending`: first come, first served, and not yet certain that a ticket is left; nobody sees it. */
export type AwardState =
  | 'pending'
  | 'won'
  | 'told'
  | 'claimed'
  | 'approved'
  | 'sent'
  | 'used'
  | 'done'
  | 'expired'
  | 'void';

export const awardStateNames: Record<AwardState, string> = {
  pending: '處理中',
  won: '已中獎',
  told: '已通知',
  claimed: '已登記',
  approved: '已批准',
  sent: '已寄出',
  used: '已使用',
  done: '已完成',
  expired: '已過期',
  void: '已作廢',
};

/** Somebody won something: at once while it was played, or when it was settled. */
export type Decision = {
  prize: string;
  pid: string;
  floor?: number;
  /** Beijing day of the answer, or of the decision. */
  on: string;
  why: Way['kind'];
  /** What was won, once within its prize: a floor, `rank-<n>-<on|final>`, `draw-<n>`, a pid. */
  unit: string;
};

/** `back`: what was noted before it was a mistake, and is taken back. */
export type Step = { state: AwardState; at: number; by: string; reason?: string; back?: true };

/** What is still to be done about an award; each may be done twice. */
export type Duty = 'ticket' | 'points' | 'timers' | 'tell' | 'tellSent' | 'return' | 'pass';

/** A prize that somebody won. Times are business ms, but for those that are Dates (machine time, for sweepers). */
export type Award = Decision & {
  /** `<campaign>/<prize>/<unit>`. */
  _id: string;
  campaign: string;
  /** What was promised when it was won. */
  what: Pick<Prize, 'name' | 'kind' | 'priceFen'> &
    Partial<Pick<Prize, 'sponsor' | 'points' | 'usedAt' | 'delivery' | 'conditions'>>;
  state: AwardState;
  history: Step[];
  at: number;
  claimDays: number;
  /** Until when it can be claimed (goods) or used (coupon). */
  claimBy?: number;
  ticket?: string;
  /** The imported code. */
  code?: string;
  /** What staff redeem a coupon by, without hyphens. */
  redeem?: string;
  sent?: { courier: string; tracking: string; at: number };
  used?: { where: string; by: string; at: number };
  /** Why it waits: nothing is approved, sent or redeemed until that is decided. */
  waits?: string;
  todo: Duty[];
  todoAt?: Date;
  /** Of a pending one: the attempt that may make it certain. */
  attempt?: string;
};

type Move = { from: AwardState[]; by: 'system' | 'fan' | 'staff'; kinds?: PrizeKind[]; evenIfWaiting?: true };

/** The table of moves; every other one is refused. the page for marketers prints it. */
export const moves: Record<Exclude<AwardState, 'pending' | 'won'>, Move> = {
  told: { from: ['won'], by: 'system', evenIfWaiting: true },
  /** Until it is approved she may correct what she wrote. */
  claimed: { from: ['won', 'told', 'claimed'], by: 'fan', kinds: ['goods', 'money'], evenIfWaiting: true },
  approved: { from: ['claimed'], by: 'staff', kinds: ['goods', 'money'] },
  sent: { from: ['approved'], by: 'staff', kinds: ['goods'] },
  used: { from: ['won', 'told'], by: 'staff', kinds: ['coupon'] },
  /** Codes and points are hers as soon as she knows; the rest when it arrived or was used. */
  done: { from: ['told', 'approved', 'sent', 'used'], by: 'system', evenIfWaiting: true },
  expired: { from: ['won', 'told'], by: 'system', kinds: ['goods', 'money', 'coupon'] },
  /** From done only codes and points: the code is put aside, the points are taken back. */
  void: { from: ['won', 'told', 'claimed', 'approved', 'done'], by: 'staff', evenIfWaiting: true },
};

/** What she is told of, once: that a parcel was sent, and each time that its number was corrected. */
export function occasionOf({ history }: Award, what: string): string {
  const times = history.filter(({ state }) => state === what).length;
  return what === 'sent' && times > 1 ? `sent_${times}` : what;
}

/** States in which the prize is hers, or may yet be. */
export const isLive = (state: AwardState): boolean =>
  state !== 'pending' && state !== 'expired' && state !== 'void';

/** She has it as soon as she reads of it. */
export const isInstant = (kind: PrizeKind): boolean => kind === 'code' || kind === 'points';

/** The end of the Beijing day that lies so many days after a moment. */
export const endOfDayAfter = (at: number, days: number): number =>
  startOfBeijingDay(beijingDay(at)) + (days + 1) * dayMs - 1;

/** An award as it is first written. */
export function newAward(given: {
  campaign: Pick<Giver, 'id'>;
  prize: Prize;
  won: Decision;
  at: number;
}): Award {
  const { campaign, prize, won, at } = given;
  const { name, kind, priceFen, sponsor, points, usedAt, delivery, conditions, claimDays, validUntil } =
    prize;
  const { pid, on, why, unit, floor } = won;
  const claimBy = kind === 'coupon' && validUntil ? validUntil : endOfDayAfter(at, claimDays);
  return {
    _id: awardId(campaign.id, won),
    campaign: campaign.id,
    prize: prize.id,
    pid,
    on,
    why,
    unit,
    ...(floor === undefined ? {} : { floor }),
    what: {
      name,
      kind,
      priceFen,
      ...(sponsor === undefined ? {} : { sponsor }),
      ...(points === undefined ? {} : { points }),
      ...(usedAt === undefined ? {} : { usedAt }),
      ...(delivery === undefined ? {} : { delivery }),
      ...(conditions === undefined ? {} : { conditions }),
    },
    state: 'won',
    history: [{ state: 'won', at, by: 'system' }],
    at,
    claimDays,
    ...(isInstant(kind) ? {} : { claimBy }),
    ...(kind === 'coupon' ? { redeem: newRedeemCode() } : {}),
    todo: [
      'ticket',
      ...(kind === 'points' ? (['points'] as const) : []),
      ...(isInstant(kind) ? [] : (['timers'] as const)),
      'tell',
    ],
  };
}

export const awardId = (campaign: string, { prize, unit }: Pick<Decision, 'prize' | 'unit'>): string =>
  `${campaign}/${prize}/${unit}`;
