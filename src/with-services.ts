import { type Config, engineSettings, loadConfig } from './config';
import { createClock } from './kit/clock';
import { createLog } from './kit/log';
import { migrations } from './migrations';
import { createRender } from './render/render';
import { createServices } from './services';
import { useEngines } from './store/engines';
import { createSmallIndexes } from './store/indexes';
import { migrate } from './store/migrations';
import { connectMongo } from './store/mongo';
import { connectRedis } from './store/redis';
import { followClock } from './store/shared-clock';

export type ServicesAlone = Awaited<ReturnType<typeof open>>;

/**
 * Everything a command needs, beside a running program or without one: the settings, the engines (those that run, else
 * started for as long as this takes), a migrated database with its indexes, and all services in business time.
 */
export async function withServices<T>(role: string, act: (house: ServicesAlone) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const engines = await useEngines({
    dataDir: config.dataDir,
    settings: engineSettings(),
    mongo: !config.MONGODB_URI,
    redis: !config.REDIS_URL,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const house = await open(config, {
      role,
      mongoUri: config.MONGODB_URI ?? engines.mongoUri ?? '',
      redisUrl: config.REDIS_URL ?? engines.redisUrl ?? '',
    });
    try {
      return await act(house);
    } finally {
      // What this command did in the place of a worker, that worker goes on with at once.
      await house.services.upkeep.close();
      house.redis.disconnect();
      await house.db.close();
    }
  } finally {
    await engines.stop();
  }
}

async function open(config: Config, asked: { role: string; mongoUri: string; redisUrl: string }) {
  const { role, mongoUri, redisUrl } = asked;
  const log = createLog({ level: 'error', name: role });
  const clock = createClock();
  const db = await connectMongo(mongoUri, { appName: `xiaoyi-${role}` });
  const redis = connectRedis(redisUrl, log);
  try {
    const { render } = createRender();
    const services = createServices({ config, db, redis, render, clock, log, role });
    const { processes, upkeep } = services;
    await migrate({ db, migrations, owner: processes.boot, others: processes.others, log });
    await createSmallIndexes(db, upkeep.indexes);
    for (const [, load] of upkeep.follows) await load();
    // Business time, also where the simulator has turned it.
    (await followClock({ db, clock }))();
    return { config, mongoUri, redisUrl, db, redis, clock, log, render, services };
  } catch (error) {
    redis.disconnect();
    await db.close();
    throw error;
  }
}
