import type { Prize } from '../../../../src/domain/prizes/prize';
import type { RoundRow, ScoreRow } from '../../../../src/domain/quiz/log/scores';
import { meets, winners } from '../../../../src/domain/quiz/log/winners';
import { aPrize, aQuiz } from '../a-quiz';

type Score = [pid: string, points: number, reached: number];
type Round = [on: string, pid: string, points: number, reached: number, more?: Partial<RoundRow>];

/** Sorted as the projections are. */
async function decided(given: {
  prizes: Prize[];
  scores?: Score[];
  rounds?: Round[];
  excluded?: string[];
  staff?: string[];
}) {
  const { prizes, scores = [], rounds = [], excluded = [], staff = [] } = given;
  const standings = {
    ranking: () =>
      scores
        .toSorted((a, b) => b[1] - a[1] || a[2] - b[2])
        .map(([pid, points, reached]) => ({ pid, points, reached }) as ScoreRow),
    rounds: () =>
      rounds
        .toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : b[2] - a[2] || a[3] - b[3]))
        .map(
          ([on, pid, points, reached, more]) =>
            ({ on, pid, points, reached, firstFloor: reached, answered: 1, ...more }) as RoundRow,
        ),
  };
  const found: string[] = [];
  const options = { excluded: new Set(excluded), lastDay: '2026-11-27' };
  for await (const { prize, unit, pid } of winners(aQuiz({ prizes, staff }), standings, options))
    found.push(`${prize} ${unit} ${pid}`);
  return found;
}

const top = (board: 'daily' | 'final', from: number, to: number, more: Partial<Prize> = {}) =>
  aPrize(`${board}${from}`, { kind: 'ranking', board, from, to }, { quantity: 99, ...more });

test('more points first, then the lower floor; no rank is shared', async () => {
  const scores: Score[] = [
    ['a', 50, 9],
    ['b', 90, 20],
    ['c', 90, 7],
    ['d', 50, 8],
  ];
  expect(await decided({ prizes: [top('final', 1, 1), top('final', 2, 3)], scores })).toEqual([
    'final1 rank-1-final c',
    'final2 rank-2-final b',
    'final2 rank-3-final d',
  ]);
});

test('below somebody who is excluded, or of staff, all move up; without points there is no rank', async () => {
  const scores: Score[] = [
    ['bot', 90, 1],
    ['a', 80, 2],
    ['boss', 70, 3],
    ['b', 60, 4],
    ['zero', 0, 5],
  ];
  expect(await decided({ prizes: [top('final', 1, 5)], scores, excluded: ['bot'], staff: ['boss'] })).toEqual(
    ['final1 rank-1-final a', 'final1 rank-2-final b'],
  );
});

test('each day has its own ranking, and the quantity ends it', async () => {
  const rounds: Round[] = [
    ['2026-11-22', 'a', 30, 11],
    ['2026-11-22', 'b', 40, 12],
    ['2026-11-21', 'a', 30, 5],
    ['2026-11-21', 'b', 30, 4],
  ];
  expect(await decided({ prizes: [top('daily', 1, 1)], rounds })).toEqual([
    'daily1 rank-1-2026-11-21 b',
    'daily1 rank-1-2026-11-22 b',
  ]);
  expect(await decided({ prizes: [top('daily', 1, 1, { quantity: 1 })], rounds })).toHaveLength(1);
  // Who won as often as she may leaves her place to the next.
  expect(await decided({ prizes: [top('daily', 1, 1, { perPerson: 1 })], rounds })).toEqual([
    'daily1 rank-1-2026-11-21 b',
    'daily1 rank-1-2026-11-22 a',
  ]);
});

test('who takes part enough wins, those first who were there first; a row of days stays won', async () => {
  const rounds: Round[] = ['21', '22', '23', '25'].flatMap((day, i): Round[] => [
    [`2026-11-${day}`, 'row', 10, 10 * i + 2],
    ...(day === '22' ? [] : ([[`2026-11-${day}`, 'gap', 99, 10 * i + 1]] as Round[])),
    [`2026-11-${day}`, 'flashOnly', 10, 10 * i + 3, { answered: 0 }],
  ]);
  const part = (id: string, way: object, more: Partial<Prize> = {}) =>
    aPrize(id, { kind: 'participation', ...way }, { quantity: 9, ...more });
  expect(await decided({ prizes: [part('three', { rounds: 3 })], rounds })).toEqual([
    'three row row',
    'three gap gap',
  ]);
  expect(await decided({ prizes: [part('one', { rounds: 3 }, { quantity: 1 })], rounds })).toEqual([
    'one row row',
  ]);
  expect(await decided({ prizes: [part('row3', { daysInRow: 3 })], rounds })).toEqual(['row3 row row']);
  expect(await decided({ prizes: [part('both', { daysInRow: 3, rounds: 4 })], rounds })).toEqual([
    'both row row',
  ]);
});

test.each([
  [{}, true],
  [{ rounds: 3 }, true],
  [{ rounds: 4 }, false],
  [{ days: 3, points: 100 }, true],
  [{ points: 101 }, false],
  [{ level: 1 }, true],
  [{ level: 2 }, false],
])('in a draw for %j: %s', (condition, takesPart) => {
  expect(meets(condition, { days: 3, points: 100, level: 2 })).toBe(takesPart);
});

test('who only tried a 搶答題 has played no round', () => {
  expect(meets({}, { days: 0, points: 10, level: 1 })).toBe(false);
});
