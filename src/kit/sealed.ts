import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/**
 * Keeps something small from whoever looks into the database (AES-256-GCM). The key is derived from `key` for one `purpose`
 * and opens nothing of another; what was sealed as being of one thing (`of`) opens as nothing else.
 */
export function createSealed(key: string, purpose: string) {
  const sealKey = createHmac('sha256', key).update(purpose).digest();
  return {
    seal(bytes: Buffer, of: string): string {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(of));
      const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    /** @throws Error when it was changed, is of something else, or was sealed under another key */
    unseal(sealed: string, of: string): Buffer {
      const all = Buffer.from(sealed, 'base64');
      const cipher = createDecipheriv('aes-256-gcm', sealKey, all.subarray(0, 12), { authTagLength: 16 });
      cipher.setAAD(Buffer.from(of)).setAuthTag(all.subarray(12, 28));
      return Buffer.concat([cipher.update(all.subarray(28)), cipher.final()]);
    },
  };
}
