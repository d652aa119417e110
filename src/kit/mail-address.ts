const shape =
  /(?<![\w.%+-])[a-z0-9][\w.%+-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![\w-])/giu;

/** The one e-mail address in what somebody wrote, in small letters; undefined when there is none, or more than one. */
export function readMailAddress(text: string): string | undefined {
  const found = text.normalize('NFKC').match(shape) ?? [];
  const [only, ...more] = new Set(found.map((one) => one.toLowerCase()));
  return only !== undefined && more.length === 0 && only.length <= 254 && !/\.\.|\.@/.test(only)
    ? only
    : undefined;
}
