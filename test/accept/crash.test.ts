import { crashPointsInSource, createSweep, type Sweep } from './crash-sweep';
import { type Flow, flows } from './flows';

let sweep: Sweep;
let passing: Map<string, Flow[]>;
beforeAll(async () => {
  sweep = await createSweep(flows);
  passing = await sweep.explore();
});
afterAll(() => sweep.close());

test('C3: every crash point in the source is passed by some flow', () => {
  expect(crashPointsInSource().filter((name) => !passing.has(name))).toEqual([]);
  expect(crashPointsInSource().length).toBeGreaterThanOrEqual(30);
});

test.each(crashPointsInSource())('C3: a crash at %s costs nothing and doubles nothing', async (point) => {
  const [flow] = passing.get(point) ?? [];
  if (!flow) throw new Error(`No flow passes ${point}.`);
  expect(await sweep.run(flow, point)).toBe(true);
});
