import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { monotonicMs } from '../../../kit/clock';
import { crashPoint } from '../../../kit/crash-point';
import { randomId } from '../../../kit/ids';
import type { Log } from '../../../kit/log';
import type { Points } from '../../points/points';
import type { Leaderboard } from '../board/leaderboard';
import type { Quiz } from '../definition';
import { type Began, begun } from '../play/joining';
import { roundOf } from '../play/standing';
import type { AnswerLog } from './answers';
import { type Batch, type Floors, noFloors, type Win, winsOf } from './floors';
import { createProjection, ledgerRows, MovedOn, placings } from './project';

/** `projections{_id: quiz}`: how far the answer log has been taken in, and who does it. */
export type ProjectionRow = {
  _id: string;
  seq: number;
  /** The last floor that is in. */
  count: number;
  owner: string;
  /** Moves with every change of owner; later writes carry it. */
  epoch: number;
  /** By the database's clock. */
  until: Date;
  /** Kept now and then; folded on from there at a start. */
  floors: Floors;
};

type Leased = Omit<ProjectionRow, 'floors'>;

export type ProjectorOptions = {
  db: Connection;
  answerLog: Pick<AnswerLog, 'read'>;
  points: Pick<Points, 'record' | 'earned'>;
  /** The rules in force at a version: `campaigns.rulesAt`. */
  rulesAt: (quiz: string, version: number) => Promise<Pick<Quiz, 'prizes'>>;
  /** Ids of the quizzes whose log may still grow or is not settled. */
  quizzes: () => string[] | Promise<string[]>;
  leaderboard?: Leaderboard | undefined;
  /** Gives what folding the log says was won. Told again after a kill, so it must be idempotent. */
  award?: (won: { quiz: string; win: Win; at: Date }) => Promise<unknown>;
  /** Gives what is earned by taking part. Told again after a kill, too. */
  join?: (quiz: string, rounds: Began[]) => Promise<unknown>;
  log: Log;
  /** Answers in one step. */
  stepSize?: number;
  bulkSize?: number;
};

/**
 * A step costs the same few commands however many answers it takes: looking more often, or with every answer, makes the
 * database dearer when it has most to do. 排行 is behind by no more than this.
 */
const pollMs = 1_000;
const leaseMs = 10_000;
const keepFloorsEvery = 20_000;
/** Redis further behind than this is built anew. */
const mostBehind = 50_000;
const hiddenCheckMs = 10_000;
const catchUpMs = 60_000;

/**
 * Takes the answer log into the ledger, rounds, scores, balances, awards and boards. Everything it writes may be written
 * again: a step that was cut off is done again from the cursor, which moves last. One process at a time does it, by a
 * lease of the database's clock; a second one would waste work and do no harm.
 */
export function createProjector(given: ProjectorOptions) {
  const { db, answerLog, points, rulesAt, leaderboard, award, join, log, stepSize = 2_000 } = given;
  const rows = db.collection<ProjectionRow>('projections');
  const batches = db.collection<Batch>('answers');
  const projection = createProjection({ db, ...(given.bulkSize ? { bulkSize: given.bulkSize } : {}) });
  const me = randomId(9);
  const floors = new Map<string, { state: Floors; keptAt: number }>();
  const hiddenLookedAt = new Map<string, number>();

  /** Takes or keeps the lease. Undefined: another process has it. */
  async function lease(quiz: string): Promise<Leased | undefined> {
    const take = () =>
      rows.findOneAndUpdate(
        { _id: quiz, $or: [{ owner: { $in: [me, ''] } }, { $expr: { $lt: ['$until', '$$NOW'] } }] },
        [
          {
            $set: {
              epoch: { $cond: [{ $eq: ['$owner', me] }, '$epoch', { $add: ['$epoch', 1] }] },
              owner: me,
              until: { $add: ['$$NOW', leaseMs] },
            },
          },
        ],
        { returnDocument: 'after', projection: { floors: 0 }, timeoutMS: 5_000 },
      );
    const mine = await take();
    if (mine) return mine;
    const first = { seq: 0, count: 0, owner: '', epoch: 0, until: new Date(0), floors: noFloors() };
    const { upsertedCount } = await rows.updateOne({ _id: quiz }, { $setOnInsert: first }, { upsert: true });
    return upsertedCount > 0 ? ((await take()) ?? undefined) : undefined;
  }

  /** The state of judging as of the cursor. */
  async function floorsAt(leased: Leased): Promise<{ state: Floors; keptAt: number }> {
    const known = floors.get(leased._id);
    if (known?.state.seq === leased.seq) return known;
    const row = await rows.findOne(
      { _id: leased._id },
      { projection: { floors: 1 }, readConcern: 'majority' },
    );
    const state = row && row.floors.seq <= leased.seq ? row.floors : noFloors();
    const kept = { state, keptAt: state.count };
    while (state.seq < leased.seq)
      for (const batch of await nextBatches(leased._id, state.seq, leased.seq))
        winsOf(state, batch, await rulesAt(batch.quiz, batch.v));
    floors.set(leased._id, kept);
    return kept;
  }

  async function nextBatches(quiz: string, after: number, upTo = Infinity): Promise<Batch[]> {
    const found: Batch[] = [];
    let answers = 0;
    for await (const batch of answerLog.read(quiz, after)) {
      if (batch.seq > upTo) break;
      found.push(batch);
      answers += batch.a.length;
      if (answers >= stepSize) break;
    }
    return found;
  }

  /** One step: some batches, whole. */
  async function step(leased: Leased, news: Batch[]): Promise<Leased> {
    const { _id: quiz, seq: from } = leased;
    const answers = placings(news, from);
    const last = news.at(-1) as Batch;
    const judged = await floorsAt(leased);
    await points.record(ledgerRows(quiz, answers));
    crashPoint('projector-ledger-written');
    const { scores, rounds } = await projection.take(quiz, answers);
    await points.earned(quiz, scores);
    crashPoint('projector-balances-written');
    // From here on `judged` is ahead of the cursor: if this step is cut off it is made anew from what was kept.
    floors.delete(quiz);
    for (const batch of news)
      for (const win of winsOf(judged.state, batch, await rulesAt(quiz, batch.v))) {
        await award?.({ quiz, win, at: batch.at });
        crashPoint('projector-award-given');
      }
    await join?.(quiz, begun(answers, { scores, rounds }));
    crashPoint('projector-participation-given');
    const next = { ...leased, seq: last.seq, count: last.first + last.a.length - 1 };
    const keepFloors = judged.state.count - judged.keptAt >= keepFloorsEvery;
    await move(leased, next, keepFloors ? judged.state : undefined);
    floors.set(quiz, keepFloors ? { ...judged, keptAt: judged.state.count } : judged);
    crashPoint('projector-cursor-moved');
    const standings = [
      ...scores.map(({ pid, points: sum, reached }) => ({ board: 'final', pid, points: sum, reached })),
      ...rounds.map(({ on, pid, points: sum, reached }) => ({ board: on, pid, points: sum, reached })),
    ];
    await onBoard(async () => {
      const written = await leaderboard?.write(quiz, { from, to: next.seq, rows: standings });
      if (written === false || !(await hiddenAsTold(quiz))) await mendBoard(quiz, next.seq);
    });
    return next;
  }

  /** Moves the cursor; a zombie's epoch matches nothing. */
  async function move(leased: Leased, to: { seq: number; count: number }, state?: Floors): Promise<void> {
    const { matchedCount } = await rows.updateOne(
      { _id: leased._id, owner: me, epoch: leased.epoch, seq: leased.seq },
      [
        {
          $set: {
            seq: to.seq,
            count: to.count,
            until: { $add: ['$$NOW', leaseMs] },
            ...(state ? { floors: { $literal: state } } : {}),
          },
        },
      ],
      { timeoutMS: 5_000 },
    );
    if (matchedCount === 0) throw new MovedOn();
  }

  let boardTold = false;
  /** Redis is speed: without it everything else goes on, and the board is mended when it is back. */
  async function onBoard(act: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await act();
      boardTold = false;
    } catch (err) {
      if (!boardTold) log.warn({ err }, 'the boards could not be written; they follow when Redis is back');
      boardTold = true;
    }
  }

  /** Brings Redis to where MongoDB is: from its own cursor, or from nothing. */
  async function mendBoard(quiz: string, seq: number): Promise<void> {
    if (!leaderboard) return;
    const at = await leaderboard.cursor(quiz);
    if (at === seq && (await hiddenAsTold(quiz))) return;
    if (at === undefined || at >= seq || !(await writeSince(quiz, at, seq)))
      await leaderboard.rebuild(quiz, seq);
  }

  async function hiddenAsTold(quiz: string): Promise<boolean> {
    if (monotonicMs() - (hiddenLookedAt.get(quiz) ?? -Infinity) < hiddenCheckMs) return true;
    const same = (await leaderboard?.sameHidden(quiz)) ?? true;
    if (same) hiddenLookedAt.set(quiz, monotonicMs());
    return same;
  }

  /** False: too far behind, or somebody else wrote meanwhile. */
  async function writeSince(quiz: string, at: number, seq: number): Promise<boolean> {
    let answers = 0;
    for (let from = at; from < seq; ) {
      const news = await nextBatches(quiz, from, seq);
      const entries = placings(news, from).map(({ entry }) => entry);
      answers += entries.length;
      const to = news.at(-1)?.seq;
      if (to === undefined || answers > mostBehind) return false;
      const rowsNow = await leaderboard?.standingsOf(quiz, {
        pids: [...new Set(entries.map(({ pid }) => pid))],
        rounds: [...new Set(entries.map(({ pid, on }) => roundOf(quiz, pid, on)))],
      });
      if (!(await leaderboard?.write(quiz, { from, to, rows: rowsNow ?? [] }))) return false;
      from = to;
    }
    return true;
  }

  /** Everything there is now. Within a process one at a time: they share what was folded. */
  const turns = new Map<string, Promise<unknown>>();
  function project(quiz: string): Promise<'done' | 'elsewhere'> {
    const mine = (turns.get(quiz) ?? Promise.resolve()).then(() => projectNow(quiz));
    turns.set(
      quiz,
      mine.catch(() => {}),
    );
    return mine;
  }

  async function projectNow(quiz: string): Promise<'done' | 'elsewhere'> {
    let leased = await lease(quiz);
    if (!leased) return 'elsewhere';
    try {
      for (;;) {
        const news = await nextBatches(quiz, leased.seq);
        if (news.length === 0) break;
        leased = await step(leased, news);
      }
    } catch (error) {
      if (error instanceof MovedOn) return 'elsewhere';
      throw error;
    }
    const { seq } = leased;
    await onBoard(() => mendBoard(quiz, seq));
    return 'done';
  }

  const cursorOf = (quiz: string) =>
    rows.findOne(
      { _id: quiz },
      { projection: { seq: 1, count: 1 }, readConcern: 'majority', timeoutMS: 5_000 },
    );

  const headOf = (quiz: string) =>
    batches.findOne(
      { _id: { $gt: `${quiz}/`, $lt: `${quiz}/~` } },
      { sort: { _id: -1 }, readConcern: 'majority', timeoutMS: 5_000 },
    );

  async function release(): Promise<void> {
    await Promise.all(turns.values());
    for (const [quiz, { state }] of floors)
      await rows.updateOne(
        { _id: quiz, owner: me, seq: state.seq },
        { $set: { floors: state } },
        { timeoutMS: 2_000 },
      );
    await rows.updateMany({ owner: me }, { $set: { owner: '', until: new Date(0) } }, { timeoutMS: 2_000 });
    floors.clear();
  }

  let turn: Promise<void> | undefined;
  let closed = true;
  let timer: NodeJS.Timeout | undefined;

  async function projectAll(): Promise<void> {
    for (const quiz of await given.quizzes())
      await project(quiz).catch((err: unknown) =>
        log.error({ err, quiz }, 'answers could not be projected; it is tried again'),
      );
  }

  return {
    project,
    /** Until everything that is in the log now is projected, by whoever does it. @throws AppError Upstream after a minute */
    async catchUp(quiz: string): Promise<void> {
      const head = await headOf(quiz);
      const deadline = monotonicMs() + catchUpMs;
      while ((await project(quiz)) === 'elsewhere') {
        if (((await cursorOf(quiz))?.seq ?? 0) >= (head?.seq ?? 0)) return;
        if (monotonicMs() > deadline)
          throw new AppError(
            'Upstream',
            'projection.behind',
            `The answers of ${quiz} are not projected yet.`,
          );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    /** How far behind the log the slowest quiz is: answers, and seconds since the oldest of them. */
    async lag(): Promise<{ answers: number; seconds: number }> {
      const worst = { answers: 0, seconds: 0 };
      for (const quiz of await given.quizzes()) {
        const [cursor, head] = await Promise.all([cursorOf(quiz), headOf(quiz)]);
        if (!head || head.seq <= (cursor?.seq ?? 0)) continue;
        worst.answers = Math.max(worst.answers, head.first + head.a.length - 1 - (cursor?.count ?? 0));
        for await (const { at } of answerLog.read(quiz, cursor?.seq ?? 0, 1))
          worst.seconds = Math.max(worst.seconds, (Date.now() - at.getTime()) / 1_000);
      }
      return worst;
    },
    start(): void {
      closed = false;
      const tick = () => {
        turn = projectAll()
          .catch((err: unknown) => log.warn({ err }, 'projecting failed; it runs again soon'))
          .finally(() => {
            if (!closed) timer = setTimeout(tick, pollMs).unref();
          });
      };
      tick();
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await turn;
      await release();
    },
  };
}

export type Projector = ReturnType<typeof createProjector>;
