import type { z } from 'zod';
import type { Services } from '../services';

/**
 * Something a worker does, at least once and perhaps twice: its effect must be idempotent. `data` holds ids only: it
 * lies in the database and passes through Redis in clear text.
 */
export type Job<Data> = { data: z.ZodType<Data>; run(services: Services, data: Data): Promise<void> };
