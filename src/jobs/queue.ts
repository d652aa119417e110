import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export const outboxQueue = 'outbox';

/** Jobs of BullMQ by state; those that are done stay an hour, those that failed a day. */
export type HintCounts = Record<'waiting' | 'active' | 'delayed' | 'failed' | 'completed', number>;

/**
 * Hints for the worker: «this cause has rows in the outbox». Only ids pass through. A lost hint costs seconds: the
 * sweeper finds the row. So adding never waits and never fails the caller.
 */
export function createHints({ redis: connection, prefix }: { redis: Redis; prefix: string }) {
  // Made when Redis is first there: a queue made on a connection that is not ready stays broken for good.
  let queue: Queue | undefined;
  let lost = 0;
  connection.on('ready', () => {
    queue ??= new Queue(outboxQueue, { connection, prefix, skipWaitingForReady: true });
    queue.on('error', () => {}); // told by the connection
  });

  return {
    hint(cause: string): void {
      if (!queue) {
        lost++;
        return;
      }
      queue
        .add(
          'relay',
          { cause },
          { removeOnComplete: { age: 3_600, count: 10_000 }, removeOnFail: { age: 86_400, count: 50_000 } },
        )
        .catch(() => {
          lost++;
        });
    },
    /** What lies in Redis now; undefined where it does not answer. */
    counts: async (): Promise<HintCounts | undefined> =>
      queue
        ?.getJobCounts('waiting', 'active', 'delayed', 'failed', 'completed')
        .then(({ waiting = 0, active = 0, delayed = 0, failed = 0, completed = 0 }) => ({
          waiting,
          active,
          delayed,
          failed,
          completed,
        }))
        .catch(() => undefined),
    /** Hints that Redis did not take since the start. */
    lost: () => lost,
    async close(): Promise<void> {
      await queue?.close().catch(() => {});
    },
  };
}

export type Hints = ReturnType<typeof createHints>;
