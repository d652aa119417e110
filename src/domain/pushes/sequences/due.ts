import { beijingDay, dayMs, hourMs, minuteMs, momentAt } from '../../../kit/beijing';
import { isQuiet } from '../gate';
import type { Step } from './sequence';

const unitMs: Record<string, number> = { m: minuteMs, h: hourMs, d: dayMs };

/** When a step is due (business ms) for who came in, or took the step before, at `from`: never in its quiet hours. */
export function dueAfter(from: number, step: Pick<Step, 'after' | 'at' | 'quiet'>): number {
  const [, n = '0', unit = 'd'] = /^(\d+)([mhd])?$/.exec(step.after) ?? [];
  const span = Number(n) * (unitMs[unit] as number);
  if (step.at === undefined) return loud(span === 0 ? from : wholeMinute(from + span), step);
  // 「3 days later at nine」 names a day: from ten in the morning on it is a little less than three days.
  const earliest = unit === 'd' ? from : from + span;
  const due = momentAt(`${beijingDay(from + span)} ${step.at}`);
  return loud(due < earliest ? due + dayMs : due, step);
}

/** People who are due at nearly the same time go together. */
const wholeMinute = (at: number): number => Math.ceil(at / minuteMs) * minuteMs;

/** Conditions are asked when it goes out, not some hours before. */
function loud(at: number, { quiet }: Pick<Step, 'quiet'>): number {
  if (!isQuiet({ quiet }, at)) return at;
  const end = momentAt(`${beijingDay(at)} ${quiet.to}`);
  return end > at ? end : end + dayMs;
}
