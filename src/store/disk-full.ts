import { statfsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const codes = ['ENOSPC', 'EDQUOT', 'engines.disk-full'];

export const isDiskFull = (thrown: unknown): boolean =>
  thrown instanceof Error && codes.includes((thrown as { code?: string }).code ?? '');

/** Whether an engine's log tells that it ended for want of room. */
export const tellsDiskFull = (log: string): boolean =>
  /no space left on device|disk quota exceeded/i.test(log);

/** So little room that a database cannot be expected to run. */
export function hasNoRoom(dir: string): boolean {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize < 16_000_000;
}

const lookAgainAfterMs = 1_000;

/**
 * Does something that needs room on the disk: where there is none it says so, once, and waits until there is, or until
 * nobody wants it any more. `work` is given a `say` that is silent from then on: nothing new is under way.
 */
export async function whenThereIsRoom<T>(
  work: (say: (line: string) => void) => T | Promise<T>,
  given: { dir: string; say: (line: string) => void; isStopping?: () => boolean },
): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await work(told ? () => {} : given.say);
    } catch (error) {
      if (!isDiskFull(error) || given.isStopping?.()) throw error;
      if (!told) given.say(`資料磁碟滿了（${given.dir}）。清出一些空間就會自己繼續，不必重新啟動。`);
      await sleep(lookAgainAfterMs);
    }
  }
}
