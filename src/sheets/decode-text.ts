import iconv from 'iconv-lite';
import { toSimplified } from '../kit/text';
import { unreadable } from './problems';

/**
 * The text of a file as Chinese offices write it: UTF-8 and UTF-16, with or without a byte order mark, else GBK (GB 18030) or
 * Big5, whichever makes Chinese of it. What makes none is refused: nonsense that was imported is found by the fans. So is
 * half one and half the other.
 */
export function decodeText(bytes: Buffer): { text: string; encoding: string } {
  const wide = asUtf16(bytes);
  if (wide !== undefined) return checked(wide, 'UTF-16');
  const utf8 = asUtf8(bytes);
  if (utf8 !== undefined) {
    // A few words of GBK may happen to be valid UTF-8: then they are Greek, Cyrillic, Arabic.
    const foreign = /[\u0100-\u07ff]/.test(utf8) && !/\p{Script=Han}/u.test(utf8);
    if (foreign && !hasMark(bytes) && likelihoodOf(iconv.decode(bytes, codecs.GBK), 'GBK') >= leastLikely)
      throw unclear('UTF-8', 'GBK');
    return checked(utf8, 'UTF-8');
  }

  const strayLine = lineOfUtf8Among(bytes);
  if (strayLine !== undefined) {
    throw unreadable(`檔案混用了 UTF-8 與另一種編碼（第 ${strayLine} 行是 UTF-8），請用一種編碼重新存檔。`);
  }
  const [best, next] = (['GBK', 'Big5', 'Shift-JIS', 'EUC-JP'] as const)
    .map((encoding) => {
      const text = iconv.decode(bytes, codecs[encoding]);
      return { encoding, text, likely: likelihoodOf(text, encoding) };
    })
    .toSorted((a, b) => b.likely - a.likely);
  if (!best || !next || japanese.has(best.encoding) || best.likely < leastLikely)
    throw unreadable('檔案的編碼認不出來：不是 UTF-8，照 GBK 與 Big5 讀也都不成中文；請用 UTF-8 重新存檔。');
  if (best.likely - next.likely < leastApart) throw unclear(best.encoding, next.encoding);
  const bad = best.text
    .split('\n')
    .findIndex(
      (line) =>
        [...line.matchAll(/[^\0-\x7f]/g)].length >= 6 && likelihoodOf(line, best.encoding) < leastLikely,
    );
  if (bad !== -1)
    throw unreadable(
      `第 ${bad + 1} 行照 ${best.encoding} 讀不成中文，與其他行的編碼不同；請用 UTF-8 重新存檔。`,
    );
  return checked(best.text, best.encoding);
}

const unclear = (one: string, other: string) =>
  unreadable(`檔案的字太少，看不出是 ${one} 還是 ${other} 編碼；請用 UTF-8（有 BOM）重新存檔。`);
const hasMark = (bytes: Buffer) => bytes.subarray(0, 3).toString('hex') === 'efbbbf';

const codecs = { GBK: 'gb18030', Big5: 'big5', 'Shift-JIS': 'shift_jis', 'EUC-JP': 'euc-jp' } as const;
/** Only so that they are not taken for Chinese. */
const japanese: ReadonlySet<string> = new Set(['Shift-JIS', 'EUC-JP']);
const leastLikely = 0.5;
const leastApart = 0.1;

/** From 1, every character is one of everyday Chinese, to far below 0. `\uFFFD`: no character of this encoding at all. */
function likelihoodOf(text: string, encoding: keyof typeof codecs): number {
  // GBK has the same places for them: kanji alone prove nothing.
  if (encoding === 'EUC-JP' && !kana.test(text)) return Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (const char of text) {
    if (char < '\u0080') continue;
    count++;
    if (char === '\uFFFD') return Number.NEGATIVE_INFINITY;
    sum += japanese.has(encoding) && kana.test(char) ? 1 : worthOf(char);
  }
  return count === 0 ? 1 : sum / count;
}

const kana = /[\u3041-\u30ff]/;
const worths = new Map<string, number>();

function worthOf(char: string): number {
  let worth = worths.get(char);
  if (worth === undefined) {
    worth = punctuation.test(char) || isEveryday(char) ? 1 : /\p{Script=Han}/u.test(char) ? 0.2 : -1;
    worths.set(char, worth);
  }
  return worth;
}

const punctuation = /[\u3000-】〔-〗！-～·×°℃—–…‘’“”•①-⑳￥]/;

/** The 3,755 of GB 2312's first level, in either script. */
function isEveryday(char: string): boolean {
  const bytes = iconv.encode(toSimplified(char), 'gbk');
  return bytes.length === 2 && bytes[0]! >= 0xb0 && bytes[0]! <= 0xd7 && bytes[1]! >= 0xa1;
}

function checked(text: string, encoding: string): { text: string; encoding: string } {
  if (text.includes('\uFFFD')) throw unreadable(`檔案照 ${encoding} 讀有亂碼，請用 UTF-8 重新存檔。`);
  if (text.includes('\0')) throw unreadable('這不是文字檔：裡面有空字元（NUL）。');
  // Files that were put together have more than one mark.
  return { text: text.replace(/^\uFEFF+/, ''), encoding };
}

/** By its mark, else by its zeros: of a comma and a line break every second byte is one. */
function asUtf16(bytes: Buffer): string | undefined {
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  const big = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (!little && !big && !bytes.includes(0)) return undefined;
  if (bytes.length % 2 === 1) return undefined;
  const texts = [
    ...(big ? [] : [new TextDecoder('utf-16le').decode(bytes)]),
    ...(little ? [] : [new TextDecoder('utf-16le').decode(Buffer.from(bytes).swap16())]),
  ];
  return texts.find((text) => !text.includes('\0') && likelihoodOf(text, 'GBK') >= leastLikely);
}

function asUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The first line of a file in another encoding that is UTF-8 after all. Two Chinese characters in a row count as proof:
 * GBK text that happens to be valid UTF-8 and reads as Chinese practically does not occur.
 */
function lineOfUtf8Among(bytes: Buffer): number | undefined {
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found;
    const text = asUtf8(bytes.subarray(start, end));
    if (text !== undefined && /\p{Script=Han}{2}/u.test(text)) return line;
    start = end + 1;
  }
  return undefined;
}
