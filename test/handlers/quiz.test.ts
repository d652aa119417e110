import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { aPrize, aQuestion, aQuiz } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;

const quiz = aQuiz({
  title: '秋日一戰',
  keywords: ['開戰'],
  opensAt: '09:00',
  closesAt: '22:00',
  sponsors: [{ id: 'spa', name: '湖邊溫泉' }],
  questions: Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`)),
  prizes: [
    aPrize('cup', { kind: 'floor', every: 100 }, { name: '茶杯', quantity: 9, priceFen: 1_000 }),
    aPrize('spa', { kind: 'floor', floors: [7] }, { name: '溫泉券', priceFen: 50_000, sponsor: 'spa' }),
    aPrize('bag', { kind: 'floor', floors: [8] }, { name: '登機箱', priceFen: 30_000 }),
    aPrize('pin', { kind: 'floor', floors: [9] }, { name: '徽章', priceFen: 500 }),
  ],
});

beforeAll(async () => {
  talk = await createTalk(database);
  const db = await database.connect();
  const { tickets, draws, campaigns } = talk.services;
  await stageRehearsal({ db, tickets, draws, content: quiz });
  await campaigns.load();
});
afterAll(() => database.drop());

test('while a quiz runs the welcome is about it: until when, the best prizes, and how to begin', async () => {
  const fan = talk.fan();
  const said = await fan.follows();
  expect(said).toContain(
    '「秋日一戰」正在進行：2026年11月21日到2026年11月27日，每天 10 題，09:00 到 22:00 開放',
  );
  expect(said).toContain('· 溫泉券，共 1 份（湖邊溫泉）\n· 登機箱，共 1 份\n· 茶杯，共 9 份');
  expect(said).not.toContain('徽章');
  expect(said).toContain('回覆「開戰」就開始');
  expect(said.match(/開戰/g)).toHaveLength(1); // and no line about it under its own welcome
  expect(await fan.says('開戰')).toContain('第 1 題');
  expect(await fan.follows()).toMatch(/^又見面了，歡迎回來。\n\n「秋日一戰」/);
});

test('the words of the channel she came by are still the first', async () => {
  const said = await talk.fan().follows('station-hangzhou');
  expect(said).toMatch(/^剛到杭州？/);
  expect(said).toContain('「秋日一戰」進行中，回覆「開戰」');
});

test('once the quiz is over the welcome is the plain one again', async () => {
  talk.turnClockTo('2026-11-28T00:30');
  expect(await talk.fan().follows()).toMatch(/^歡迎！我是小藝[^「]*\n\n先試試/);
});
