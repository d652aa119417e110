import { createPacer } from '../../src/kit/pacer';

/** A clock that stands still, but for waiting. Tells when each of `n` turns came. */
async function turnsOf(n: number, perSecond: number, idleBefore: number[] = []) {
  let now = 1_000_000;
  const pacer = createPacer({
    perSecond,
    now: () => now,
    wait: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  });
  const turns: number[] = [];
  for (let i = 0; i < n; i++) {
    now += idleBefore[i] ?? 0;
    await pacer.take();
    turns.push(now - 1_000_000);
  }
  return turns;
}

test('turns come evenly, the first one at once', async () => {
  const turns = await turnsOf(101, 50);
  expect(turns[0]).toBe(0);
  // What 50 ms bring: two turns and a half.
  expect(turns.filter((at) => at === 0)).toHaveLength(3);
  expect(turns.at(-1)).toBe(100 * 20 - 50);
});

test('in no second are there more than the rate and what 50 ms bring', async () => {
  const turns = await turnsOf(500, 100);
  const most = Math.max(...turns.map((from) => turns.filter((at) => at >= from && at < from + 1_000).length));
  expect(most).toBeLessThanOrEqual(106);
});

test('who was idle for an hour may not catch up', async () => {
  const turns = await turnsOf(4, 1, [0, 0, 3_600_000, 0]);
  expect(turns).toEqual([0, 950, 3_600_950, 3_601_900]);
});

test('those who ask at once wait each for their own turn, in order', async () => {
  const waits: number[] = [];
  const pacer = createPacer({
    perSecond: 10,
    now: () => 0,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  await Promise.all(Array.from({ length: 5 }, () => pacer.take()));
  expect(waits).toEqual([50, 150, 250, 350]);
});
