import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import mongoose, { type Connection } from 'mongoose';
import { unclassed } from './fields';

/**
 * A database and a Redis key prefix for one test file, on the engines of this run. Files run side by side and
 * never see each other's data. `mongoUri`: on another server.
 *
 * ```ts
 * const database = testDatabase();
 * let db: Connection;
 * beforeAll(async () => { db = await database.connect(); });
 * afterAll(() => database.drop());
 * ```
 */
export function testDatabase(mongoUri?: string) {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const base = mongoUri ?? given('TEST_MONGODB_URI');
  const redisUrl = given('TEST_REDIS_URL');
  const prefix = `{${name}}`;
  const connections: Connection[] = [];
  return {
    name,
    /** With the database's name in it. */
    uri: base.replace(/\/[^/?]*\?/, `/${name}?`),
    redisUrl,
    /** For BullMQ's `prefix` and ioredis' `keyPrefix`. */
    prefix,
    /** A connection of its own each time; `drop` closes them all. */
    async connect(): Promise<Connection> {
      const connection = await mongoose
        .createConnection(base, {
          dbName: name,
          autoIndex: false,
          autoCreate: false,
          maxPoolSize: 20,
          serverSelectionTimeoutMS: 60_000,
          w: 'majority',
        })
        .asPromise();
      connections.push(connection);
      return connection;
    },
    /** Empties every collection and keeps the indexes: faster than a new database for each test. */
    async clear(): Promise<void> {
      const [connection] = connections;
      const collections = await connection?.db?.collections();
      await Promise.all((collections ?? []).map((collection) => collection.deleteMany({})));
    },
    /** Removes the database and the Redis keys, and closes the connections. */
    async drop(): Promise<void> {
      const [first] = connections;
      const missing = first ? await unclassed(first) : [];
      await first?.dropDatabase();
      await Promise.all(connections.map((connection) => connection.close()));
      const redis = new Redis(redisUrl);
      for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 500 })) {
        if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
      }
      redis.disconnect();
      if (missing.length > 0)
        throw new Error(`Give these fields a class in src/domain/data-map.ts: ${missing.join(', ')}`);
    },
  };
}

export type TestDatabase = ReturnType<typeof testDatabase>;

function given(name: 'TEST_MONGODB_URI' | 'TEST_REDIS_URL'): string {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `${name} is not set: run the tests with \`npm test\` or \`npx jest\`, whose global set-up sets it`,
    );
  return value;
}
