import { readFileSync } from 'node:fs';
import { copyOf, linesOf, newQuizId, withIds } from '../../../../src/domain/quiz/workbook/quiz-lines';
import { readQuizFile, readQuizLines } from '../../../../src/domain/quiz/workbook/workbook';
import { sampleLines } from '../../../../src/domain/quiz/workbook/workbook-template';
import { content } from './content';

const sample = async () => {
  const bytes = readFileSync('src/simulator/sample/quiz.json');
  const reading = await readQuizFile({ name: 'quiz.json', bytes });
  if (reading.kind !== 'read') throw new Error(JSON.stringify(reading.problems));
  return reading.content;
};

test('a quiz that is laid out in lines is read as the same quiz, whatever its prizes and questions', async () => {
  const quiz = await sample();
  expect(new Set(quiz.prizes.map(({ way }) => way.kind)).size).toBe(5);
  expect(readQuizLines(linesOf(quiz))).toMatchObject({ kind: 'read', content: quiz });
  const odd = content({
    endsAt: Date.parse('2026-12-07T21:00:30+08:00'),
    timerSeconds: 30,
    mix: { 1: 5, 3: 2 },
    staff: ['p-1', 'p-2'],
    menuKey: 'QUIZ',
  });
  const again = readQuizLines(linesOf(odd));
  expect(again).toMatchObject({ kind: 'read', content: { ...odd, mix: { 1: 5, 2: 0, 3: 2 } } });
});

test('the sample of the template is read as it stands', () => {
  const { lines, codes } = sampleLines(Date.parse('2026-11-22T10:00:00+08:00'));
  const reading = readQuizLines(lines, codes);
  expect(reading).toMatchObject({ kind: 'read' });
  expect(reading.kind === 'read' && reading.codes.get('three')).toHaveLength(3);
});

test('lines without an id are given one that no other has; a copy has its times moved and no codes', async () => {
  const lines = linesOf(content());
  const [first] = lines.questions;
  const { questions } = withIds({
    ...lines,
    questions: [
      { ...first, id: '' },
      { ...first, id: 'q1' },
      { ...first, id: '' },
    ],
  });
  expect(questions.map(({ id }) => id)).toEqual(['q2', 'q1', 'q3']);
  const quiz = await sample();
  const later = copyOf(quiz, { id: 'again', startsAt: quiz.startsAt + 86_400_000 });
  expect(later.endsAt).toBe(quiz.endsAt + 86_400_000);
  const at = (one: typeof quiz) => one.prizes.flatMap(({ way }) => ('at' in way ? [way.at] : []));
  expect(at(later)).toEqual(at(quiz).map((time) => time + 86_400_000));
  expect(await newQuizId(async (id) => id === 'quiz-1124', '2026-11-24')).toBe('quiz-1124-2');
});
