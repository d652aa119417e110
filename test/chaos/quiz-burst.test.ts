import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSettings } from '../../src/config';
import { startEngines } from '../../src/store/engines';
import { runBurst } from '../domain/quiz/burst';

/** A Redis of its own: it loses everything in the middle. */
test('10,000 answers in one burst to two processes, one killed every 2 s, and Redis emptied in the middle', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-test-burst-'));
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const engines = await startEngines({
    dataDir,
    settings: engineSettings(),
    mongo: false,
    redis: true,
    say,
  });
  try {
    const { faults, figures } = await runBurst({
      waves: [10_000, 600, 600],
      atOnce: 100,
      everyMs: 2_000,
      real: true,
      gapMs: 3_000,
      redisUrl: engines.redisUrl ?? '',
      wipeRedis: async (redis) => redis.unlink(await redis.keys('*')),
      say,
    });
    say(JSON.stringify(figures));
    expect(faults).toEqual([]);
    expect(figures.wiped).toBe(1);
    expect(figures.kills).toBeGreaterThan(4);
    expect(figures.answered).toBeGreaterThan(10_000);
    // The rest met a dying process with all three copies: WeChat would tell the fan, and she would try again.
    expect(figures.acknowledged).toBeGreaterThan(figures.answered * 0.8);
  } finally {
    await engines.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 900_000);
