import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simulatedAccount } from '../../src/simulator/account';
import { answerParent } from './child';
import type { Usage } from './peer';

/** What the platform took: how many messages, of how many people. */
export type Taken = { messages: number; people: number };

const usage = (): Usage => {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rss: process.memoryUsage().rss };
};

const parts: Record<string, () => Promise<void>> = {
  /** WeChat, as far as sending goes: every call takes `LATENCY_MS`, and who got something is remembered. */
  async platform() {
    const latencyMs = Number(process.env['LATENCY_MS']);
    const people = new Set<string>();
    let messages = 0;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const isToken = request.url?.startsWith('/cgi-bin/stable_token');
        const body = isToken ? '{"access_token":"bench","expires_in":7200}' : '{"errcode":0,"errmsg":"ok"}';
        const end = () => response.setHeader('content-type', 'application/json').end(body);
        if (isToken) return end();
        setTimeout(() => {
          messages++;
          people.add(/"touser":"([^"]+)"/.exec(Buffer.concat(chunks).toString('latin1'))?.[1] ?? '');
          end();
        }, latencyMs);
      });
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    answerParent(
      {
        port: () => (server.address() as AddressInfo).port,
        taken: (): Taken => ({ messages, people: people.size }),
        forget: () => {
          people.clear();
          messages = 0;
        },
      },
      async () => void server.close(),
    );
  },

  /** A worker of ours. */
  async ours() {
    const { createApp } = require('../../src/app') as typeof import('../../src/app');
    const { loadConfig } = require('../../src/config') as typeof import('../../src/config');
    const config = loadConfig({ ...simulatedAccount.env(3_000), ...process.env });
    const { MONGODB_URI: mongoUri = '', REDIS_URL: redisUrl = '' } = config;
    const app = await createApp(config, {
      mongoUri,
      redisUrl,
      role: 'worker',
      database: process.env['DATABASE'] ?? 'bench-push',
    });
    await app.prepare();
    const { pushes } = app.services;
    answerParent(
      {
        begin: async (id: string) => {
          const { definition } =
            require('../../src/domain/pushes/push') as typeof import('../../src/domain/pushes/push');
          await pushes.save(
            definition.parse({
              id,
              name: id,
              class: 'service',
              audience: { to: process.env['TO'] ?? '用繁體字' },
              routes: ['customer'],
              quiet: { from: '00:00', to: '00:00' },
              cap: { most: 0, days: 7 },
              content: { customer: { kind: 'text', text: '{名字|朋友}，周末去哪裡？' } },
            }),
            'bench',
          );
          const started = await pushes.start(id, 'bench');
          const from = performance.now();
          await pushes.begin(id, started.version);
          return performance.now() - from;
        },
        work: () => pushes.upkeep.work.start(),
        rest: () => pushes.upkeep.work.close(),
        status: async (id: string) => {
          const { people, waiting, counts, state } = await pushes.status(id);
          return { people, waiting, counts, state };
        },
        usage,
      },
      app.close,
    );
  },

  /** As tutorials do it: a job for each recipient, a worker that sends it. Nothing is written down but in Redis. */
  async naive() {
    const { Queue, Worker } = require('bullmq') as typeof import('bullmq');
    const { Redis } = require('ioredis') as typeof import('ioredis');
    const connect = () => new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null });
    const queue = new Queue('naive', { connection: connect() });
    const url = `${process.env['WECHAT_API_URL']}/cgi-bin/message/custom/send?access_token=bench`;
    let worker: InstanceType<typeof Worker> | undefined;
    const counts = async () => queue.getJobCounts('wait', 'active', 'completed', 'failed');
    answerParent(
      {
        begin: async (people: number) => {
          const from = performance.now();
          for (let at = 0; at < people; at += 1_000)
            await queue.addBulk(
              Array.from({ length: Math.min(1_000, people - at) }, (_, i) => ({
                name: 'send',
                data: { openid: `oPush${at + i}` },
                opts: { removeOnComplete: true },
              })),
            );
          return performance.now() - from;
        },
        work: () => {
          worker = new Worker(
            'naive',
            async (job) => {
              const { openid } = job.data as { openid: string };
              const text = { content: '朋友，周末去哪裡？' };
              const answer = await fetch(url, {
                method: 'POST',
                body: JSON.stringify({ touser: openid, msgtype: 'text', text }),
              });
              await answer.json();
            },
            { connection: connect(), concurrency: Number(process.env['PUSH_IN_FLIGHT']) },
          );
        },
        rest: () => worker?.close(),
        status: counts,
        usage,
      },
      async () => {
        await worker?.close();
        await queue.close();
      },
    );
  },
};

void parts[process.argv[2] ?? '']?.();
