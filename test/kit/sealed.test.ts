import { createSealed } from '../../src/kit/sealed';

const { seal, unseal } = createSealed('a key', 'phones');
const phone = Buffer.from('13800001111');

test('what was sealed opens as it was, looks otherwise each time, and tells nothing', () => {
  const [one, two] = [seal(phone, 'lin'), seal(phone, 'lin')];
  expect(unseal(one, 'lin')).toEqual(phone);
  expect(one).not.toBe(two);
  expect(Buffer.from(one, 'base64').includes(phone)).toBe(false);
});

test.each<[string, (sealed: string) => unknown]>([
  ['of somebody else', (sealed) => unseal(sealed, 'mei')],
  ['for another purpose', (sealed) => createSealed('a key', 'mails').unseal(sealed, 'lin')],
  ['under another key', (sealed) => createSealed('another', 'phones').unseal(sealed, 'lin')],
  ['that was cut', (sealed) => unseal(sealed.slice(0, 8), 'lin')],
  ['that was changed', (sealed) => unseal(`${sealed.slice(0, -6)}AAAA==`, 'lin')],
])('it does not open %s', (_what, open) => {
  expect(() => open(seal(phone, 'lin'))).toThrow();
});
