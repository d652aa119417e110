import { monotonicMs } from '../kit/clock';
/** `quiet`: keep the row, do nothing. `drop`: not even the row. */
export type Verdict = 'ok' | 'quiet' | 'drop';

type Bucket = { tokens: number; quiet: number; at: number };

/**
 * What one fan may do: 20 messages at once and 2 a second after that; beyond it up to 300 rows are kept (refilled by
 * 1 a second) without effect, and then nothing. Per process, in memory: an economy that protects the others.
 */
export function createFanLimit({ burst = 20, perSecond = 2, quietBurst = 300, now = monotonicMs } = {}) {
  let buckets = new Map<string, Bucket>();
  let older = new Map<string, Bucket>();
  let turnedAt = now();

  return {
    verdict(fan: string): Verdict {
      const at = now();
      if (at - turnedAt > 300_000 || buckets.size > 50_000) {
        older = buckets;
        buckets = new Map();
        turnedAt = at;
      }
      const bucket = buckets.get(fan) ?? older.get(fan) ?? { tokens: burst, quiet: quietBurst, at };
      const seconds = Math.max(0, at - bucket.at) / 1_000;
      bucket.tokens = Math.min(burst, bucket.tokens + seconds * perSecond);
      bucket.quiet = Math.min(quietBurst, bucket.quiet + seconds);
      bucket.at = at;
      buckets.set(fan, bucket);
      if (bucket.tokens >= 1) {
        bucket.tokens--;
        return 'ok';
      }
      if (bucket.quiet < 1) return 'drop';
      bucket.quiet--;
      return 'quiet';
    },
  };
}

export type FanLimit = ReturnType<typeof createFanLimit>;
