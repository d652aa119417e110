import { createPushStage, type PushStage, paths, words } from './push-stage';

let stage: PushStage;
beforeAll(async () => {
  stage = await createPushStage();
});
afterAll(() => stage.close());

test('S1: template messages through kills: everybody has exactly one', async () => {
  const people = await stage.crowd('s1', 1_100);
  await stage.begin(
    stage.pushOf({
      id: 's1',
      class: 'service',
      audience: { to: '在名單「s1」裡' },
      routes: ['template'],
      content: { template: words.template },
    }),
  );
  const kills = await stage.goOnThrough([
    ['push-marked', 40],
    ['push-sent', 90],
    ['push-noted', 3],
    ['push-sent', 300],
    ['push-chunk-sent', 1],
  ]);
  expect(kills).toBe(5);
  const judged = await stage.judge('s1', people);
  expect(judged).toMatchObject({ wrong: [], counts: { sent: 1_100 }, state: 'finished', seen: 1_100 });
});

test('S2: customer messages through kills: nobody has two, and what is not known is bounded, told and left alone', async () => {
  const people = await stage.crowd('s2', 1_100);
  await stage.begin(stage.pushOf({ id: 's2', audience: { to: '在名單「s2」裡' } }));
  const kills = await stage.goOnThrough([
    ['push-marked', 30],
    ['push-sent', 100],
    ['push-sent', 200],
    ['push-noted', 5],
    ['push-chunk-sent', 1],
  ]);
  const { wrong, counts, state } = await stage.judge('s2', people);
  expect([wrong, state, kills]).toEqual([[], 'finished', 5]);
  expect(counts.unknown).toBeGreaterThan(0);
  expect(counts.unknown).toBeLessThanOrEqual(kills * 20);
  expect(counts.sent + counts.unknown).toBe(1_100);
  const missed = await stage.services().pushes.missed('s2', { limit: 2_000 });
  expect(missed).toHaveLength(counts.unknown);
  expect(missed.every(({ state: how, reason }) => how === 'unknown' && reason)).toBe(true);
  const before = stage.received(paths.customer);
  await stage.wake();
  await stage.goOn();
  expect(stage.received(paths.customer)).toEqual(before);
});
