import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import { createPoints, pointsIndexes } from '../../../../src/domain/points/points';
import {
  boardScore,
  createLeaderboard,
  type Leaderboard,
} from '../../../../src/domain/quiz/board/leaderboard';
import { answerIndexes, createAnswerLog } from '../../../../src/domain/quiz/log/answers';
import { createProjector } from '../../../../src/domain/quiz/log/projector';
import { createScores, scoreIndexes } from '../../../../src/domain/quiz/log/scores';
import { createClock } from '../../../../src/kit/clock';
import { noCrash, planCrash } from '../../../../src/kit/crash-point';
import { createLog } from '../../../../src/kit/log';
import { createIndexes } from '../../../../src/store/indexes';
import { connectRedis } from '../../../../src/store/redis';
import { testDatabase } from '../../../support/database';
import { floorPrize, type Given, orderLog, quizId } from '../log/answer-log';

const database = testDatabase();
const log = createLog({ level: 'silent', name: 'test' });
let db: Connection;
let redis: Redis;
let board: Leaderboard;
beforeAll(async () => {
  db = await database.connect();
  await createIndexes(db, [...answerIndexes, ...pointsIndexes, ...scoreIndexes]);
  redis = connectRedis(database.redisUrl, log);
  await new Promise((resolve) => redis.once('ready', resolve));
  board = createLeaderboard({ redis, prefix: database.prefix, db });
});
beforeEach(async () => {
  await database.clear();
  await wipe();
});
afterEach(noCrash);
afterAll(async () => {
  redis.disconnect();
  await database.drop();
});

async function wipe(): Promise<void> {
  const keys = await redis.keys(`${database.prefix}:*`);
  if (keys.length > 0) await redis.unlink(...keys);
}

const rulesAt = async () => ({ prizes: [floorPrize(5)] });
const newProjector = (leaderboard: Leaderboard | 'none' = board) =>
  createProjector({
    db,
    answerLog: createAnswerLog({ db, rulesAt }),
    points: createPoints({ db, clock: createClock() }),
    rulesAt,
    quizzes: () => [quizId],
    leaderboard: leaderboard === 'none' ? undefined : leaderboard,
    log,
  });

const person = (i: number) => `p${String(i).padStart(4, '0')}`;
/** Everybody on a board, best first, as Redis has them. */
const shown = async (name = 'final') => (await board.top(quizId, name, 5_000))?.map(({ pid }) => pid);
/** The same, as the database has them. */
async function decided(): Promise<string[]> {
  const pids: string[] = [];
  for await (const { pid } of createScores({ db }).ranking(quizId)) pids.push(pid);
  return pids;
}

/** A thousand people with equal points, who reached them in an order of their own. */
async function thousandEqual(): Promise<string[]> {
  const pids = Array.from({ length: 1_000 }, (_, i) => person((i * 617) % 1_000));
  const batches: Given[][] = [];
  for (let i = 0; i < pids.length; i += 100)
    batches.push(pids.slice(i, i + 100).map((pid) => ({ pid, q: '1' })));
  await orderLog(db).append(...batches);
  return pids;
}

test('equal points stand in the order in which they were reached, on the first and on every rebuild', async () => {
  const expected = await thousandEqual();
  const projector = newProjector();
  await projector.project(quizId);
  expect(await shown()).toEqual(expected);
  expect(await decided()).toEqual(expected);
  for (let pass = 1; pass <= 2; pass++) {
    planCrash('board-filled', pass, () => {
      throw new Error('killed');
    });
    await expect(board.rebuild(quizId, 10)).rejects.toThrow('killed');
    expect(await shown()).toBeUndefined(); // half a board is not shown
    await projector.project(quizId);
    expect(await shown()).toEqual(expected);
    expect(await shown('2026-11-21')).toEqual(expected);
  }
});

test('Redis wiped in the middle: the board comes back as if nothing had happened', async () => {
  const projector = newProjector();
  const answerLog = orderLog(db);
  for (let step = 0; step < 6; step++) {
    await answerLog.append(
      Array.from({ length: 40 }, (_, i) => ({
        pid: person((i * 7 + step * 3) % 60),
        q: `${step}-${i}`,
        points: i % 3,
      })),
    );
    if (step % 2 === 1) await wipe();
    await projector.project(quizId);
    expect(await shown()).toEqual(await decided());
  }
  expect((await shown())?.length).toBe(60);
});

test('Redis put back to an older state goes on from its own cursor', async () => {
  const projector = newProjector();
  const answerLog = orderLog(db);
  await answerLog.append([
    { pid: 'lin', q: '1' },
    { pid: 'mei', q: '1' },
  ]);
  await projector.project(quizId);
  const blind = newProjector('none');
  await projector.close();
  await answerLog.append([{ pid: 'mei', q: '2' }], [{ pid: 'tao', q: '1', points: 50 }]);
  await blind.project(quizId);
  await blind.close();
  expect(await board.cursor(quizId)).toBe(1);
  await newProjector().project(quizId);
  expect(await board.cursor(quizId)).toBe(3);
  expect(await shown()).toEqual(['tao', 'mei', 'lin']);
  expect(await board.write(quizId, { from: 1, to: 2, rows: [] })).toBe(false);
});

test('a rank tells place, points and how many there are; boards of days are apart', async () => {
  await orderLog(db).append([
    { pid: 'lin', q: '1', points: 30 },
    { pid: 'mei', q: '1', points: 10 },
    { pid: 'mei', q: '2', on: '2026-11-22', points: 40 },
  ]);
  await newProjector().project(quizId);
  expect(await board.rankOf(quizId, 'final', 'lin')).toEqual({ rank: 2, points: 30, of: 2 });
  expect(await board.rankOf(quizId, '2026-11-21', 'lin')).toEqual({ rank: 1, points: 30, of: 2 });
  expect(await board.rankOf(quizId, '2026-11-22', 'lin')).toBe('none');
  expect(await board.top(quizId, 'final', 1)).toEqual([{ rank: 1, pid: 'mei', points: 50 }]);
});

test('somebody held is off every board, through a wipe too, until put back', async () => {
  const projector = newProjector();
  const answerLog = orderLog(db);
  await answerLog.append(['lin', 'mei', 'tao'].map((pid) => ({ pid, q: '1' })));
  await projector.project(quizId);
  await board.hide(quizId, 'mei', new Date());
  expect(await shown()).toEqual(['lin', 'tao']);
  await answerLog.append([{ pid: 'mei', q: '2' }]);
  await projector.project(quizId);
  expect(await shown()).toEqual(['lin', 'tao']);
  await wipe();
  await projector.project(quizId);
  expect(await shown()).toEqual(['lin', 'tao']);
  expect(await board.rankOf(quizId, 'final', 'mei')).toBe('none');
  await board.unhide(quizId, 'mei');
  await projector.project(quizId);
  expect(await shown()).toEqual(['mei', 'lin', 'tao']);
});

test('held while Redis was away: the board follows when it is back', async () => {
  const away = connectRedis('redis://127.0.0.1:1', log);
  const projector = newProjector();
  await orderLog(db).append(['lin', 'mei'].map((pid) => ({ pid, q: '1' })));
  await projector.project(quizId);
  await createLeaderboard({ redis: away, prefix: database.prefix, db }).hide(quizId, 'lin', new Date());
  expect(await shown()).toEqual(['lin', 'mei']);
  await newProjector().project(quizId); // elsewhere: the lease is held
  await projector.close();
  await newProjector().project(quizId);
  expect(await shown()).toEqual(['mei']);
  away.disconnect();
});

test('without Redis answers are projected and ranks are left out', async () => {
  const away = connectRedis('redis://127.0.0.1:1', log);
  const dark = createLeaderboard({ redis: away, prefix: database.prefix, db });
  await orderLog(db).append([{ pid: 'lin', q: '1' }]);
  await newProjector(dark).project(quizId);
  expect(await decided()).toEqual(['lin']);
  expect(await dark.top(quizId, 'final')).toBeUndefined();
  expect(await dark.rankOf(quizId, 'final', 'lin')).toBeUndefined();
  away.disconnect();
});

test('the number on a board is exact to the last digit, and refuses what would not be', async () => {
  const most = boardScore({ points: 2 ** 24 - 1, reached: 1 });
  expect(most).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  await redis.zadd(`${database.prefix}:exact`, most, 'a', most - 1, 'b');
  expect(Number(await redis.zscore(`${database.prefix}:exact`, 'b'))).toBe(most - 1);
  expect(boardScore({ points: 10, reached: 5 })).toBeGreaterThan(boardScore({ points: 10, reached: 6 }));
  expect(boardScore({ points: 11, reached: 2 ** 29 - 1 })).toBeGreaterThan(
    boardScore({ points: 10, reached: 1 }),
  );
  for (const wrong of [
    { points: 2 ** 24, reached: 1 },
    { points: 1, reached: 2 ** 29 },
    { points: 1.5, reached: 1 },
  ])
    expect(() => boardScore(wrong)).toThrow(/board holds/);
});
