import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSettings } from '../../src/config';
import { lockHolder } from '../../src/store/data-lock';
import { type Engines, startEngines } from '../../src/store/engines';

declare global {
  var enginesOfThisRun: { engines: Engines; dataDir: string } | undefined;
}

const prefix = 'xiaoyi-test-';

/** Real engines for the whole run, on data of their own. However the run ends, their guards stop them. */
export default async function setUp(): Promise<void> {
  sweepOldData();
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  const engines = await startEngines({
    dataDir,
    settings: engineSettings(),
    mongo: true,
    redis: true,
    say: (line) => process.stderr.write(`${line}\n`),
    mongodArgs: [
      // Fail points, with which a test makes the server lose an answer.
      ...['--setParameter', 'enableTestCommands=1'],
      // Hundreds of databases come and go, each of some 300 files: what was dropped goes at once, and what nobody uses is closed, or
      // the server ends at its limit of open files.
      ...['--setParameter', 'minSnapshotHistoryWindowInSeconds=0'],
      ...['--wiredTigerEngineConfigString', 'file_manager=(close_idle_time=10,close_scan_interval=5)'],
    ],
  });
  globalThis.enginesOfThisRun = { engines, dataDir };
  process.env['TEST_MONGODB_URI'] = engines.mongoUri;
  process.env['TEST_REDIS_URL'] = engines.redisUrl;
}

/** A run that was killed could not clean up behind itself. */
function sweepOldData(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const dir = join(tmpdir(), name);
    const age = Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 60_000 && !lockHolder(dir)) rmSync(dir, { recursive: true, force: true });
  }
}
