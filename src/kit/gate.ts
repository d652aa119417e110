import { AppError } from '../errors';

/** Lets so many through at once; the others wait in line, and when that is too long they are refused. */
export function createGate({ atOnce, maxWaiting }: { atOnce: number; maxWaiting: number }) {
  let inside = 0;
  const line: (() => void)[] = [];

  return async function pass<T>(work: () => Promise<T>): Promise<T> {
    if (inside >= atOnce) {
      if (line.length >= maxWaiting)
        throw new AppError('TooMany', 'gate.full', '現在太忙了，請過一會兒再試。', { for: 'fan' });
      await new Promise<void>((enter) => line.push(enter));
    } else inside++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else inside--;
    }
  };
}
