import { AppError, messageOf } from '../src/errors';

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
    const unread = tellUnread(error);
    const isMisuse = usage !== undefined && (error instanceof Misuse || unread !== undefined);
    // What was wrong stands last, where the eye is after a long usage.
    if (isMisuse) console.error(usage());
    const told = unread ?? messageOf(error);
    if (!isMisuse || told !== '') console.error(told);
    if (error instanceof AppError && asksAnother.has(error.code))
      console.error(`用 --by 寫她的名字。（${namesAreSaid}。）`);
    process.exitCode = isMisuse ? 2 : 1;
  }
}

/** Refusals for which a second person is wanted. */
const asksAnother = new Set(['push.same-person', 'sequence.same-person', 'campaign.second-person']);
/** Said wherever two are asked for. */
export const namesAreSaid = '姓名是各人自己報的，這裡核實不了；登錄這台機器的名字一併留在記錄裡';

/** What `parseArgs` could not read; undefined for whatever else went wrong. */
function tellUnread(error: unknown): string | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const option = /'(?:-\w, )?(-[^' ]*)/.exec(message)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `沒有「${option}」這個選項。`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return `多了「${/'([^']*)'/.exec(message)?.[1] ?? ''}」。`;
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return undefined;
  return /does not take/.test(message)
    ? `${option} 後面不用寫什麼。`
    : `${option} 後面要寫${optionWords[option] ?? '一個值'}。`;
}
const optionWords: Record<string, string> = {
  '--to': '人',
  '--by': '姓名',
  '--reason': '原因',
  '--out': '檔名',
};

/** The one argument a command must have. */
export function only(args: string[]): string {
  const [first, ...more] = args;
  if (first === undefined) throw new Misuse('後面少了一樣東西。');
  if (more.length > 0) throw new Misuse(`只寫一樣東西，多了：${more.join(' ')}（有空格的用引號括起來）。`);
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
