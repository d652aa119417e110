import { startOfBeijingDay } from '../../kit/beijing';
import { type Clock } from '../../kit/clock';

/** When people answer, `09:00-21:00` Beijing time, every day; an end before the start runs over midnight. */
export function createServiceHours({ hours, clock }: { hours: string; clock: Clock }) {
  const [from = '', until = ''] = hours.split('-');
  const open = minutes(from);
  const close = minutes(until);

  return {
    from,
    until,
    isOpen(at: number = clock.now()): boolean {
      const minute = Math.floor((at - startOfBeijingDay(clock.day(at))) / 60_000);
      return open <= close ? minute >= open && minute < close : minute >= open || minute < close;
    },
  };
}

export type ServiceHours = ReturnType<typeof createServiceHours>;

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
