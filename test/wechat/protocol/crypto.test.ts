import { createCipheriv, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { AppError } from '../../../src/errors';
import { createEnvelope } from '../../../src/wechat/protocol/crypto';

const appId = 'wxdemo0123456789';
const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const key = Buffer.from(`${encodingAesKey}=`, 'base64');
const envelope = createEnvelope({ appId, encodingAesKey });

/** Encrypts exactly these bytes, right or wrong, with a cipher of its own. */
function sealBytes(plain: Buffer): string {
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');
}

function layout(o: { text?: string; length?: number; id?: string; pad?: number; padding?: Buffer }): Buffer {
  const text = Buffer.from(o.text ?? '<xml></xml>');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(o.length ?? text.length);
  const used = Buffer.concat([randomBytes(16), length, text, Buffer.from(o.id ?? appId)]);
  const pad = 32 - (used.length % 32);
  return Buffer.concat([used, o.padding ?? Buffer.alloc(pad, o.pad ?? pad)]);
}

test('what another cipher sealed by the layout is opened', () => {
  expect(envelope.open(sealBytes(layout({ text: '你好' })))).toBe('你好');
});

test('any text comes out as it went in, one after the other through one envelope', () => {
  const other = createEnvelope({ appId, encodingAesKey });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
      expect(other.open(envelope.seal(text))).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test('every length of padding, 1 to 32, is written and read', () => {
  for (let length = 0; length < 64; length++) {
    const sealed = envelope.seal('x'.repeat(length));
    expect(Buffer.from(sealed, 'base64').length % 32).toBe(0);
    expect(envelope.open(sealed)).toBe('x'.repeat(length));
  }
});

test('the same text never seals to the same bytes twice', () => {
  expect(new Set(Array.from({ length: 1000 }, () => envelope.seal('一樣的話'))).size).toBe(1000);
});

const whole = sealBytes(layout({}));
const flipped = (at: number): string => {
  const bytes = Buffer.from(whole, 'base64');
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return bytes.toString('base64');
};
const padLength = 32 - ((20 + 11 + appId.length) % 32);

const broken: [string, string][] = [
  ['nothing', ''],
  ['one character', 'A'],
  ['no base64', '你好你好'],
  ['base64 with a line end', `${whole.slice(0, 4)}\n${whole.slice(5)}`],
  ['the URL alphabet', '-_-_'.repeat(16)],
  ['padding in the middle', `${whole.slice(0, 8)}====${whole.slice(12)}`],
  ['a missing character', whole.slice(0, -1)],
  ['half a block', Buffer.from(whole, 'base64').subarray(0, -16).toString('base64')],
  ['a truncated block', Buffer.from(whole, 'base64').subarray(0, -1).toString('base64')],
  ['the last block missing', Buffer.from(whole, 'base64').subarray(0, -32).toString('base64')],
  ['the first block missing', Buffer.from(whole, 'base64').subarray(32).toString('base64')],
  ['random bytes of one block', randomBytes(32).toString('base64')],
  ['random bytes', randomBytes(320).toString('base64')],
  ['zeros', Buffer.alloc(64).toString('base64')],
  ['another appid', sealBytes(layout({ id: 'wxdemo012345678X' }))],
  ['a shorter appid', sealBytes(layout({ id: appId.slice(1) }))],
  ['a longer appid', sealBytes(layout({ id: `${appId}0` }))],
  ['no appid', sealBytes(layout({ id: '' }))],
  ['a length of 0', sealBytes(layout({ length: 0 }))],
  ['a length of 2^32 - 1', sealBytes(layout({ length: 2 ** 32 - 1 }))],
  ['a length of 2^31', sealBytes(layout({ length: 2 ** 31 }))],
  ['a length one too small', sealBytes(layout({ length: 10 }))],
  ['a length one too large', sealBytes(layout({ length: 12 }))],
  ['padding of 0', sealBytes(layout({ pad: 0 }))],
  ['padding of 33', sealBytes(layout({ padding: Buffer.alloc(padLength + 32, padLength + 32) }))],
  ['padding of 255', sealBytes(layout({ pad: 255 }))],
  ['padding one too small', sealBytes(layout({ pad: padLength - 1 }))],
  [
    'padding whose bytes differ',
    sealBytes(
      layout({ padding: Buffer.concat([Buffer.alloc(1, 7), Buffer.alloc(padLength - 1, padLength)]) }),
    ),
  ],
  ['padding to 16 instead of 32', sealBytes(layout({ padding: Buffer.alloc(1, 1) }))],
  ['a flipped bit at the end', flipped(-1)],
  ['a flipped bit in the padding', flipped(-17)],
  ['a flipped bit in the length', flipped(3)],
  ['another key', createEnvelope({ appId, encodingAesKey: 'Z'.repeat(43) }).seal('<xml></xml>')],
];

test.each(broken)('refuses %s with the one error, which tells nothing', (_, encrypted) => {
  let thrown: unknown;
  try {
    envelope.open(encrypted);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  expect(thrown).toMatchObject({
    kind: 'Forbidden',
    code: 'callback.bad-envelope',
    message: 'The encrypted body is not one that WeChat made for this account.',
    details: undefined,
    cause: undefined,
  });
});

test('a refused envelope does not harm the next good one', () => {
  for (const [, encrypted] of broken) {
    expect(() => envelope.open(encrypted)).toThrow('not one that WeChat made');
    expect(envelope.open(whole)).toBe('<xml></xml>');
  }
});

test('a key that is not 43 letters and digits is refused without showing it', () => {
  for (const bad of ['', 'short', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}!`]) {
    expect(() => createEnvelope({ appId, encodingAesKey: bad })).toThrow(
      expect.objectContaining({
        kind: 'Invalid',
        code: 'callback.bad-aes-key',
        message: expect.not.stringContaining('AAAA'),
      }),
    );
  }
});
