import type { Flat } from '../leaf';

export type Churn = { score: number; reasons: string[] };

type Reason = { points: number; says: string };
type Band = { over: number } & Reason;

/** The first that fits counts. No count of days stands in the words: a row changes when her risk does, not every day. */
const silence: readonly Band[] = [
  { over: 90, points: 50, says: '超過 90 天沒有來' },
  { over: 60, points: 40, says: '超過 60 天沒有來' },
  { over: 30, points: 25, says: '超過 30 天沒有來' },
  { over: 14, points: 10, says: '超過 14 天沒有來' },
];
const sinceBought: readonly Band[] = [
  { over: 365, points: 25, says: '上次購買在 365 天以前' },
  { over: 180, points: 15, says: '上次購買在 180 天以前' },
];

/** How likely she is to be lost, 0 to 100: points for what speaks for it, less those for what speaks against. `day`: since 1970. */
export function churnOf({ t, n }: Flat, day: number): Churn {
  const { seenOn, boughtOn, followedOn, purchases = 0, points = 0 } = n;
  const has = (start: string) => [...t, ...Object.keys(n)].some((one) => one.startsWith(start));
  const isIdle = followedOn !== undefined && day - followedOn > 30 && !has('played:') && purchases === 0;
  const all = [
    bandOf(silence, seenOn, day),
    bandOf(sinceBought, boughtOn, day),
    has('asked_') ? undefined : { points: 15, says: '30 天內沒有問過什麼' },
    isIdle ? { points: 10, says: '關注超過 30 天，沒有玩過活動，也沒有買過' } : undefined,
    has('known:') ? undefined : { points: 10, says: '沒有告訴過我們自己的事' },
    boughtOn !== undefined && purchases >= 2 && day - boughtOn <= 180
      ? { points: -20, says: '180 天內買過，而且不止一次' }
      : undefined,
    points >= 100 ? { points: -10, says: '還有至少 100 積分沒用' } : undefined,
  ].filter((one) => one !== undefined);
  const sum = all.reduce((before, one) => before + one.points, 0);
  return {
    score: Math.min(100, Math.max(0, sum)),
    reasons: all.map(({ points: by, says }) => `${says}（${by > 0 ? '+' : '−'}${Math.abs(by)}）`),
  };
}

function bandOf(bands: readonly Band[], on: number | undefined, day: number): Reason | undefined {
  return on === undefined ? undefined : bands.find(({ over }) => day - on > over);
}
