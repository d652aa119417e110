import type { z } from 'zod';

/**
 * Something a worker does, at least once and perhaps twice: its effect must be idempotent. `data` holds ids only: it lies
 * in the database and passes through Redis in clear text. What it needs of the services it states in the type of `run`'s
 * first parameter, as narrowly as it can.
 */
export type Job<Name extends string, Data, Needs> = {
  name: Name;
  data: z.ZodType<Data>;
  run(needs: Needs, data: Data): Promise<void>;
};

/**
 * ```ts
 * export const awardExpire = defineJob({
 *   name: 'award-expire',
 *   data: z.object({ award: z.string() }),
 *   run: ({ prizes }: { prizes: { expire(id: string): Promise<void> } }, { award }) => prizes.expire(award),
 * });
 * ```
 * Started by `later('award-expire', …)` in a handler, or at a business time by `timers.arm({ job: awardExpire, … })`.
 */
export const defineJob = <const Name extends string, Data, Needs>(
  job: Job<Name, Data, Needs>,
): Job<Name, Data, Needs> => job;

/** A job as those see it who only start it. */
export type Startable<Data> = { name: string; data: z.ZodType<Data> };

/** A job as the worker sees it: it parses the data and gives it all services. */
// oxlint-disable-next-line typescript/no-explicit-any -- jobs of many data types lie in one list; `data` parses before `run` sees it.
export type AnyJob<Needs> = Job<string, any, Needs>;
