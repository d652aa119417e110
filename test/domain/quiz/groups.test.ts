import { allGroups, groupsOf } from '../../../src/domain/quiz/groups';
import { aPrize } from './a-quiz';

const levels = [
  { n: 1, questions: 5, pass: 3 },
  { n: 2, questions: 5, pass: 3 },
];
const quiz = { levels, prizes: [aPrize('cup', { kind: 'floor', every: 2 })], best: 100 };
const lin = { points: 100, level: 3, played: ['2026-11-21', '2026-11-22'], prizes: ['cup', 'cup'] };

test('a person belongs to the groups of how far, how well, on which days and what she won', () => {
  expect(groupsOf(lin, quiz)).toEqual([
    'played',
    'finished',
    'band-4',
    'won',
    'prize-cup',
    'day-2026-11-21',
    'day-2026-11-22',
  ]);
  expect(groupsOf({ points: 0, level: 2, played: [], prizes: [] }, quiz)).toEqual([
    'played',
    'unfinished',
    'band-1',
    'won-nothing',
  ]);
});

test.each([
  [0, 1],
  [25, 1],
  [26, 2],
  [50, 2],
  [51, 3],
  [75, 3],
  [76, 4],
  [100, 4],
])('%d points of 100 are band %d', (points, band) => {
  expect(groupsOf({ ...lin, points }, quiz)).toContain(`band-${band}`);
});

test('every group that a person may belong to stands in the list', () => {
  const names = allGroups(quiz, lin.played).map(({ name }) => name);
  const hers = [0, 30, 60, 90].flatMap((points) => [
    ...groupsOf({ ...lin, points }, quiz),
    ...groupsOf({ ...lin, points, level: 1, prizes: [] }, quiz),
  ]);
  expect(new Set(hers)).toEqual(new Set(names));
});
