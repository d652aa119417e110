import { Worker } from 'bullmq';
import { monotonicMs } from '../kit/clock';
import type { Log } from '../kit/log';
import { connectRedisForWorker } from '../store/redis';
import { outboxQueue } from './queue';

/** Without a sign of life for this long the worker is built anew: workers have hung silently after a hiccup of Redis. */
const patienceWithSilence = { silentMs: 60_000, canaryEveryMs: 10_000 };

/** Takes the hints and relays. Retries are the outbox's business, so a failed hint is simply gone. */
export function createWorker(given: {
  redisUrl: string;
  prefix: string;
  relay: (cause: string) => Promise<void>;
  log: Log;
  concurrency?: number;
  /** For tests. */
  watching?: { silentMs: number; canaryEveryMs: number };
}) {
  const { redisUrl, prefix, relay, log, concurrency = 20, watching = patienceWithSilence } = given;
  let worker: Worker | undefined;
  let connection: ReturnType<typeof connectRedisForWorker> | undefined;
  let lastSign = monotonicMs();
  let watchdog: NodeJS.Timeout | undefined;
  const busy = new Set<Promise<void>>();

  function track(work: Promise<void>): Promise<void> {
    busy.add(work);
    return work.finally(() => busy.delete(work));
  }

  function open(): void {
    connection = connectRedisForWorker(redisUrl, log);
    worker = new Worker(
      outboxQueue,
      async (job) => {
        lastSign = monotonicMs();
        const { cause } = job.data as { cause: string };
        if (cause !== 'canary') await track(relay(cause));
      },
      {
        connection,
        prefix,
        concurrency,
        lockDuration: 20_000,
        stalledInterval: 10_000,
        maxStalledCount: 100,
      },
    );
    worker.on('error', () => {}); // told by the connection
    worker.on('failed', (job, err) =>
      log.warn(
        { err, cause: (job?.data as { cause?: string } | undefined)?.cause },
        'a hint failed; the sweeper will find its rows',
      ),
    );
  }

  async function shut(): Promise<void> {
    const old = worker;
    const oldConnection = connection;
    worker = undefined;
    await old?.close(true).catch(() => {});
    oldConnection?.disconnect();
  }

  return {
    /** `canary` sends a hint to ourselves; when none arrives for a minute the worker is replaced. */
    start(canary: () => void): void {
      open();
      watchdog = setInterval(() => {
        canary();
        if (monotonicMs() - lastSign < watching.silentMs) return;
        lastSign = monotonicMs();
        log.warn('the worker heard nothing for a minute; it is built anew');
        void shut().then(open);
      }, watching.canaryEveryMs);
      watchdog.unref();
    },
    async close(): Promise<void> {
      clearInterval(watchdog);
      // Where Redis is gone, nobody waits for it; a hint that is not ticked off is taken again, and finds its rows done.
      const closing = worker?.close(connection?.status !== 'ready');
      const all = Promise.allSettled([closing, ...busy]);
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 8_000).unref())]);
      connection?.disconnect();
    },
  };
}
