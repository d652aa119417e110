import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { QuizContent } from '../../../src/domain/quiz/definition';
import type { Log } from '../../../src/kit/log';
import { root } from '../../../src/kit/root';
import { keepKilling } from '../../support/kill-loop';
import { createQuizTable, crowd, dice, quantile } from '../../support/quiz-table';
import { createRig } from '../../support/rig';
import { announced } from './a-quiz';

export type BurstOptions = {
  /** How many answer in the first burst, every other one of them a 搶答題 and the rest their own; fewer may follow. */
  waves: number[];
  /** Callbacks on their way at once: a burst on this machine, not a queue in front of it. */
  atOnce: number;
  everyMs: number;
  /** Real processes and SIGKILL; else apps in this process that are cut off from everything. */
  real: boolean;
  gapMs: number;
  /** Everything Redis holds is lost in the middle of the first burst. */
  wipeRedis: (redis: Redis, prefix: string) => Promise<unknown>;
  redisUrl?: string;
  seed?: number;
  log?: Log;
  /** Told how far it is. */
  say?: (what: string) => void;
};

const day = '2026-11-24';
const beijing = (time: string): number => Date.parse(`${day}T${time}:00+08:00`);
/** Two hours apart: a 搶答題 is open for one. */
const flashAt = [0, 1, 2].map((wave) => beijing('10:00') + wave * 2 * 3_600_000);

/** Ten questions of a day, three 搶答題, and floors often enough that prizes pass on and run out. */
export function quizOfTheBurst(): QuizContent {
  const places = [
    '杭州',
    '蘇州',
    '揚州',
    '南京',
    '成都',
    '西安',
    '昆明',
    '桂林',
    '拉薩',
    '敦煌',
    '廈門',
    '洛陽',
  ];
  const own = places.map((place, i) => ({
    id: `q${i}`,
    kind: 'single' as const,
    text: `哪一座城的名字是「${place}」？`,
    options: [place, ...['泉州', '大理', '麗江'].slice(0, 1 + (i % 3))],
    right: 0,
    explanation: '就是它。',
    difficulty: 1 as const,
  }));
  const flash = flashAt.map((_, i) => ({
    id: `flash${i}`,
    kind: 'truefalse' as const,
    text: `第 ${i + 1} 道搶答：西湖在杭州。`,
    options: ['對', '錯'],
    right: 0,
    difficulty: 1 as const,
  }));
  const prize = { priceFen: 100, claimDays: 7, conditions: '無', delivery: '當場發放' };
  return {
    id: 'burst',
    title: '一戰到底',
    intro: '每天十題。',
    keywords: ['一戰到底'],
    startsAt: beijing('08:00'),
    endsAt: beijing('22:00'),
    ...announced,
    questions: [...own, ...flash],
    prizes: [
      {
        ...prize,
        id: 'every',
        name: '茶一杯',
        kind: 'coupon',
        quantity: 40,
        way: { kind: 'floor', every: 50 },
        usedAt: '各門市',
        validUntil: beijing('22:00') + 30 * 86_400_000,
      },
      {
        ...prize,
        id: 'ending',
        name: '五十分',
        kind: 'points',
        points: 50,
        quantity: 1_000,
        way: { kind: 'floor', endings: ['0', '88'] },
        perPerson: 1,
      },
      // On the same floors: whoever wins the points there may not have it, so it always passes on.
      {
        ...prize,
        id: 'seventh',
        name: '登機箱',
        kind: 'goods',
        quantity: 3,
        way: { kind: 'floor', floors: [10, 20, 30] },
      },
      ...flashAt.map((at, i) => ({
        ...prize,
        id: `first${i}`,
        name: `搶答獎 ${i + 1}`,
        kind: 'points' as const,
        points: 200,
        quantity: 1,
        way: { kind: 'first' as const, question: `flash${i}`, at },
      })),
    ],
  };
}

/**
 * A burst of answers to two web processes, one of which is killed again and again, judged by an oracle. Returns what was
 * measured and everything that is wrong.
 */
export async function runBurst(options: BurstOptions) {
  const { waves, atOnce, everyMs, real, gapMs, say = () => {} } = options;
  const random = dice(options.seed ?? 20_261_124);
  const rig = await createRig({
    webs: 2,
    workers: 1,
    real,
    handlers: join(root, 'handlers'),
    at: `${day}T09:50`,
    callbacks: { gapMs },
    // Straight to the database: all of its traffic would go through this process, which has enough to do.
    ...(real ? { mongoUri: process.env['TEST_MONGODB_URI'] as string } : {}),
    ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
    ...(options.log ? { log: options.log } : {}),
  });
  const redisUrl = options.redisUrl ?? rig.database.redisUrl;
  const redis = new Redis(redisUrl);
  const table = await createQuizTable({ rig, quiz: quizOfTheBurst(), redisUrl });
  const { sent, screens } = table;
  try {
    await table.open();
    const fans = Array.from({ length: Math.max(...waves) }, rig.openid);
    const figures = { kills: 0, wiped: 0, burstMs: 0, asked: 0, askingMs: 0, drainMs: 0 };
    for (const [wave, size] of waves.entries()) {
      await rig.turnTo((flashAt[wave] as number) + 60_000);
      say(`wave ${wave + 1}: ${size} fans are asked`);
      screens.clear();
      figures.asked += size;
      figures.askingMs += await timed(() =>
        crowd(fans.slice(0, size).entries(), atOnce, ([i, openid]) =>
          table.says(openid, i % 2 === 0 ? '搶答' : '一戰到底'),
        ),
      );
      await rig.turnTo(rig.clock.now() + 10_000);
      say('they answer');
      const over = new AbortController();
      const killing = [keepKilling(rig, { role: 'web', everyMs })];
      if (real) killing.push(keepKilling(rig, { role: 'worker', everyMs: 4 * everyMs }));
      const wiping = wave === 0 ? wipeWhen(() => sent.length > size / 2, over.signal) : undefined;
      // More often than not the right option; now and then in three copies at once.
      figures.burstMs += await timed(() =>
        crowd([...screens.keys()], atOnce, (openid) =>
          table.answer(openid, { right: random() < 0.6, random: random(), storm: random() < 0.05 }),
        ),
      );
      over.abort();
      await wiping;
      for (const one of killing) figures.kills += await one.end();
      say(`${sent.length} answers are sent, ${figures.kills} kills; what is left is done`);
      figures.drainMs = Math.max(figures.drainMs, await timed(table.drain));
    }
    say('it is judged');
    const faults = await table.judge();
    say('it is over');
    return {
      faults,
      figures: {
        ...figures,
        fans: fans.length,
        askedPerSecond: Math.round((figures.asked * 1_000) / figures.askingMs),
        answered: sent.length,
        copies: table.copies.flat().length - sent.length,
        acknowledged: sent.filter((one) => one.heard.length > 0).length,
        perSecond: Math.round((sent.length * 1_000) / figures.burstMs),
        p50: quantile(table.took, 0.5),
        p99: quantile(table.took, 0.99),
        slowest: quantile(table.took, 1),
      },
    };

    async function wipeWhen(isTime: () => boolean, signal: AbortSignal): Promise<void> {
      while (!isTime() && !signal.aborted) await pause(20);
      await options.wipeRedis(redis, `xiaoyi-${rig.db.name}`);
      figures.wiped++;
    }
  } finally {
    redis.disconnect();
    await table.close();
    await rig.close();
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = Date.now();
  await act();
  return Date.now() - from;
}
