import { sameSignature, signatureOf } from '../../../src/wechat/protocol/signature';

test('the parts are sorted by their bytes, whatever order they are given in', () => {
  const expected = 'f464b24fc39322e44b38aa78f5edd27bd1441696';
  expect(signatureOf('AAAAA', '1714036504', '1514711492')).toBe(expected);
  expect(signatureOf('1514711492', 'AAAAA', '1714036504')).toBe(expected);
});

test('bytes decide, not UTF-16 units: U+FF21 comes before an emoji', () => {
  // in UTF-16 the emoji (D83C…) would come first
  expect(signatureOf('🎉', 'Ａ')).toBe(signatureOf('Ａ🎉'));
});

test('only the very signature is the same', () => {
  const expected = signatureOf('a', 'b', 'c');
  expect(sameSignature(expected, expected)).toBe(true);
  const others: unknown[] = [
    undefined,
    null,
    '',
    0,
    true,
    {},
    [],
    [expected],
    [expected, expected],
    { length: 40 },
    expected.slice(1),
    `${expected}0`,
    ` ${expected.slice(1)}`,
    expected.toUpperCase(),
    `${expected.slice(0, 39)}é`,
    expected.replace(/./, (first) => String.fromCharCode(first.charCodeAt(0) + 0x100)),
    signatureOf('a', 'b', 'd'),
    '0'.repeat(40),
  ];
  for (const other of others) expect(sameSignature(other, expected)).toBe(false);
});
