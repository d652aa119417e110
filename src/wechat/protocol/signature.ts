import { hash, timingSafeEqual } from 'node:crypto';

/**
 * WeChat's callback signature: SHA-1 of the parts, sorted by their bytes and joined, as lowercase hex.
 * Parts are token, timestamp, nonce and, for an encrypted body, its `Encrypt` value.
 */
export function signatureOf(...parts: string[]): string {
  return hash('sha1', sortedByBytes(parts).join(''), 'hex');
}

/**
 * Compares a signature from outside with ours in constant time. Whatever is not a string of the very
 * length (missing, repeated, shortened) is false before any byte is compared.
 */
export function sameSignature(given: unknown, expected: string): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  const theirs = Buffer.from(given, 'utf8');
  const ours = Buffer.from(expected, 'utf8');
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}

/** JavaScript sorts by UTF-16 units, which differs from the order of UTF-8 bytes as soon as surrogates are there. */
function sortedByBytes(parts: string[]): string[] {
  if (!parts.some((part) => /[\ud800-\udfff]/.test(part))) return parts.sort();
  return parts.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
