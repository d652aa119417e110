import { type Collection, type Connection, mongo } from 'mongoose';
import { AppError } from '../../../errors';
import { crashPoint } from '../../../kit/crash-point';
import { isDuplicate } from '../../../store/duplicate';
import type { LedgerRow } from '../../points/points';
import { roundOf } from '../play/standing';
import type { Batch } from './floors';
import {
  newRound,
  newScore,
  type Placing,
  type RoundRow,
  roundAfter,
  type ScoreRow,
  scoreAfter,
  scoreId,
} from './scores';

/** Where `scores` and `rounds` are kept: the real ones, or those of a replay. */
export type Tables = { scores: string; rounds: string };

export const liveTables: Tables = { scores: 'scores', rounds: 'rounds' };

/** Somebody else projects the same quiz: read again from the cursor. */
export class MovedOn extends Error {}

/**
 * Takes batches of the answer log into rounds and scores. Every row knows the last batch that is in it (`seq`): of what it is
 * given it takes only later ones, and it is written on the condition that it still has that `seq`. So a run that was cut
 * off anywhere, and two runs at once, come to the same rows, each answer once.
 */
export function createProjection(given: { db: Connection; tables?: Tables; bulkSize?: number }) {
  const { db, tables = liveTables, bulkSize = 1_000 } = given;
  const scores = db.collection<ScoreRow>(tables.scores);
  const rounds = db.collection<RoundRow>(tables.rounds);

  async function advance<Row extends { _id: string; seq: number }>(
    answers: Placing[],
    how: {
      rows: Collection<Row>;
      idOf: (one: Placing) => string;
      first: (one: Placing) => Row;
      after: (row: Row, one: Placing) => Row;
    },
  ): Promise<Row[]> {
    const ids = [...new Set(answers.map(how.idOf))];
    const stored = new Map<string, Row>();
    const filter = { _id: { $in: ids } } as unknown as mongo.Filter<Row>;
    for (const row of await how.rows.find(filter, { readConcern: 'majority' }).toArray())
      stored.set(row._id, row as Row);
    const next = new Map<string, Row>();
    for (const one of answers) {
      const id = how.idOf(one);
      if (one.seq <= (stored.get(id)?.seq ?? 0)) continue;
      next.set(id, how.after(next.get(id) ?? stored.get(id) ?? how.first(one), one));
    }
    await write(how.rows, stored, [...next.values()]);
    return ids.map((id) => (next.get(id) ?? stored.get(id)) as Row);
  }

  async function write<Row extends { _id: string; seq: number }>(
    rows: Collection<Row>,
    stored: Map<string, Row>,
    changed: Row[],
  ): Promise<void> {
    for (let i = 0; i < changed.length; i += bulkSize) {
      const piece = changed.slice(i, i + bulkSize);
      const writes = piece.map((row) => {
        const before = stored.get(row._id);
        const { _id, ...fields } = row;
        return before
          ? { updateOne: { filter: { _id, seq: before.seq }, update: { $set: fields } } }
          : { insertOne: { document: row } };
      });
      const { matchedCount, insertedCount } = await rows
        .bulkWrite(writes as unknown as mongo.AnyBulkWriteOperation<Row>[], {
          ordered: false,
          timeoutMS: 30_000,
        })
        .catch((error: unknown) => {
          if (isDuplicate(error)) throw new MovedOn();
          throw error;
        });
      if (matchedCount + insertedCount !== piece.length) throw new MovedOn();
      crashPoint('projector-piece-written');
    }
  }

  return {
    /** Rounds, then scores: all rows that these answers touch, as they are now. */
    async take(quiz: string, answers: Placing[]): Promise<{ scores: ScoreRow[]; rounds: RoundRow[] }> {
      const touchedRounds = await advance(answers, {
        rows: rounds,
        idOf: ({ entry }) => roundOf(quiz, entry.pid, entry.on),
        first: (one) => newRound(quiz, one),
        after: roundAfter,
      });
      crashPoint('projector-rounds-written');
      const touchedScores = await advance(answers, {
        rows: scores,
        idOf: ({ entry }) => scoreId(quiz, entry.pid),
        first: (one) => newScore(quiz, one),
        after: scoreAfter,
      });
      crashPoint('projector-scores-written');
      return { scores: touchedScores, rounds: touchedRounds };
    },
  };
}

/** Entries with their floors. @throws AppError Conflict when a batch is missing between `after` and the last */
export function placings(batches: Batch[], after: number): Placing[] {
  let seq = after;
  return batches.flatMap((batch) => {
    seq++;
    if (batch.seq !== seq)
      throw new AppError(
        'Conflict',
        'answers.gap',
        `The answer log of ${batch.quiz} has ${batch.seq} where ${seq} is due.`,
      );
    return batch.a.map((entry, i) => ({ entry, floor: batch.first + i, seq, at: batch.at }));
  });
}

/** The ledger row of an answer; none when it earned nothing. */
export const ledgerRows = (quiz: string, answers: Placing[]): LedgerRow[] =>
  answers
    .filter(({ entry }) => entry.points !== 0)
    .map(({ entry, at }) => ({
      _id: `answer/${entry.k}`,
      pid: entry.pid,
      delta: entry.points,
      at,
      campaign: quiz,
      cause: 'answer',
    }));
