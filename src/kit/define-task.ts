import type { Writable } from 'node:stream';
import type { z } from 'zod';

/** What long work has beside its input. */
export type TaskTools = {
  /** Who started it, as signed. */
  by: string;
  /** How far it is: `done` of `total`, in words where numbers do not tell. It stops the work when nobody waits for it any more. */
  progress(at: { done?: number; total?: number; text?: string }): Promise<void>;
  /** The file it makes. It can be fetched for a week. */
  file(name: string, type: string): Writable;
};

export type TaskResult = { text: string /** Where what was made can be looked at. */; href?: string };

/**
 * Work that somebody started and that takes longer than she should wait: an export, an import, a count over everybody. It may
 * be begun again from its start after a crash, so whatever it changes must bear that. `input` holds no secrets: it is kept.
 */
export type Task<Name extends string, Input, Services> = {
  name: Name;
  input: z.ZodType<Input>;
  /** In words: 「導出中獎名單」. */
  title(input: Input): string;
  run(services: Services, input: Input, tools: TaskTools): Promise<TaskResult>;
};

// oxlint-disable-next-line typescript/no-explicit-any -- tasks with many inputs lie in one list; `input` parses before `run` sees it.
export type AnyTask<Services = any> = Task<string, any, Services>;

export const defineTask = <Name extends string, Input, Services>(
  task: Task<Name, Input, Services>,
): Task<Name, Input, Services> => task;
