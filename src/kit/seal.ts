import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/**
 * AES-256-GCM under a key made from ours for this purpose alone. What was sealed for one `name` opens under no other:
 * nobody who can write to the database can put one in the place of another.
 */
export function createSeal(key: string, purpose: string) {
  const sealKey = createHmac('sha256', key).update(purpose).digest();

  return {
    /** Base64; other each time. */
    seal(plain: Uint8Array, name: string): string {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(name));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    /** Throws for what was changed, or sealed under another key or name. */
    unseal(sealed: string, name: string): Buffer {
      const all = Buffer.from(sealed, 'base64');
      const cipher = createDecipheriv('aes-256-gcm', sealKey, all.subarray(0, 12), { authTagLength: 16 });
      cipher.setAAD(Buffer.from(name)).setAuthTag(all.subarray(12, 28));
      return Buffer.concat([cipher.update(all.subarray(28)), cipher.final()]);
    },
  };
}
