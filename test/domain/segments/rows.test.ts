import { attributeLeaves } from '../../../src/domain/attributes/attributes.leaves';
import type { Leaf } from '../../../src/domain/leaf';
import { rowsOf, ruleIn } from '../../../src/domain/segments/rows';
import { readRule } from '../../../src/domain/segments/rule';
import { readSentence, writeSentence } from '../../../src/domain/segments/sentence';
import { subscriberLeaves } from '../../../src/domain/subscribers/subscribers.leaves';

const leaves = new Map<string, Leaf>([...attributeLeaves, ...subscriberLeaves].map((one) => [one.name, one]));
const ruleOf = (sentence: string) => readRule(readSentence(sentence, leaves), leaves);
const again = (sentence: string): string => {
  const rows = rowsOf(ruleOf(sentence), leaves);
  return rows ? writeSentence(readRule(ruleIn(rows, leaves), leaves), leaves) : 'too deep';
};

test.each([
  '30 天內來過',
  '都不（用簡體字）',
  '同時（30 天內來過；用繁體字）',
  '任一（屬性「性別」是「女」或「女士」；今天生日）',
  '都不（30 天內來過；用繁體字）',
  '同時（30 天內來過；都不（用簡體字））',
  '同時（30 天內來過；任一（用繁體字；今天生日））',
  '任一（同時（30 天內來過；用繁體字）；都不（今天生日；用簡體字））',
])('rows say the same again: %s', (sentence) => {
  expect(again(sentence)).toBe(sentence);
});

test('what stands loose beside groups comes first, and means the same', () => {
  expect(again('同時（任一（用繁體字；今天生日）；30 天內來過）')).toBe(
    '同時（30 天內來過；任一（用繁體字；今天生日））',
  );
  expect(again('都不（同時（用繁體字；今天生日）；30 天內來過）')).toBe(
    '都不（30 天內來過；同時（用繁體字；今天生日））',
  );
});

test('a rule deeper than groups of conditions has no rows', () => {
  expect(again('同時（任一（同時（用繁體字；今天生日）；30 天內來過）；用簡體字）')).toBe('too deep');
});

test('what is not filled in is told at its field', () => {
  const conditions = [
    { group: 0, not: false, leaf: '', values: [] },
    { group: 0, not: false, leaf: 'seen', values: ['x'] },
    { group: 0, not: true, leaf: 'attribute', values: ['性「別', '、'] },
  ];
  const tried = () => ruleIn({ joint: 'all', groups: [{ joint: 'all' }], conditions }, leaves);
  expect(tried).toThrow(
    expect.objectContaining({
      details: {
        fields: {
          'conditions.0.leaf': '請選一個條件',
          'conditions.1.p0': '要填 1 到 3650 的整數',
          'conditions.2.p0': '最多 40 個字，不能有引號、括號、分號',
          'conditions.2.p1': '要填',
        },
      },
    }),
  );
});
