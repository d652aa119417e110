import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

/** No list has so many pages, no hotel such a price, no calendar such a day; nor is a number what some of them look like. */
const numbers = [
  '9999999999999999999',
  '9'.repeat(40),
  '0',
  '-1',
  '1e9',
  '１２',
  '99999',
  '三',
  '½',
  '1.5',
  '٣',
];
const patterns: [string, (n: string) => string][] = [
  ['a page of sights', (n) => `杭州景點第${n}頁`],
  ['a page of hotels', (n) => `杭州酒店第${n}頁`],
  ['a page of a guide', (n) => `杭州攻略第${n}頁`],
  ['a page of trains', (n) => `杭州到上海第${n}頁`],
  ['a page of prizes', (n) => `獎品表第${n}頁`],
  ['a price', (n) => `杭州${n}以下酒店`],
  ['a range of prices', (n) => `杭州${n}-${n}元酒店`],
  ['stars', (n) => `杭州${n}星酒店`],
  ['a day', (n) => `杭州到上海${n}月${n}日`],
  ['a day of the month', (n) => `${n}號杭州到上海`],
  ['a letter', (n) => `${n}A`],
  ['a bare number', (n) => n],
];

test.each(patterns)('%s may be any number: she is answered, and nothing fails', async (_, says) => {
  for (const n of numbers) expect(await talk.fan().says(says(n))).not.toBe('');
});

test('a page beyond the last is told to be beyond it', async () => {
  expect(await talk.fan().says('杭州景點第9999999999999999999頁')).toContain('已經全說了');
  expect(await talk.fan().says('杭州酒店第9999999999999999999頁')).toContain('已經全說了');
});

test('a full-width page is the same page', async () => {
  expect(await talk.fan().says('杭州景點第２頁')).toBe(await talk.fan().says('杭州景點第2頁'));
});
