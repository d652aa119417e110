import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { answerColumns } from '../../../src/domain/surveys/answer-columns';
import { chartData, tellResults } from '../../../src/domain/surveys/results';
import type { Answer } from '../../../src/domain/surveys/survey';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
const survey = {
  id: 'stay',
  title: '住得好嗎',
  keywords: ['住得好嗎'],
  intro: '幾題就好。',
  consent: { text: '只用來改進。', version: '1', purpose: '改進服務' },
  questions: [
    { id: 'nps', kind: 'nps', text: '會推薦嗎？' },
    { id: 'room', kind: 'csat', text: '房間滿意嗎？' },
    { id: 'liked', kind: 'multi', text: '喜歡什麼？', options: ['早餐', '位置', '安靜'] },
    { id: 'tel', kind: 'phone', text: '手機？', optional: true },
    { id: 'say', kind: 'text', text: '=還想說？', optional: true },
  ],
  thanks: '謝謝！',
};
const everybody: Record<string, Answer>[] = [
  { nps: 10, room: 5, liked: ['早餐', '位置'], tel: '13800001111', say: '=HYPERLINK("x")' },
  { nps: 9, room: 4, liked: ['位置'] },
  { nps: 8, room: 3, liked: ['位置'], say: '還好' },
  { nps: 2, room: 1, liked: ['舊選項'] },
];
const asFile = (json: object) => ({ name: 'stay.json', bytes: Buffer.from(JSON.stringify(json)) });
let talk: Talk;

beforeAll(async () => {
  talk = await createTalk(database);
  const { surveys } = talk.services;
  const brought = await surveys.bring(asFile(survey), 'lin');
  if ('problems' in brought) throw new Error(JSON.stringify(brought.problems));
  for (const [i, answers] of everybody.entries())
    await surveys.finish({
      survey: brought.row.survey,
      pid: `p${i}`,
      answers,
      at: Date.UTC(2026, 10, i < 3 ? 22 : 23, 2, i),
      earns: false,
    });
});
afterAll(() => database.drop());

test('options are counted, scores averaged, and NPS is promoters less detractors', async () => {
  const { people, results } = await talk.services.surveys.results('stay');
  expect(people).toBe(4);
  const [nps, room, liked, tel] = results;
  expect(nps).toMatchObject({ answered: 4, average: 7.25, nps: 25 });
  expect(room).toMatchObject({ answered: 4, average: 3.25 });
  expect(room?.counts?.map((one) => one.people)).toEqual([1, 0, 1, 1, 1]);
  expect(liked?.counts).toEqual([
    { value: '早餐', people: 1 },
    { value: '位置', people: 3 },
    { value: '安靜', people: 0 },
    { value: '舊選項', people: 1 },
  ]);
  expect(tel).not.toHaveProperty('counts');
  const told = tellResults('住得好嗎', { people, results });
  expect(told).toContain('答完的有 4 人');
  expect(told).toContain('1. 會推薦嗎？（nps，4 人答，平均 7.3，NPS 25）');
  expect(told).toContain('位置：3 人，75%');
});

test('for charts there are the same figures, those of each day, and no word that anybody typed', async () => {
  const { surveys } = talk.services;
  const { survey: kept, ...figures } = await surveys.results('stay');
  const data = JSON.parse(JSON.stringify(chartData(kept, figures, Date.UTC(2026, 10, 24, 2)))) as object;
  expect(data).toMatchObject({
    ...{ survey: 'stay', title: '住得好嗎', at: '2026-11-24 10:00', people: 4 },
    days: [
      { day: '2026-11-22', people: 3 },
      { day: '2026-11-23', people: 1 },
    ],
    questions: [
      {
        ...{ id: 'nps', kind: 'nps', text: '會推薦嗎？', answered: 4, average: 7.25, nps: 25 },
        days: [
          { day: '2026-11-22', answered: 3, average: 9, nps: 67 },
          { day: '2026-11-23', answered: 1, average: 2, nps: -100 },
        ],
      },
      { id: 'room' },
      { id: 'liked', counts: [{ value: '早餐', people: 1 }, { people: 3 }, { people: 0 }, { people: 1 }] },
      { id: 'tel', answered: 1, days: [{ day: '2026-11-22', answered: 1 }] },
      { id: 'say', answered: 2 },
    ],
  });
  expect(JSON.stringify(data)).not.toMatch(/13800001111|HYPERLINK|還好/);
});

test('the export has a line for each of them, no formula, phones masked, and its taker is kept', async () => {
  const { surveys, exports } = talk.services;
  const { survey: kept } = await surveys.row('stay');
  async function exported(full: boolean): Promise<string> {
    const out = new PassThrough();
    const read = text(out);
    const asked = { survey: 'stay', columns: answerColumns(kept, full), rows: surveys.answers('stay') };
    await exports.survey(asked, { format: 'csv', out, by: 'lin', full });
    return read;
  }
  const [head, first, second, ...more] = (await exported(false)).trim().split('\r\n');
  expect(head).toContain("'=還想說？");
  expect(first).toContain('p0,2026-11-22 10:00,1,10,5,早餐、位置,138****1111,"\'=HYPERLINK(""x"")"');
  expect(second).toContain('p1,2026-11-22 10:01,1,9,4,位置,,');
  expect(more).toHaveLength(2);
  expect(await exported(true)).toContain('13800001111');
  const db = await database.connect();
  expect(await db.collection('exports').find({ what: 'survey' }).toArray()).toMatchObject([
    { by: 'lin', full: false, rows: 4, filter: { survey: 'stay' } },
    { by: 'lin', full: true, rows: 4 },
  ]);
});

test('a word that a handler, a campaign or another survey answers keeps it from starting', async () => {
  const { surveys } = talk.services;
  await surveys.start('stay', () => undefined);
  const other = { ...survey, id: 'other', keywords: ['天氣', '住得好嗎！'] };
  await surveys.bring(asFile(other), 'lin');
  const takenBy = (what: string) => talk.rules.exact(what)?.file;
  await expect(surveys.start('other', takenBy)).rejects.toMatchObject({
    code: 'survey.refused',
    message: expect.stringMatching(
      /「天氣」已經由 handlers\/weather\.ts[\s\S]*「住得好嗎！」已經由 問卷「stay」/,
    ),
  });
});

test('what is started is not changed under those who answer', async () => {
  const { surveys } = talk.services;
  const file = asFile(survey);
  await expect(surveys.bring(file, 'lin')).rejects.toMatchObject({ code: 'survey.started' });
  await surveys.stop('stay');
  expect(await surveys.bring(file, 'lin')).toMatchObject({ row: { state: 'draft', version: 2 } });
  await expect(surveys.row('nope')).rejects.toMatchObject({
    code: 'survey.unknown',
    message: expect.stringContaining('stay「住得好嗎」'),
  });
});

test('an end that is written twice, as after a kill, is paid once and counted once', async () => {
  const { surveys, points } = talk.services;
  const sample = { ...survey, id: 'paid', points: 20 };
  const brought = await surveys.bring(asFile(sample), 'lin');
  if ('problems' in brought) throw new Error(JSON.stringify(brought.problems));
  const end = { survey: brought.row.survey, pid: 'twice', answers: { nps: 9 }, at: 0, earns: true };
  await surveys.finish(end);
  await surveys.finish(end);
  expect(await points.balance('twice')).toBe(20);
  expect(await surveys.results('paid')).toMatchObject({ people: 1 });
});
