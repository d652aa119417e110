import { z } from 'zod';
import { startOfBeijingDay } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Job } from '../kit/job';

const dayMs = 86_400_000;
/**
 * How long things are kept (promises L6): inbox bodies 30 days, the outbox 30 days, what was said last 30 days, what nobody
 * could answer 30 days after it was last typed. Of a flood one day.
 */
const keptDays = 30;

/** Once a Beijing day, at 04:00: what is older than its retention goes, and the next day's run is armed. */
export type HousekeepingData = { on: string };
export const housekeeping: Job<HousekeepingData> = {
  data: z.object({ on: z.string() }),
  async run({ inbox, outbox, subscribers, processes, timers, prizes, misses, clock }, { on }) {
    const before = new Date(startOfBeijingDay(on) - keptDays * dayMs);
    await inbox.forget(before);
    await inbox.forgetFloods(new Date(startOfBeijingDay(on) - dayMs));
    crashPoint('inbox-forgotten');
    await misses.forget(before);
    await outbox.forget(before);
    await subscribers.forgetWords(before);
    await timers.forget(before);
    crashPoint('timers-forgotten');
    await subscribers.forgetGraves();
    await processes.sweep();
    await prizes.housekeep();
    await armHousekeeping({ timers, clock });
  },
};

type Needs = {
  timers: {
    arm(timer: { id: string; dueAt: Date; job: 'housekeeping'; data: { on: string } }): Promise<void>;
  };
  clock: { now(): number; day(at?: number): string };
};

/** Arms the next 04:00; twice is once. */
export async function armHousekeeping({ timers, clock }: Needs): Promise<void> {
  const today = startOfBeijingDay(clock.day()) + 4 * 3_600_000;
  const dueAt = new Date(today > clock.now() ? today : today + dayMs);
  const on = clock.day(dueAt.getTime());
  await timers.arm({ id: `housekeeping::${on}`, dueAt, job: 'housekeeping', data: { on } });
}
