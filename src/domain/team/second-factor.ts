import { Secret, TOTP } from 'otpauth';

const periodS = 30;

const totpOf = (secret: string, login = ''): TOTP =>
  new TOTP({ issuer: '小藝', label: login, secret: Secret.fromBase32(secret), period: periodS, digits: 6 });

/** 160 bits, in base32, as authenticator apps take it (RFC 6238). */
export const newSecret = (): string => new Secret({ size: 20 }).base32;

/** What the QR code says to the app. */
export const totpUri = (secret: string, login: string): string => totpOf(secret, login).toString();

/** The code of this moment; only a simulated house shows it. */
export const codeAt = (secret: string, at: number): string => totpOf(secret).generate({ timestamp: at });

/** Which step a code is of, one before or after now at most; undefined: of none. A step may be used once. */
export function stepOf(secret: string, code: string, at: number): number | undefined {
  const token = code.normalize('NFKC').replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = totpOf(secret).validate({ token, timestamp: at, window: 1 });
  return delta === null ? undefined : Math.floor(at / 1_000 / periodS) + delta;
}
