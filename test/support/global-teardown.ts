import { rmSync } from 'node:fs';
import './global-setup';

export default async function tearDown(): Promise<void> {
  const run = globalThis.enginesOfThisRun;
  if (!run) return;
  await run.engines.stop();
  rmSync(run.dataDir, { recursive: true, force: true });
}
