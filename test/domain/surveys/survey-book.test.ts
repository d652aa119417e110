import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSurveyFile } from '../../../src/domain/surveys/read-survey-file';
import type { Survey } from '../../../src/domain/surveys/survey';
import { writeSurveyBook } from '../../../src/domain/surveys/survey-book';
import { root } from '../../../src/kit/root';
import { tellProblem } from '../../../src/sheets/problems';
import { type BlankSheet, writeBook } from '../../../src/sheets/write-book';

const bytes = readFileSync(join(root, 'src/simulator/sample/survey.json'));
let sample: Survey;
beforeAll(async () => {
  const read = await readSurveyFile({ name: 'survey.json', bytes });
  if ('problems' in read) throw new Error('the sample is broken');
  sample = read.survey;
});

const sheet = (name: string, [head = [], ...rows]: (string | number | undefined)[][]): BlankSheet => ({
  name,
  columns: head.map((title) => ({ title: String(title), width: 10 })),
  rows,
});
async function faultsOf(...sheets: BlankSheet[]): Promise<string[]> {
  const read = await readSurveyFile({ name: 'survey.xlsx', bytes: await writeBook(sheets) });
  return 'problems' in read ? read.problems.map((one) => tellProblem(one, read.unit)) : [];
}
const top = [
  ['欄位', '內容'],
  ['編號', 'poll'],
  ['名稱', '小調查'],
  ['關鍵字', '小調查|問問'],
  ['開場白', '兩題就好。'],
  ['結束語', '謝謝！'],
];

test('the template reads as the sample that it was written from', async () => {
  const book = await writeSurveyBook(sample);
  expect(await readSurveyFile({ name: 'survey.xlsx', bytes: book })).toEqual({ survey: sample, remarks: [] });
});

test('what begins it stands in the workbook too', async () => {
  const starts = { scenes: ['lobby', 'poster'], afterQuiz: 'autumn' };
  const bytes = await writeSurveyBook({ ...sample, starts });
  expect(await readSurveyFile({ name: 'survey.xlsx', bytes })).toMatchObject({ survey: { starts } });
  const read = await readSurveyFile({ name: 'survey.xlsx', bytes }, (what) =>
    what === 'scenes' ? 'other' : undefined,
  );
  expect('problems' in read && read.problems.map((one) => tellProblem(one))).toEqual([
    expect.stringContaining('問卷 二維碼 欄「lobby」：問卷「other」已經用了'),
    expect.stringContaining('問卷 二維碼 欄「poster」'),
  ]);
});

test('headings and kinds may be Simplified, and numbers numbers', async () => {
  const sheets = [
    sheet('问卷', [...top, ['积分', 5]]),
    sheet('题目', [
      ['编号', '题型', '题目', '选项', '最大', '可跳过'],
      ['sea', '单选', '去海边吗？', '去｜不去'],
      ['kids', '数字', '几个孩子？', undefined, 9, '是'],
    ]),
  ];
  expect(await readSurveyFile({ name: 'survey.xlsx', bytes: await writeBook(sheets) })).toMatchObject({
    survey: {
      keywords: ['小調查', '問問'],
      points: 5,
      questions: [
        { id: 'sea', kind: 'choice', options: ['去', '不去'] },
        { id: 'kids', kind: 'number', least: 0, most: 9, optional: true },
      ],
    },
  });
});

test('faults are told by the sheet, the line and the heading that stand there', async () => {
  const questions = [
    ['編號', '題型', '題目', '選項', '哪一題', '答了什麼才問', '記成屬性', '記成標記', '顏色'],
    ['sea', '單選', '去海邊嗎？', '去'],
    ['more', '填空', '還有呢？', undefined, 'sea'],
    ['tel', '手機號', '手機？', undefined, undefined, undefined, '手機', '手機'],
  ];
  expect(await faultsOf(sheet('問卷', [...top, ['天氣', '晴']]), sheet('題目', questions))).toEqual([
    expect.stringContaining('問卷 同意的話 欄：第 3 題的答案會記在她名下'),
    '問卷 第 7 行「天氣」：不認得這個欄位',
    '題目 顏色 欄：不認得這一欄',
    '題目 第 2 行 選項 欄：應是 2 到 12 項的列表，每項 1 到 20 個字',
    '題目 第 3 行 答了什麼才問 欄：「哪一題」和「答了什麼才問」要一起填',
    expect.stringContaining('題目 第 3 行 題型 欄「填空」：只能是'),
    '題目 第 4 行 記成標記 欄：「記成屬性」和「記成標記」只能填一個',
    '題目 第 4 行 記成屬性／記成標記 欄：手機號只留在答案裡，不能記成屬性或標記',
  ]);
  await expect(faultsOf(sheet('表', [['一']]))).rejects.toThrow('沒有叫「問卷」的表');
});
