import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { aPrize, aQuiz } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
type Fan = ReturnType<Talk['fan']>;

const clauses = Array.from(
  { length: 60 },
  (_, i) => `第 ${i + 1} 條：${'活動期間每日可答題，'.repeat(2)}完。`,
);
const quiz = aQuiz({
  title: '秋日一戰',
  keywords: ['開戰'],
  rules: clauses.join('\n'),
  organiser: '某某旅行社有限公司',
  contact: '400-000-0000',
  forfeiture: `逾期${'視為放棄'.repeat(40)}完`,
  prizes: [
    aPrize(
      'cup',
      { kind: 'floor', every: 1 },
      { name: '茶杯', quantity: 2, conditions: '憑證件'.repeat(40) },
    ),
    ...[1, 2, 3, 4, 5, 6].map((n) =>
      aPrize(`p${n}`, { kind: 'ranking', board: 'final', from: n, to: n }, { conditions: '無' }),
    ),
  ],
});

beforeEach(async () => {
  await database.clear();
  talk = await createTalk(database);
});
afterAll(() => database.drop());

async function stage(): Promise<void> {
  const { tickets, draws, campaigns } = talk.services;
  await stageRehearsal({ db: await database.connect(), tickets, draws, content: quiz });
  await campaigns.load();
}

/** What she reads when she goes on with 「更多」 as long as she is told to. */
async function readAll(fan: Fan, words: string): Promise<string[]> {
  const pages = [await fan.says(words)];
  while (pages.at(-1)?.includes('回覆「更多」')) pages.push(await fan.says('更多'));
  return pages;
}

test('rules of any length are read to their end, organiser and contact included', async () => {
  await stage();
  const pages = await readAll(talk.fan(), '規則');
  expect(pages.length).toBeGreaterThan(2);
  expect(pages[0]).toMatch(/^秋日一戰 · 規則/);
  for (const words of [...clauses, '主辦：某某旅行社有限公司', '聯絡：400-000-0000'])
    expect(pages.filter((page) => page.includes(words))).toHaveLength(1);
  expect(await talk.fan().says('更多')).toContain('已經是全部了');
});

test('of the table of prizes nothing is cut', async () => {
  await stage();
  const whole = (await readAll(talk.fan(), '獎品表')).join('\n');
  for (const words of ['憑證件'.repeat(40), ...quiz.prizes.map(({ name }) => `· ${name}，`), quiz.forfeiture])
    expect(whole).toContain(words);
});

test('a lucky floor after the last item says so, wins nothing, and the table of prizes knows it', async () => {
  await stage();
  const answers = async (): Promise<string> => {
    const fan = talk.fan();
    await fan.says('開戰');
    talk.turnClockTo('2026-11-22T10:00:05');
    const said = await fan.says('A');
    talk.turnClockTo('2026-11-22T10:00:00');
    return said;
  };
  expect(await answers()).toContain('幸運樓層！得到「茶杯」');
  expect(await talk.fan().says('獎品表')).toContain('· 茶杯，2 份（還有 1 份）');
  await answers();
  const third = await answers();
  expect(third).toContain('可惜「茶杯」已經發完了');
  expect(third).not.toContain('得到「茶杯」');
  expect(await talk.services.prizes.awards.count({ campaign: quiz.id })).toBe(2);
  const table = await talk.fan().says('獎品表');
  expect(table).toContain('· 茶杯，2 份（發完了）');
  expect(table).toContain('· 獎品 p1，1 份，每份');
});

test('a quiz is suggested only where one runs or is announced', async () => {
  const fan = talk.fan();
  expect(await fan.says('獎品')).toBe('還沒有獎品。');
  expect(await fan.says('領獎')).not.toContain('回覆「獎品」');
  await stage();
  expect(await fan.says('獎品')).toContain('回覆「開戰」');
  await fan.says('開戰');
  expect(await fan.says('退出')).toContain('「開戰」');
  talk.turnClockTo('2026-11-28T00:30');
  expect(await fan.says('退出')).not.toContain('「開戰」');
  expect(await fan.says('獎品')).not.toContain('「開戰」');
});
