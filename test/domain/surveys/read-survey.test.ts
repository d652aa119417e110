import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { readSurvey } from '../../../src/domain/surveys/read-survey';
import { root } from '../../../src/kit/root';
import { tellProblem } from '../../../src/sheets/problems';

const question = { id: 'sea', kind: 'choice', text: '去海邊嗎？', options: ['去', '不去'] };
const survey = {
  id: 'poll',
  title: '小調查',
  keywords: ['小調查'],
  intro: '三題就好。',
  questions: [question],
  thanks: '謝謝！',
};
const consent = { text: '只用來推薦路線。', version: '1', purpose: '推薦路線' };

function faultsOf(json: unknown): string[] {
  const read = readSurvey(json);
  return 'problems' in read ? read.problems.map((one) => tellProblem(one, '項')) : [];
}
const withQuestions = (...questions: object[]) => ({ ...survey, consent, questions });

test('the sample is sound, and so is the smallest one', () => {
  const sample: unknown = JSON.parse(readFileSync(join(root, 'src/simulator/sample/survey.json'), 'utf8'));
  expect(faultsOf(sample)).toEqual([]);
  expect(faultsOf(survey)).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['an unknown field', { ...survey, colour: 'red' }, 'survey colour 欄：不認得這個欄位'],
  ['no title', { ...survey, title: ' ' }, 'survey title 欄「 」：要寫 1 到 30 個字'],
  ['an id with a dot', { ...survey, id: 'a.b' }, 'survey id 欄「a.b」：只能用小寫字母'],
  ['an id that is a word of the machine', { ...survey, id: '__proto__' }, 'survey id 欄'],
  ['the same keyword twice', { ...survey, keywords: ['去玩', '去玩！'] }, 'survey keywords 欄：不能重複'],
  [
    'a code that is a number',
    { ...survey, starts: { scenes: [1] } },
    'starts scenes 欄「[1]」：應是 1 到 20 項',
  ],
  ['the same code twice', { ...survey, starts: { scenes: ['a', 'a'] } }, 'starts scenes 欄：不能重複'],
  ['an unknown beginning', { ...survey, starts: { push: 'x' } }, 'starts push 欄：不認得這個欄位'],
  ['beginnings that are a list', { ...survey, starts: ['a'] }, 'starts：應是一個物件'],
  ['points of half', { ...survey, points: 1.5 }, 'survey points 欄「1.5」：應是 0 到 1000 的整數'],
  ['no questions', { ...survey, questions: [] }, 'questions：應是一個列表，1 到 20 題'],
  ['a question that is a text', { ...survey, questions: ['去嗎？'] }, 'questions 第 1 項：應是一個物件'],
  [
    'an unknown kind',
    withQuestions({ ...question, kind: 'constructor' }),
    'questions 第 1 項 kind 欄「constructor」：只能是：text（文字）',
  ],
  [
    'the same id twice',
    withQuestions(question, { ...question, text: '再問？' }),
    'questions 第 2 項 id 欄「sea」：和前面的一題重複',
  ],
  [
    'one option',
    withQuestions({ ...question, options: ['去'] }),
    'questions 第 1 項 options 欄「["去"]」：應是 2 到 12 項的列表',
  ],
  [
    'options of a text',
    withQuestions({ ...question, kind: 'text' }),
    'questions 第 1 項 options 欄「["去","不去"]」：只有單選和多選有選項',
  ],
  [
    'a condition on a later question',
    withQuestions({ ...question, when: { question: 'later', is: ['去'] } }, { ...question, id: 'later' }),
    '沒有前面的題叫「later」',
  ],
  [
    'a condition on an answer that there is not',
    withQuestions(question, { ...question, id: 'more', when: { question: 'sea', is: ['也許'] } }),
    'questions 第 2 項 when 欄「{"question":"sea","is":["也許"]}」：「也許」不會是「sea」的答案',
  ],
  [
    'a phone as an attribute',
    withQuestions({ id: 'tel', kind: 'phone', text: '手機？', to: { attribute: '手機' } }),
    'questions 第 1 項 to 欄「{"attribute":"手機"}」：手機號只留在答案裡',
  ],
  [
    'free text as a mark',
    withQuestions({ id: 'why', kind: 'text', text: '為什麼？', to: { mark: '原因' } }),
    '文字題不能記成標記，請用 attribute',
  ],
  [
    'a birthday under another name',
    withQuestions({ id: 'born', kind: 'birthday', text: '生日？', to: { attribute: '出生' } }),
    '生日題記成屬性「生日」',
  ],
  [
    'something of hers without consent',
    { ...survey, questions: [question, { ...question, id: 'more', to: { attribute: '海邊' } }] },
    'survey consent 欄：第 2 題的答案會記在她名下，要先問同意',
  ],
  [
    'a range that is upside down',
    withQuestions({ id: 'kids', kind: 'number', text: '幾個？', least: 5, most: 2 }),
    'questions 第 1 項 least 欄「5」：不能大於 most',
  ],
])('%s is told by its place', (_, json, told) => {
  expect(faultsOf(json).join('\n')).toContain(told);
});

test('all faults are told at once, in the order of the file', () => {
  const faults = faultsOf({ ...survey, id: '', questions: [{ ...question, text: '' }, { kind: 'x' }] });
  expect(faults.map((one) => one.split('：')[0])).toEqual([
    'survey id 欄「」',
    'questions 第 1 項 text 欄「」',
    'questions 第 2 項 id 欄',
    'questions 第 2 項 kind 欄「x」',
    'questions 第 2 項 text 欄',
  ]);
});

test('whatever is handed in is read or told, and never throws', () => {
  const some = fc.oneof(
    fc.record(
      Object.fromEntries(
        Object.entries({ ...survey, consent, points: 5 }).map(([name, value]) => [
          name,
          fc.oneof(fc.constant(value), fc.jsonValue()),
        ]),
      ),
      { requiredKeys: [] },
    ),
    fc
      .array(
        fc.record(
          Object.fromEntries(
            Object.entries({ ...question, when: {}, to: {}, least: 1, most: 2, optional: true }).map(
              ([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())],
            ),
          ),
          { requiredKeys: [] },
        ),
      )
      .map((questions) => ({ ...survey, questions })),
  );
  fc.assert(
    fc.property(some, (json) => {
      const read = readSurvey(json);
      return 'survey' in read || read.problems.length > 0;
    }),
    { numRuns: 500 },
  );
});
