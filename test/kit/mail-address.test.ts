import { readMailAddress } from '../../src/kit/mail-address';
import { maskMail } from '../../src/kit/mask';

test.each([
  ['lin@example.com', 'lin@example.com'],
  [' Lin.Mei+trip@Mail.Example.com.cn。', 'lin.mei+trip@mail.example.com.cn'],
  ['我的是ｌｉｎ＠example．com謝謝', 'lin@example.com'],
  ['lin@example.com（就是 LIN@example.com）', 'lin@example.com'],
])('%s is read', (text, address) => {
  expect(readMailAddress(text)).toBe(address);
});

test.each([
  '',
  'lin',
  'lin@',
  'lin@example',
  '@example.com',
  'lin..mei@example.com',
  'lin@-example.com',
  'a@example.com b@example.com',
  `${'a'.repeat(65)}@example.com`,
  `lin@${'a.'.repeat(130)}com`,
])('%j is no one address', (text) => {
  expect(readMailAddress(text)).toBeUndefined();
});

test('no line break comes through to a header', () => {
  expect(readMailAddress('lin@example.com\r\nBcc: all@example.com')).toBeUndefined();
  expect(readMailAddress('lin@example.com\r\nBcc: everybody')).toBe('lin@example.com');
});

test('a masked address tells whose it is to her alone', () => {
  expect(maskMail('lin.mei@example.com')).toBe('l***@example.com');
});
