import type { Connection } from 'mongoose';
import { minuteMs } from '../../../kit/beijing';
import type { Batch, Entry } from './floors';

type Head = { seq: number; answers: number; sealed: boolean };
type Probe = Pick<Batch, 'seq' | 'first' | 'at'> & { a: Pick<Entry, 'on'>[] };
/** One answer as it stands in the log. `at`: machine time. */
export type Logged = { entry: Entry; floor: number; at: Date; seq: number };

const timeoutMS = 5_000;

/**
 * How fast a quiz is played, asked of the answer log without reading it: batches lie in the order of their time, so that where a
 * minute or a day begins is found by halving. A million batches are twenty reads.
 */
export function createPace({ db }: { db: Connection }) {
  const rows = db.collection<Batch>('answers');

  /** How many answers there are, by now: the last floor. */
  async function head(quiz: string): Promise<Head> {
    const [last] = await rows
      .aggregate<{ seq: number; first: number; n: number; sealed?: boolean }>(
        [
          { $match: { _id: { $gt: `${quiz}/`, $lt: `${quiz}/~` } } },
          { $sort: { _id: -1 } },
          { $limit: 1 },
          { $project: { seq: 1, first: 1, sealed: 1, n: { $size: '$a' } } },
        ],
        { timeoutMS },
      )
      .toArray();
    if (!last) return { seq: 0, answers: 0, sealed: false };
    return {
      seq: last.seq,
      answers: last.first - 1 + (last.sealed ? 0 : last.n),
      sealed: last.sealed ?? false,
    };
  }

  const probe = async (quiz: string, seqs: number[]): Promise<Map<number, Probe>> => {
    const ids = [...new Set(seqs)].map((seq) => idOf(quiz, seq));
    const found = await rows
      .find({ _id: { $in: ids } }, { projection: { seq: 1, first: 1, at: 1, a: { $slice: 1 } }, timeoutMS })
      .toArray();
    return new Map(found.map((batch) => [batch.seq, batch]));
  };

  /** For each of these questions, how many answers stand before the first batch of which it is true; all of them are halved at once. */
  async function countsBefore(
    quiz: string,
    { seq: last, answers }: Head,
    questions: ((batch: Probe) => boolean)[],
  ): Promise<number[]> {
    const ranges = questions.map(() => ({ from: 1, to: last + 1 }));
    const firstOf = new Map<number, number>([[last + 1, answers + 1]]);
    for (;;) {
      const open = ranges.flatMap(({ from, to }, i) => (from < to ? [{ i, middle: (from + to) >> 1 }] : []));
      if (open.length === 0) break;
      const batches = await probe(
        quiz,
        open.map(({ middle }) => middle),
      );
      for (const { i, middle } of open) {
        const range = ranges[i] as { from: number; to: number };
        const batch = batches.get(middle);
        if (batch) firstOf.set(middle, batch.first);
        if (!batch || (questions[i] as (one: Probe) => boolean)(batch)) range.to = middle;
        else range.from = middle + 1;
      }
    }
    return ranges.map(({ from }) => (firstOf.get(from) ?? answers + 1) - 1);
  }

  return {
    head,

    /** How many answers came in each of the last `minutes` minutes up to `now` (machine ms), the oldest first. */
    async perMinute(quiz: string, { minutes, now }: { minutes: number; now: number }): Promise<number[]> {
      const at = await head(quiz);
      const edges = Array.from({ length: minutes }, (_, i) => now - (minutes - i) * minuteMs);
      const before = await countsBefore(
        quiz,
        at,
        edges.map((edge) => (batch) => batch.at.getTime() >= edge),
      );
      return before.map((count, i) => (before[i + 1] ?? at.answers) - count);
    },

    /** How many answers are of this Beijing day or a later one. */
    async since(quiz: string, on: string): Promise<number> {
      const at = await head(quiz);
      const [before = 0] = await countsBefore(quiz, at, [(batch) => (batch.a[0]?.on ?? '~') >= on]);
      return at.answers - before;
    },

    /** The newest answers, up to a floor. */
    async newest(
      quiz: string,
      { upTo, most }: { upTo?: { seq: number; floor: number } | undefined; most: number },
    ): Promise<Logged[]> {
      const found: Logged[] = [];
      const batches = rows.find(
        { _id: { $gt: `${quiz}/`, $lte: upTo ? idOf(quiz, upTo.seq) : `${quiz}/~` } },
        { sort: { _id: -1 }, batchSize: 20, timeoutMS },
      );
      for await (const { seq, first, at, a, sealed } of batches) {
        if (sealed) continue;
        for (let i = a.length - 1; i >= 0 && found.length < most; i--) {
          const floor = first + i;
          if (!upTo || floor <= upTo.floor) found.push({ entry: a[i] as Entry, floor, at, seq });
        }
        if (found.length >= most) break;
      }
      return found;
    },
  };
}

export type Pace = ReturnType<typeof createPace>;

const idOf = (quiz: string, seq: number): string => `${quiz}/${String(seq).padStart(9, '0')}`;
