import { monotonicMs } from './clock';

const everyMs = 5_000;

/** Says what is under way, and every five seconds that it still is: a screen on which nothing moves looks broken. */
export async function showing<T>(
  what: string,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = monotonicMs();
  say(`${what} …`);
  const still = setInterval(
    () => say(`${what}，${Math.round((monotonicMs() - startedAt) / 1_000)} 秒了 …`),
    everyMs,
  );
  try {
    return await work();
  } finally {
    clearInterval(still);
  }
}
