import { clicks, otherwise, says, takes } from '../../src/bot/bot';
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

/** A vote as data would have it: its keyword, its button, and a number while it is open. */
const vote = takes(
  ({ message, fan }) => {
    if (message.kind === 'click') return message.key === 'VOTE' ? { does: 'open' } : undefined;
    if (message.content === '投票') return { does: 'open' };
    return fan.playing === 'vote' && /^\d$/.test(message.content)
      ? { does: 'vote', choice: Number(message.content) }
      : undefined;
  },
  ({ params, fan }) => {
    fan.stands('vote', { kind: 'vote', ...params });
    return `${params.does} ${params.choice ?? ''}`;
  },
  {
    remark: ({ fan }) => (fan.playing === 'vote' ? '（投票還開著）' : undefined),
    digits: ({ fan }) => fan.playing === 'vote',
  },
);
const rules = [
  vote,
  clicks('HELP', () => '幫助'),
  says('投票', () => '這句輪不到我'),
  says('選', ({ choose }) => choose('選哪個？', [{ label: '甲', says: '就是甲' }])),
  says('就是甲', () => '甲'),
  otherwise(() => '沒聽懂'),
];
const aFan = () => talk.fan(talk.dispatchWith({ rules }));

test('what only data can tell goes before the rules: a text, and a tap that no rule has', async () => {
  const lin = aFan();
  expect(await lin.says('3')).toBe('沒聽懂');
  expect(await lin.clicks('OTHER')).toBe('沒聽懂');
  expect(await lin.clicks('HELP')).toBe('幫助');
  expect(await lin.clicks('VOTE')).toBe('open');
  expect(await lin.says('3')).toBe('vote 3');
  expect(await aFan().says('投票')).toBe('open');
});

test('who takes bare digits says so, and a list is then chosen from by name', async () => {
  const lin = aFan();
  expect(await lin.says('選')).toBe('選哪個？\n1. 甲\n（回覆數字就行）');
  expect(await lin.says('1')).toBe('甲');
  await lin.says('投票');
  expect(await lin.says('選')).toBe('選哪個？\n· 甲\n（回覆名字就行）\n\n（投票還開著）');
  expect(await lin.says('1')).toBe('vote 1');
  expect(await lin.says('甲')).toBe('甲\n\n（投票還開著）');
});

test('where she stands is kept as its kind wrote it, also while she is away', async () => {
  const lin = aFan();
  await lin.says('投票');
  await lin.says('2');
  const before = await lin.row();
  const stands = { plays: { vote: { kind: 'vote', does: 'vote', choice: 2 } }, playing: 'vote' };
  expect(before.talk).toEqual(stands);
  const { subscribers } = talk.app.services;
  const { clock } = talk;
  await subscribers.remove(before._id, new Date(clock.now()), ([id]) =>
    id === 'vote' ? clock.now() + 86_400_000 : undefined,
  );
  expect(await lin.row()).toMatchObject({ pid: before.pid, talk: stands });
});
