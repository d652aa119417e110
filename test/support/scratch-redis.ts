import { type ChildProcess, spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { freePort } from './rig';

/** A Redis of a test's own, which it may fill, kill and start again; the binary is the one of this run. Nothing is kept on disk. */
export async function createScratchRedis() {
  const shared = new Redis(process.env['TEST_REDIS_URL'] as string);
  const binary = /^executable:(\S+)/m.exec(await shared.info('server'))?.[1] ?? 'redis-server';
  shared.disconnect();
  const port = await freePort();
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    running = spawn(binary, [...args, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
    await ask((redis) => redis.ping());
  }
  async function kill(): Promise<void> {
    const server = running;
    running = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  }
  async function ask<T>(what: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
    redis.on('error', () => {}); // it is not up yet
    try {
      return await what(redis);
    } finally {
      redis.disconnect();
    }
  }
  // However the run ends.
  process.once('exit', () => running?.kill('SIGKILL'));
  await start();

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    ask,
    start,
    kill,
    /** From now on every command that needs memory is refused. */
    fill: () => ask((redis) => redis.config('SET', 'maxmemory', '1kb')),
    makeRoom: () => ask((redis) => redis.config('SET', 'maxmemory', '0')),
    close: kill,
  };
}
