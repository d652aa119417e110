import { tableLimits } from './grid';
import { unreadable } from './problems';

export type File = { name: string; bytes: Buffer };

/**
 * Which of the known kinds of file this is, by its name.
 * @throws AppError `Invalid` when it is none of them, empty or too big
 */
export function kindOf<Kind extends string>({ name, bytes }: File, kinds: readonly Kind[]): Kind {
  if (bytes.length > tableLimits.bytes)
    throw unreadable(
      `${name} 有 ${(bytes.length / 1024 / 1024).toFixed(1)} MB，上限是 20 MB；請刪去用不到的欄和行。`,
    );
  if (bytes.length === 0) throw unreadable(`${name} 是空的。`);
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
  const kind = kinds.find((one) => one === ending);
  if (!kind)
    throw unreadable(`${name}：只認得 ${kinds.map((one) => `.${one}`).join('、')} 檔案，請另存為其中一種。`);
  if (kind !== 'xlsx' && bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    throw unreadable(`${name} 其實是 Excel 工作簿，請把檔名的結尾改成 .xlsx。`);
  return kind;
}
