import { z } from 'zod';

/** Nobody can see, and so nobody can type, what came along with a copied code. */
const unseen = /[\p{C}\p{Z}\p{DI}\u2800\ufffd]/gu;
const scientific = /^[+-]?\d([.,]\d+)?E[+-]\d+$/i;

function unreadableIn(code: string): string | undefined {
  if (scientific.test(code.normalize('NFKC')))
    return '是被 Excel 改成科學記號的數字，原來的碼已經不見；請把這一欄設成「文字」，再從原始檔案貼一次';
  const signs = (code.match(unseen) ?? []).filter((sign) => sign !== ' ');
  if (signs.length === 0) return undefined;
  const names = [...new Set(signs)].map(
    (sign) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return `裡有看不見的字元（${names.join('、')}），照著打的碼會對不上；請刪掉它們，或從原始檔案貼成純文字`;
}

/** A code that somebody will type or paste elsewhere: as it is, or not at all. */
export const codeCell = z
  .string({ error: ({ input }) => (input === undefined ? '空著，請填兌換碼' : '不是文字，請加引號') })
  .trim()
  .min(1, { error: '空著，請填兌換碼' })
  .max(100, { error: '太長，最多 100 個字' })
  .superRefine((code, context) => {
    const message = unreadableIn(code);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({ holds: 'word' });
