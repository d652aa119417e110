import { pushPointsInSource } from './crash-sweep';
import { createPushSweep, type PushFlow } from './push-flows';

let sweep: Awaited<ReturnType<typeof createPushSweep>>;
let passing: Map<string, PushFlow[]>;
beforeAll(async () => {
  sweep = await createPushSweep();
  passing = await sweep.explore();
});
afterAll(() => sweep.close());

test('every crash point of pushes is passed by some flow', () => {
  expect(pushPointsInSource().filter((name) => !passing.has(name))).toEqual([]);
  expect(pushPointsInSource().length).toBeGreaterThanOrEqual(16);
});

// Of each the first flow that passes it; all flows and three passes by `npm run chaos`.
test.each(pushPointsInSource())(
  'a crash at %s: everybody is accounted for, and nobody has two',
  async (point) => {
    const [flow] = passing.get(point) ?? [];
    if (!flow) throw new Error(`No flow passes ${point}.`);
    expect(await sweep.run(flow, point)).toBe(true);
  },
);
