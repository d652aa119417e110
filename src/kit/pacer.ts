import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock';

/** How much of the time in which nobody asked may be caught up with. */
const allowanceMs = 50;

/**
 * Evenly spaced turns, `perSecond` of them. Smoother than counting by the window, which lets two windows' worth through at
 * its edge; and who was idle gets no more than what 50 ms bring at once.
 */
export function createPacer({
  perSecond,
  now = monotonicMs,
  wait = sleep,
}: {
  perSecond: number;
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}) {
  const gapMs = 1_000 / perSecond;
  let next = -Infinity;
  return {
    /** Resolves when it is our turn; in the order asked. */
    async take(): Promise<void> {
      const at = now();
      const due = Math.max(next, at - allowanceMs);
      next = due + gapMs;
      if (due > at) await wait(due - at);
    },
  };
}

export type Pacer = ReturnType<typeof createPacer>;
