import type { Connection } from 'mongoose';
import { AppError } from '../errors';

/**
 * A raw command. It costs half of what the driver's own find or insertMany does, which matters where every callback
 * takes part in three of them.
 */
export function command(
  db: Connection,
  body: Record<string, unknown>,
  timeoutMS: number,
): Promise<Record<string, unknown>> {
  if (!db.db)
    throw new AppError('Upstream', 'store.no-database', 'The database connection is closed.', {
      again: true,
    });
  return db.db.command(body, { timeoutMS });
}

/**
 * A raw write that can be repeated, acknowledged by a majority: a lost answer or a change of primary is tried once more
 * at once. Not majority-durable is an error, whatever the server applied. `writeErrors` are the caller's to read.
 */
export async function writeTwice(
  db: Connection,
  body: Record<string, unknown>,
  timeoutMS: number,
): Promise<Record<string, unknown>> {
  const once = async () => {
    const answer = await command(db, { ...body, writeConcern: { w: 'majority' } }, timeoutMS);
    if (answer['writeConcernError'])
      throw new AppError(
        'Upstream',
        'store.not-durable',
        'The database did not make the write durable in time.',
        {
          again: true,
        },
      );
    return answer;
  };
  try {
    return await once();
  } catch (error) {
    if (isTimeout(error)) throw error;
    return await once();
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && /Timeout|ServerSelection/.test(error.name);
