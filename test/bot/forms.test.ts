import { type Fields, type Form, form, forms, otherwise, says, text } from '../../src/bot/bot';
import { createBareTalk } from '../support/bare-talk';
import { testDatabase } from '../support/database';

const database = testDatabase();
let talk: Awaited<ReturnType<typeof createBareTalk>>;
beforeAll(async () => {
  await database.connect();
  talk = await createBareTalk(database);
});
afterAll(async () => {
  await talk.close();
  await database.drop();
});

const poll = (second: string) =>
  form(
    'poll',
    { day: text('哪天出發？'), place: text(second) },
    ({ params: { day, place } }) => `${day}去${place}`,
  );

test('a form that no file declares is found by its name, as it is at the moment', async () => {
  const kept = new Map<string, Form<Fields>>([['poll', poll('去哪裡？')]]);
  const rules = [
    says('投票', ({ ask }) => ask(kept.get('poll') as Form<Fields>)),
    forms((_, name) => kept.get(name)),
    otherwise(() => '沒聽懂'),
  ];
  const lin = talk.fan(talk.dispatchWith({ rules }));
  expect(await lin.says('投票')).toBe('哪天出發？');
  kept.set('poll', poll('想去哪座城市？'));
  expect(await lin.says('週六')).toBe('想去哪座城市？');
  expect(await lin.says('杭州')).toBe('週六去杭州');

  await lin.says('投票');
  kept.delete('poll');
  expect(await lin.says('週六')).toBe('沒聽懂');
});
