const digits = '零一二三四五六七八九';
const units: Record<string, number> = { 十: 10, 百: 100, 千: 1000, 万: 10_000 };

/** What a number looks like in folded text, 「五百」「1.5k」「三百五」; to be put into a larger expression. */
export const numberWords =
  '(?:\\d+(?:\\.\\d+)?[百千万k]?|[零一二两三四五六七八九]*[十百千万][零一二两三四五六七八九十百千万]*)';

/** 「1.5k」, 「五百」, 「三百五」 (350), 「一千二」 (1200), 「两」 (2). Undefined when it is no number or beyond a million. */
export function readNumber(text: string): number | undefined {
  const arabic = /^(\d+(?:\.\d+)?)([百千万k]?)$/.exec(text);
  const value = arabic
    ? Number(arabic[1]) * (units[arabic[2] as string] ?? (arabic[2] === '' ? 1 : 1000))
    : hanNumber(text.replaceAll('两', '二'));
  return value !== undefined && value <= 1_000_000 ? Math.round(value) : undefined;
}

function hanNumber(text: string): number | undefined {
  let total = 0;
  let digit: number | undefined;
  let unit = 1;
  for (const char of text) {
    const next = units[char];
    if (next === undefined) {
      if (digit !== undefined && digit !== 0) return undefined;
      digit = digits.indexOf(char);
      if (digit < 0) return undefined;
      if (digit === 0) unit = 10;
    } else {
      total += (digit ?? (next === 10 ? 1 : 0)) * next;
      unit = next;
      digit = undefined;
    }
  }
  // 「三百五」: the last digit counts in the next lower unit; 「三百零五」 does not.
  return total + (digit ?? 0) * (unit >= 100 ? unit / 10 : 1);
}
