import type { Connection } from 'mongoose';

type VersionRow = { _id: string; n: number };

/**
 * What every process holds compiled (cities, operators' rules, settings) follows `versions{_id, n}`: whoever changes
 * the data bumps the number; every process polls the numbers and swaps its copy whole.
 */
export function createVersions({ db }: { db: Connection }) {
  const rows = db.collection<VersionRow>('versions');
  const watched = new Map<string, { seen: number; reload: () => Promise<void> }>();
  let timer: NodeJS.Timeout | undefined;

  async function check(): Promise<void> {
    const numbers = await rows.find({ _id: { $in: [...watched.keys()] } }).toArray();
    for (const { _id, n } of numbers) {
      const watch = watched.get(_id);
      if (!watch || watch.seen === n) continue;
      await watch.reload();
      watch.seen = n;
    }
  }

  return {
    /** Tells all processes that the data behind `name` changed. */
    async bump(name: string): Promise<void> {
      await rows.updateOne({ _id: name }, { $inc: { n: 1 } }, { upsert: true });
    },
    /** Loads now, and again whenever the number has moved. */
    async watch(name: string, reload: () => Promise<void>): Promise<void> {
      const row = await rows.findOne({ _id: name });
      await reload();
      watched.set(name, { seen: row?.n ?? 0, reload });
    },
    check,
    /** Polls every `everyMs`; a failed poll is told and tried again at the next. */
    start(everyMs: number, onError: (error: unknown) => void): void {
      timer = setInterval(() => void check().catch(onError), everyMs);
      timer.unref();
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}

export type Versions = ReturnType<typeof createVersions>;
