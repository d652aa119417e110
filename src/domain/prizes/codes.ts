import { randomBytes } from 'node:crypto';

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
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return code.length === symbols && [...code].every((symbol) => alphabet.includes(symbol)) ? code : undefined;
}
