import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { aPrize, aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

/** What is said of the quiz when no question of hers is open: before it, in its breaks, after the day. */
const database = testDatabase();
let talk: Talk;

const questions = Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`));
const flashAt = (at: string) => ({ kind: 'first', question: 'f', at: beijing(at) }) as const;
const quiz = aQuiz({
  title: '秋日一戰',
  keywords: ['開戰'],
  perDay: 1,
  opensAt: '09:00',
  closesAt: '21:00',
  questions: [...questions, aQuestion('f')],
  prizes: [aPrize('pillow', flashAt('2026-11-23 12:00:00'), { name: '頸枕' })],
});
const summer = aQuiz({
  id: 'summer',
  title: '夏日一戰',
  keywords: ['夏戰'],
  startsAt: beijing('2026-11-01 00:00:00'),
  endsAt: beijing('2026-11-09 23:59:59'),
  questions,
});

beforeEach(async () => {
  await database.clear();
  talk = await createTalk(database);
  const { tickets, draws, campaigns } = talk.services;
  for (const content of [quiz, summer])
    await stageRehearsal({ db: await database.connect(), tickets, draws, content });
  await campaigns.load();
});
afterAll(() => database.drop());

/** She has answered her one question of today. */
async function done() {
  const fan = talk.fan();
  talk.turnClockTo('2026-11-22T10:00');
  await fan.says('開戰');
  talk.turnClockTo('2026-11-22T10:01');
  await fan.says('A');
  return fan;
}

test.each(['B', '選B', '選B吧', '我選B', '答案B', 'B吧', '3B', '選項B'])(
  '「%s」 when today’s are done, and at night, is told how it stands',
  async (said) => {
    const fan = await done();
    expect(await fan.says(said)).toMatch(/^今天的 1 題答完了/);
    talk.turnClockTo('2026-11-22T22:00');
    expect(await fan.says(said)).toMatch(/^現在是休息時間，09:00 開門/);
  },
);

test.each(['選項A', '我的答案是A', '第一', '選第一', '那我選第一個'])('「%s」 is an answer', async (said) => {
  const fan = talk.fan();
  await fan.says('開戰');
  talk.turnClockTo('2026-11-22T10:05');
  expect(await fan.says(said)).toMatch(/答[对對]了|可惜/);
});

test('in the last night nothing opens any more', async () => {
  const fan = await done();
  talk.turnClockTo('2026-11-26T22:00');
  expect(await fan.says('B')).toContain('09:00 開門');
  talk.turnClockTo('2026-11-27T08:00');
  expect(await fan.says('B')).toContain('09:00 開門');
  talk.turnClockTo('2026-11-27T22:00');
  const said = await fan.says('B');
  expect(said).not.toContain('開門');
  expect(said).toContain('最後一天');
});

test('of a 搶答題 that is over she is told whether it was won, and while it stands before her how to return', async () => {
  const [lin, wang] = [talk.fan(), talk.fan()];
  talk.turnClockTo('2026-11-23T11:00');
  expect(await lin.says('搶答')).toMatch(/^現在沒有搶答題。下一題在 11月23日 12:00/);
  talk.turnClockTo('2026-11-23T12:01');
  const asked = await lin.says('搶答');
  expect(await lin.says('排行')).toContain('（回覆「搶答」回到搶答題）');
  talk.turnClockTo('2026-11-23T12:02');
  expect(await lin.says(/([A-D])\. 甲/.exec(asked)?.[1] ?? '')).toContain('頸枕');
  expect(await lin.says('搶答')).toContain('你已經答過了');
  expect(await lin.says('排行')).not.toContain('回到搶答題');
  talk.turnClockTo('2026-11-23T13:01');
  expect(await wang.says('搶答')).toContain('「頸枕」已經有人搶先答對');
});

test('nobody won it: its time is over', async () => {
  talk.turnClockTo('2026-11-23T12:59');
  const fan = talk.fan();
  await fan.says('搶答');
  talk.turnClockTo('2026-11-23T13:01');
  expect(await fan.says('排行')).not.toContain('回到搶答題');
  expect(await fan.says('搶答')).toContain('上一題搶答的時間過了');
});

test.each(['退出', '開賽提醒我', '提醒我', '我的積分'])(
  '「%s」 of one who has not begun denies no quiz that runs',
  async (said) => {
    const answer = await talk.fan().says(said);
    expect(answer).not.toContain('沒有進行中');
    expect(answer).toContain('「開戰」');
  },
);

test('who played an earlier one has not begun this one, and finds both', async () => {
  talk.turnClockTo('2026-11-05T10:00');
  const fan = talk.fan();
  await fan.says('夏戰');
  talk.turnClockTo('2026-11-22T10:00');
  const said = await fan.says('我的積分');
  expect(said).toMatch(/^「秋日一戰」你還沒開始[^]*「夏日一戰積分」/);
  expect(await fan.says('夏日一戰積分')).toMatch(/^夏日一戰\n積分 0/);
});

test('before it begins she is told when, not to begin', async () => {
  talk.turnClockTo('2026-11-15T10:00');
  const said = await talk.fan().says('我的積分');
  expect(said).toContain('還沒開賽：11月21日');
  expect(said).not.toContain('來第一題');
});
