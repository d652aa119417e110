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
  ['你好', '你好呀'],
  [' 你 好！', '你好呀'],
  ['回聲ＡＢＣ', 'ＡＢＣ'],
  ['记住', '第一次'],
  ['記住', '第一次'],
  ['ＨＥＬＬＯ', '沒聽懂'],
])('「%s」 is answered 「%s」 whatever the script, the width and the spaces', async (said, reply) => {
  expect(await talk.fan().says(said)).toBe(reply);
});

test('a form asks its fields one at a time and ends with all of them', async () => {
  const lin = talk.fan();
  expect(await lin.says('聯絡')).toBe('怎麼稱呼您?');
  expect(await lin.says('林小姐')).toBe('電話?');
  expect(await lin.says('13800138000')).toBe('記下了:林小姐 13800138000');
  expect(await lin.says('13800138000')).toBe('沒聽懂');
});

test('an answer that cannot be one is told why, and asked again', async () => {
  const lin = talk.fan();
  await lin.says('聯絡');
  await lin.says('林小姐');
  expect(await lin.says('12345678')).toMatch(/11 位/);
  expect(await lin.says('+86 138-0013-8000')).toBe('記下了:林小姐 13800138000');
});

test('「取消」 ends a form, in either script', async () => {
  for (const words of ['取消', '取 消']) {
    const lin = talk.fan();
    await lin.says('聯絡');
    await lin.says(words);
    expect(await lin.says('林小姐')).toBe('沒聽懂');
  }
});

test('half an hour of silence ends a form', async () => {
  const lin = talk.fan();
  await lin.says('聯絡');
  talk.passes(30 * 60_000);
  expect(await lin.says('林小姐')).toBe('沒聽懂');
});

test('a keyword in the middle of a form is answered by its own handler, with a line on how to go on', async () => {
  const lin = talk.fan();
  await lin.says('聯絡');
  const aside = await lin.says('你好');
  expect(aside).toMatch(/^你好呀\n\n.*繼續/);
  expect(await lin.says('繼續')).toBe('怎麼稱呼您?');
  expect(await lin.says('林小姐')).toBe('電話?');
});

test('a list is chosen from by number or by words, once', async () => {
  const lin = talk.fan();
  expect(await lin.says('選')).toMatch(/1\. 甲\n2\. 乙/);
  expect(await lin.says('２')).toBe('乙');
  expect(await lin.says('2')).toBe('沒聽懂');
  await lin.says('選');
  expect(await lin.says('甲')).toBe('甲');
});

test('a list is forgotten after ten minutes', async () => {
  const lin = talk.fan();
  await lin.says('選');
  talk.passes(10 * 60_000);
  expect(await lin.says('1')).toBe('沒聽懂');
});

test('a menu tap redoes what its words would do', async () => {
  expect(await talk.fan().clicks('HELLO')).toBe('你好呀');
});

test('what happens once in a life is told apart from what happens again', async () => {
  const lin = talk.fan();
  expect([await lin.says('記住'), await lin.says('記住')]).toEqual(['第一次', '又一次']);
});

test('letters of the mailbox come first, oldest first, once', async () => {
  const lin = talk.fan();
  const { _id } = await lin.row();
  const { subscribers } = talk.app.services;
  for (const text of ['第一封', '第二封']) await subscribers.post(_id, { id: text, text });
  await subscribers.post(_id, { id: '第二封', text: '第二封' });
  expect(await lin.says('你好')).toBe('第一封\n\n第二封\n\n你好呀');
  expect(await lin.says('你好')).toBe('你好呀');
});

test('letters that do not fit wait for the next reply', async () => {
  const lin = talk.fan();
  const { _id } = await lin.row();
  const long = (n: number) => `${n}${'長'.repeat(300)}`;
  for (const n of [1, 2, 3]) await talk.app.services.subscribers.post(_id, { id: `${n}`, text: long(n) });
  expect(await lin.says('你好')).toBe([long(1), long(2), '你好呀'].join('\n\n'));
  expect(await lin.says('你好')).toBe([long(3), '你好呀'].join('\n\n'));
});

test('handlers that redo each other in a circle cost her one sentence', async () => {
  const lin = talk.fan();
  expect(await lin.says('轉圈')).toMatch(/狀況/);
});
