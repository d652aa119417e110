import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { engineSettings } from '../src/config';
import { isWrong, pageOf } from '../src/simulator/season/page';
import { runSeason } from '../src/simulator/season/season';
import { startEngines } from '../src/store/engines';

/** `npm run season -- [--fans 1000] [--days 7] [--seed 1]`: docs/season.md. On engines and data of its own. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      fans: { type: 'string', default: '1000' },
      days: { type: 'string', default: '7' },
      seed: { type: 'string', default: '1' },
    },
  });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-season-'));
  const engines = await startEngines({ dataDir, settings: engineSettings(), mongo: true, redis: true, say });
  const stop = async () => {
    await engines.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  try {
    const result = await runSeason({
      mongoUri: engines.mongoUri ?? '',
      redisUrl: engines.redisUrl ?? '',
      database: 'season',
      fans: Number(values.fans),
      days: Number(values.days),
      seed: values.seed,
      say,
    });
    console.log(pageOf(result));
    for (const difference of result.differences) console.error(difference);
    if (isWrong(result)) process.exitCode = 1;
  } finally {
    await stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
});
