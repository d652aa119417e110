import { erase } from '../domain/subscribers/subscribers.jobs';
import type { Job } from '../kit/define-job';
import { housekeeping } from './housekeeping';

/** Every job by its name; `later('<name>', data)` is typed by this table. */
export const jobs = { erase, housekeeping };

export type JobName = keyof typeof jobs;
export type JobData<Name extends JobName> = (typeof jobs)[Name] extends Job<infer Data> ? Data : never;
