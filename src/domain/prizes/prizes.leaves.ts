import { dayOfNumber } from '../../kit/beijing';
import { type Leaf, leaf, quoted, whole } from '../leaf';

/** A prize of hers ends on this Beijing day, and she has neither claimed nor used it. */
export const endsToken = (day: string): string => `prize-ends:${day}`;

export const prizeLeaves: readonly Leaf[] = [
  leaf('won', '在活動{campaign}得過獎', { campaign: quoted() }, ({ campaign }) => ({
    has: `won:${campaign}`,
  })),
  leaf(
    'won-prize',
    '在活動{campaign}得到獎品{prize}',
    { campaign: quoted(), prize: quoted() },
    ({ campaign, prize }) => ({
      has: `won:${campaign}/${prize}`,
    }),
  ),
  leaf('prize-ends', '有獎品 {days} 天內到期', { days: whole(1, 60) }, ({ days }, { day }) => ({
    hasOne: Array.from({ length: days + 1 }, (_, n) => endsToken(dayOfNumber(day + n))),
  })),
  /** On that day, not before: asked every day it is true once for a prize. */
  leaf('prize-ends-in', '有獎品再過 {days} 天到期', { days: whole(1, 60) }, ({ days }, { day }) => ({
    has: endsToken(dayOfNumber(day + days)),
  })),
];
