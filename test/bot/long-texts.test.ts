import { fold, foldWithOffsets, longestRead, scriptOf } from '../../src/kit/text';
import { createBareTalk } from '../support/bare-talk';
import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const whole = 64 * 1024;
const upTo = (piece: string): string => piece.repeat(Math.ceil(whole / Buffer.byteLength(piece)));
/** Texts that cost most: what grows when folded, what makes patterns go back, what no cache has seen. */
const texts: [string, string][] = [
  ['a ligature of eighteen letters', upTo('ﷺ')],
  ['ten thousand of them before a keyword', `${'ﷺ'.repeat(3_300)}天氣`],
  ['squared words', upTo('㌖㍿㍻')],
  ['spaces', upTo('　 \n')],
  ['zero-width characters', upTo('\u200b')],
  ['combining marks', upTo('a\u0301\u0323')],
  ['flags and families', upTo('👨‍👩‍👧‍👦🇹🇼')],
  ['rare characters', Array.from({ length: 16_000 }, (_, i) => String.fromCodePoint(0x20000 + i)).join('')],
  ['half characters', upTo('\ud840')],
  [
    'every Chinese character',
    Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join(''),
  ],
  ['where a train goes', upTo('到')],
  ['pages', upTo('到杭州第')],
  ['digits', upTo('9')],
  ['Chinese numerals', upTo('一百')],
  ['a range of ranges', upTo('5-')],
  ['punctuation', upTo('！？…')],
  ['a city again and again', upTo('杭州')],
  ['letters', upTo('xian')],
  ['sixty of where a train goes', `${'到'.repeat(59)}頁`],
  ['sixty wishes', `${'一'.repeat(57)}酒店`],
];

test.each(texts)('%s: no more is read than a fan can type, and no more comes of it', (_, text) => {
  const { text: folded, at } = foldWithOffsets(text);
  expect(folded.length).toBeLessThanOrEqual(longestRead);
  expect(at).toHaveLength(folded.length + 1);
  expect(Math.max(...at)).toBeLessThanOrEqual(longestRead);
});

describe('with all handlers', () => {
  const database = testDatabase();
  let talk: Awaited<ReturnType<typeof createTalk>>;
  beforeAll(async () => {
    talk = await createTalk(database);
    await talk.fan().says('有什麼好玩的'); // all names are compiled once
  });
  afterAll(async () => {
    await database.drop();
  });

  /** The characters that are walked one by one while `act` runs, and those normalised. */
  async function worked(act: () => Promise<unknown>): Promise<number> {
    const walk = String.prototype[Symbol.iterator];
    const normalize = String.prototype.normalize;
    let characters = 0;
    const count = <F extends (this: string, ...args: never[]) => unknown>(real: F) =>
      function (this: string, ...args: Parameters<F>) {
        characters += this.length;
        return real.apply(this, args);
      };
    Object.assign(String.prototype, { [Symbol.iterator]: count(walk), normalize: count(normalize) });
    try {
      await act();
    } finally {
      Object.assign(String.prototype, { [Symbol.iterator]: walk, normalize });
    }
    return characters;
  }

  test.each(texts)('%s: is answered, for the work of a text of ordinary length', async (_, text) => {
    const fan = talk.fan();
    let said = '';
    const work = await worked(async () => {
      said = await fan.says(text);
    });
    expect(said).not.toBe('');
    expect(work).toBeLessThan(12 * longestRead);
  });
});

test('a handler sees no more of a text than is read of it', async () => {
  const database = testDatabase();
  const bare = await createBareTalk(database, 'handlers-accept');
  const said = `多長${upTo('話')}`;
  expect(await bare.fan().says(said)).toBe(String(longestRead));
  await bare.close();
  await database.drop();
});

test('what is folded twice in a turn is folded once', () => {
  const text = '杭州天氣'.repeat(20);
  expect(foldWithOffsets(text)).toBe(foldWithOffsets(text));
  expect(fold('上海')).toBe('上海');
  expect(scriptOf(upTo('気'))).toBeUndefined();
});
