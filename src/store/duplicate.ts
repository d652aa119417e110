import { mongo } from 'mongoose';

const duplicateKey = 11_000;

/**
 * Whether a write failed only because the same key is there already. A bulk has the code of its first failure alone, so each
 * of them is looked at: one that failed otherwise, or was not made durable, is no repeat.
 */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof mongo.MongoBulkWriteError))
    return (error as { code?: unknown } | null)?.code === duplicateKey;
  const failures = [error.writeErrors].flat();
  return (
    failures.length > 0 &&
    failures.every(({ code }) => code === duplicateKey) &&
    !error.result.getWriteConcernError()
  );
}
