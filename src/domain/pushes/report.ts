import { type Chunk, type Counts, type Deliveries, liveRun, noCounts } from './deliveries';
import type { PushRow, PushState } from './push';

export type Status = {
  push: PushRow;
  state: PushState | 'finished';
  people: number;
  /** Accounted for. */
  done: number;
  /** Not yet: `people` less `done`. */
  waiting: number;
  counts: Counts;
};

/** How far a push is, from the rows. What adds up is true: sent + handed + failed + skipped + unknown + waiting = people. */
export async function statusOf(deliveries: Deliveries, push: PushRow): Promise<Status> {
  const counts = noCounts();
  let open = 0;
  let people = push.frozen?.people ?? 0;
  if (push.frozen) {
    const pieces = await deliveries.chunks
      .aggregate<Omit<Chunk, 'ids'> & { size: number }>([
        { $match: { push: push._id, run: push.frozen.run } },
        { $set: { size: { $size: '$ids' }, ids: '$$REMOVE' } },
      ])
      .toArray();
    if (push.frozen.run === liveRun) people = pieces.reduce((all, { size }) => all + size, 0);
    for (const piece of pieces) {
      if (piece.open) open++;
      if (piece.counts) sum(counts, piece.counts);
      else if (piece.epoch > 0) {
        const whole = await deliveries.chunks.findOne({ _id: piece._id });
        // Closed since: its counts are the same that its rows give.
        if (whole) sum(counts, await deliveries.countsOf(push._id, whole.ids));
      }
    }
  }
  const done = counts.sent + counts.handed + counts.failed + counts.unknown + counts.skipped;
  const finished = push.state === 'running' && push.frozen !== undefined && open === 0;
  return { push, state: finished ? 'finished' : push.state, people, done, waiting: people - done, counts };
}

function sum(into: Counts, more: Counts): void {
  for (const key of ['sent', 'handed', 'failed', 'unknown', 'skipped'] as const) into[key] += more[key];
  for (const [reason, n] of Object.entries(more.reasons))
    into.reasons[reason] = (into.reasons[reason] ?? 0) + n;
}

export type ByVariant = { variant: string; route: string; people: number; clicked: number; failed: number };

/** What became of each version and route. Reads all rows of the push. */
export async function byVariant(deliveries: Deliveries, push: string): Promise<ByVariant[]> {
  const all = await deliveries.rows
    .aggregate<{ _id: { variant?: string; route: string }; people: number; clicked: number; failed: number }>(
      [
        { $match: { _id: { $gte: `${push}/`, $lt: `${push}0` } } },
        {
          $group: {
            _id: { variant: '$variant', route: '$route' },
            people: { $sum: { $cond: [{ $in: ['$state', ['sent', 'handed']] }, 1, 0] } },
            clicked: { $sum: { $cond: [{ $ifNull: ['$clickedAt', false] }, 1, 0] } },
            failed: { $sum: { $cond: [{ $in: ['$state', ['failed', 'unknown']] }, 1, 0] } },
          },
        },
      ],
    )
    .toArray();
  return all
    .map(({ _id, ...rest }) => ({ variant: _id.variant ?? '', route: _id.route, ...rest }))
    .toSorted((a, b) => (a.variant + a.route < b.variant + b.route ? -1 : 1));
}
