import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { awardTold } from '../domain/prizes/stage';
import { aPrize, aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;

const questions = Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`));
const autumn = aQuiz({
  id: 'autumn',
  title: '秋日一戰',
  forfeiture: '放棄的退回庫存',
  keywords: ['秋戰'],
  timerSeconds: 20,
  questions: [...questions, aQuestion('f')],
  prizes: [aPrize('fp', { kind: 'first', question: 'f', at: beijing('2026-11-23 12:00:00') })],
});
const beside = aQuiz({ id: 'beside', title: '旁邊一戰', keywords: ['旁戰'], questions });
const winter = aQuiz({
  id: 'winter',
  title: '冬日一戰',
  keywords: ['冬戰'],
  menuKey: 'WINTER',
  startsAt: beijing('2026-11-30 00:00:00'),
  endsAt: beijing('2026-12-20 23:59:59'),
  questions: [...questions, aQuestion('f')],
  prizes: [
    aPrize('fp', { kind: 'first', question: 'f', at: beijing('2026-12-01 12:00:00') }),
    ...[2, 3, 4, 5].map((n) => aPrize(`p${n}`, { kind: 'ranking', board: 'final', from: n, to: n })),
  ],
});

beforeEach(async () => {
  await database.clear();
  talk = await createTalk(database);
  const db = await database.connect();
  const { tickets, draws, campaigns } = talk.services;
  for (const content of [autumn, beside, winter]) await stageRehearsal({ db, tickets, draws, content });
  await campaigns.load();
});
afterAll(() => database.drop());

test('when hers is over, what she asks and clicks is about the one that runs', async () => {
  const fan = talk.fan();
  await fan.says('秋戰');
  talk.turnClockTo('2026-12-01T12:01');
  const said = await fan.says('杭州天氣');
  expect(said).not.toContain('回到第');
  expect(said).toContain('「冬日一戰」進行中');
  expect(await fan.says('規則')).toMatch(/^冬日一戰/);
  expect(await fan.says('搶答')).toContain('題目 f');
  const another = talk.fan();
  talk.turnClockTo('2026-11-22T10:00');
  await another.says('秋戰');
  talk.turnClockTo('2026-12-01T12:01');
  expect(await another.clicks('QUIZ')).toContain('第 1 題');
  expect((await another.row()).talk.playing).toBe('winter');
});

test('who was first with a flash question is told so, and nothing else; who came after her is told that', async () => {
  const answerAt = async (minute: string) => {
    const fan = talk.fan();
    talk.turnClockTo(`2026-11-23T${minute}`);
    const asked = await fan.says('搶答');
    talk.turnClockTo(`2026-11-23T${minute}:05`);
    return await fan.says(/([A-D])\. 甲/.exec(asked)?.[1] ?? '');
  };
  const said = await answerAt('12:01');
  expect(said).toContain('你是第一個答對搶答題的人，得到「獎品 fp」');
  expect(said).not.toContain('先一步');
  expect(await answerAt('12:02')).toContain('可惜已經有人比你先一步');
});

test('the line about an open question goes at midnight, when it lapses, and the one about the quiz comes again', async () => {
  const fan = talk.fan();
  await fan.says('秋戰');
  expect(await fan.says('杭州天氣')).toContain('回到第 1 題');
  talk.turnClockTo('2026-11-23T09:00');
  const said = await fan.says('杭州天氣');
  expect(said).not.toContain('回到第');
  expect(said).toContain('進行中，回覆「');
});

test('who goes over to another quiz and comes back finds her question with its timer, not a new one', async () => {
  const fan = talk.fan();
  await fan.says('秋戰');
  const standing = async () =>
    talk.services.quiz.standing((await fan.row()).talk.plays ?? {}, { id: 'autumn' });
  const before = (await standing())?.open;
  expect(await fan.says('旁戰')).toMatch(/^旁邊一戰\n[^]*第 1 題/); // new to her, though she has played another
  talk.turnClockTo('2026-11-22T10:05');
  expect(await fan.says('秋戰')).toContain('超時了');
  expect((await standing())?.today).toEqual([before?.q]);
  expect(await fan.says('旁戰')).toContain('接著答');
});

test('her name is kept as long as any quiz of hers has claims open', async () => {
  const fan = talk.fan();
  talk.turnClockTo('2026-11-30T10:00');
  await fan.says('冬戰');
  await fan.says('秋戰'); // long over
  const { plays = {}, playing } = (await fan.row()).talk;
  expect(playing).toBe('autumn');
  expect(talk.services.campaigns.nameKeptUntil(Object.keys(plays))).toBe(winter.endsAt + 90 * 86_400_000);
});

test('while 搶答 asks her, digits are answers to it, and a list is chosen from by name', async () => {
  const fan = talk.fan();
  talk.turnClockTo('2026-11-23T12:01');
  expect(await fan.says('吉林')).toContain('回覆數字就行');
  await fan.says('搶答');
  expect(await fan.says('吉林')).toContain('回覆名字就行');
  await fan.says('退出');
  expect(await fan.says('吉林')).toContain('回覆數字就行');
});

test('points and leaving are of the quiz she plays, and who left comes back by 繼續', async () => {
  const fan = talk.fan();
  await fan.says('秋戰');
  talk.turnClockTo('2026-12-01T10:00');
  expect(await fan.says('我的積分')).toContain('秋日一戰');
  await fan.says('冬戰');
  expect(await fan.says('我的積分')).toContain('冬日一戰');
  expect(await fan.says('退出')).toContain('「冬戰」');
  expect(await fan.says('繼續')).toContain('接著答');
});

test('the menu key of a quiz begins it', async () => {
  talk.turnClockTo('2026-12-01T10:00');
  const fan = talk.fan();
  expect(await fan.clicks('WINTER')).toContain('第 1 題');
  expect((await fan.row()).talk.playing).toBe('winter');
});

test('all that can be won is told: how many, what it is worth, how, and by when it must be claimed', async () => {
  const said = await talk.fan().says('獎品表');
  expect(said).toMatch(/^秋日一戰 · 獎品\n2026年11月21日.*2026年11月27日/);
  expect(said).toMatch(/· 獎品 fp，1 份，每份 ¥10\n {2}搶答，2026年11月23日.*；中獎後 7 天內領取/);
  expect(said).toContain('逾期：放棄的退回庫存');
  expect(await talk.fan().says('規則')).toContain('「獎品表」');
  const fan = talk.fan();
  talk.turnClockTo('2026-12-01T10:00');
  expect(await fan.says('獎品表')).toContain('獎品 p5');
});

test('before it begins she is told when, and how long that still is', async () => {
  expect(await talk.fan().says('冬戰')).toContain('還沒開賽：11月30日 00:00 開始，還有 7 天 14 小時');
});

test('the claim form takes other words for yes and no, and tells what a number lacks', async () => {
  for (const [word, end] of [
    ['確認', '記下了'],
    ['好', '記下了'],
    ['是', '記下了'],
    ['否', '什麼都沒有記下'],
    ['不', '什麼都沒有記下'],
  ] as const) {
    const fan = talk.fan();
    const { pid } = await fan.row();
    const bag = aPrize('bag', { kind: 'floor', floors: [1] }, { name: '登機箱' });
    const won = { prize: 'bag', pid, on: '2026-11-22', why: 'floor' as const, unit: `yes-${word}` };
    await awardTold(talk.services.prizes.awards, { id: 'autumn', prizes: [bag] }, won);
    await fan.says('領獎');
    await fan.says('林小姐');
    for (const short of ['123', '12345', '1380013800'])
      expect(await fan.says(short)).toContain('這不像手機號');
    await fan.says('138-0013-8000');
    await fan.says('浙江省杭州市西湖區示例路 1 號');
    expect(await fan.says(word)).toContain(end);
  }
});

test('a form that is through after the deadline says that nothing was kept', async () => {
  const fan = talk.fan();
  const { pid } = await fan.row();
  const bag = aPrize('bag', { kind: 'floor', floors: [1] }, { name: '登機箱', claimDays: 1 });
  const won = { prize: 'bag', pid, on: '2026-11-22', why: 'floor' as const, unit: '1' };
  await awardTold(talk.services.prizes.awards, { id: 'autumn', prizes: [bag] }, won);
  talk.turnClockTo('2026-11-23T23:50');
  for (const words of ['領獎', '林小姐', '13800138000', '浙江省杭州市西湖區示例路 1 號'])
    await fan.says(words);
  talk.turnClockTo('2026-11-24T00:05');
  const said = await fan.says('同意');
  expect(said).not.toContain('記下了');
  expect(said).toContain('「登機箱」的領取期限過了');
});
