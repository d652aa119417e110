import { optionOrder, pickQuestion, readPick } from '../../../../src/domain/quiz/play/questions';
import { aPrize, aQuestion, aQuiz } from '../a-quiz';

const none = { seen: [], today: [] };

/** The questions a person gets, one day after the other. */
function asked(quiz: ReturnType<typeof aQuiz>, pid: string, days: number[]): string[] {
  const seen: string[] = [];
  const all: string[] = [];
  for (const perDay of days) {
    const today: string[] = [];
    for (let i = 0; i < perDay; i++) {
      const question = pickQuestion(quiz, pid, { seen, today });
      if (!question) break;
      today.push(question.id);
      seen.splice(0, seen.length, ...seen.filter((id) => id !== question.id), question.id);
      all.push(question.id);
    }
  }
  return all;
}

test('nobody gets a question twice while others remain, and then the one longest ago comes first', () => {
  const quiz = aQuiz();
  const all = asked(quiz, 'lin', [8, 8, 8]);
  expect(new Set(all.slice(0, 20)).size).toBe(20);
  expect(all.slice(20)).toEqual(all.slice(0, 4));
});

test('when the bank is used up for today there is no question', () => {
  expect(asked(aQuiz(), 'lin', [25])).toHaveLength(20);
});

test('everybody has an order of her own, and the same again on another run', () => {
  const quiz = aQuiz();
  const firsts = new Set(Array.from({ length: 50 }, (_, i) => asked(quiz, `p${i}`, [5]).join()));
  expect(firsts.size).toBeGreaterThan(45);
  expect(asked(aQuiz(), 'p7', [9])).toEqual(asked(quiz, 'p7', [9]));
});

test('each question is as likely as any other to come first', () => {
  const quiz = aQuiz();
  const counts = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const id = pickQuestion(quiz, `fan-${i}`, none)?.id ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  // 200 each; chi-square with 19 degrees of freedom, p = 0.001 at 43.8. The people are fixed, so is the result.
  const chi =
    [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0) + (20 - counts.size) * 200;
  expect(chi).toBeLessThan(43.8);
});

test('a question that was taken out is not asked, not even when all others were', () => {
  const quiz = aQuiz({ questions: [aQuestion('a'), aQuestion('b', { retired: true }), aQuestion('c')] });
  expect(new Set(asked(quiz, 'lin', [3, 3]))).toEqual(new Set(['a', 'c']));
});

test('a question kept for 搶答 is met in no round', () => {
  const quiz = aQuiz({ prizes: [aPrize('p', { kind: 'first', question: 't3', at: 0 })] });
  expect(asked(quiz, 'lin', [30])).not.toContain('t3');
});

test('a question about herself is asked once and never again', () => {
  const profile = aQuestion('city', { kind: 'profile' });
  const quiz = aQuiz({ questions: [aQuestion('a'), profile] });
  expect(asked(quiz, 'lin', [2, 2]).filter((id) => id === 'city')).toHaveLength(1);
});

test('the mix of difficulties is kept within every ten questions, and never stops the quiz', () => {
  const difficulties = [1, 2, 3] as const;
  const questions = difficulties.flatMap((difficulty) =>
    Array.from({ length: difficulty === 3 ? 2 : 20 }, (_, i) =>
      aQuestion(`${difficulty}-${i}`, { difficulty }),
    ),
  );
  const quiz = aQuiz({ questions, mix: { 1: 5, 2: 3, 3: 2 } });
  const all = asked(quiz, 'lin', [10, 10, 10]);
  const share = (ids: string[]) =>
    difficulties.map((one) => ids.filter((id) => id.startsWith(`${one}-`)).length);
  expect(share(all.slice(0, 10))).toEqual([5, 3, 2]);
  expect(all).toHaveLength(30); // the two hard ones are used up: others are asked instead
});

test('picking from a bank of 5,000 stays cheap', () => {
  const quiz = aQuiz({ questions: Array.from({ length: 5_000 }, (_, i) => aQuestion(`t${i}`)) });
  pickQuestion(quiz, 'warm', none);
  const before = process.cpuUsage();
  for (let i = 0; i < 100; i++)
    pickQuestion(quiz, `p${i}`, { seen: quiz.questions.slice(0, i).map(({ id }) => id), today: [] });
  // It took 60 ms each when every comparison hashed anew; now well under one.
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
});

test('options come in an order of each round, the same every time; 對 and 錯 keep theirs', () => {
  const question = aQuestion('t1', { options: ['甲', '乙', '丙', '丁', '戊', '己'] });
  const answerLog = Array.from({ length: 200 }, (_, i) => optionOrder(question, `q:p${i}:2026-11-21`));
  for (const order of answerLog) expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(optionOrder(question, 'q:p3:2026-11-21')).toEqual(answerLog[3]);
  for (let place = 0; place < 6; place++) {
    const here = answerLog.filter((order) => order[place] === 0).length;
    expect(here).toBeGreaterThan(15); // 33 on average
    expect(here).toBeLessThan(55);
  }
  expect(optionOrder(aQuestion('t2', { kind: 'truefalse', options: ['對', '錯'] }), 'any')).toEqual([0, 1]);
});

test.each([
  ['A', { position: 0 }],
  ['ｆ', { position: 5 }],
  ['Ｂ。', { position: 1 }],
  [' c ', { position: 2 }],
  ['3', { position: 2 }],
  ['６', { position: 5 }],
  ['④', { position: 3 }],
  ['選A', { position: 0 }],
  ['选 b！', { position: 1 }],
  ['選2', { position: 1 }],
  ['3B', { position: 1, n: 3 }],
  ['１２ｃ', { position: 2, n: 12 }],
])('%s is an answer', (text, picked) => expect(readPick(text)).toEqual(picked));

test.each(['', 'G', '7', '0', 'AB', '33', 'A B', '天氣', '我選', 'B3', '選', '1234B', 'A\nB', '繼續'])(
  '%j is no answer',
  (text) => expect(readPick(text)).toBeUndefined(),
);
