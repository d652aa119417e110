import { connect } from 'node:net';
import { join } from 'node:path';
import type { EngineSpec } from './engine-process';

/** A redis-server that keeps what it is told (append-only file) and never throws keys away to make room. */
export function redisSpec(options: { command: string; dataDir: string; port: number }): EngineSpec {
  const { command, dataDir, port } = options;
  const dir = join(dataDir, 'redis');
  const pidFile = join(dir, 'redis.pid');
  return {
    name: 'redis-server',
    command,
    dir,
    args: [
      '--dir',
      dir,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--pidfile',
      pidFile,
      '--daemonize',
      'no',
      '--appendonly',
      'yes',
      '--appendfsync',
      'everysec',
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
      // Keeps its arguments to be seen, which is how a leftover is recognised.
      '--set-proc-title',
      'no',
    ],
    logFile: join(dataDir, 'redis.log'),
    pidFile,
    isReady: () => answersPing(port),
  };
}

export const redisUrl = (port: number): string => `redis://127.0.0.1:${port}/0`;

/** While it loads its file it answers LOADING, which is not ready. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}
