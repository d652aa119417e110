import { createStreet, runSequences, type Street } from '../domain/quiz/sequences';

/** Side by side, each on a database of its own. */
test('C11, full: 2,000 sequences of up to sixty deeds come out as the model says', async () => {
  const streets: Street[] = [];
  try {
    for (let n = 0; n < 4; n++) streets.push(await createStreet());
    await Promise.all(streets.map((street) => runSequences(street, { numRuns: 500, most: 60 })));
  } finally {
    for (const street of streets) await street.close();
  }
}, 2_400_000);
