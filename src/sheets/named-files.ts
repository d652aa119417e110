import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../errors';
import type { File } from './file';

/** A file that an argument names. */
export async function fileAt(path: string): Promise<File> {
  try {
    return { name: basename(path), bytes: await readFile(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new AppError('NotFound', 'file.none', `沒有這個檔案：${path}`);
  }
}

/** The file to write: CSV or XLSX by its ending, readable by nobody else, never over another file. */
export async function fileFor(path: string) {
  const format = /\.(csv|xlsx)$/.exec(path)?.[1] as 'csv' | 'xlsx' | undefined;
  if (!format) throw new AppError('Invalid', 'export.file', '請給一個 .csv 或 .xlsx 檔案。');
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw new AppError('Conflict', 'export.file', `${path} 已經有了，或不能寫在那裡；請換一個檔名。`, {
      cause,
    });
  });
  return { format, out: file.createWriteStream() };
}
