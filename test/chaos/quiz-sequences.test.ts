import { createStreet, runSequences } from '../domain/quiz/sequences';

/** Side by side, each on a database of its own. */
test('C11, full: 2,000 sequences of up to sixty deeds come out as the model says', async () => {
  const streets = await Promise.all([1, 2, 3, 4].map(createStreet));
  try {
    await Promise.all(streets.map((street) => runSequences(street, { numRuns: 500, most: 60 })));
  } finally {
    for (const street of streets) await street.close();
  }
}, 2_400_000);
