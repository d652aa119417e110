import type { Connection } from 'mongoose';
import { beijingDay } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Log } from '../../kit/log';
import type { CallEnd } from '../../wechat/api/client';
import { dailyLimits } from '../../wechat/api/daily-limits';
import type { Upkeep } from '../upkeep';

/** `_id` is `<Beijing day><path>`. `errors`: by WeChat's code, or `network` where there was no readable answer. */
type CallRow = { _id: string; n: number; refused: number; errors?: Record<string, number> };

/** The calls of one path on one day. `refused`: those that WeChat answered with an error. */
export type PathCalls = { path: string; n: number; refused: number; errors: Record<string, number> };

const keptDays = 60;
const flushMs = 1_000;

/**
 * How many calls of WeChat's API all processes have made. Counted behind the calls, a write a second at most, so that no call
 * waits for it: after a kill up to a second's calls are missing. Of a write whose answer was lost it may be that it is
 * counted twice; too many is the safe side of a ration. What `clear_quota` gave back is not known here.
 */
export function createQuota({ db, clock, log }: { db: Connection; clock: Clock; log: Log }) {
  const rows = db.collection<CallRow>('apiCalls');
  let waiting = new Map<string, CallRow>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function add(more: CallRow): void {
    const { _id, n, refused, errors = {} } = more;
    const row = waiting.get(_id) ?? { _id, n: 0, refused: 0, errors: {} };
    const sums = { ...row.errors };
    for (const [code, times] of Object.entries(errors)) sums[code] = (sums[code] ?? 0) + times;
    waiting.set(_id, { _id, n: row.n + n, refused: row.refused + refused, errors: sums });
    timer ??= setTimeout(() => void flush(), flushMs).unref();
  }

  async function write(): Promise<void> {
    const group = [...waiting.values()];
    waiting = new Map();
    if (group.length === 0) return;
    const writes = group.map(({ _id, n, refused, errors = {} }) => {
      const byCode = Object.entries(errors).map(([code, times]) => [`errors.${code}`, times]);
      const $inc = { n, refused, ...Object.fromEntries(byCode) } as Record<string, number>;
      return { updateOne: { filter: { _id }, update: { $inc }, upsert: true } };
    });
    try {
      await rows.bulkWrite(writes, { ordered: false, timeoutMS: 5_000 });
    } catch (err) {
      log.warn({ err }, 'calls of WeChat could not be counted; they are tried again with the next');
      for (const row of group) add(row);
    }
  }

  /** One write at a time. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  const countedHere = (_id: string): number => waiting.get(_id)?.n ?? 0;

  /** Calls of a path today, those of this process to the last one. */
  async function usedToday(path: string): Promise<number> {
    const _id = `${clock.day()}${path}`;
    await writing;
    const row = await rows.findOne({ _id }, { projection: { n: 1 } });
    return (row?.n ?? 0) + countedHere(_id);
  }

  return {
    upkeep: {
      forget: (ago) => rows.deleteMany({ _id: { $lt: beijingDay(ago(keptDays).getTime()) } }),
    } satisfies Upkeep,

    /** Of the client, for every attempt. Neither waits nor throws. */
    count({ path, errcode }: CallEnd): void {
      const refused = typeof errcode === 'number' && errcode !== 0 ? 1 : 0;
      add({
        _id: `${clock.day()}${path}`,
        n: 1,
        refused,
        ...(errcode === 0 ? {} : { errors: { [errcode]: 1 } }),
      });
    },
    usedToday,
    /** What is left of a path today, 0 at least; undefined where no limit is known. */
    async left(path: string): Promise<number | undefined> {
      const limit = dailyLimits[path];
      return limit === undefined ? undefined : Math.max(0, limit - (await usedToday(path)));
    },
    /** The calls of a Beijing day as they are written, most first. */
    async list(day: string): Promise<PathCalls[]> {
      // In the order of characters 0 comes right behind the slash with which every path begins.
      const found = await rows.find({ _id: { $gt: `${day}/`, $lt: `${day}0` } }).toArray();
      return found
        .map(({ _id, n, refused, errors = {} }) => ({ path: _id.slice(day.length), n, refused, errors }))
        .toSorted((a, b) => b.n - a.n);
    },
    /** The calls of one path on these Beijing days. */
    async ofPath(path: string, days: readonly string[]): Promise<Map<string, Omit<PathCalls, 'path'>>> {
      const found = await rows.find({ _id: { $in: days.map((day) => `${day}${path}`) } }).toArray();
      return new Map(
        found.map(({ _id, n, refused, errors = {} }) => [_id.slice(0, 10), { n, refused, errors }]),
      );
    },
    limitOf: (path: string): number | undefined => dailyLimits[path],
    /** All calls between two Beijing days, both included. */
    async total(from: string, to: string): Promise<{ n: number; refused: number }> {
      const found = await rows
        .find({ _id: { $gt: `${from}/`, $lt: `${to}0` } }, { projection: { n: 1, refused: 1 } })
        .toArray();
      return found.reduce((all, { n, refused }) => ({ n: all.n + n, refused: all.refused + refused }), {
        n: 0,
        refused: 0,
      });
    },
    /** Writes what was counted up to now. */
    drained: flush,
  };
}

export type Quota = ReturnType<typeof createQuota>;
