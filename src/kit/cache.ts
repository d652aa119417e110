import { monotonicMs } from './clock';
export type Cached<T> = {
  value: T;
  /** When it was loaded, monotonic ms. */
  at: number;
  /** True when it should have been renewed and could not be. */
  stale: boolean;
};

/**
 * A small memory of answers that are slow or dear to get. Holds `max` of them (the longest unused goes first), serves
 * one for `freshMs`; after that it loads anew, and when loading fails it serves the old one, up to `staleMs` old.
 * Many asking for one key at once are one load. A failure is not remembered, except that an old answer is then
 * served without another try for `retryMs`, so that nobody waits for a dead service again and again.
 */
export function createCache<T>(options: {
  max: number;
  freshMs: number;
  staleMs: number;
  retryMs?: number;
  now?: () => number;
}) {
  const { max, freshMs, staleMs, retryMs = 20_000, now = monotonicMs } = options;
  const kept = new Map<string, { value: T; at: number; triedAt: number }>();
  const loading = new Map<string, Promise<Cached<T>>>();

  async function get(key: string, load: () => Promise<T>): Promise<Cached<T>> {
    const entry = kept.get(key);
    if (entry) {
      // A Map remembers insertion order: taken out and put in again, it is the newest.
      kept.delete(key);
      kept.set(key, entry);
      const age = now() - entry.at;
      if (age < freshMs) return { value: entry.value, at: entry.at, stale: false };
      if (age < staleMs && entry.triedAt > entry.at && now() - entry.triedAt < retryMs)
        return { value: entry.value, at: entry.at, stale: true };
    }
    const underWay = loading.get(key);
    if (underWay) return underWay;
    const promise = renew(key, load).finally(() => loading.delete(key));
    loading.set(key, promise);
    return promise;
  }

  async function renew(key: string, load: () => Promise<T>): Promise<Cached<T>> {
    try {
      const value = await load();
      const at = now();
      kept.delete(key);
      kept.set(key, { value, at, triedAt: at });
      const [oldest] = kept.keys();
      if (kept.size > max && oldest !== undefined) kept.delete(oldest);
      return { value, at, stale: false };
    } catch (err) {
      const old = kept.get(key);
      if (!old || now() - old.at >= staleMs) throw err;
      old.triedAt = now();
      return { value: old.value, at: old.at, stale: true };
    }
  }

  return { get, size: () => kept.size };
}
