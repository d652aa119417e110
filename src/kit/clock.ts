/**
 * Milliseconds since this process started. Every span within a process is measured with it: the wall clock may be set
 * back by an hour, and what waits for it would wait as long. `Date.now` is for moments that others see.
 */
export const monotonicMs = (): number => performance.now();

/** Business time: days, windows, deadlines. */
export type Clock = {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** The Beijing day of a moment, `2026-11-21`. */
  day(at?: number): string;
};

export type TurnableClock = Clock & {
  /** Sets how far business time is ahead of machine time, ms. Only the simulator and tests do this. */
  setOffset(ms: number): void;
  offset(): number;
};

const beijingMs = 8 * 3_600_000;

/** The Beijing day (Asia/Shanghai has had no summer time since 1991) of a UTC moment in ms. */
export const beijingDay = (at: number): string => new Date(at + beijingMs).toISOString().slice(0, 10);

/** UTC ms of the start (00:00 Beijing) of a day like `2026-11-21`. */
export const startOfBeijingDay = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);

/** How many Beijing days a period touches. */
export const beijingDays = (from: number, to: number): number =>
  Math.round((Date.parse(beijingDay(to)) - Date.parse(beijingDay(from))) / 86_400_000) + 1;

export function createClock(offsetMs = 0): TurnableClock {
  let offset = offsetMs;
  const now = () => Date.now() + offset;
  return {
    now,
    day: (at = now()) => beijingDay(at),
    setOffset: (ms) => {
      offset = ms;
    },
    offset: () => offset,
  };
}
