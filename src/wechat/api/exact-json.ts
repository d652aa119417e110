/** Strings are matched whole and kept; numbers are matched whole, so digits behind a point are never taken for an integer. */
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse`, but an integer too big for a double (a 64-bit `msg_id`) becomes a string of its digits instead of a
 * number that is off by a few. Throws SyntaxError as `JSON.parse` does.
 */
export function parseExact(text: string): unknown {
  const exact = text.replace(stringOrNumber, (token) =>
    token.length < 16 || token.startsWith('"') || /[.eE]/.test(token) || Number.isSafeInteger(Number(token))
      ? token
      : `"${token}"`,
  );
  return JSON.parse(exact);
}

export type JsonObject = Record<string, unknown>;
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
