import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { EnginePlace, EngineSpec } from './engine-process';
import { type EngineSecrets, engineUser } from './engine-secrets';

export const redisPlace = (dataDir: string): EnginePlace => ({
  name: 'redis-server',
  dir: join(dataDir, 'redis'),
  dirOption: '--dir',
  logFile: join(dataDir, 'redis.log'),
  pidFile: join(dataDir, 'redis', 'redis.pid'),
  identityFile: join(dataDir, 'redis.process'),
});

/** A redis-server that keeps what it is told (append-only file) and never throws keys away to make room. */
export function redisSpec(options: {
  command: string;
  dataDir: string;
  port: number;
  secrets: EngineSecrets;
}): EngineSpec {
  const { command, dataDir, port, secrets } = options;
  const place = redisPlace(dataDir);
  return {
    ...place,
    command,
    args: [
      writeUsers(place.dir, secrets),
      place.dirOption,
      place.dir,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--pidfile',
      place.pidFile,
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
    isReady: () => answersPing(port, secrets),
  };
}

/**
 * Nobody but our user, and she cannot make the server write files, load code, follow another or empty itself.
 * The exceptions are what BullMQ, ioredis and a look at the keys need. Every server from 6.2 on knows these words.
 */
function writeUsers(dir: string, secrets: EngineSecrets): string {
  const file = join(dir, 'redis.conf');
  const password = createHash('sha256').update(secrets.redis).digest('hex');
  const may = '~* &* +@all -@dangerous +info +keys +client|setname';
  writeFileSync(`${file}.new`, `user default off\nuser ${engineUser} on #${password} ${may}\n`, {
    mode: 0o600,
  });
  renameSync(`${file}.new`, file);
  return file;
}

/** Without `secrets`: of a program of a version that had none, which runs still. */
export const redisUrl = (port: number, secrets: EngineSecrets | undefined): string =>
  `redis://${secrets ? `${engineUser}:${secrets.redis}@` : ''}127.0.0.1:${port}/0`;

/** While it loads its file it answers LOADING, which is not ready. */
function answersPing(port: number, secrets: EngineSecrets): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () =>
      socket.write(`AUTH ${engineUser} ${secrets.redis}\r\nPING\r\n`),
    );
    let answers = '';
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (data) => {
      answers += data.toString();
      if (answers.split('\r\n').length > 2 || answers.startsWith('-')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answers.startsWith('+OK\r\n+PONG')));
  });
}
