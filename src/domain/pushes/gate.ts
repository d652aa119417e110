import { beijingTime } from '../../kit/beijing';
import type { PushRow } from './push';

/** Whether a push may send now. `wait`: not at this moment; `stop`: not until a person acts; `probe`: one, to see. */
export type Gate = 'go' | 'probe' | 'wait' | 'stop';

/** Whether a business moment lies in the push's quiet hours, which may go over midnight. */
export function isQuiet({ quiet: { from, to } }: Pick<PushRow, 'quiet'>, at: number): boolean {
  const time = beijingTime(at);
  if (from === to) return false;
  return from < to ? time >= from && time < to : time >= from || time < to;
}

export type Slots = ReturnType<typeof createSlots>;

/** At most so many at once; who waits longest is next. */
export function createSlots(most: number) {
  let free = most;
  const waiting: (() => void)[] = [];
  return {
    async take(): Promise<void> {
      if (free > 0) {
        free--;
        return;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
    give(): void {
      const next = waiting.shift();
      if (next) next();
      else free++;
    },
  };
}
