import { messageOf } from '../src/errors';

/** Called the wrong way: the usage is shown. */
export class Misuse extends Error {}

/**
 * Runs what a person started by hand with what stands on the line, and ends with its code; 1 and one sentence when it fails, 2 and
 * the usage (where there is one) when it was called the wrong way.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
  usage?: () => string,
): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const unknown = (error as { code?: unknown }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    const isMisuse = usage !== undefined && (error instanceof Misuse || unknown);
    if (!isMisuse || (error instanceof Misuse && error.message !== '')) console.error(messageOf(error));
    if (isMisuse) console.error(usage());
    process.exitCode = isMisuse ? 2 : 1;
  }
}

/** The one argument a command must have. */
export function only(args: string[]): string {
  const [first, ...more] = args;
  if (first === undefined || more.length > 0) throw new Misuse();
  return first;
}

const helpColumn = 46;

/** 「  check 編號    合規檢查…」: the helps stand below each other; one that has no room goes to the next line. */
export const usageLine = (call: string, help: string): string =>
  columnsOf(call) < helpColumn
    ? `  ${padded(call, helpColumn)}${help}`
    : `  ${call}\n  ${padded('', helpColumn)}${help}`;

/** As `padEnd`, in columns of a terminal. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** Chinese and full-width signs take two columns each. */
export const columnsOf = (text: string): number =>
  [...text].reduce(
    (sum, sign) => sum + (/[\p{Script=Han}\u3000-\u303f\uff01-\uff60]/u.test(sign) ? 2 : 1),
    0,
  );
