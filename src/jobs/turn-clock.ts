import type { Inbox } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import type { Timers } from '../domain/timers/timers';
import type { TurnableClock } from '../kit/clock';
import type { Sweeper } from './sweeper';

/**
 * Turns business time forward by stepping: let everything under way finish, jump to the next due time, let what fell due
 * finish, and so on. Jumping over a day in one leap would run its timers in the wrong order, or all on the wrong day.
 */
export async function turnClock(given: {
  clock: TurnableClock;
  inbox: Inbox;
  outbox: Outbox;
  timers: Timers;
  sweeper: Pick<Sweeper, 'fireTimers' | 'sweepOutbox'>;
  relay: (cause: string) => Promise<void>;
  /** What else may go out at this business time has gone. */
  settled?: () => Promise<void>;
  to: number;
  onStep?: (at: number) => void | Promise<void>;
}): Promise<void> {
  const { clock, timers, sweeper, to, onStep } = given;
  const jump = async (at: number) => {
    if (at > clock.now()) clock.setOffset(clock.offset() + (at - clock.now()));
    await onStep?.(clock.now());
  };
  await drained(given);
  for (let due = await timers.nextDue(); due !== undefined && due <= to; due = await timers.nextDue()) {
    await jump(due);
    await sweeper.fireTimers();
    await drained(given);
  }
  await jump(to);
}

/** Nothing undone in the inbox, nothing pending in the outbox; what is pending is carried out here. */
async function drained({
  inbox,
  outbox,
  sweeper,
  settled,
}: {
  inbox: Inbox;
  outbox: Outbox;
  sweeper: Pick<Sweeper, 'sweepOutbox'>;
  settled?: () => Promise<void>;
}): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    await sweeper.sweepOutbox(-60_000);
    if ((await inbox.undone()) === 0 && (await outbox.pending()) === 0) return settled?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
