import { crashPoint } from '../../kit/crash-point';
import { randomId } from '../../kit/ids';
import type { Chunk, Deliveries } from './deliveries';

/** People a piece; a mass send takes as many in one call. */
export const pieceOf = (routes: readonly string[]): number => (routes.includes('mass') ? 10_000 : 1_000);

export type Frozen = { run: string; people: number; chunks: number };

/**
 * Writes an audience down in pieces, for good: who joins or leaves the segment later changes nothing. Two may do it at once, as a
 * job that takes long is taken up by another worker: each writes a run of its own, and what does not count in the end is `thawed`.
 */
export async function freeze(
  { chunks }: Pick<Deliveries, 'chunks'>,
  { push, size, ids }: { push: string; size: number; ids: AsyncIterable<string> },
): Promise<Frozen> {
  const run = randomId(6);
  let people = 0;
  let n = 0;
  let waiting: string[] = [];
  let ready: Chunk[] = [];

  const piece = (some: string[]): void => {
    n++;
    people += some.length;
    ready.push({ _id: `${push}/${run}/${n}`, push, run, n, ids: some, open: true, epoch: 0 });
  };
  const write = async (): Promise<void> => {
    if (ready.length > 0) await chunks.insertMany(ready);
    ready = [];
    crashPoint('push-frozen-some');
  };

  for await (const id of ids) {
    waiting.push(id);
    // One more than needed is kept back: the last piece never holds one person alone, to whom no mass message can be sent.
    if (waiting.length < size + 2) continue;
    piece(waiting.slice(0, size));
    waiting = waiting.slice(size);
    if (ready.length * size >= 10_000) await write();
  }
  if (waiting.length > size) {
    const half = Math.ceil(waiting.length / 2);
    piece(waiting.slice(0, half));
    piece(waiting.slice(half));
  } else if (waiting.length > 0) piece(waiting);
  await write();
  return { run, people, chunks: n };
}

/** Removes the pieces of the runs of a push that do not count: all but one. */
export async function thaw(
  { chunks }: Pick<Deliveries, 'chunks'>,
  push: string,
  run: string | undefined,
): Promise<void> {
  await chunks.deleteMany({ push, ...(run === undefined ? {} : { run: { $ne: run } }) });
}
