import { beijingDay } from './beijing';

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
