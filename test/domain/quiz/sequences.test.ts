import { createStreet, runSequences, type Street } from './sequences';

let street: Street;
beforeAll(async () => {
  street = await createStreet();
});
afterAll(() => street.close());

test(
  'C11: whatever fans do, in whatever order the work behind it is done, comes out as the model says',
  () => runSequences(street, { numRuns: 30, most: 20 }),
  120_000,
);
