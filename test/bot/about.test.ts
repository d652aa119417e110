import { about, means, otherwise, says } from '../../src/bot/bot';
import { compileRules } from '../../src/bot/rules';
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

const rules = [
  about(
    '租車',
    { says: '汽車', words: { 2: '租車 自駕', 1: '車 開' }, takes: ['days', 'yuan'] },
    ({ params }) =>
      ['租車', params.days?.on, params.yuan?.max, params.rest]
        .filter((one) => one !== undefined && one !== '')
        .join(' '),
  ),
  about('寵物', { words: { 2: '狗 貓' }, takes: [] }, () => '寵物'),
  about('報案', { words: { 4: '被偷' } }, () => '報案'),
  about('閒聊', { words: { 2: '天真藍' }, idle: true }, () => '閒聊'),
  about(
    '套房',
    { words: { 2: '套房' }, takes: ['stars'], by: ['stars'] },
    ({ params }) => `套房 ${params.stars?.min}`,
  ),
  says('字面', () => '字面'),
  otherwise(({ understood }) => `沒聽懂：${understood.join('，')}`),
];
const fan = () => talk.fan(talk.dispatchWith({ rules }));

test.each([
  ['租車', '租車', 'its name'],
  ['汽車', '租車', 'a word of `says`'],
  ['我想自駕出去玩', '租車', 'one word of 2'],
  ['開車行嗎', '租車', 'two words of 1'],
  ['車', '沒聽懂：詞 車', 'one word of 1'],
  ['租車 500以內', '租車 500', 'what it takes'],
  ['租車 四星', '租車 四星', 'what it cannot honour'],
  ['不要租車，我有狗', '寵物', 'what is denied does not count'],
  ['我的狗被偷了，車也是', '報案', 'a word of 4 stands above all'],
  ['天真藍', '閒聊', 'talk, when there is nothing else'],
  ['天真藍，想租車', '租車', 'a wish beside talk'],
  ['五星的', '套房 5', 'a thing makes the topic'],
  ['字面', '字面', 'an exact word goes first'],
])('「%s」 is answered with 「%s」: %s', async (said, answer) => {
  expect(await fan().says(said)).toBe(answer);
});

test('a sentence with the words of another command is answered as that command', async () => {
  const command = says('借車', () => '借車的答案');
  const one = talk.fan(talk.dispatchWith({ rules: [...rules, command, means('借車', { 2: '兩個輪子' })] }));
  expect(await one.says('那種兩個輪子的')).toBe('借車的答案');
});

test('two files that are about the same stop the boot with both names', () => {
  const one = about('租車', { words: { 2: '租車' } }, () => '');
  const both = ['handlers/a.ts', 'handlers/b.ts'].map((file) => ({ file, rule: one }));
  expect(() => compileRules(both)).toThrow(/handlers\/a\.ts and handlers\/b\.ts/);
});
