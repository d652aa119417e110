import mongoose from 'mongoose';
import { patient } from './patience';

/** A call that states no `timeoutMS` ends after this: long for a call, short for a process that hangs. */
const longestMs = 5 * 60_000;

/** Where each method takes its options. Cursors have no default: reading a big collection may take long. */
const methods: Record<string, number> = {
  insertOne: 1,
  insertMany: 1,
  bulkWrite: 1,
  updateOne: 2,
  updateMany: 2,
  replaceOne: 2,
  deleteOne: 1,
  deleteMany: 1,
  findOne: 1,
  findOneAndUpdate: 2,
  findOneAndReplace: 2,
  findOneAndDelete: 1,
  countDocuments: 1,
  estimatedDocumentCount: 0,
  distinct: 2,
};
const cursors: Record<string, number> = { find: 1, aggregate: 1 };

type Options = { timeoutMS?: number; signal?: AbortSignal };
type Method = (this: unknown, ...args: unknown[]) => unknown;

const done = Symbol('deadlines');

/**
 * Makes `timeoutMS` of MongoDB calls mean what it says. In the driver that mongoose brings (7.8) the option does nothing,
 * and a call whose connection breaks between two events waits for ever, with a place in the pool (docs/database-deadlines.md).
 * An `AbortSignal` ends it in either case, and gives the place back.
 */
export function enforceDeadlines(): void {
  const { Collection, Db } = mongoose.mongo;
  const collection = Collection.prototype as unknown as Record<string | symbol, unknown>;
  if (collection[done]) return;
  collection[done] = true;
  for (const [name, at] of Object.entries(methods)) bound(collection, name, at, longestMs);
  for (const [name, at] of Object.entries(cursors)) bound(collection, name, at);
  bound(Db.prototype as unknown as Record<string, unknown>, 'command', 1, longestMs);
}

function bound(on: Record<string | symbol, unknown>, name: string, at: number, most?: number): void {
  const method = on[name] as Method;
  on[name] = function (this: unknown, ...args: unknown[]) {
    const { timeoutMS = most, ...options } = (args[at] ?? {}) as Options;
    if (timeoutMS !== undefined && !options.signal) {
      while (args.length < at) args.push(undefined);
      args[at] = { ...options, signal: AbortSignal.timeout(patient(timeoutMS)) };
    }
    return method.apply(this, args);
  };
}
