import { Redis } from 'ioredis';
import type { Log } from '../kit/log';
import { patient } from './patience';

/** A connection that fails fast: for producers and reads, where waiting helps nobody. */
export function connectRedis(url: string, log: Log): Redis {
  return listened(
    new Redis(url, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      connectTimeout: patient(2_000),
      commandTimeout: patient(2_000),
    }),
    log,
  );
}

/** A connection for BullMQ workers, which block and wait for Redis as long as it takes. */
export function connectRedisForWorker(url: string, log: Log): Redis {
  return listened(new Redis(url, { maxRetriesPerRequest: null }), log);
}

function listened(redis: Redis, log: Log): Redis {
  let told = false;
  redis.on('error', (err: Error) => {
    if (!told) log.warn({ err }, 'Redis does not answer; the sweeper carries the work meanwhile');
    told = true;
  });
  redis.on('ready', () => {
    told = false;
  });
  return redis;
}
