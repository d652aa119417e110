import { AppError } from '../../../errors';
import type { File } from '../../../sheets/file';
import { parseJson } from '../../../sheets/read-json';
import { type Definition, definition } from './sequence';

/**
 * A sequence from what a JSON file holds.
 *
 * @throws AppError Invalid sequence.definition, with every bad place in words
 */
export function readSequence(json: unknown): Definition {
  const read = definition.safeParse(json);
  if (read.success) return read.data;
  const lines = read.error.issues.flatMap((issue) => {
    const place = placeOf(issue.path);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${place}：不認得「${key.slice(0, 40)}」這一欄`);
    return [
      `${place}：${isOurs(issue.message) ? issue.message : '沒有寫，或寫法不對；照著 template 的例子寫'}`,
    ];
  });
  throw new AppError(
    'Invalid',
    'sequence.definition',
    `這個序列有 ${lines.length} 處要改：\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
}

/** A sequence from a JSON file. @throws AppError Invalid import.unreadable, sequence.definition */
export const readSequenceFile = ({ bytes }: File): Definition => readSequence(parseJson(bytes));

/** 「第 2 步的 content.customer.text」. */
function placeOf(path: readonly PropertyKey[]): string {
  const [first, n, ...rest] = path.map(String);
  if (first === undefined) return '整個檔案';
  if (first !== 'steps' || n === undefined) return path.map(String).join('.');
  return `第 ${Number(n) + 1} 步${rest.length > 0 ? `的 ${rest.join('.')}` : ''}`;
}

/** What our own schema says is Chinese. */
const isOurs = (message: string): boolean => /\p{Script=Han}/u.test(message);
