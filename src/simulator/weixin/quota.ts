import { beijingDay } from '../../kit/beijing';
import { type Clock } from '../../kit/clock';
import { type Call, Refusal } from './call';

/** Calls a Beijing day, by path. */
export function createQuota(clock: Clock) {
  const limits = new Map<string, number>();
  let used = new Map<string, number>();
  let day = '';

  const turnDay = () => {
    const today = beijingDay(clock.now());
    if (today !== day) used = new Map();
    day = today;
  };

  return {
    declare: (call: Call) => {
      if (call.daily !== undefined) limits.set(call.path, call.daily);
    },
    spend(path: string) {
      turnDay();
      const count = (used.get(path) ?? 0) + 1;
      used.set(path, count);
      if (count > (limits.get(path) ?? Infinity)) throw new Refusal(45009, 'reach max api daily quota limit');
    },
    of(path: string) {
      turnDay();
      const daily = limits.get(path);
      if (daily === undefined) return undefined;
      const spent = used.get(path) ?? 0;
      return { daily_limit: daily, used: spent, remain: Math.max(0, daily - spent) };
    },
    clear: () => used.clear(),
  };
}

export type Quota = ReturnType<typeof createQuota>;
