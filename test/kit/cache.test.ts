import { createCache } from '../../src/kit/cache';
import { createHandClock } from '../support/loopback';

function cacheOf(max = 3) {
  const clock = createHandClock();
  return {
    clock,
    cache: createCache<string>({ max, freshMs: 1000, staleMs: 10_000, retryMs: 500, now: clock.now }),
  };
}
const fails = () => Promise.reject(new Error('down'));

test('a fresh answer is not asked for again; an old one is', async () => {
  const { cache, clock } = cacheOf();
  const start = clock.now();
  await cache.get('a', async () => 'one');
  clock.pass(999);
  expect(await cache.get('a', async () => 'two')).toEqual({ value: 'one', at: start, stale: false });
  clock.pass(1);
  expect(await cache.get('a', async () => 'two')).toEqual({ value: 'two', at: start + 1000, stale: false });
});

test('many asking for the same at once are one question', async () => {
  const { cache } = cacheOf();
  let loads = 0;
  const load = async () => `load ${++loads}`;
  const answers = await Promise.all(Array.from({ length: 20 }, () => cache.get('a', load)));
  expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(['load 1']));
});

test('a failure is told to all who waited, and not remembered', async () => {
  const { cache } = cacheOf();
  const both = await Promise.allSettled([cache.get('a', fails), cache.get('a', fails)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await cache.get('a', async () => 'one')).value).toBe('one');
});

test('when renewing fails the old answer is served, without a try each time, until it is too old', async () => {
  const { cache, clock } = cacheOf();
  await cache.get('a', async () => 'one');
  clock.pass(2000);
  expect(await cache.get('a', fails)).toMatchObject({ value: 'one', stale: true });
  expect(await cache.get('a', async () => 'two')).toMatchObject({ value: 'one', stale: true });
  clock.pass(500);
  expect(await cache.get('a', async () => 'two')).toMatchObject({ value: 'two', stale: false });
  clock.pass(10_000);
  await expect(cache.get('a', fails)).rejects.toThrow('down');
});

test('it holds so many and lets go of the longest unused', async () => {
  const { cache } = cacheOf(2);
  await cache.get('a', async () => 'a');
  await cache.get('b', async () => 'b');
  await cache.get('a', fails);
  await cache.get('c', async () => 'c');
  expect(cache.size()).toBe(2);
  expect((await cache.get('a', fails)).value).toBe('a');
  await expect(cache.get('b', fails)).rejects.toThrow('down');
});
