import type { Connection } from 'mongoose';

type Window = { until: number; left: number };
type Before = { _id: string; pid: string; windows?: { talk?: Window; tap?: Window } };

/** How long a window was open, and how many messages it allowed, when it lay in the subscriber's row. */
const talkMs = 48 * 3_600_000 - 120_000;
const most = 5;
const atOnce = 1_000;

/** The short window is over by now; of the long one what was sent out of it counts as sent when it was opened. */
export async function windowsIntoReach(db: Connection): Promise<void> {
  const rows = db.collection<Before>('subscribers');
  await rows.updateMany(
    { windows: { $exists: true }, 'windows.talk.until': { $not: { $gt: Date.now() } } },
    { $unset: { windows: 1 } },
  );
  let some: Before[] = [];
  for await (const row of rows.find(
    { windows: { $exists: true } },
    { projection: { pid: 1, windows: 1 }, batchSize: atOnce },
  )) {
    some.push(row);
    if (some.length < atOnce) continue;
    await move(db, some);
    some = [];
  }
  if (some.length > 0) await move(db, some);
}

async function move(db: Connection, some: readonly Before[]): Promise<void> {
  const moved = some.flatMap(({ _id, pid, windows }) => {
    if (!windows?.talk) return [];
    const talk = windows.talk.until - talkMs;
    const sent = Math.max(0, most - windows.talk.left);
    const sends = Array.from({ length: sent }, (_, i) => ({ id: `before/${i}`, at: talk }));
    return { updateOne: { filter: { _id }, update: { $setOnInsert: { pid, talk, sends } }, upsert: true } };
  });
  if (moved.length > 0) await db.collection<{ _id: string }>('reach').bulkWrite(moved, { ordered: false });
  await db
    .collection<Before>('subscribers')
    .updateMany({ _id: { $in: some.map(({ _id }) => _id) } }, { $unset: { windows: 1 } });
}
