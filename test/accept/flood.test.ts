import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answersOf, createRig, heard, type Rig } from '../support/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig({ webs: 2, callbacks: { gapMs: 500 } });
});
afterAll(() => rig.close());

test('in the middle of her flood a copy of what was answered gets its words, whichever process it comes to', async () => {
  const lin = rig.openid();
  const first = rig.text(lin, '做 第一件');
  expect(heard(await rig.deliver(first, lin))).toEqual(['做好 第一件']);
  const flood = Array.from({ length: 800 }, (_, i) => rig.text(lin, `回聲 ${i}`));
  await Promise.all(flood.map((one) => rig.deliver(one, lin)));
  const kept = await rig.count('inbox', { fan: rig.app.services.subscribers.fanOf(lin) });
  expect(kept).toBeLessThan(801);
  for (let n = 0; n < 2; n++) expect(heard(await rig.deliver(first, lin))).toEqual(['做好 第一件']);
  // Still in the flood, unless the machine was so busy that its span is over.
  expect(['success', '新']).toContain(answersOf(await rig.deliver(rig.text(lin, '回聲 新'), lin)).at(-1));
  expect(await rig.count('enquiries', { words: '第一件' })).toBe(1);
});

test('what is remembered of a fan does not keep her message in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const long = '話'.repeat(12_000);
  const say = async (count: number) => {
    for (let wave = 0; wave < count; wave += 50)
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const openid = rig.openid();
          // A busy machine may answer with a failure, or too late to say more than that it came.
          const said = heard(await rig.deliver(rig.text(openid, long), openid));
          expect(['沒聽懂', 'success', undefined]).toContain(said.at(-1));
        }),
      );
  };
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  await say(250);
  // What is kept grows with every round; a pool or a buffer that grew once does not. A body is 24 KB in memory.
  const growth: number[] = [];
  while (growth.length < 4 && !growth.some((bytes) => bytes < 8_000)) {
    const before = held();
    await say(600);
    growth.push((held() - before) / 600);
  }
  expect(Math.min(...growth)).toBeLessThan(8_000);
});
