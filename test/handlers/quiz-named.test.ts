import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;

const questions = Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`));
const nameless = { title: '旁邊一戰', questions, prizes: [] };
const contents = [
  aQuiz({ id: 'first', title: '秋日一戰', keywords: ['開戰'], questions, prizes: [] }),
  aQuiz({ ...nameless, id: 'beside', keywords: ['旁戰'] }),
  aQuiz({ ...nameless, id: 'twin', keywords: ['雙戰'] }),
  aQuiz({
    ...nameless,
    id: 'before',
    keywords: ['旁戰'],
    startsAt: beijing('2026-11-01 00:00:00'),
    endsAt: beijing('2026-11-09 23:59:59'),
  }),
];

beforeAll(async () => {
  talk = await createTalk(database, { at: '2026-11-05T10:00' });
  const { tickets, draws, campaigns } = talk.services;
  for (const content of contents)
    await stageRehearsal({ db: await database.connect(), tickets, draws, content });
  await campaigns.load();
});
afterAll(() => database.drop());

/** One answer in each of these: 5 points for today's first, 10 more where it is right. */
async function plays(...keywords: string[]) {
  const fan = talk.fan();
  for (const [i, keyword] of keywords.entries()) {
    talk.turnClockTo(`2026-11-${keyword === '旁戰' && i === 0 ? '05' : '22'}T10:${10 + 2 * i}`);
    const asked = await fan.says(keyword);
    talk.turnClockTo(`2026-11-${keyword === '旁戰' && i === 0 ? '05' : '22'}T10:${11 + 2 * i}`);
    await fan.says(/([A-D])\. 甲/.exec(asked)?.[1] ?? '');
  }
  return fan;
}

test('of several of one title each is reached by words that are its own', async () => {
  const fan = await plays('旁戰', '雙戰', '旁戰', '開戰');
  const said = await fan.says('我的積分');
  expect(said).toMatch(/^秋日一戰\n/);
  const ways = [...(said.split('你還參加過')[1] ?? '').matchAll(/「([^」]+積分)」/g)].map(
    ([, way = '']) => way,
  );
  expect(ways).toHaveLength(3);
  expect(new Set(ways).size).toBe(3);
  const { quiz } = talk.services;
  const at = beijing('2026-11-22 10:30:00');
  const reached = ways.map((way) => quiz.named(way.replace(/積分$/, ''), at)?.id);
  expect(reached.toSorted()).toEqual(['before', 'beside', 'twin']);
  for (const way of ways) expect(await fan.says(way)).toMatch(/^旁邊一戰\n積分 15/);
});

test('a title that is nobody’s is no command: an open field takes it', async () => {
  const fan = talk.fan();
  talk.turnClockTo('2026-11-22T23:30'); // nobody is there
  expect(await fan.says('人工')).toContain('想問的');
  expect(await fan.says('怎麼還沒有公布中獎名單')).toContain('再留一個手機號');
  expect(await fan.says('取消')).not.toBe('');
  await fan.says('人工');
  expect(await fan.says('秋日一戰中獎名單')).toMatch(/^秋日一戰 · 中獎名單/);
  expect(await fan.says('你們的退改規則')).toContain('再留一個手機號');
});
