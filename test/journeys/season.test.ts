import { isWrong, pageOf } from '../../src/simulator/season/page';
import { runSeason } from '../../src/simulator/season/season';
import { testDatabase } from '../support/database';

/** In full: `npm run season` (docs/season.md). */
const database = testDatabase();
beforeAll(() => database.connect());
afterAll(() => database.drop());

test('a small town plays two days, and all it was told is true', async () => {
  const season = await runSeason({
    mongoUri: database.uri,
    redisUrl: database.redisUrl,
    database: database.name,
    fans: 25,
    days: 2,
    seed: '1',
    say: () => {},
  });
  expect(season.differences).toEqual([]);
  expect(isWrong(season)).toBe(false);
  expect(season.outcome.review.byMistake).toEqual([]);
  expect(pageOf(season)).toContain('| oracle: what fans read');
});
