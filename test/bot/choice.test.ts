import * as fc from 'fast-check';
import { compileRules, type Loaded } from '../../src/bot/rules';
import { fold } from '../../src/kit/text';

const says = (pattern: string | RegExp): Loaded => ({
  file: String(pattern),
  rule: { on: 'says', patterns: [pattern], run: () => undefined },
});

/** What the choice must be, worked out the slow way: exact, then the match with most fixed characters. */
function bestOf(patterns: string[], text: string): { fixed: number; all: string[] } {
  const matching = patterns
    .filter((pattern) => {
      const pieces = pattern.split(/\{\w+\}/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return new RegExp(`^${pieces.join('.+')}$`, 'u').test(text);
    })
    .map((pattern) => ({
      pattern,
      fixed: pattern.includes('{') ? pattern.replace(/\{\w+\}/g, '').length : Infinity,
    }));
  const fixed = Math.max(-1, ...matching.map((one) => one.fixed));
  return { fixed, all: matching.filter((one) => one.fixed === fixed).map((one) => one.pattern) };
}

const letters = fc.constantFrom(...'天地人山水火木金土日月風');
const word = fc.array(letters, { minLength: 1, maxLength: 4 }).map((chars) => fold(chars.join('')));
const pattern = fc.oneof(
  word,
  word.map((end) => `{a}${end}`),
  word.map((start) => `${start}{a}`),
  word.map((middle) => `{a}${middle}{b}`),
  fc.tuple(word, word).map(([start, end]) => `${start}{a}${end}`),
);
const shape = (one: string) => one.replace(/\{\w+\}/g, '{}');

test('of many rules the most exact one answers, whatever their order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(pattern, { minLength: 1, maxLength: 60, selector: shape }),
      fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('')),
      (patterns, text) => {
        const best = bestOf(patterns, text);
        const chosen = compileRules(patterns.map(says)).forText(text)?.file;
        const again = compileRules(patterns.toReversed().map(says)).forText(text)?.file;
        expect(chosen).toBe(again);
        if (best.fixed < 0) expect(chosen).toBeUndefined();
        else expect(best.all).toContain(chosen);
      },
    ),
    { numRuns: 400 },
  );
});

test('among 3,000 rules every one still answers to its own words', () => {
  const { forText } = compileRules(
    Array.from({ length: 1_000 }, (_, i) => [
      says(`關鍵詞${i}號`),
      says(`{city}第${i}站`),
      says(`從${i}路{way}`),
    ]).flat(),
  );
  for (let i = 0; i < 1_000; i++) {
    expect(forText(`关键词${i}号！`)?.file).toBe(`關鍵詞${i}號`);
    expect(forText(`杭州 第 ${i} 站`)).toMatchObject({
      file: `{city}第${i}站`,
      slots: [{ name: 'city', raw: '杭州' }],
    });
    expect(forText(`从${i}路走`)?.file).toBe(`從${i}路{way}`);
  }
  expect(forText('別的話')).toBeUndefined();
});

test('side by side two places share one piece of text, of which the second may be empty', () => {
  const { forText } = compileRules([says('{city?}{wishes}酒店')]);
  expect(
    forText('杭州 500以下 酒店')?.slots.map(({ name, optional, joined }) => ({ name, optional, joined })),
  ).toEqual([
    { name: 'city', optional: true, joined: false },
    { name: 'wishes', optional: false, joined: true },
  ]);
  expect(forText('滬酒店')?.slots.map(({ raw }) => raw)).toEqual(['滬', '']);
  expect(forText('酒店')).toBeUndefined();
});

test('two files with the same claim stop the boot with both names', () => {
  const twice = () =>
    compileRules([
      { ...says('{city}天氣'), file: 'handlers/a.ts' },
      { ...says('{place}天气'), file: 'handlers/b.ts' },
    ]);
  expect(twice).toThrow(/handlers\/a\.ts.+handlers\/b\.ts/);
});

test('the table shows what authors wrote, and a double claim is told in their words', () => {
  const one = says('{city}天氣');
  expect(compileRules([one]).table).toEqual([{ file: '{city}天氣', claim: 'says 「{city}天氣」' }]);
  const other: Loaded = { ...says('{place}天气'), file: 'handlers/other.ts' };
  expect(() => compileRules([one, other])).toThrow(
    'Both {city}天氣 and handlers/other.ts claim says 「{place}天气」.',
  );
});
