import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSampleQuiz } from '../../src/domain/quiz/workbook/sample';
import { root } from '../../src/kit/root';
import { createTown, type Town, type TownFan } from '../support/town';

const quizId = 'yizhandaodi';
let town: Town;

beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
  const file = { name: 'quiz.json', bytes: readFileSync(join(root, 'src/simulator/sample/quiz.json')) };
  const { campaigns, tickets } = town.services;
  expect(await startSampleQuiz({ campaigns, tickets, takenBy: () => undefined, file })).toEqual({
    kind: 'started',
  });
});
afterAll(() => town.close());

/** Answers the open question rightly, whatever the order in which she sees the options. */
async function answersRightly(fan: TownFan): Promise<string> {
  const her = await town.services.subscribers.load(town.services.subscribers.fanOf(fan.openid));
  const hers = town.services.quiz.hers({ plays: {}, playing: undefined, ...her?.talk });
  const open = hers?.play.open;
  const question = hers?.quiz.questions.find((one) => one.id === open?.q);
  const place = question?.right === undefined ? 0 : (open?.order.indexOf(question.right) ?? 0);
  await town.turn({ minutes: 1 });
  return fan.says('ABCDEF'.charAt(place));
}

test('a fan plays her day: points, floors, a lucky floor at once, and the prize is hers to claim', async () => {
  const lin = await town.follower('林');
  expect(await lin.says('一戰到底')).toContain('第 1 題');
  const first = await answersRightly(lin);
  expect(first).toMatch(/(答對了！|記下了，謝謝。)＋15 分/); // her first may be the one about herself
  expect(first).toContain('第 1 樓');
  expect(first).toContain('幸運樓層！');
  expect(first).toContain('第 2 題');
  for (let n = 2; n <= 10; n++) await answersRightly(lin);
  expect(await lin.says('繼續')).toContain('今天的 10 題答完了');
  expect(await lin.says('我的積分')).toContain('積分 105');
  expect(await lin.says('獎品')).toContain('領獎');

  expect(await lin.says('領獎')).toContain('收件人');
  await lin.says('林小姐');
  await lin.says('13800138000');
  await lin.says('浙江省杭州市西湖區示例路 1 號');
  expect(await lin.says('同意')).toContain('林小姐');
  expect(await lin.says('獎品')).toContain('已登記');
});

test('other words in the middle of a question go to their own handlers, with one line on how to go on', async () => {
  const wu = await town.follower('吳');
  await wu.says('一戰到底');
  expect(await wu.says('杭州天氣')).toContain('（回覆「繼續」回到第 1 題）');
  expect(await wu.says('吉林景點')).not.toContain('1. ');
  expect(await wu.says('繼續')).toContain('第 1 題');
});

test('an answer sooner than two seconds is none, and the question stays', async () => {
  const hu = await town.follower('胡');
  await hu.says('一戰到底');
  expect(await hu.says('A')).toContain('看清題目再答');
  expect(await answersRightly(hu)).toContain('樓');
});

test('who leaves and comes back is the same player: same points, no second run', async () => {
  const he = await town.follower('何');
  await he.says('一戰到底');
  await answersRightly(he);
  await answersRightly(he);
  const before = await he.says('我的積分');
  await he.leaves();
  await he.follows();
  expect(await he.says('一戰到底')).toContain('第 3 題');
  expect((await he.says('我的積分')).split('\n')[1]).toBe(before.split('\n')[1]);
});

test('the board shows names only, and her own place', async () => {
  const su = await town.follower('蘇');
  await su.says('一戰到底');
  await answersRightly(su);
  expect(await su.says('改名 小蘇')).toContain('小蘇');
  await town.app.services.projector.catchUp(quizId);
  const board = await su.says('排行');
  expect(board).toContain('小蘇');
  expect(board).toMatch(/你排第 \d+ \/ \d+/);
  expect(board).not.toContain(su.openid);
});

test('the day after, the round begins again and the level carries over', async () => {
  const qi = await town.follower('齊');
  await qi.says('一戰到底');
  await answersRightly(qi);
  await town.turn({ days: 1 });
  expect(await qi.says('A')).toContain('過了零點');
  expect(await answersRightly(qi)).toContain('第 1 關 2/5');
});

test('the ledger, the scores and the answer log agree', async () => {
  await town.app.services.projector.catchUp(quizId);
  expect(await town.services.points.audit()).toEqual([]);
});
