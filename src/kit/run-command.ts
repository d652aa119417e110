import { messageOf } from '../errors';

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
