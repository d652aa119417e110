import { oddsOf } from '../../../../src/domain/quiz/rehearse/odds';
import { aPrize, aQuiz } from '../a-quiz';

const quiz = aQuiz({
  prizes: [
    aPrize('lucky', { kind: 'floor', floors: [1, 88, 20_000] }, { quantity: 3 }),
    aPrize('hundred', { kind: 'floor', every: 100 }, { quantity: 50 }),
    aPrize('sixes', { kind: 'floor', endings: ['66'] }, { quantity: 2_000_000 }),
    aPrize('top', { kind: 'ranking', board: 'final', from: 1, to: 3 }, { quantity: 3 }),
    aPrize('three', { kind: 'participation', rounds: 3 }, { quantity: 100 }),
    aPrize('week', { kind: 'participation', daysInRow: 7 }, { quantity: 1_000 }),
    aPrize(
      'tour',
      { kind: 'draw', reserves: 1, condition: { rounds: 7 }, publicValue: 'x', at: 0 },
      { quantity: 2 },
    ),
  ],
});

test('floors are counted as far as the stock goes, and it is told at which floor the last one goes', async () => {
  const { prizes } = await oddsOf(quiz, 10);
  const of = (id: string) => prizes.find(({ prize }) => prize.id === id);
  expect(of('lucky')).toMatchObject({ reached: [2, 2, 3], lastFloor: 20_000 });
  expect(of('hundred')).toMatchObject({ reached: [10, 50, 50], lastFloor: 5_000 });
  expect(of('sixes')).toMatchObject({ reached: [10, 100, 1_000], lastFloor: undefined });
});

test('invented players win by the rules of the chat and of the settlement, the same every time', async () => {
  const odds = await oddsOf(quiz, 1_000);
  const given = Object.fromEntries(odds.prizes.map(({ prize, given: got }) => [prize.id, got]));
  expect(odds).toEqual(await oddsOf(quiz, 1_000));
  expect(odds.days).toBe(7);
  // Seven in ten on seven days, at most ten questions each; who fails a level stops for the day.
  expect(odds.answers).toBeGreaterThan(20_000);
  expect(odds.answers).toBeLessThan(49_000);
  expect(given).toMatchObject({ hundred: 50, top: 3, three: 100, tour: 2 });
  const weekly = odds.prizes.find(({ prize }) => prize.id === 'tour')?.entered ?? 0;
  expect(given['week']).toBe(weekly); // seven of seven days are seven in a row
  expect(weekly).toBeGreaterThan(40);
  expect(weekly).toBeLessThan(140);
});
