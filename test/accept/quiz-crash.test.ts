import { join } from 'node:path';
import { root } from '../../src/kit/root';
import { createSweep, quizPointsInSource, type Sweep } from './crash-sweep';
import type { Flow } from './flows';
import { quizFlows } from './quiz-flows';

let sweep: Sweep;
let passing: Map<string, Flow[]>;
beforeAll(async () => {
  sweep = await createSweep(quizFlows, { handlers: join(root, 'handlers'), at: '2026-11-24T09:50' });
  passing = await sweep.explore();
});
afterAll(() => sweep.close());

test('every crash point of quiz, prizes and points is passed by some flow', () => {
  expect(quizPointsInSource().filter((name) => !passing.has(name))).toEqual([]);
  expect(quizPointsInSource().length).toBeGreaterThanOrEqual(35);
});

/** Those are swept with each run of the tests too, by the tests of projector and settlement; here by `npm run chaos`. */
const elsewhere = [
  'projector.ts',
  'project.ts',
  'giving.ts',
  'holds.ts',
  'passing.ts',
  'progress.ts',
  'draw.ts',
];

test.each(quizPointsInSource(elsewhere))('a crash at %s costs nothing and doubles nothing', async (point) => {
  const [flow] = passing.get(point) ?? [];
  if (!flow) throw new Error(`No flow passes ${point}.`);
  expect(await sweep.run(flow, point)).toBe(true);
});
