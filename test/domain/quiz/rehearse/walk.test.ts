import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tooLong, walk } from '../../../../src/domain/quiz/rehearse/walk';
import { readQuizFile } from '../../../../src/domain/quiz/workbook/workbook';
import { writeTemplate } from '../../../../src/domain/quiz/workbook/workbook-template';
import { root } from '../../../../src/kit/root';
import { createRender } from '../../../../src/render/render';
import { aPrize, aQuestion, aQuiz } from '../a-quiz';

const { render } = createRender();

test('the longest message of each question is measured, with its explanation and the longest question behind it', () => {
  const quiz = aQuiz({
    questions: [
      aQuestion('short'),
      aQuestion('long', {
        text: '題'.repeat(100),
        options: Array.from({ length: 6 }, () => '選'.repeat(50)),
      }),
      aQuestion('wordy', { explanation: '解'.repeat(300) }),
      aQuestion('gone', { retired: true }),
      aQuestion('flash'),
    ],
    prizes: [aPrize('quick', { kind: 'first', question: 'flash', at: 0 })],
  });
  const walked = walk(quiz, render);
  expect(walked.map(({ question, fits }) => [question.id, fits])).toEqual([
    ['short', true],
    ['long', true],
    ['wordy', false],
    ['flash', true],
  ]);
  expect(walked.map(({ flashFor }) => flashFor)).toEqual([undefined, undefined, undefined, '獎品 quick']);
});

test.each(['the template', 'the sample'])('nothing in %s is too long for a reply', async (which) => {
  const sample = 'src/simulator/sample/quiz.json';
  const file =
    which === 'the sample'
      ? { name: sample, bytes: readFileSync(join(root, sample)) }
      : { name: 'template.xlsx', bytes: await writeTemplate(Date.parse('2026-11-22')) };
  const reading = await readQuizFile(file);
  expect(reading.kind === 'read' && tooLong(reading.content, render)).toEqual([]);
});

test('a 搶答題 stands alone: the longest question does not come after it, and it may bring two prizes', () => {
  const long = aQuestion('long', { text: '題'.repeat(150), options: ['甲'.repeat(60), '乙'.repeat(60)] });
  const flash = aQuestion('flash', { explanation: '解'.repeat(300) });
  const quick = (name: string) => aPrize('quick', { kind: 'first', question: 'flash', at: 0 }, { name });
  const bytes = (name: string) =>
    walk(aQuiz({ questions: [long, flash], prizes: [quick(name)] }), render).find(
      ({ question }) => question.id === 'flash',
    )?.bytes ?? 0;
  expect(bytes('杯')).toBeLessThan(1_400);
  expect(bytes('杯'.repeat(51)) - bytes('杯')).toBe(150);
});
