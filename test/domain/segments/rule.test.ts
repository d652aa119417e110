import * as fc from 'fast-check';
import { attributeLeaves } from '../../../src/domain/attributes/attributes.leaves';
import { collectAudience } from '../../../src/domain/audience';
import { inboxLeaves } from '../../../src/domain/inbox/inbox.leaves';
import type { Flat, Leaf } from '../../../src/domain/leaf';
import { pointLeaves } from '../../../src/domain/points/points.leaves';
import { prizeLeaves } from '../../../src/domain/prizes/prizes.leaves';
import { purchaseLeaves } from '../../../src/domain/purchases/purchases.leaves';
import { quizLeaves } from '../../../src/domain/quiz/quiz.leaves';
import { reachLeaves } from '../../../src/domain/reach/reach.leaves';
import { compile, judge } from '../../../src/domain/segments/compile';
import { type Rule, readRule } from '../../../src/domain/segments/rule';
import { everybody, inList } from '../../../src/domain/segments/segments.leaves';
import { readSentence, writeSentence } from '../../../src/domain/segments/sentence';
import { stageLeaves } from '../../../src/domain/stages/stages.leaves';
import { subscriberLeaves } from '../../../src/domain/subscribers/subscribers.leaves';
import { surveyLeaves } from '../../../src/domain/surveys/surveys.leaves';
import { toSimplified } from '../../../src/kit/text';
import { testDatabase } from '../../support/database';

const all: readonly (readonly Leaf[])[] = [
  subscriberLeaves,
  attributeLeaves,
  quizLeaves,
  prizeLeaves,
  pointLeaves,
  inboxLeaves,
  purchaseLeaves,
  stageLeaves,
  surveyLeaves,
  reachLeaves,
  [everybody, inList],
];
const { leaves } = collectAudience({ ...all.map((some) => ({ audience: { leaves: some } })) });
const read = (input: unknown) => readRule(input, leaves);
const now = { day: 20_600, at: 20_600 * 86_400_000 };

const name = fc.constantFrom('杭州', '浙江', 'autumn', '性別', '女', 'tote-2', '2026 秋');
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
const few = fc.integer({ min: 1, max: 5 });
/** Values for each place of a leaf, by what its pattern calls it. */
const valueOf: Record<string, fc.Arbitrary<unknown>> = {
  script: fc.constantFrom('hant', 'hans'),
  cities: names,
  regions: names,
  areas: names,
  channels: names,
  values: names,
  name,
  quiz: name,
  survey: name,
  mark: name,
  campaign: name,
  prize: name,
  id: name,
  band: fc.constantFrom('18 到 24 歲', '65 歲以上'),
  sign: fc.constantFrom('天秤座', '水瓶座'),
  topic: fc.constantFrom('hotels', 'food'),
  days: fc.integer({ min: 1, max: 30 }),
  level: few,
  levels: names,
  stage: fc.constantFrom('none', 'considering', 'loyal'),
  part: fc.constantFrom('r', 'all'),
  score: few,
  yuan: fc.integer({ min: 1, max: 200 }),
  times: few,
  points: fc.integer({ min: 1, max: 200 }),
};
const leafRule = fc.constantFrom(...leaves.values()).chain((leaf) => {
  const places = [...leaf.pattern.matchAll(/\{(\w+)\}/g)].map(([, place]) => place as string);
  const values = Object.fromEntries(places.map((place) => [place, valueOf[place] as fc.Arbitrary<unknown>]));
  return fc.record(values).map((given) => ({ leaf: leaf.name, ...given }));
});
const { rule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leafRule as fc.Arbitrary<Rule>,
    fc
      .constantFrom('all', 'any', 'none')
      .chain((joint) =>
        fc
          .array(tie('rule'), { minLength: 1, maxLength: 3 })
          .map((rules) => ({ [joint]: rules }) as unknown as Rule),
      ),
  ),
}));

test('a rule is written as a sentence, and read from it as the same rule, in either script', () => {
  fc.assert(
    fc.property(rule, (one) => {
      const said = writeSentence(read(one), leaves);
      expect(read(readSentence(said, leaves))).toEqual(read(one));
      const simplified = said
        .split(/(「[^」]*」)/)
        .map((piece, i) => (i % 2 ? piece : toSimplified(piece)))
        .join('');
      expect(read(readSentence(simplified, leaves))).toEqual(read(one));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['用繁體字', { leaf: 'script', script: 'hant' }],
  ['30天内问过酒店至少2次', { leaf: 'asked', topic: 'hotels', times: 2, days: 30 }],
  [
    '属性「性別」是「女」；沉默超过60天',
    {
      all: [
        { leaf: 'attribute', name: '性別', values: ['女'] },
        { leaf: 'silent', days: 60 },
      ],
    },
  ],
  [
    '任一(玩過活動「a」；都不(在活動「a」得過獎))',
    { any: [{ leaf: 'played', quiz: 'a' }, { none: [{ leaf: 'won', campaign: 'a' }] }] },
  ],
  ['所有人', { leaf: 'everybody' }],
  ['全部', { leaf: 'everybody' }],
  ['所有关注的人；用簡體', { all: [{ leaf: 'everybody' }, { leaf: 'script', script: 'hans' }] }],
  ['30天内问过酒店', { leaf: 'asked', topic: 'hotels', times: 1, days: 30 }],
  ['用簡體', { leaf: 'script', script: 'hans' }],
  ['今天生日', { leaf: 'birthday-today' }],
  ['再过7天生日', { leaf: 'birthday-in', days: 7 }],
  ['有奖品3天内到期', { leaf: 'prize-ends', days: 3 }],
  ['有獎品再過 3 天到期', { leaf: 'prize-ends-in', days: 3 }],
  ['在活動「a」停在第 2 關', { leaf: 'at-level', quiz: 'a', level: 2 }],
  ['玩過活動「a」還沒過第 2 關', { leaf: 'not-passed', quiz: 'a', level: 2 }],
  ['今天在活動「a」答過題', { leaf: 'answered-within', quiz: 'a', days: 1 }],
  ['今天在活動「a」答完一天的題', { leaf: 'day-done', quiz: 'a' }],
  ['在城市“杭州”、“苏州”', { leaf: 'city', cities: ['杭州', '苏州'] }],
  [
    '"性別"是"女"，沉默超过60天',
    {
      all: [
        { leaf: 'attribute', name: '性別', values: ['女'] },
        { leaf: 'silent', days: 60 },
      ],
    },
  ],
])('「%s」 is read', (said, meant) => {
  expect(read(readSentence(said, leaves))).toEqual(meant);
});

test.each([
  ['nothing', null, '要的是一條規則'],
  ['a list', [], '要的是一條規則'],
  ['an unknown leaf', { all: [{ leaf: 'hacked' }] }, 'all[0]：沒有「hacked」'],
  [
    'an operator of the database',
    { all: [{ leaf: 'points', points: { $gt: 0 } }] },
    '「points」的「points」不對',
  ],
  ['$where', { $where: '1' }, '沒有「undefined」'],
  ['a value too many', { leaf: 'points', points: 1, $or: [] }, '不認得「$or」'],
  ['a prototype', JSON.parse('{"leaf":"points","points":1,"__proto__":{"x":1}}'), '不認得'],
  ['constructor as leaf', { leaf: 'constructor' }, '沒有「constructor」'],
  ['an empty joint', { any: [] }, '至少要一條'],
  ['two joints', { all: [{ leaf: 'window' }], any: [] }, '旁邊不能再有'],
  ['a quotation in a name', { leaf: 'played', quiz: 'a」；b' }, '「quiz」不對'],
  [
    'a number out of its range',
    { leaf: 'followed-before', days: 0 },
    '：「關注超過 0 天」：數不在範圍裡；應該像：關注超過 〔1 到 3650〕 天。',
  ],
  [
    'the same, with a value too many',
    { leaf: 'followed-before', days: 0, $or: [] },
    '「followed-before」的「days」不對',
  ],
  ['a number as text', { leaf: 'points', points: '5' }, '不對'],
])('refuses %s, and says where', (_, input, why) => {
  expect(() => read(input)).toThrow(why);
});

test('10,000 levels and 1,000 leaves are refused, without harm', () => {
  let deep: unknown = { leaf: 'window' };
  for (let i = 0; i < 10_000; i++) deep = { all: [deep] };
  expect(() => read(deep)).toThrow('最多疊');
  expect(() => read({ all: Array.from({ length: 1_000 }, () => ({ leaf: 'window' })) })).toThrow(
    '最多 60 個條件',
  );
  expect(() => readSentence('同時（'.repeat(600), leaves)).toThrow();
});

describe('over people', () => {
  const database = testDatabase();
  afterAll(() => database.drop());

  const token = fc.constantFrom(
    'script:hant',
    'city:杭州',
    'region:浙江',
    'attribute:性別=女',
    'known:性別',
    'played:autumn',
    'won:autumn',
    'won:autumn/tote-2',
    'list:tote-2',
    'age:65 歲以上',
    'channel:first:杭州',
    'member:杭州',
    'stage:loyal',
    'birthday:05-27',
    'prize-ends:2026-05-28',
    'level:autumn=2',
    'answered:autumn=2026-05-25',
    'day-done:autumn=2026-05-27',
  );
  const field = fc.constantFrom(
    'points',
    'seenOn',
    'followedOn',
    'windowUntil',
    'score_autumn',
    'level_autumn',
    'asked_hotels_2',
    'purchases',
    'boughtOn',
    'value_all',
    'churn',
  );
  const person: fc.Arbitrary<Flat> = fc.record({
    t: fc.uniqueArray(token, { maxLength: 6 }),
    n: fc.dictionary(
      field,
      fc.oneof(
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 20_560, max: 20_601 }),
        fc.constant(now.at + 5),
      ),
    ),
  });

  test('the query finds exactly those whom the plain reading of the rule finds', async () => {
    const people = (await database.connect()).collection<Flat & { _id: number }>('flat');
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 5, maxLength: 30 }),
        fc.array(rule, { minLength: 8, maxLength: 8 }),
        async (some, rules) => {
          await people.deleteMany({});
          await people.insertMany(some.map((one, _id) => ({ _id, ...one })));
          for (const one of rules) {
            const found = await people
              .find(compile(read(one), leaves, now), { projection: { _id: 1 }, sort: { _id: 1 } })
              .toArray();
            const plain = some.flatMap((flat, i) => (judge(read(one), flat, leaves, now).is ? [i] : []));
            expect(found.map(({ _id }) => _id)).toEqual(plain);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('what is not known is neither true nor false: only 「未知」 and a negation hold', () => {
    const nobody: Flat = { t: [], n: {} };
    const is = (input: unknown) => judge(read(input), nobody, leaves, now).is;
    const woman = { leaf: 'attribute', name: '性別', values: ['女'] };
    expect(is(woman)).toBe(false);
    expect(is({ none: [woman] })).toBe(true);
    expect(is({ leaf: 'unknown', name: '性別' })).toBe(true);
    expect(is({ leaf: 'silent', days: 1 })).toBe(false);
  });
});

test('a sentence that is not understood is answered with the conditions nearest to it, filled in', () => {
  expect(() => readSentence('三十天问过酒店的人', leaves)).toThrow(
    /是想說這些嗎：\n {2}〔1 到 30〕 天內問過/,
  );
  expect(() => readSentence('同時（用繁體', leaves)).toThrow('括號沒有成對');
});
