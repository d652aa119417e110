import { fold } from '../../kit/text';
import type { QuizContent } from './definition';

/**
 * 「A. 杭州」, 「(B) 蘇州」, 「①揚州」: what stands in front of an option and is none of it. Digits need a sign and no digit after
 * it: 「1 個」 and 「2.5 公里」 are options.
 */
const inFront =
  /^[\s(（[【「]*(?:([A-Fa-fＡ-Ｆａ-ｆ])(?:\s*[.．。、，,:：)）\]】」]|\s)|([1-6１-６])\s*[.．。、，,:：)）\]】」](?!\s*\d)|([①-⑥⑴-⑹⒈-⒍]))\s*/u;

/**
 * The options without letters or numbers of their own, since each fan sees them in another order, with letters from us.
 * Only where all of them count A, B, C … or 1, 2, 3 … Undefined when there is nothing to take off.
 */
export function withoutLetters(options: string[]): string[] | undefined {
  const fronts = options.map((option) => inFront.exec(option)?.[0] ?? '');
  const marks = fronts.map((front) =>
    front
      .normalize('NFKC')
      .replace(/[^A-F\d]/gi, '')
      .toUpperCase(),
  );
  const counts = ['ABCDEF', '123456'].some((all) => marks.every((mark, i) => mark !== '' && mark === all[i]));
  if (!counts || options.length < 2) return undefined;
  const bare = options.map((option, i) => option.slice(fronts[i]?.length ?? 0).trim());
  // 「A 座」, 「B 座」: the letter is the option.
  return bare.includes('') || new Set(bare).size < bare.length ? undefined : bare;
}

const all = '(皆|都|全|均)';
const verdict = '(是|非|对|不对|不是|错|正确|不正确|可|可以|不可以|有|没有|无|选|不选|符合|不符合)';
const between = '(和|与|跟|及|或|以及|、|,|&|\\+|/)';
/** Folded: Simplified, half width, without spaces. */
const pointing = [
  `^(以上|上述|前述)(?!海).{0,6}${all}`,
  `^(以上|上述|前述)(答案|选项|说法|各项|几项|几个|两者|三者|全部|之一)`,
  `^(上面|前面|下面|后面|其他|其它|其余)(的)?(答案|选项|说法|各项|几项|几个|两个|三个)?${all}${verdict}`,
  `^(前|后)[两二三四五2-5](项|个|者|种)`,
  `^(两者|二者|三者|四者|全部|${all})${all}?${verdict}(的|答案)?$`,
  '^(没有|无|沒有)(一个|一项)?(正确|对的|正确的)?(答案|选项)$',
  '^没有(一个|一项)(是)?(对|正确)的?$',
  `^(选项?|答案)?[a-f](${between}(选项?|答案)?[a-f])+(两?项|两?者|选项)?(${all}?${verdict})?$`,
  `^[a-f]{2,6}${all}${verdict}$`,
  '^(同|选项|答案|选)[a-f]$',
  '^[a-f](选?项|答案)$',
  `^第[一二三四五六1-6](个|项)?${between}第?[一二三四五六1-6](个|项)`,
].map((source) => new RegExp(source, 'u'));

const naming = [
  '(选|选择|选项|答案|正解|正确(的)?(选项|答案)?)(是|为|应为|应是|应该是|应当是|就是|只有)?[:"“”「」\'(]*[a-f](?![a-z0-9])',
  '(?<![a-z0-9])[a-f]\\)?(选?项|答案|(才|就)?是?(正确|错误|对的|错的|不对))',
  '^[a-f][.。、,:;)]',
].map((source) => new RegExp(source, 'u'));

/** What is no longer true once a fan sees the options in an order of her own. */
export function lostByShuffling({ questions }: QuizContent): { where: string; reason: string }[] {
  return questions.flatMap(({ id, kind, options, explanation = '', retired }) => {
    if (kind !== 'single' || retired) return [];
    const where = `題目 ${id}`;
    const pointers = options.filter((option) => pointing.some((pattern) => pattern.test(fold(option))));
    return [
      ...pointers.map((option) => ({
        where,
        reason: `選項「${option}」指著別的選項，而每個人看到的順序不同；請換成它自己的內容`,
      })),
      ...(naming.some((pattern) => pattern.test(fold(explanation)))
        ? [
            {
              where,
              reason: `解釋「${explanation.slice(0, 40)}」說了選項的字母，而每個人看到的順序不同；請改說選項的內容`,
            },
          ]
        : []),
    ];
  });
}
