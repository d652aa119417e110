import type { Connection } from 'mongoose';
import { dayMs } from '../../../kit/beijing';
import type { IndexSpec } from '../../../store/indexes';
import { roundOf } from '../play/standing';
import type { Entry } from './floors';

/**
 * One person in one quiz, worked out from the answer log: `scores{_id: '<quiz>:<pid>'}`. 搶答 counts in `points` only: it
 * is no part of a round, a level or a streak.
 */
export type ScoreRow = {
  _id: string;
  quiz: string;
  pid: string;
  points: number;
  right: number;
  answered: number;
  /** 搶答題 she tried. */
  flash: number;
  level: number;
  /** Days on which she played a round. */
  days: number;
  played: string[];
  /** Days in a row up to the last one she played, and the longest ever. */
  streak: number;
  bestStreak: number;
  /** The floor that reached `points`: of two with equal points the smaller is before. */
  reached: number;
  firstFloor: number;
  lastFloor: number;
  /** The last batch of the log that is in this row: a row takes every batch once. */
  seq: number;
};

/** One person's Beijing day: `rounds{_id: '<quiz>:<pid>:<on>'}`. `points` of all her rounds make up her score. */
export type RoundRow = {
  _id: string;
  quiz: string;
  pid: string;
  on: string;
  points: number;
  right: number;
  answered: number;
  flash: number;
  /** From sending to accepting, ms, answer by answer: what patterns of bots are read from. */
  took: number[];
  /** The level after it, and how many levels she passed and failed in it. */
  level: number;
  passed: number;
  failed: number;
  reached: number;
  firstFloor: number;
  lastFloor: number;
  /** Machine time of the first and last batch she is in. */
  firstAt: Date;
  lastAt: Date;
  seq: number;
};

/** An entry and where it stands in the log. */
export type Placing = { entry: Entry; floor: number; seq: number; at: Date };

export const scoreIndexes: IndexSpec[] = [
  {
    collection: 'scores',
    key: { quiz: 1, points: -1, reached: 1 },
    why: 'the final ranking of a quiz, and all who took part',
  },
  { collection: 'scores', key: { pid: 1 }, why: 'what has she played (segments)' },
  {
    collection: 'rounds',
    key: { quiz: 1, on: 1, points: -1, reached: 1 },
    why: 'the ranking of a day, and the rounds of a quiz day by day',
  },
];

export const scoreId = (quiz: string, pid: string): string => `${quiz}:${pid}`;

export const newScore = (quiz: string, { entry: { pid }, floor }: Placing): ScoreRow => ({
  _id: scoreId(quiz, pid),
  quiz,
  pid,
  points: 0,
  right: 0,
  answered: 0,
  flash: 0,
  level: 1,
  days: 0,
  played: [],
  streak: 0,
  bestStreak: 0,
  reached: floor,
  firstFloor: floor,
  lastFloor: floor,
  seq: 0,
});

export const newRound = (quiz: string, { entry: { pid, on, level }, floor, at }: Placing): RoundRow => ({
  _id: roundOf(quiz, pid, on),
  quiz,
  pid,
  on,
  points: 0,
  right: 0,
  answered: 0,
  flash: 0,
  took: [],
  level,
  passed: 0,
  failed: 0,
  reached: floor,
  firstFloor: floor,
  lastFloor: floor,
  firstAt: at,
  lastAt: at,
  seq: 0,
});

/** Her score after one more answer. Depends on the row and the entry only. */
export function scoreAfter(row: ScoreRow, { entry, floor, seq }: Placing): ScoreRow {
  const played =
    entry.flash || row.played.includes(entry.on) ? row.played : [...row.played, entry.on].toSorted();
  return {
    ...row,
    ...counted(row, entry),
    level: entry.flash ? row.level : entry.level,
    days: played.length,
    played,
    ...(played === row.played ? {} : streaksOf(played)),
    reached: entry.points > 0 ? floor : row.reached,
    lastFloor: floor,
    seq,
  };
}

export function roundAfter(row: RoundRow, { entry, floor, seq, at }: Placing): RoundRow {
  return {
    ...row,
    ...counted(row, entry),
    took: entry.flash ? row.took : [...row.took, entry.took],
    level: entry.flash ? row.level : entry.level,
    passed: row.passed + (entry.last === 'passed' ? 1 : 0),
    failed: row.failed + (entry.last === 'failed' ? 1 : 0),
    reached: entry.points > 0 ? floor : row.reached,
    lastFloor: floor,
    lastAt: at,
    seq,
  };
}

type Counts = Pick<ScoreRow, 'points' | 'right' | 'answered' | 'flash'>;

const counted = (row: Counts, entry: Entry): Counts => ({
  points: row.points + entry.points,
  right: row.right + (entry.ok && !entry.flash ? 1 : 0),
  answered: row.answered + (entry.flash ? 0 : 1),
  flash: row.flash + (entry.flash ? 1 : 0),
});

/** From days in order, each once: around midnight one may reach the log after the next. */
export function streaksOf(days: string[]): Pick<ScoreRow, 'streak' | 'bestStreak'> {
  let streak = 0;
  let bestStreak = 0;
  days.forEach((day, i) => {
    const before = days[i - 1];
    streak = before !== undefined && Date.parse(day) - Date.parse(before) === dayMs ? streak + 1 : 1;
    bestStreak = Math.max(bestStreak, streak);
  });
  return { streak, bestStreak };
}

/** Reads of what the projector wrote: at most a second or so behind the answer log. */
export function createScores({ db }: { db: Connection }) {
  const scores = db.collection<ScoreRow>('scores');
  const rounds = db.collection<RoundRow>('rounds');
  const timeoutMS = 5_000;
  return {
    of: async (quiz: string, pid: string): Promise<ScoreRow | undefined> =>
      (await scores.findOne({ _id: scoreId(quiz, pid) }, { timeoutMS })) ?? undefined,
    /** All that these people have played. */
    ofPeople: (pids: string[]): Promise<ScoreRow[]> =>
      scores.find({ pid: { $in: pids } }, { timeoutMS }).toArray(),
    /** Her rounds, by day. */
    roundsOf: (quiz: string, pid: string): Promise<RoundRow[]> =>
      rounds
        .find(
          { _id: { $gt: `${scoreId(quiz, pid)}:`, $lt: `${scoreId(quiz, pid)}:~` } },
          { sort: { _id: 1 }, timeoutMS },
        )
        .toArray(),
    /** Rounds that these people played on a Beijing day. */
    roundsOn: (day: string, some: Pick<ScoreRow, 'quiz' | 'pid'>[]): Promise<RoundRow[]> =>
      rounds
        .find({ _id: { $in: some.map(({ quiz, pid }) => roundOf(quiz, pid, day)) } }, { timeoutMS })
        .toArray(),
    /** Everybody in the order of the final ranking: more points, then the lower floor that reached them. */
    ranking: (quiz: string): AsyncIterable<ScoreRow> =>
      scores.find({ quiz }, { sort: { quiz: 1, points: -1, reached: 1 }, readConcern: 'majority' }),
    /** How many took part. */
    count: (quiz: string): Promise<number> => scores.countDocuments({ quiz }, { timeoutMS: 30_000 }),
    /** A piece of the final ranking, or of a day's, from after a place on. */
    page: async (
      quiz: string,
      {
        on,
        after,
        most,
      }: { on?: string | undefined; after?: Pick<ScoreRow, 'points' | 'reached'> | undefined; most: number },
    ): Promise<(ScoreRow | RoundRow)[]> => {
      const further = after && {
        $or: [{ points: after.points, reached: { $gt: after.reached } }, { points: { $lt: after.points } }],
        points: { $lte: after.points },
      };
      return on === undefined
        ? scores
            .find({ quiz, ...further }, { sort: { points: -1, reached: 1 }, limit: most, timeoutMS })
            .toArray()
        : rounds
            .find({ quiz, on, ...further }, { sort: { points: -1, reached: 1 }, limit: most, timeoutMS })
            .toArray();
    },
    /** As `ranking`, of one Beijing day. */
    dayRanking: (quiz: string, on: string): AsyncIterable<RoundRow> =>
      rounds.find(
        { quiz, on },
        { sort: { quiz: 1, on: 1, points: -1, reached: 1 }, readConcern: 'majority' },
      ),
    /** Every round of a quiz. */
    rounds: (quiz: string): AsyncIterable<RoundRow> =>
      rounds.find({ quiz }, { sort: { quiz: 1, on: 1, points: -1, reached: 1 }, readConcern: 'majority' }),
  };
}

export type Scores = ReturnType<typeof createScores>;
