import type { Connection } from 'mongoose';

type Window = { until: number; left: number };
type Before = { _id: string; pid: string; windows?: { talk?: Window; tap?: Window } };

/** How long a window was open, and how many messages it allowed, when it lay in the subscriber's row. */
const talkMs = 48 * 3_600_000 - 120_000;
const most = 5;

/** The short window is over by now; of the long one what was sent out of it counts as sent when it was opened. */
export async function windowsIntoReach(db: Connection): Promise<void> {
  const rows = db.collection<Before>('subscribers');
  const reach = db.collection<{ _id: string }>('reach');
  for await (const { _id, pid, windows } of rows.find(
    { windows: { $exists: true } },
    { projection: { pid: 1, windows: 1 } },
  )) {
    if (windows?.talk) {
      const talk = windows.talk.until - talkMs;
      const sent = Math.max(0, most - windows.talk.left);
      const sends = Array.from({ length: sent }, (_, i) => ({ id: `before/${i}`, at: talk }));
      await reach.updateOne({ _id }, { $setOnInsert: { pid, talk, sends } }, { upsert: true });
    }
    await rows.updateOne({ _id }, { $unset: { windows: 1 } });
  }
}
