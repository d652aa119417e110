import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

test('a brand chooses the script of the first words; what she types herself decides from then on', async () => {
  const talk = await createTalk(database, { settings: { DEFAULT_SCRIPT: 'simplified' } });
  const fan = talk.fan();
  expect(await fan.follows()).toMatch(/^欢迎！我是小艺/);
  expect(await fan.clicks('HELP')).toMatch(/^你好，我是小艺/);
  expect(await fan.says('酒店')).toMatch(/^想住哪里/);
  expect(await fan.says('杭州天氣')).toMatch(/^杭州天氣/);
  expect(await fan.clicks('HELP')).toMatch(/^你好，我是小藝/);
});

test('unless it chooses, they are Traditional', async () => {
  const talk = await createTalk(database);
  const fan = talk.fan();
  expect(await fan.follows()).toMatch(/^歡迎！我是小藝/);
  expect(await fan.says('杭州天气')).toMatch(/^杭州天气/);
  expect(await fan.clicks('HELP')).toMatch(/^你好，我是小艺/);
});

test('links and numbers are told in mainland words', async () => {
  const talk = await createTalk(database, { settings: { DEFAULT_SCRIPT: 'simplified' } });
  const link = { kind: 'link', title: 't', description: 'd', url: 'https://a.example' } as const;
  expect(await talk.fan().sends(link)).toMatch(/^链接收到了/);
});
