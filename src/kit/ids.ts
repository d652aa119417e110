import { hash, randomBytes } from 'node:crypto';

/** A random id: `bytes` of randomness in base64url; 12 bytes (16 characters) is plenty for a name nobody may guess twice. */
export const randomId = (bytes = 12): string => randomBytes(bytes).toString('base64url');

/**
 * A keyed hash, 22 characters (128 bits, base64url). Without the key it cannot be tied to its input. The key stands in
 * front and half of the digest is cut off, so that there is nothing to extend; an Hmac object costs eight times as much.
 */
export const keyedHash = (key: string, ...parts: string[]): string =>
  hash('sha256', [key, ...parts].join('\n'), 'base64url').slice(0, 22);
