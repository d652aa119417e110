import { z } from 'zod';
import type { Timers } from '../domain/timers/timers';
import { dayMs, hourMs, startOfBeijingDay } from '../kit/beijing';
import type { Clock } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import { defineJob } from '../kit/define-job';

type Needs = Arming & { upkeep: { forget(ago: (days: number) => Date, passed: () => void): Promise<void> } };
type Arming = { timers: Pick<Timers, 'arm'>; clock: Clock };

const data = z.object({ on: z.string() });

/** Once a Beijing day, at 04:00: what is older than its retention goes, and the next day's run is armed. */
export const housekeeping = defineJob({
  name: 'housekeeping',
  data,
  async run({ upkeep, timers, clock }: Needs, { on }) {
    const ago = (days: number) => new Date(startOfBeijingDay(on) - days * dayMs);
    await armHousekeeping({ timers, clock }); // first: what fails today is tried again tomorrow
    await upkeep.forget(ago, () => crashPoint('domain-forgotten'));
  },
});

/** Arms the next 04:00; twice is once. */
export async function armHousekeeping({ timers, clock }: Arming): Promise<void> {
  const today = startOfBeijingDay(clock.day()) + 4 * hourMs;
  const dueAt = new Date(today > clock.now() ? today : today + dayMs);
  const on = clock.day(dueAt.getTime());
  await timers.arm({ id: `housekeeping::${on}`, dueAt, job: housekeeping, data: { on } });
}
