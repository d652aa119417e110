import type { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Config } from '../../src/config';
import type { TakenBy } from '../../src/domain/campaigns/gate/findings';
import type { Clock } from '../../src/kit/clock';
import type { Log } from '../../src/kit/log';
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

/** Nobody is stopped by it: two people may share a machine. But it is said. */
export function tellSameLogin(first: string, second: string): void {
  if (isSameLogin(first, second)) console.log(`請留意：兩個人（${first}、${second}）用的是同一個登錄名。`);
}
