/** A mobile of the mainland as eleven digits, however it was written (+86 138-1234-5678); undefined when it is none. */
export function readPhone(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[\s().-]/g, '');
  return /^(?:\+?86|0086)?(1[3-9]\d{9})$/.exec(digits)?.[1];
}
