import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Keeps the seed of a draw from everybody, us included who look into the database, until it is opened. */
export function createSeal(dataKey: string) {
  const sealKey = createHmac('sha256', dataKey).update('draw-seal').digest();

  function seal(seed: Buffer, id: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(id));
    const body = Buffer.concat([cipher.update(seed), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
  }

  function unseal(sealed: string, id: string): string {
    const all = Buffer.from(sealed, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', sealKey, all.subarray(0, 12));
    cipher.setAAD(Buffer.from(id)).setAuthTag(all.subarray(12, 28));
    return Buffer.concat([cipher.update(all.subarray(28)), cipher.final()]).toString('hex');
  }

  return { seal, unseal };
}
