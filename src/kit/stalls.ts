import { monotonicMs } from './clock';
import type { Log } from './log';

const lookEveryMs = 250;
/** Shorter ones happen with every big sheet; this long, and whoever waits for us begins to wonder. */
const longMs = 1_000;

/**
 * Warns, by one line each time, that this process stood still: no callback, heartbeat or lease went on meanwhile. `doing` says
 * what was under way when it went on; what stood in the way is among it, unless the whole process was stopped.
 */
export function watchStalls({ log, doing }: { log: Log; doing: () => object }): { stop(): void } {
  let last = monotonicMs();
  const timer = setInterval(() => {
    const stoodStillMs = Math.round(monotonicMs() - last - lookEveryMs);
    last = monotonicMs();
    if (stoodStillMs > longMs)
      log.warn({ stoodStillMs, ...doing() }, 'this process stood still: something blocked its event loop');
  }, lookEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
