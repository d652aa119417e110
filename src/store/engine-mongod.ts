import { join } from 'node:path';
import { messageOf } from '../errors';
import type { EnginePlace, EngineSpec } from './engine-process';
import { type EngineSecrets, engineUser } from './engine-secrets';

export const mongodPlace = (dataDir: string): EnginePlace => ({
  name: 'mongod',
  dir: join(dataDir, 'mongo'),
  dirOption: '--dbpath',
  logFile: join(dataDir, 'mongod.log'),
  pidFile: join(dataDir, 'mongo', 'mongod.lock'),
  identityFile: join(dataDir, 'mongod.process'),
});

/**
 * A mongod as a replica set of one, which is what transactions and majority writes need. A replica set remembers
 * its address: when the port had to change, its configuration is corrected before it is used.
 */
export function mongodSpec(options: {
  command: string;
  dataDir: string;
  port: number;
  secrets: EngineSecrets;
  more?: string[];
}): EngineSpec {
  const { command, dataDir, port, secrets, more = [] } = options;
  const place = mongodPlace(dataDir);
  return {
    ...place,
    command,
    args: [
      place.dirOption,
      place.dir,
      '--port',
      String(port),
      '--bind_ip',
      '127.0.0.1',
      '--nounixsocket',
      '--replSet',
      'rs0',
      '--auth',
      '--keyFile',
      secrets.keyFile,
      // Else anybody on this machine could make the first user.
      '--setParameter',
      'enableLocalhostAuthBypass=false',
      '--noscripting',
      '--oplogSize',
      '256',
      '--wiredTigerCacheSizeGB',
      '0.5',
      '--quiet',
      // A slow command would be logged with what a fan said in it.
      '--slowOpSampleRate',
      '0',
      '--setParameter',
      'diagnosticDataCollectionEnabled=false',
      // There is no other node to hand over to: stop at once.
      '--setParameter',
      'shutdownTimeoutMillisForSignaledShutdown=0',
      ...more,
    ],
    isReady: () => isReady(port, secrets),
  };
}

/** Without `secrets`: of a program of a version that had none, which runs still. */
export const mongoUri = (port: number, secrets: EngineSecrets | undefined): string =>
  secrets
    ? `mongodb://${engineUser}:${secrets.mongod}@127.0.0.1:${port}/xiaoyi?replicaSet=rs0&authSource=admin`
    : `mongodb://127.0.0.1:${port}/xiaoyi?replicaSet=rs0`;

/** Primary of its set of one, and knows our user. */
async function isReady(port: number, secrets: EngineSecrets): Promise<boolean> {
  if (!(await answers(port))) return false;
  const { mongo } = await import('mongoose');
  const host = `127.0.0.1:${port}`;
  const client = new mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
    auth: { username: '__system', password: secrets.key },
    authSource: 'local',
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 10_000,
    maxPoolSize: 1,
  });
  try {
    await client.connect();
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return hello['me'] === host && (await letIn(admin, secrets));
    if (hello['isreplicaset'] !== true) return false;
    return await configure({ admin, host });
  } finally {
    await client.close();
  }
}

type Admin = { command(command: Record<string, unknown>): Promise<Record<string, unknown>> };

/** All data, and to read how the server is; not its users, its set or its end. */
const roles = ['readWriteAnyDatabase', 'dbAdminAnyDatabase', 'clusterMonitor'];

async function letIn(admin: Admin, secrets: EngineSecrets): Promise<true> {
  const user = { pwd: secrets.mongod, roles, writeConcern: { w: 'majority' } };
  await admin.command({ updateUser: engineUser, ...user }).catch((error: unknown) => {
    if ((error as { codeName?: string }).codeName !== 'UserNotFound') throw error;
    return admin.command({ createUser: engineUser, ...user });
  });
  return true;
}

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
