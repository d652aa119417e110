import type { Connection, mongo } from 'mongoose';
import { beijingDay, dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { StageCode } from './stage-rules';

/** `moves{_id: '<pid>/<day>/<to>'}`: she went from one stage to another. `at`: when it was seen last that day. */
export type Move = { _id: string; pid: string; from: StageCode; to: StageCode; on: string; at: Date };
/** `stageDays{_id: day}`: how many moved that day, `found>aware`, and how many stood where when it was over. Names nobody. */
export type StageDay = {
  _id: string;
  moves: Record<string, number>;
  people: Partial<Record<StageCode, number>>;
};
/** `of`: who was in `from` when the span began, or came there within it; unknown of those who are nobody's yet. */
export type Rate = { from: StageCode; to: StageCode; people: number; of?: number; rate?: number };

/** The history of moves: one by one while a person is known, and counted by day for good, so that who leaves takes nothing with her. */
export function createMoves({ db }: { db: Connection }) {
  const moves = db.collection<Move>('moves');
  const days = db.collection<StageDay>('stageDays');

  /** Counts of the days of a span whose moves are still told one by one. */
  async function counted(span: { after: string; from: string; to: string }): Promise<StageDay[]> {
    const rows = await moves
      .aggregate<{ _id: { on: string; from: StageCode; to: StageCode }; people: number }>([
        { $match: { on: { $gt: span.after, $gte: span.from, $lte: span.to } } },
        { $group: { _id: { on: '$on', from: '$from', to: '$to' }, people: { $sum: 1 } } },
      ])
      .toArray();
    const found = new Map<string, StageDay>();
    for (const { _id, people } of rows) {
      const one = found.get(_id.on) ?? { _id: _id.on, moves: {}, people: {} };
      one.moves[`${_id.from}>${_id.to}`] = people;
      found.set(_id.on, one);
    }
    return [...found.values()];
  }

  const lastClosed = async (before = '9999'): Promise<StageDay | null> =>
    days.findOne({ _id: { $lt: before } }, { sort: { _id: -1 } });

  return {
    /** Where each of these people last went. `stands`: where she is known to be, if her moves do not tell which was last. */
    async last(stands: ReadonlyMap<string, StageCode | undefined>): Promise<Map<string, Move>> {
      const found = new Map<string, Move>();
      for (const one of await moves.find({ pid: { $in: [...stands.keys()] } }).toArray()) {
        const before = found.get(one.pid);
        const later = before ? one.at.getTime() - before.at.getTime() : 1;
        if (later > 0 || (later === 0 && one.to === stands.get(one.pid))) found.set(one.pid, one);
      }
      return found;
    },

    async write(some: readonly Move[]): Promise<void> {
      if (some.length === 0) return;
      await moves.bulkWrite(
        some.map(({ _id, at, ...move }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: move, $max: { at } }, upsert: true },
        })),
        { ordered: false },
      );
    },

    /**
     * Counts the days before today for good. `people`: how many stand where now; back from that, undoing moves, follows where they
     * stood when each day was over. The oldest day is written first, so that one cut off goes on where it stopped.
     */
    async close(today: string, people: Partial<Record<StageCode, number>>): Promise<void> {
      const yesterday = beijingDay(startOfBeijingDay(today) - dayMs);
      const after = (await lastClosed())?._id ?? '';
      if (yesterday <= after) return;
      const open = await counted({ after, from: '', to: today });
      if (!open.some(({ _id }) => _id === yesterday)) open.push({ _id: yesterday, moves: {}, people: {} });
      const standing = new Map(Object.entries(people));
      const add = (stage: string, by: number) => standing.set(stage, (standing.get(stage) ?? 0) + by);
      for (const day of open.toSorted(byDay).toReversed()) {
        day.people = Object.fromEntries([...standing].filter(([, n]) => n > 0));
        for (const [way, moved] of Object.entries(day.moves)) {
          const [from, to] = way.split('>') as [StageCode, StageCode];
          add(to, -moved);
          if (from !== 'none') add(from, moved);
        }
      }
      for (const { _id, ...day } of open.toSorted(byDay))
        if (_id <= yesterday) await days.updateOne({ _id }, { $setOnInsert: day }, { upsert: true });
    },

    /** From stage to stage between two Beijing days, both included; the most first. */
    async rates(from: string, to: string): Promise<Rate[]> {
      const after = (await lastClosed())?._id ?? '';
      const span = [
        ...(await days.find({ _id: { $gte: from, $lte: to } }).toArray()),
        ...(await counted({ after, from, to })),
      ];
      const start = (await lastClosed(from))?.people;
      const sums = new Map<string, number>();
      const base = new Map<string, number>(Object.entries(start ?? {}));
      for (const [way, people] of span.flatMap((one) => Object.entries(one.moves))) {
        const [, entered = ''] = way.split('>');
        sums.set(way, (sums.get(way) ?? 0) + people);
        base.set(entered, (base.get(entered) ?? 0) + people);
      }
      return [...sums]
        .map(([way, people]): Rate => {
          const [a, b] = way.split('>') as [StageCode, StageCode];
          const of = a === 'none' ? 0 : Math.max(people, base.get(a) ?? 0);
          return { from: a, to: b, people, ...(of > 0 ? { of, rate: people / of } : {}) };
        })
        .toSorted((x, y) => y.people - x.people);
    },

    /** How many stood where when each of these days (both included) was over, as it was counted for good. */
    days: (from: string, to: string): Promise<StageDay[]> =>
      days.find({ _id: { $gte: from, $lte: to } }, { sort: { _id: 1 } }).toArray(),

    /** Who went from one stage to another between two Beijing days, both included; the newest first. Without those who left since. */
    async moved(asked: {
      from: StageCode;
      to: StageCode;
      since: string;
      until: string;
      after?: string | undefined;
      limit: number;
    }): Promise<{ moves: Move[]; next?: string }> {
      const { from, to, since, until, after = '', limit } = asked;
      const [on, _id] = after.split(/~(.*)/s);
      const behind = _id === undefined ? {} : { $or: [{ on: { $lt: on } }, { on, _id: { $lt: _id } }] };
      const found = await moves
        .find({ from, to, on: { $gte: since, $lte: until }, ...behind } as mongo.Filter<Move>, {
          sort: { on: -1, _id: -1 },
          limit: limit + 1,
        })
        .toArray();
      const last = found[limit - 1];
      return {
        moves: found.slice(0, limit),
        ...(found.length > limit && last ? { next: `${last.on}~${last._id}` } : {}),
      };
    },

    forget: async (filter: {
      pid: string | { $in: string[] };
      at?: { $not: { $gt: Date } };
    }): Promise<void> => void (await moves.deleteMany(filter)),
    of: (pid: string): Promise<Move[]> => moves.find({ pid }, { sort: { at: 1 } }).toArray(),
  };
}

const byDay = (a: StageDay, b: StageDay): number => (a._id < b._id ? -1 : 1);
