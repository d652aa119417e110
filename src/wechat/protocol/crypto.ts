import {
  type Cipher,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Decipher,
  randomFillSync,
} from 'node:crypto';
import { AppError } from '../../errors';

const block = 32; // WeChat pads to 32 bytes, twice the block of AES: Node's own unpadder would refuse 17..32
const salt = 16;
const head = salt + 4;

export type Envelope = ReturnType<typeof createEnvelope>;

/**
 * WeChat's AES envelope: `random(16) | length(4, big-endian, bytes) | text (UTF-8) | appid`, PKCS#7 to 32 bytes,
 * AES-256-CBC with the IV taken from the key, base64.
 *
 * `open` throws one and the same error whatever is wrong, and looks at everything before it says so: somebody
 * who knows the token but not the key must learn nothing from it. Check `msg_signature` before opening.
 *
 * Both ciphers live as long as the envelope, because making one costs more than a message's encryption. CBC then
 * goes on from the last block instead of the IV. When opening, that touches only the first block, which is
 * random and ignored; when sealing, the first block is corrected for it.
 */
export function createEnvelope(options: { appId: string; encodingAesKey: string }) {
  const rawKey = aesKeyOf(options.encodingAesKey);
  const key = createSecretKey(rawKey);
  const iv = Buffer.from(rawKey.subarray(0, salt));
  const appId = Buffer.from(options.appId, 'utf8');
  const randomness = createRandomness();
  let cipher: Cipher | undefined;
  let decipher: Decipher | undefined;
  let previous = iv;

  return {
    /** Encrypts a text; `random` (16 bytes) is given only by tests. */
    seal(text: string, random: Buffer = randomness()): string {
      const size = Buffer.byteLength(text, 'utf8');
      const used = head + size + appId.length;
      const pad = block - (used % block);
      const plain = Buffer.allocUnsafe(used + pad);
      for (let i = 0; i < salt; i++) plain[i] = random[i]! ^ iv[i]! ^ previous[i]!;
      plain.writeUInt32BE(size, salt);
      plain.write(text, head, 'utf8');
      appId.copy(plain, head + size);
      plain.fill(pad, used);
      cipher ??= createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
      const sealed = cipher.update(plain);
      previous = sealed.subarray(sealed.length - salt);
      return sealed.toString('base64');
    },

    /** Decrypts and checks an `Encrypt` value. Throws `Forbidden callback.bad-envelope`, always the same. */
    open(encrypted: string): string {
      if (encrypted.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) throw badEnvelope();
      const sealed = Buffer.from(encrypted, 'base64');
      if (sealed.length === 0 || sealed.length % block !== 0) throw badEnvelope();
      decipher ??= createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
      const plain = decipher.update(sealed);
      const size = plain.readUInt32BE(salt);
      if (isWrong(plain, size, appId)) throw badEnvelope();
      return plain.toString('utf8', head, head + size);
    },
  };
}

/** Padding, length and appid, all looked at before the answer: no early return. */
function isWrong(plain: Buffer, size: number, appId: Buffer): boolean {
  const last = plain.length - 1;
  const pad = plain[last]!;
  let wrong = (pad - 1) >>> 5; // 0 only for 1..32
  for (let i = 0; i < block; i++) wrong |= i < pad ? plain[last - i]! ^ pad : 0;
  const end = plain.length - pad;
  wrong |= Number(head + size + appId.length !== end);
  const from = Math.max(0, end - appId.length);
  for (let i = 0; i < appId.length; i++) wrong |= (plain[from + i] ?? 0) ^ appId[i]!;
  return wrong !== 0;
}

/** 43 characters, to which WeChat adds the `=` that is left out. */
function aesKeyOf(encodingAesKey: string): Buffer {
  if (!/^[A-Za-z0-9+/]{43}$/.test(encodingAesKey)) {
    throw new AppError(
      'Invalid',
      'callback.bad-aes-key',
      'EncodingAESKey must be the 43 letters and digits from the console of the account: copy it again.',
    );
  }
  return Buffer.from(`${encodingAesKey}=`, 'base64');
}

const badEnvelope = () =>
  new AppError(
    'Forbidden',
    'callback.bad-envelope',
    'The encrypted body is not one that WeChat made for this account.',
  );

/** 16 random bytes at a time out of a pool: asking the system each time costs a microsecond. */
function createRandomness(): () => Buffer {
  const pool = Buffer.alloc(256 * salt);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += salt;
    return pool.subarray(at - salt, at);
  };
}
