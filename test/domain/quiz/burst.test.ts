import { runBurst } from './burst';

test('a burst of answers to two processes, killed and with Redis wiped in between, counts each answer once', async () => {
  const { faults, figures } = await runBurst({
    waves: [400, 40],
    atOnce: 40,
    everyMs: 1_000,
    real: false,
    gapMs: 500,
    wipeRedis: async (redis, prefix) => {
      for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 }))
        if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
    },
  });
  expect(faults).toEqual([]);
  expect(figures.kills).toBeGreaterThan(0);
  // How many copies a machine answers in time is its own affair; that most come through is ours.
  expect(figures.acknowledged).toBeGreaterThan(figures.answered * 0.5);
});
