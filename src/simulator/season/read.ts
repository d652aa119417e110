/** What a fan makes of the words she reads. Nothing here comes from the program's own code: only its words are known. */
/** `n`: its number within her day; 0 for a 搶答題. */
export type Question = { n: number; text: string; options: string[] };

export type Told = {
  /** An answer to her own question. `total`: her points in the quiz so far. */
  answer?: { points: number; floor: number | undefined; total: number; again: boolean; right: boolean };
  /** An answer to a 搶答題. */
  flash?: { points: number; again: boolean; right: boolean };
  /** The last level that she has passed by this answer; 0 when nothing is said of it. */
  passed: number;
  /** Prizes that these words give her. */
  prizes: { name: string; code: string | undefined; late: boolean }[];
};

const number = (digits: string | undefined): number => Number(digits ?? 0);

const options = (lines: string): string[] =>
  [...lines.matchAll(/^[A-F]\. (.+)$/gm)].map(([, option]) => option as string);

/** The question that now stands before her; the last one, when a mailed letter comes with a reply. */
export function questionIn(words: string): Question | undefined {
  const found = [
    ...words.matchAll(
      /(?:^第 (\d+) 題[^\n]*(?:\n[^\n]+)??|搶答題！第一個[^\n]*\n)\n([^\n]+)\n((?:[A-F]\. [^\n]+(?:\n|$)){2,6})/gm,
    ),
  ].at(-1);
  return found && { n: number(found[1]), text: found[2] as string, options: options(found[3] as string) };
}

/** What she was told she has won or earned. */
export function toldIn(words: string): Told {
  const counted = /積分 (\d+)(?: · 第 (\d+) 樓)? · 第 (\d+) 關 \d+\/\d+（對 \d+）(\n第 \d+ 關過了)?/.exec(
    words,
  );
  const judged =
    /(答對了！|記下了，謝謝。|可惜，正確答案是 [^\n]*?)(?:（今日首答 )?＋(\d+) 分|這一題你已經答過/.exec(
      words,
    );
  const flash =
    /(答對了，＋(\d+) 分|可惜，正確答案是|這道搶答題你已經試過一次了)[\s\S]*回覆「繼續」接著答題/.exec(words);
  return {
    ...(counted
      ? {
          answer: {
            points: number(judged?.[2]),
            floor: counted[2] === undefined ? undefined : Number(counted[2]),
            total: Number(counted[1]),
            again: words.includes('這一題你已經答過'),
            right: words.includes('答對了！') || words.includes('記下了，謝謝。'),
          },
        }
      : flash
        ? {
            flash: {
              points: number(flash[2]),
              again: words.includes('這道搶答題你已經試過一次了'),
              right: flash[2] !== undefined,
            },
          }
        : {}),
    passed: counted ? Number(counted[3]) - (counted[4] ? 0 : 1) : 0,
    prizes: [
      ...[...words.matchAll(/得到「([^」]+)」(?:，兌換碼 (\S+))?/g)].map(([, name, code]) => ({
        name: name as string,
        code,
        late: false,
      })),
      ...[...words.matchAll(/「([^」]+)」是你的了（[^）]*）。(?:兌換碼 ([^\s。]+))?/g)].map(
        ([, name, code]) => ({
          name: name as string,
          code,
          late: true,
        }),
      ),
    ],
  };
}

/** Codes of coupons, as 「獎品」 shows them. */
export const couponsIn = (words: string): string[] =>
  [...words.matchAll(/出示 ([A-Z0-9-]+)/g)].map(([, code]) => code as string);
