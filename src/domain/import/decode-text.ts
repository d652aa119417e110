import iconv from 'iconv-lite';
import { unreadable } from './rows';

/**
 * The text of a file as Chinese offices write it: UTF-8 with or without BOM, UTF-16 with BOM (Excel's "Unicode text"),
 * and only when it is not UTF-8, GBK (GB 18030). Half one and half the other is refused, since it would be read as nonsense.
 */
export function decodeText(bytes: Buffer): { text: string; encoding: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return checked(bytes.subarray(2).toString('utf16le'), 'UTF-16');
  const utf8 = asUtf8(bytes);
  if (utf8 !== undefined) return checked(utf8, 'UTF-8');

  const strayLine = lineOfUtf8Among(bytes);
  if (strayLine !== undefined) {
    throw unreadable(
      `檔案混用了 UTF-8 與 GBK 兩種編碼（第 ${strayLine} 行是 UTF-8），請用一種編碼重新存檔。`,
    );
  }
  return checked(iconv.decode(bytes, 'gb18030'), 'GBK');
}

function checked(text: string, encoding: string): { text: string; encoding: string } {
  if (text.includes('\uFFFD')) throw unreadable('檔案既不是 UTF-8 也不是 GBK 編碼，請用 UTF-8 重新存檔。');
  if (text.includes('\0')) throw unreadable('這不是文字檔：裡面有空字元（NUL）。');
  return { text, encoding };
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
