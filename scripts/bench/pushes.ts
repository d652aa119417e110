import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { engineSettings } from '../../src/config';
import { createLog } from '../../src/kit/log';
import { startEngines } from '../../src/store/engines';
import { connectMongo } from '../../src/store/mongo';
import { connectRedis } from '../../src/store/redis';
import { type Child, startChild } from './child';
import type { Slice } from './driver';
import { percentile, tabled } from './figures';
import type { Usage } from './peer';
import type { Taken } from './sender';

const latencyMs = 100;
/** One worker is asked for a thousand a second. */
const whole = { inFlight: 100, perSecond: 1_000 };
/** Two of these beside each other, so that the machine itself is not what is measured. */
const part = { inFlight: 20, perSecond: 1_000 };
const sliceMs = 20_000;

type Sending = { perSecond: number; rss: number; cpuMicros: number };

/**
 * What a push to `people` costs: freezing its audience, sending by one worker and by two against a platform that answers after
 * `latencyMs`, callbacks beside it, and the same as a job for each recipient. `toTheEnd`: everybody is sent to, and counted.
 */
export async function pushCosts(people: number, toTheEnd: boolean): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-bench-'));
  const engines = await startEngines({ dataDir, settings: engineSettings(), mongo: true, redis: true, say });
  const children: Child[] = [];
  const env = {
    MONGODB_URI: engines.mongoUri ?? '',
    REDIS_URL: engines.redisUrl ?? '',
    DATA_KEY: 'a key for measuring, longer than thirty-two',
    PUSH_APPROVAL_ABOVE: '100000000',
    LOG_LEVEL: 'error',
  };
  const begin = (file: 'driver' | 'peer' | 'sender', name: string, more: Record<string, string> = {}) => {
    const child = startChild({
      file,
      part: name,
      env: { ...env, ...more },
      // As `main` starts a worker.
      ...(name === 'ours' && file === 'sender' ? { nodeArgs: ['--max-semi-space-size=4'] } : {}),
    });
    children.push(child);
    return child;
  };
  const redis = connectRedis(env.REDIS_URL, createLog({ level: 'silent', name: 'bench' }));
  const redisMiB = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]) / 2 ** 20;
  try {
    await bring(env.MONGODB_URI, people);
    const platform = begin('sender', 'platform', { LATENCY_MS: String(latencyMs) });
    const api = { WECHAT_API_URL: `http://127.0.0.1:${await platform.ask<number>('port')}` };
    const worker = ({ inFlight, perSecond }: typeof whole) =>
      begin('sender', 'ours', {
        ...api,
        PUSH_IN_FLIGHT: String(inFlight),
        PUSH_PER_SECOND: String(perSecond),
      });
    const rows: string[][] = [['', 'a second', 'of in flight ÷ latency', 'CPU µs each', 'RSS MiB']];
    const told = (name: string, { perSecond, rss, cpuMicros }: Sending, ideal: number) =>
      rows.push([
        name,
        perSecond.toFixed(0),
        (perSecond / ideal).toFixed(2),
        cpuMicros.toFixed(0),
        (rss / 2 ** 20).toFixed(0),
      ]);
    const slice = async (workers: Child[]): Promise<Sending> => {
      const usages = () => Promise.all(workers.map((one) => one.ask<Usage>('usage')));
      await wait(3_000); // at full speed by then
      const [before, from] = [await platform.ask<Taken>('taken'), await usages()];
      const started = performance.now();
      await wait(sliceMs);
      const [after, to] = [await platform.ask<Taken>('taken'), await usages()];
      const messages = after.messages - before.messages;
      const cpu = to.reduce((sum, one, i) => sum + one.cpuMicros - (from[i]?.cpuMicros ?? 0), 0);
      return {
        perSecond: (messages / (performance.now() - started)) * 1_000,
        rss: Math.max(...to.map(({ rss }) => rss)),
        cpuMicros: cpu / Math.max(1, messages),
      };
    };
    const idealOf = ({ inFlight, perSecond }: typeof whole) =>
      Math.min(perSecond, (inFlight * 1_000) / latencyMs);

    say(`${people} people; a slice is ${sliceMs / 1_000} s …`);
    const one = worker(whole);
    const froze = await one.ask<number>('begin', 'whole');
    await one.ask('work');
    told('one worker', await slice([one]), idealOf(whole));
    say('Callbacks beside it …');
    const web = begin('peer', 'ours');
    const driver = begin('driver', 'load');
    const port = await web.ask<number>('port');
    const load = { connections: 32, letters: 1_000, again: false, says: 'keyword' as const, port };
    await driver.ask<Slice>('run', { ...load, rate: 100, seconds: 5, from: 0 });
    const beside = await driver.ask<Slice>('run', { ...load, rate: 100, seconds: 10, from: 1_000 });
    const redisAtWork = await redisMiB();
    if (toTheEnd) await finished(one, 'whole', people, platform);
    await one.ask('rest');
    await web.stop();
    await one.stop();

    const [first, second] = [worker(part), worker(part)] as const;
    await first.ask('begin', 'parts');
    await first.ask('work');
    const alone = await slice([first]);
    told(`one worker, ${part.inFlight} in flight`, alone, idealOf(part));
    await second.ask('work');
    const both = await slice([first, second]);
    told(`two workers, ${part.inFlight} in flight each`, both, 2 * idealOf(part));
    for (const child of [first, second]) {
      await child.ask('rest');
      await child.stop();
    }

    const naive = begin('sender', 'naive', { ...api, PUSH_IN_FLIGHT: String(whole.inFlight) });
    const idle = await redisMiB();
    const enqueued = await naive.ask<number>('begin', people);
    const naiveRedis = (await redisMiB()) - idle;
    await naive.ask('work');
    told('a job for each recipient', await slice([naive]), idealOf(whole));
    await naive.ask('rest');

    console.log(`\n${tabled(rows)}`);
    console.log(
      [
        `The audience of ${people} frozen in ${(froze / 1_000).toFixed(2)} s, as jobs enqueued in ${(enqueued / 1_000).toFixed(2)} s (${(froze / enqueued).toFixed(2)}).`,
        `Redis: ${redisAtWork.toFixed(1)} MiB while ours sends; ${naiveRedis.toFixed(1)} MiB more for the jobs.`,
        `Two workers ÷ one: ${(both.perSecond / alone.perSecond).toFixed(2)}.`,
        `Callbacks at 100/s beside the first worker: p50 ${percentile(beside.latencies, 0.5).toFixed(1)} ms, p99 ${percentile(beside.latencies, 0.99).toFixed(1)} ms.`,
      ].join('\n'),
    );
  } finally {
    redis.disconnect();
    await Promise.all(children.map((child) => child.stop()));
    await engines.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

type Told = {
  people: number;
  waiting: number;
  counts: { sent: number; unknown: number; failed: number; skipped: number };
};

/** Nobody was left out, and nobody got it twice. */
async function finished(worker: Child, push: string, people: number, platform: Child): Promise<void> {
  const from = performance.now();
  for (;;) {
    const status = await worker.ask<Told>('status', push);
    say(`${status.people - status.waiting} of ${status.people} …`);
    if (status.waiting === 0) {
      const taken = await platform.ask<Taken>('taken');
      const { rss } = await worker.ask<Usage>('usage');
      console.log(
        `To the end in ${((performance.now() - from) / 1_000).toFixed(0)} s more: ${JSON.stringify(status.counts)}; the platform took ${taken.messages} messages to ${taken.people} people; RSS ${(rss / 2 ** 20).toFixed(0)} MiB.`,
      );
      if (taken.messages !== people || taken.people !== people || status.counts.sent !== people)
        throw new Error('The account is not exact.');
      return;
    }
    await wait(10_000);
  }
}

/** People who all wrote a moment ago. */
async function bring(mongoUri: string, people: number): Promise<void> {
  const db = await connectMongo(mongoUri, { appName: 'bench', database: 'bench-push' });
  const now = Date.now();
  const put = (collection: string, rows: { _id: string }[]) =>
    db.collection<{ _id: string }>(collection).insertMany(rows, { ordered: false });
  for (let at = 0; at < people; at += 10_000) {
    const some = Array.from({ length: Math.min(10_000, people - at) }, (_, i) => at + i);
    const name = (n: number) => `pushed${String(n).padStart(16, '0')}`;
    await put(
      'subscribers',
      some.map((n) => ({
        _id: `f${name(n)}`,
        openid: `oPush${String(n).padStart(23, '0')}`,
        pid: name(n),
        v: 0,
        following: true,
        followedAt: new Date(now),
        once: [],
        talk: {},
        mailbox: [],
        seenAt: new Date(now),
        script: 'hant',
      })),
    );
    await put(
      'reach',
      some.map((n) => ({ _id: `f${name(n)}`, pid: name(n), talk: now })),
    );
    await put(
      'people',
      some.map((n) => ({
        _id: name(n),
        t: ['script:hant'],
        n: {},
        r: Math.imul(n + 1, 2_654_435_761) >>> 1,
      })),
    );
  }
  await db.collection('subscribers').createIndex({ pid: 1 }, { unique: true });
  await db.collection('people').createIndex({ t: 1 });
  await db.collection('people').createIndex({ r: 1 });
  await db.close();
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
