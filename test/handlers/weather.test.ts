import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

test('now, three days, what to wear, and that the weather is invented', async () => {
  const said = await talk.fan().says('杭州天氣');
  expect(said).toMatch(/^杭州天氣（示例天氣，不是實況）/);
  expect(said).toMatch(/現在 .+ -?\d+°C/);
  expect(said).toMatch(/今天 .+\n明天 .+\n週二 .+\n週三 /);
  expect(said).toMatch(/10:00 的觀測，來源：示例天氣$/);
  console.log(said);
});
