import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type Connection } from 'mongoose';
import { freePort } from './rig';

/**
 * A replica set of a test's own, which it may kill, restart and depose; the binary is the one of this run.
 * `electionMs`: how long the others miss a primary before they elect (MongoDB's own default: 10 s).
 */
export async function createScratchSet(nodes = 1, { electionMs = 2_000 } = {}) {
  const shared = await open(process.env['TEST_MONGODB_URI'] as string);
  const options = await shared.db?.admin().command({ getCmdLineOpts: 1 });
  const { argv } = options as unknown as { argv: string[] };
  await shared.close();
  const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-set-'));
  const ports = await Promise.all(Array.from({ length: nodes }, freePort));
  const running = new Map<number, ChildProcess>();

  const start = (port: number): void => {
    const dir = mkdirIn(folder, port);
    const args = ['--dbpath', dir, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'scratch'];
    const mongod = spawn(
      argv[0] as string,
      [...args, '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'],
      {
        stdio: 'ignore',
      },
    );
    running.set(port, mongod);
  };
  const uri = `mongodb://${ports.map((port) => `127.0.0.1:${port}`).join()}/?replicaSet=scratch`;
  const direct = (port: number) => `mongodb://127.0.0.1:${port}/?directConnection=true`;

  for (const port of ports) start(port);
  // However the run ends; a set that never came up has nobody who closes it.
  process.once('exit', () => {
    for (const mongod of running.values()) mongod.kill('SIGKILL');
  });
  // All of them must answer before they can be a set.
  for (const port of ports) await (await open(direct(port))).close();
  const first = await open(direct(ports[0] as number));
  await first.db?.admin().command({
    replSetInitiate: {
      _id: 'scratch',
      members: ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` })),
      settings: { electionTimeoutMillis: electionMs },
    },
  });
  await first.close();
  const whole = await open(uri);
  await whole.db?.admin().command({ ping: 1 });
  await whole.close();

  /** The port of a primary that the set agrees on; waits for one. */
  async function primary(): Promise<number> {
    const set = await open(uri);
    const hello = await set.db?.admin().command({ hello: 1 }, { readPreference: 'primary' });
    await set.close();
    return Number(String(hello?.['primary']).split(':')[1]);
  }

  return {
    uri,
    ports,
    primary,
    /** Ends a node without warning; resolves when it is gone. */
    async kill(port: number): Promise<void> {
      const mongod = running.get(port);
      if (!mongod || mongod.exitCode !== null || mongod.signalCode !== null) return;
      const gone = new Promise((resolve) => mongod.once('exit', resolve));
      mongod.kill('SIGKILL');
      await gone;
    },
    start,
    async stepDown(): Promise<void> {
      const set = await open(uri);
      await set.db
        ?.admin()
        .command({ replSetStepDown: 5, force: true })
        .catch(() => {});
      await set.close();
    },
    async close(): Promise<void> {
      await Promise.all(ports.map((port) => this.kill(port)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type ScratchSet = Awaited<ReturnType<typeof createScratchSet>>;

const open = (uri: string): Promise<Connection> =>
  mongoose.createConnection(uri, { dbName: 'admin', serverSelectionTimeoutMS: 20_000 }).asPromise();

function mkdirIn(folder: string, port: number): string {
  const dir = join(folder, String(port));
  mkdirSync(dir, { recursive: true });
  return dir;
}
