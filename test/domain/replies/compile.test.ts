import * as fc from 'fast-check';
import { compile } from '../../../src/domain/replies/compile';
import type { Rule } from '../../../src/domain/replies/rule';
import { fold } from '../../../src/kit/text';

const ruleOf = (id: string, word: string, kind: 'exact' | 'contains'): Rule => ({
  _id: id,
  name: id,
  match: [{ kind, words: [word] }],
  replies: [{ kind: 'text', text: id }],
  mode: 'all',
  priority: 0,
  source: 'console',
  on: true,
  createdAt: new Date(0),
});

test('the index finds exactly what comparing with every rule would find', () => {
  const word = fc.string({
    unit: fc.constantFrom('杭', '州', '天', '氣', 'a', '1'),
    minLength: 1,
    maxLength: 4,
  });
  const text = fc.string({ unit: fc.constantFrom('杭', '州', '天', '氣', 'a', '1'), maxLength: 8 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ word, exact: fc.boolean() }), { maxLength: 12 }),
      text,
      (words, said) => {
        const rules = words.map((one, n) =>
          ruleOf(String(n).padStart(2, '0'), one.word, one.exact ? 'exact' : 'contains'),
        );
        const folded = fold(said);
        const matching = rules
          .map((rule, n) => ({ rule, word: fold(words[n]?.word ?? ''), exact: words[n]?.exact ?? false }))
          .filter((one) => (one.exact ? folded === one.word : folded.includes(one.word)))
          .toSorted(
            (a, b) =>
              Number(b.exact) - Number(a.exact) ||
              b.word.length - a.word.length ||
              a.rule.name.localeCompare(b.rule.name),
          );
        expect(compile(rules).find(folded, 0)?.rule.name).toBe(matching[0]?.rule.name);
      },
    ),
  );
});
