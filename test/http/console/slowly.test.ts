import { setImmediate as turn } from 'node:timers/promises';
import { slowly } from '../../../src/http/console/slowly';

test('A9: of 500 previews at once two run, the others wait their turn; what is looked at inside of one is part of it', async () => {
  let running = 0;
  let most = 0;
  const preview = () =>
    slowly(async () => {
      most = Math.max(most, ++running);
      await turn();
      const inside = await slowly(async () => 'counted');
      running--;
      return inside;
    });
  const all = await Promise.all(Array.from({ length: 500 }, preview));
  expect(all).toEqual(all.map(() => 'counted'));
  expect(most).toBe(2);
});

test('K18: whoever asks for more than can wait is told so, and what fails lets the next go on', async () => {
  const held: (() => void)[] = [];
  const asked = Array.from({ length: 700 }, () =>
    slowly(() => new Promise<string>((resolve) => held.push(() => resolve('done')))),
  );
  const ends = asked.map((one) => one.catch((error: Error) => error));
  for (let n = 0; n < 700; n++) {
    await turn();
    held.shift()?.();
  }
  const told = await Promise.all(ends);
  expect(told.filter((one) => one === 'done')).toHaveLength(602);
  expect(told.find((one) => one !== 'done')).toMatchObject({ kind: 'TooMany' });
  await expect(slowly(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await slowly(async () => 'next')).toBe('next');
});
