/**
 * A page is one fan's view of it: kept by her phone, by nobody between. It tells nobody where she comes from. Our own
 * style, pictures from anywhere safe, nothing else: no script, no form, no frame.
 */
export const forOneFan = (nonce: string): Record<string, string> => ({
  'Cache-Control': 'private, max-age=600',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; img-src https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
});
