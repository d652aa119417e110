import { createHints } from '../../src/jobs/queue';
import { createWorker } from '../../src/jobs/worker';
import { createLog } from '../../src/kit/log';
import { connectRedis } from '../../src/store/redis';
import { testDatabase } from '../support/database';
import { createFaultProxy, placeOf, throughPort } from '../support/fault-proxy';
import { until } from '../support/processes';

const database = testDatabase();
const log = createLog({ level: 'silent', name: 'test' });
const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => database.drop());

/** Hints by a good connection, and a worker that a proxy may come between. */
async function createQueue(watching?: { silentMs: number; canaryEveryMs: number }) {
  const proxy = await createFaultProxy(placeOf(database.redisUrl));
  const prefix = `${database.prefix}${ends.length}`;
  const redis = connectRedis(database.redisUrl, log);
  const hints = createHints({ redis, prefix });
  await new Promise((resolve) => redis.once('ready', resolve));
  const relayed = new Set<string>();
  const worker = createWorker({
    redisUrl: throughPort(database.redisUrl, proxy.port),
    prefix,
    relay: async (cause) => void relayed.add(cause),
    log,
    ...(watching ? { watching } : {}),
  });
  worker.start(() => hints.hint('canary'));
  ends.push(
    () => proxy.close(),
    () => redis.disconnect(),
    () => hints.close(),
    () => worker.close(),
  );
  const taken = async (cause: string) => {
    hints.hint(cause);
    await until(() => relayed.has(cause), { what: `the hint «${cause}» is taken` });
  };
  await taken('before');
  return { proxy, hints, taken };
}

test('D1: an idle worker that lost Redis takes the next hint when Redis is back', async () => {
  const { proxy, hints, taken } = await createQueue();
  proxy.cut();
  hints.hint('while it was gone');
  proxy.restore();
  await taken('afterwards');
  await taken('while it was gone');
});

test('D1: a worker takes hints after its connections broke while it waited for one, again and again', async () => {
  const { proxy, taken } = await createQueue();
  for (let n = 0; n < 10; n++) {
    proxy.cut();
    proxy.restore();
    await until(() => proxy.connections() > 0, { what: 'it connects again' });
    if (n % 5 === 4) await taken(`after ${n}`);
  }
});

test('D1: a worker whose connections hang without a word is built anew', async () => {
  const { proxy, taken } = await createQueue({ silentMs: 1_000, canaryEveryMs: 200 });
  const before = proxy.connections();
  for (let n = 0; n < 3; n++) {
    proxy.hang();
    await taken(`after ${n}`);
  }
  await until(() => proxy.connections() <= before, { what: 'it leaves no connection behind' });
});
