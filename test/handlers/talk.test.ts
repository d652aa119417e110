import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

test('a handler that throws fails the test, unless the test asks for what a fan reads then', async () => {
  const broken = async (mayFail: boolean) => {
    const talk = await createTalk(database, { mayFail });
    talk.services.weather.at = () => Promise.reject(new Error('no weather today'));
    return talk.fan().says('杭州天氣');
  };
  await expect(broken(false)).rejects.toThrow('no weather today');
  expect(await broken(true)).toMatch(/[。！]$/);
});
