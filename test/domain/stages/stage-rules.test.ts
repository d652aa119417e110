import { churnOf } from '../../../src/domain/stages/churn';
import { hasNoSource, stageCodes, stageOf, stageRules } from '../../../src/domain/stages/stage-rules';
import { createFifths, cutsOf, scoreOf, valueOf } from '../../../src/domain/stages/value';

const day = 20_600;
const person = (t: string[], n: Record<string, number> = {}) => ({ t, n });

test.each([
  ['nobody', person([]), 'none'],
  ['who follows', person([], { followedOn: day }), 'found'],
  ['who asked', person([], { followedOn: day, asked_weather_1: day }), 'aware'],
  ['who played', person(['played:autumn'], { followedOn: day }), 'aware'],
  ['who compared hotels', person([], { asked_hotels_1: day, asked_hotels_2: day - 29 }), 'considering'],
  ['who compared them long ago', person([], { asked_hotels_1: day, asked_hotels_2: day - 30 }), 'aware'],
  ['who bought', person(['buyer'], { purchases: 1, asked_hotels_2: day }), 'bought'],
  ['who came back to buy', person(['buyer'], { purchases: 2 }), 'loyal'],
])('%s is in the highest stage she is seen in', (_, flat, stage) => {
  expect(stageOf(flat, day)).toBe(stage);
});

test('every stage has a rule, in order, and the ones that nothing feeds say what would', () => {
  expect(stageRules.map(({ stage }) => stage)).toEqual(stageCodes);
  expect(stageRules.filter(hasNoSource).map(({ stage }) => stage)).toEqual([
    'choosing',
    'satisfied',
    'advocate',
  ]);
  expect(stageRules.every(({ fedBy }) => fedBy.length > 3)).toBe(true);
});

test('fifths: equals score the same, and five different ones from 1 to 5', () => {
  const scores = (values: number[]) => values.map((one) => scoreOf(one, cutsOf(values)));
  expect(scores([50, 10, 30, 20, 40])).toEqual([5, 1, 3, 2, 4]);
  expect(scores([1, 1, 1, 1, 7])).toEqual([1, 1, 1, 1, 5]);
  expect(scores([3])).toEqual([1]);
  expect(scores([9, 10, 8, 7, 6, 5, 4, 3, 2, 1])).toEqual([5, 5, 4, 4, 3, 3, 2, 2, 1, 1]);
});

test('buyers are measured by what they bought, among buyers; the others by what they did, among the others', () => {
  const fifths = createFifths();
  const buyers = [1, 2, 3, 4, 5].map((x) =>
    person([], { boughtOn: day - x, purchases: x, spentFen: 10_000 * x, points: 1_000 }),
  );
  const others = [1, 2, 3, 4, 5].map((x) =>
    person([], { seenOn: day - x, days_autumn: x, asked_hotels_1: day, points: 10 * x }),
  );
  for (const one of [...buyers, ...others]) fifths.add(one);
  const cuts = fifths.cuts();
  const [first, , , , last] = buyers;
  expect(valueOf(first as never, cuts)).toEqual({ kind: 'purchase', r: 5, f: 1, m: 1 });
  expect(valueOf(last as never, cuts)).toEqual({ kind: 'purchase', r: 1, f: 5, m: 5 });
  expect(valueOf(others[1] as never, cuts)).toEqual({ kind: 'engagement', r: 4, f: 2, m: 2 });
  expect(valueOf(person([], { boughtOn: day, purchases: 9 }), { ...cuts, purchase: null })).toBeUndefined();
});

test('the risk of losing her says what it is made of', () => {
  expect(churnOf(person(['played:a', 'known:性別'], { seenOn: day, asked_food_1: day }), day)).toEqual({
    score: 0,
    reasons: [],
  });
  expect(
    churnOf(
      person(['buyer'], {
        seenOn: day - 61,
        followedOn: day - 300,
        boughtOn: day - 200,
        purchases: 1,
        points: 120,
      }),
      day,
    ),
  ).toEqual({
    score: 70,
    reasons: [
      '超過 60 天沒有來（+40）',
      '上次購買在 180 天以前（+15）',
      '30 天內沒有問過什麼（+15）',
      '沒有告訴過我們自己的事（+10）',
      '還有至少 100 積分沒用（−10）',
    ],
  });
});
