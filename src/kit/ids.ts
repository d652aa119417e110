import { createHmac, randomBytes } from 'node:crypto';

/** A random id: `bytes` of randomness in base64url; 12 bytes (16 characters) is plenty for a name nobody may guess twice. */
export const randomId = (bytes = 12): string => randomBytes(bytes).toString('base64url');

/** A keyed hash, 22 characters (128 bits, base64url). Without the key it cannot be tied to its input. */
export const keyedHash = (key: Buffer | string, ...parts: string[]): string =>
  createHmac('sha256', key).update(parts.join('\n')).digest('base64url').slice(0, 22);
