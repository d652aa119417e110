import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { crashPoint } from '../../../kit/crash-point';
import { randomId } from '../../../kit/ids';
import { patient } from '../../../store/patience';
import { type RoundRow, type ScoreRow, scoreId } from '../log/scores';
import {
  beginRebuild,
  endRebuild,
  fillRebuild,
  forgetBoards,
  hidePerson,
  writeScores,
} from './leaderboard-scripts';

/** `final`, or a Beijing day. */
export type Board = 'final' | (string & {});
export type Standing = { board: Board; pid: string; points: number; reached: number };
export type Place = { rank: number; points: number; of: number };
type HiddenRow = { _id: string; quiz: string; pid: string; at: Date };

/** Below this: floors. Above: points. Together they fill the 53 bits that a double holds exactly. */
const floors = 2 ** 29;
const mostBoardPoints = 2 ** 24 - 1;
/** Day boards are looked at for some days; a quiz's boards that nobody writes to any more go after a month. */
const keptDays = 3;
const dayBoardSeconds = 4 * 86_400;
const boardSeconds = 31 * 86_400;
/** A reply waits no longer for a rank. */
const patienceMs = 150;
const pieceSize = 1_000;

/**
 * More points first, then the lower floor that reached them, as one number that a sorted set keeps exactly:
 * points up to 16,777,215 and 536,870,911 answers a quiz.
 *
 * @throws AppError Invalid beyond that
 */
export function boardScore({ points, reached }: { points: number; reached: number }): number {
  if (!Number.isInteger(points) || points < 0 || points > mostBoardPoints)
    throw new AppError(
      'Invalid',
      'board.points',
      `A board holds 0 to ${mostBoardPoints} points, not ${points}.`,
    );
  if (!Number.isInteger(reached) || reached < 1 || reached >= floors)
    throw new AppError('Invalid', 'board.floor', `A board holds floors below ${floors}, not ${reached}.`);
  return points * floors + (floors - 1 - reached);
}

const pointsIn = (score: number): number => Math.floor(score / floors);

/**
 * Rankings in Redis, for showing: top of a board and one's own rank in O(log n). All of it is a copy of `scores` and
 * `rounds`; the cursor in Redis says up to which batch, is written together with the scores by one script, and so after
 * any loss the projector goes on from there, or builds anew. What decides prizes is read from MongoDB.
 *
 * @param prefix of all keys; one account has one
 */
export function createLeaderboard(given: { redis: Redis; prefix: string; db: Connection }) {
  const { redis, prefix, db } = given;
  const scores = db.collection<ScoreRow>('scores');
  const rounds = db.collection<RoundRow>('rounds');
  const hidden = db.collection<HiddenRow>('hidden');
  const key = (quiz: string, what: string) => `${prefix}:board:{${quiz}}:${what}`;
  const commonKeys = (quiz: string) =>
    ['cursor', 'building', 'hidden', 'keys'].map((what) => key(quiz, what));

  /** ARGV for rows: key number, seconds to keep, score, pid. Numbers go as text: Lua would round them. */
  function args(quiz: string, rows: Standing[]): { keys: string[]; values: string[] } {
    const keys = commonKeys(quiz);
    const numbers = new Map<Board, number>();
    const values: string[] = [];
    for (const row of rows) {
      let number = numbers.get(row.board);
      if (number === undefined) {
        number = keys.push(key(quiz, `of:${row.board}`));
        numbers.set(row.board, number);
      }
      const seconds = row.board === 'final' ? boardSeconds : dayBoardSeconds;
      values.push(String(number), String(seconds), String(boardScore(row)), row.pid);
    }
    return { keys, values };
  }

  async function run(script: string, keys: string[], values: string[]): Promise<unknown> {
    try {
      return await redis.evalsha(shaOf(script), keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script, keys.length, ...keys, ...values);
    }
  }

  /** For replies: nothing, at once, when Redis is away or slow. */
  async function ifQuick<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (redis.status !== 'ready') return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patient(patienceMs));
    });
    return Promise.race([ask().catch(() => undefined), late]).finally(() => clearTimeout(timer));
  }

  /** Several commands in one go, and only when the board is whole. */
  async function askBoard(quiz: string, commands: (string | number)[][]): Promise<unknown[] | undefined> {
    const answers = await redis.multi([['get', key(quiz, 'cursor')], ...commands]).exec();
    const values = (answers ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    });
    return typeof values[0] === 'string' ? values.slice(1) : undefined;
  }

  const hiddenOf = async (quiz: string): Promise<string[]> =>
    (await hidden.find({ quiz }, { projection: { pid: 1 }, readConcern: 'majority' }).toArray()).map(
      ({ pid }) => pid,
    );

  async function finals(quiz: string, pids?: string[]): Promise<Standing[]> {
    const rows = await scores
      .find(pids ? { _id: { $in: pids.map((pid) => scoreId(quiz, pid)) } } : { quiz }, { projection: shown })
      .toArray();
    return rows.map(({ pid, points, reached }) => ({ board: 'final', pid, points, reached }));
  }

  /** The last days that were played. */
  async function recentDays(quiz: string): Promise<string[]> {
    const days: string[] = [];
    while (days.length < keptDays) {
      const filter = { quiz, ...(days.length > 0 ? { on: { $lt: days.at(-1) as string } } : {}) };
      const row = await rounds.findOne(filter, { sort: { quiz: 1, on: -1 }, projection: { on: 1 } });
      if (!row) break;
      days.push(row.on);
    }
    return days;
  }

  async function* standings(quiz: string): AsyncGenerator<Standing[]> {
    let piece: Standing[] = [];
    const days = await recentDays(quiz);
    const everything = [
      { board: 'final', rows: scores.find({ quiz }, { projection: shown, readConcern: 'majority' }) },
      ...days.map((on) => ({
        board: on,
        rows: rounds.find({ quiz, on }, { projection: shown, readConcern: 'majority' }),
      })),
    ];
    for (const { board, rows } of everything)
      for await (const { pid, points, reached } of rows) {
        piece.push({ board, pid, points, reached });
        if (piece.length < pieceSize) continue;
        yield piece;
        piece = [];
      }
    if (piece.length > 0) yield piece;
  }

  return {
    /**
     * Writes scores and moves the cursor from one batch to another, in one script. False: Redis is somewhere else (see
     * `cursor`), nothing was written. Scores only ever rise, so an old write that comes late changes nothing.
     */
    async write(
      quiz: string,
      { from, to, rows }: { from: number; to: number; rows: Standing[] },
    ): Promise<boolean> {
      const { keys, values } = args(quiz, rows);
      const answer = await run(writeScores, keys, [
        String(from),
        String(to),
        String(boardSeconds),
        ...values,
      ]);
      return answer === 1;
    },

    /** Up to which batch Redis knows; undefined: it lost everything, or a rebuild was not finished. */
    async cursor(quiz: string): Promise<number | undefined> {
      const at = await redis.get(key(quiz, 'cursor'));
      return at === null ? undefined : Number(at);
    },

    /**
     * Builds all boards of a quiz from MongoDB. `seq`: the batch up to which `scores` and `rounds` were known to be
     * complete before they are read. A rebuild that was cut off leaves no cursor, so the boards stay unseen until the
     * next one is through. False: another rebuild began meanwhile.
     */
    async rebuild(quiz: string, seq: number): Promise<boolean> {
      const token = randomId(9);
      await run(beginRebuild, commonKeys(quiz), [token, String(boardSeconds)]);
      crashPoint('board-begun');
      for (const pid of await hiddenOf(quiz)) await run(hidePerson, commonKeys(quiz), [pid]);
      for await (const rows of standings(quiz)) {
        const { keys, values } = args(quiz, rows);
        if ((await run(fillRebuild, keys, [token, ...values])) !== 1) return false;
        crashPoint('board-filled');
      }
      return (await run(endRebuild, commonKeys(quiz), [token, String(seq), String(boardSeconds)])) === 1;
    },

    /** The first `n` of a board, best first. Undefined: Redis is away, or the board is being built. */
    top: (
      quiz: string,
      board: Board,
      n = 10,
    ): Promise<{ rank: number; pid: string; points: number }[] | undefined> =>
      ifQuick(async () => {
        const answers = await askBoard(quiz, [
          ['zrevrange', key(quiz, `of:${board}`), 0, n - 1, 'WITHSCORES'],
        ]);
        if (!answers) return undefined;
        const flat = answers[0] as string[];
        return Array.from({ length: flat.length / 2 }, (_, i) => ({
          rank: i + 1,
          pid: flat[2 * i] as string,
          points: pointsIn(Number(flat[2 * i + 1])),
        }));
      }),

    /** How many stand on a board. Undefined: Redis is away, or the board is being built. */
    size: (quiz: string, board: Board): Promise<number | undefined> =>
      ifQuick(async () => {
        const answers = await askBoard(quiz, [['zcard', key(quiz, `of:${board}`)]]);
        return answers && Number(answers[0]);
      }),

    /** Her place, or 'none' when she is not on the board. Undefined: Redis is away, or the board is being built. */
    rankOf: (quiz: string, board: Board, pid: string): Promise<Place | 'none' | undefined> =>
      ifQuick(async () => {
        const name = key(quiz, `of:${board}`);
        const answers = await askBoard(quiz, [
          ['zrevrank', name, pid],
          ['zscore', name, pid],
          ['zcard', name],
        ]);
        if (!answers) return undefined;
        const [rank, score, of] = answers;
        if (typeof rank !== 'number') return 'none';
        return { rank: rank + 1, points: pointsIn(Number(score)), of: Number(of) };
      }),

    /** Takes somebody off the public boards; kept, so that a rebuild knows. Points and floors stay hers. */
    async hide(quiz: string, pid: string, at: Date): Promise<void> {
      await hidden.updateOne(
        { _id: scoreId(quiz, pid) },
        { $setOnInsert: { quiz, pid, at } },
        { upsert: true },
      );
      // With Redis away the projector finds the difference (`sameHidden`) when it is back.
      await run(hidePerson, commonKeys(quiz), [pid]).catch(() => {});
    },
    /** Puts her back: the boards are built anew by the projector within a second or so. */
    async unhide(quiz: string, pid: string): Promise<void> {
      await hidden.deleteOne({ _id: scoreId(quiz, pid) });
      await run(forgetBoards, commonKeys(quiz), []).catch(() => {});
    },
    /** Whether Redis hides whom MongoDB says; if not, rebuild. */
    async sameHidden(quiz: string): Promise<boolean> {
      const wanted = (await hiddenOf(quiz)).toSorted();
      const present = (await redis.smembers(key(quiz, 'hidden'))).toSorted();
      return wanted.join() === present.join();
    },
    /** What stands in MongoDB for these people, as rows for `write`. */
    async standingsOf(quiz: string, ids: { pids: string[]; rounds: string[] }): Promise<Standing[]> {
      const days = await rounds
        .find({ _id: { $in: ids.rounds } }, { projection: { ...shown, on: 1 } })
        .toArray();
      return [
        ...(await finals(quiz, ids.pids)),
        ...days.map(({ on, pid, points, reached }) => ({ board: on, pid, points, reached })),
      ];
    },
  };
}

export type Leaderboard = ReturnType<typeof createLeaderboard>;

const shown = { pid: 1, points: 1, reached: 1 } as const;

const shas = new Map<string, string>();
function shaOf(script: string): string {
  let sha = shas.get(script);
  if (!sha) shas.set(script, (sha = createHash('sha1').update(script).digest('hex')));
  return sha;
}
