import { walk } from '../../../src/domain/quiz/walk';
import { createRender } from '../../../src/render/render';
import { aPrize, aQuestion, aQuiz } from './a-quiz';

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
