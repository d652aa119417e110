import { join } from 'node:path';
import { messageOf } from '../errors';
import type { EngineSpec } from './engine-process';

/**
 * A mongod as a replica set of one, which is what transactions and majority writes need. A replica set remembers
 * its address: when the port had to change, its configuration is corrected before it is used.
 */
export function mongodSpec(options: {
  command: string;
  dataDir: string;
  port: number;
  more?: string[];
}): EngineSpec {
  const { command, dataDir, port, more = [] } = options;
  const dir = join(dataDir, 'mongo');
  return {
    name: 'mongod',
    command,
    dir,
    args: [
      '--dbpath',
      dir,
      '--port',
      String(port),
      '--bind_ip',
      '127.0.0.1',
      '--nounixsocket',
      '--replSet',
      'rs0',
      '--oplogSize',
      '256',
      '--wiredTigerCacheSizeGB',
      '0.5',
      '--quiet',
      '--slowms',
      '1000',
      '--setParameter',
      'diagnosticDataCollectionEnabled=false',
      // There is no other node to hand over to: stop at once.
      '--setParameter',
      'shutdownTimeoutMillisForSignaledShutdown=0',
      ...more,
    ],
    logFile: join(dataDir, 'mongod.log'),
    pidFile: join(dir, 'mongod.lock'),
    isReady: () => isPrimary(port),
  };
}

export const mongoUri = (port: number): string => `mongodb://127.0.0.1:${port}/xiaoyi?replicaSet=rs0`;

async function isPrimary(port: number): Promise<boolean> {
  if (!(await answers(port))) return false;
  const { mongo } = await import('mongoose');
  const host = `127.0.0.1:${port}`;
  const client = new mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 10_000,
    maxPoolSize: 1,
  });
  try {
    await client.connect();
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return hello['me'] === host;
    if (hello['isreplicaset'] !== true) return false;
    return await configure({ admin, host });
  } finally {
    await client.close();
  }
}

type Admin = { command(command: Record<string, unknown>): Promise<Record<string, unknown>> };

/** Gives a new server its set of one, or an old one its new address. */
async function configure({ admin, host }: { admin: Admin; host: string }): Promise<boolean> {
  const found = await admin.command({ replSetGetConfig: 1 }).catch((error: unknown) => messageOf(error));
  if (typeof found === 'string') {
    if (!/no replset config|not yet initialized/i.test(found)) return false;
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    return false;
  }
  const config = found['config'] as { version: number; members: { _id: number; host: string }[] };
  if (config.members.length === 1 && config.members[0]?.host === host) return false;
  await admin.command({
    replSetReconfig: { ...config, version: config.version + 1, members: [{ _id: 0, host }] },
    force: true,
  });
  return false;
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
