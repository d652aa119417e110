import { says } from '../../src/bot/bot';
import { AppError } from '../../src/errors';
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

test.each([
  ['says what it says to her', { for: 'fan' }, '「天氣」這會兒查不到'],
  ['keeps to itself what is an operator’s, in whatever language', {}, '出了點小狀況'],
] as const)('a handler that fails %s', async (_name, more, told) => {
  const rules = [
    says('天氣', () => {
      throw new AppError('Upstream', 'test.away', '「天氣」這會兒查不到', more);
    }),
  ];
  expect(await talk.fan(talk.dispatchWith({ rules })).says('天氣')).toContain(told);
});

test('what a failing handler meant to change goes with it', async () => {
  const rules = [
    says('試試', ({ fan, tell, more, carries }) => {
      fan.remember({ script: 'hans' });
      fan.firstTime('tried');
      fan.firstToday('tried');
      more('再試');
      tell('第二句');
      carries('award');
      throw new Error('broken');
    }),
  ];
  const outcome = await talk.fan(talk.dispatchWith({ rules })).does({ kind: 'text', content: '試試' });
  expect(outcome).toMatchObject({ changes: {}, effects: [], carries: [] });
});
