import type { ClientSession, Connection } from 'mongoose';

type VersionRow = { _id: string; n: number };

/** Tells all processes that the data behind `name` changed; in a transaction together with the change itself. */
export async function bumpVersion(db: Connection, name: string, session?: ClientSession): Promise<void> {
  await db
    .collection<VersionRow>('versions')
    .updateOne({ _id: name }, { $inc: { n: 1 } }, { upsert: true, ...(session ? { session } : {}) });
}

/**
 * What every process holds compiled (cities, operators' rules, settings) follows `versions{_id, n}`: whoever changes
 * the data bumps the number; every process polls the numbers and swaps its copy whole.
 */
export function createVersions({ db }: { db: Connection }) {
  const rows = db.collection<VersionRow>('versions');
  const watched = new Map<string, { seen: number; reloads: (() => Promise<void>)[] }>();
  let timer: NodeJS.Timeout | undefined;

  async function check(): Promise<void> {
    const numbers = await rows.find({ _id: { $in: [...watched.keys()] } }).toArray();
    for (const { _id, n } of numbers) {
      const watch = watched.get(_id);
      if (!watch || watch.seen === n) continue;
      for (const reload of watch.reloads) await reload();
      watch.seen = n;
    }
  }

  return {
    /** Loads now, and again whenever the number has moved. Several may follow one number. */
    async watch(name: string, reload: () => Promise<void>): Promise<void> {
      const row = await rows.findOne({ _id: name });
      await reload();
      const { seen = row?.n ?? 0, reloads = [] } = watched.get(name) ?? {};
      watched.set(name, { seen, reloads: [...reloads, reload] });
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
