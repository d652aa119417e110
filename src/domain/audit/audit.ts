import { createHmac } from 'node:crypto';
import type { Connection } from 'mongoose';
import { canonical } from '../../kit/canonical';
import { escaped } from '../../kit/text';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';

/** What came of it: it is written down before it is done (`begun`), and again when it has ended. */
export type AuditEnd = 'begun' | 'done' | 'refused' | 'failed' | 'seen';

export type AuditEntry = {
  /** Who, as signed; undefined: nobody who had signed in. */
  by?: string;
  /** Where from. */
  ip: string;
  /** What, in words: 「批准獎品」. */
  what: string;
  /** The path, by which it can be looked for. */
  path: string;
  end: AuditEnd;
  /** What was asked, without secrets. */
  asked?: Record<string, unknown>;
  /** Of what was changed. */
  before?: unknown;
  after?: unknown;
  why?: string;
  /** Which row this one ends. */
  of?: number;
};

export type AuditRow = AuditEntry & { _id: number; at: Date; mac: string };
/** `by`: a login; `before`: the number from which to go on. */
type AuditFilter = {
  by?: string | undefined;
  end?: AuditEnd | undefined;
  words?: string | undefined;
  before?: number;
};
type HeadRow = { _id: 'audit'; n: number; mac: string };

export const auditIndexes: IndexSpec[] = [
  { collection: 'audit', key: { by: 1, _id: -1 }, why: 'what one person did' },
  { collection: 'audit', key: { of: 1 }, why: 'what came of something that was begun' },
];

const pageSize = 50;

/**
 * Who did, saw and was refused what. Rows are only ever added, and each carries a keyed hash over itself and the one before: who
 * changes or takes out one, and has not the key, is found out by `check`. `now`: machine time, ms.
 */
export function createAudit(given: {
  db: Connection;
  key: string;
  /** Somebody of ours must know. */
  alarm(text: string): Promise<void>;
  now?: () => number;
}) {
  const { db, now = Date.now } = given;
  const rows = db.collection<AuditRow>('audit');
  const heads = db.collection<HeadRow>('auditHead');
  const chainKey = createHmac('sha256', given.key).update('audit').digest();
  const macOf = (previous: string, row: Omit<AuditRow, 'mac'>): string =>
    createHmac('sha256', chainKey)
      .update(`${previous}\n${canonical(plain(row))}`)
      .digest('base64url');

  let line: Promise<unknown> = Promise.resolve();

  /** Two processes may take one number: who comes second takes the next. */
  async function append(entry: AuditEntry): Promise<number> {
    for (;;) {
      const last = await rows.findOne({}, { sort: { _id: -1 }, projection: { mac: 1 } });
      const row = { _id: (last?._id ?? 0) + 1, at: new Date(now()), ...stored(entry) };
      const mac = macOf(last?.mac ?? '', row);
      try {
        await rows.insertOne({ ...row, mac }, { writeConcern: { w: 'majority' } });
      } catch (error) {
        if (isDuplicate(error)) continue;
        throw error;
      }
      // What is cut off at the end is missed by it.
      await heads
        .updateOne(
          { _id: 'audit', $or: [{ n: { $lt: row._id } }] },
          { $set: { n: row._id, mac } },
          { upsert: true },
        )
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
      return row._id;
    }
  }

  return {
    /** @returns the number of the row */
    add(entry: AuditEntry): Promise<number> {
      const added = line.then(() => append(entry));
      line = added.catch(() => {});
      return added;
    },

    /** Newest first; `before`: the number from which to go on. */
    async list(asked: AuditFilter): Promise<AuditRow[]> {
      const { by, end, words, before } = asked;
      return rows
        .find({
          ...(by ? { by: { $regex: `（登[錄入] ${escaped(by)}）$|^${escaped(by)}$` } } : {}),
          ...(end ? { end } : {}),
          ...(words
            ? { $or: [{ what: { $regex: escaped(words) } }, { path: { $regex: escaped(words) } }] }
            : {}),
          ...(before ? { _id: { $lt: before } } : {}),
        })
        .sort({ _id: -1 })
        .limit(pageSize)
        .toArray();
    },

    check,

    upkeep: {
      indexes: auditIndexes,
      /** Once a day. */
      async forget() {
        const { broken } = await check();
        if (broken !== undefined)
          await given.alarm(`操作記錄第 ${broken} 筆接不上：有人改過或刪過。請保留備份，查誰能寫數據庫。`);
      },
    } satisfies Upkeep,
  };

  /** Reads the whole chain. @returns the first number that does not fit, if any */
  async function check(): Promise<{ rows: number; broken?: number }> {
    let previous = '';
    let n = 0;
    for await (const row of rows.find({}).sort({ _id: 1 })) {
      const { mac, ...rest } = row;
      n++;
      if (row._id !== n || mac !== macOf(previous, rest)) return { rows: n, broken: n };
      previous = mac;
    }
    const head = await heads.findOne({ _id: 'audit' });
    if ((head?.n ?? 0) > n) return { rows: n, broken: n + 1 };
    return { rows: n };
  }
}

export type Audit = ReturnType<typeof createAudit>;

/** As it comes back from the database: without what is undefined, dates as their moment. */
const stored = (entry: AuditEntry): AuditEntry => JSON.parse(JSON.stringify(entry)) as AuditEntry;
const plain = (row: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(row)) as Record<string, unknown>;
