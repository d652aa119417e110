import { createSeal } from '../../src/kit/seal';

const { seal, unseal } = createSeal('a key of thirty-two characters or more', 'test');

test('what was sealed opens again, and never looks the same twice', () => {
  const sealed = seal(Buffer.from('秘密'), 'a');
  expect(unseal(sealed, 'a').toString()).toBe('秘密');
  expect(seal(Buffer.from('秘密'), 'a')).not.toBe(sealed);
});

test('it opens under no other name, purpose or key, and not when a bit was changed', () => {
  const sealed = seal(Buffer.from('秘密'), 'a');
  const spoilt = Buffer.from(sealed, 'base64');
  spoilt[30] = (spoilt[30] ?? 0) ^ 1;
  expect(() => unseal(sealed, 'b')).toThrow();
  expect(() => createSeal('a key of thirty-two characters or more', 'other').unseal(sealed, 'a')).toThrow();
  expect(() => createSeal('another key', 'test').unseal(sealed, 'a')).toThrow();
  expect(() => unseal(spoilt.toString('base64'), 'a')).toThrow();
  expect(() => unseal('', 'a')).toThrow();
});
