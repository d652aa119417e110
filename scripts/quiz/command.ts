import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Config } from '../../src/config';
import type { TakenBy } from '../../src/domain/campaigns/gate/findings';
import { AppError } from '../../src/errors';
import type { Clock } from '../../src/kit/clock';
import type { Log } from '../../src/kit/log';
import { Misuse } from '../../src/kit/run-command';
import { isSameLogin } from '../../src/kit/signed';
import type { Services } from '../../src/services';

const text = { type: 'string', default: '' } as const;
const flag = { type: 'boolean', default: false } as const;
/** All that can be said on the line. What a command does with one stands in its `args` and `help`. */
export const options = {
  by: text,
  reason: text,
  now: flag,
  'dry-run': flag,
  out: text,
  prize: text,
  sponsor: text,
  state: text,
  day: text,
  full: flag,
  correct: flag,
  'with-held': flag,
  walk: flag,
  players: { type: 'string', default: '1000' },
  group: text,
} as const;

/** What a command gets: the services on the real database, what stood on the line after its name, and the options. */
export type Asked = {
  db: Connection;
  redis: Redis;
  /** To open a stage beside the real database. */
  config: Config;
  mongoUri: string;
  redisUrl: string;
  services: Services;
  clock: Clock;
  log: Log;
  takenBy: TakenBy;
  args: string[];
  values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
};

/** Gives the exit code: 0 done, 1 refused. `alone` needs no database. */
export type Command = { args: string; help: string } & (
  | { run(asked: Asked): Promise<number> }
  | { alone(asked: Pick<Asked, 'args'>): Promise<number> }
);

/** The one argument a command must have. */
export function only(args: string[]): string {
  const [first, ...more] = args;
  if (first === undefined || more.length > 0) throw new Misuse();
  return first;
}

/** A file that an argument names. */
export async function fileAt(path: string): Promise<{ name: string; bytes: Buffer }> {
  try {
    return { name: basename(path), bytes: await readFile(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new AppError('NotFound', 'quiz.file', `沒有這個檔案：${path}`);
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

/** Nobody is stopped by it: two people may share a machine. But it is said. */
export function tellSameLogin(first: string, second: string): void {
  if (isSameLogin(first, second)) console.log(`請留意：兩個人（${first}、${second}）用的是同一個登入名。`);
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
