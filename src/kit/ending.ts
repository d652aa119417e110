import type { Log } from './log';
import { stdout } from './log';

/** How long the last words may take. */
const lastWordsMs = 500;

/**
 * Ends this process, whatever became of its log: `process.exit` waits for threads, and one may be writing to a reader
 * that never reads.
 */
export async function leave(code: number): Promise<never> {
  await Promise.race([stdout.drained(), new Promise((resolve) => setTimeout(resolve, lastWordsMs))]);
  if (stdout.isHeld()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

/** What nobody caught leaves a process in a state that nobody knows: it says why and ends, to be started again. */
export function leaveOnFailure(log: Log): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'this process cannot go on and ends');
    void leave(1);
  });
}
