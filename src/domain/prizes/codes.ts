import { randomBytes } from 'node:crypto';

export type CodeLine = { line: number; code: string };
export type CodeProblem = { line: number; message: string };

const most = 100;
// Control characters come from broken files and hostile hands: they are what is looked for.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f\ufffd]/;
const header = /^(code|codes|兌換碼|兑换码|券碼|券码|卡密|激活碼|激活码)$/i;

/**
 * A list of codes, one to a line; of a CSV its first column. Empty lines and a heading are passed over; a code that
 * stands there twice is told and taken once.
 */
export function readCodes(text: string): {
  codes: CodeLine[];
  duplicates: CodeProblem[];
  problems: CodeProblem[];
} {
  const codes: CodeLine[] = [];
  const duplicates: CodeProblem[] = [];
  const problems: CodeProblem[] = [];
  const seen = new Map<string, number>();
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .forEach((raw, i) => {
      const line = i + 1;
      const code = firstCell(raw);
      if (code === '' || (codes.length === 0 && header.test(code))) return;
      if (code.length > most) return void problems.push({ line, message: `這個碼超過 ${most} 個字` });
      if (control.test(code)) return void problems.push({ line, message: '這個碼裡有控制字元或亂碼' });
      if (/^\d(\.\d+)?E\+\d+$/i.test(code))
        return void problems.push({
          line,
          message: `「${code}」是被 Excel 改成科學記號的數字，請把這一欄設成文字後重新匯出`,
        });
      const first = seen.get(code);
      if (first !== undefined)
        return void duplicates.push({ line, message: `與第 ${first} 行是同一個碼，只收一次` });
      seen.set(code, line);
      codes.push({ line, code });
    });
  return { codes, duplicates, problems };
}

function firstCell(raw: string): string {
  const quoted = /^\s*"((?:[^"]|"")*)"\s*(?:[,;\t]|$)/.exec(raw);
  if (quoted) return (quoted[1] as string).replaceAll('""', '"').trim();
  return (raw.split(/[,;\t]/)[0] as string).trim();
}

/** No I, L, O, U: what a hand or an eye confuses means the same (`readRedeemCode`). */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbols = 12;

/** 12 symbols of 5 random bits each: 60 bits. Kept without the hyphens that people see. */
export const newRedeemCode = (): string =>
  [...randomBytes(symbols)].map((byte) => alphabet.charAt(byte & 31)).join('');

/** `7KQ2-9XWD-M3PA`: as it is shown and printed. */
export const showRedeemCode = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-');

/** What somebody typed or read out, as it is kept; undefined when it cannot be a code. */
export function readRedeemCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 100)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{P}]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return code.length === symbols && [...code].every((symbol) => alphabet.includes(symbol)) ? code : undefined;
}
