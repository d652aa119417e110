import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createApp } from '../../../src/app';
import type { QuizContent } from '../../../src/domain/quiz/definition';
import { createProof } from '../../../src/domain/quiz/proof';
import type { Log } from '../../../src/kit/log';
import { root } from '../../../src/kit/root';
import { until } from '../../support/processes';
import { createRig, heard, type Member, type Rig } from '../../support/rig';
import { boardDue, type Facts, findFaults, type LoggedBatch, type Sent } from './oracle';

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
function quizOfTheBurst(): QuizContent {
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
    opensAt: '00:00',
    closesAt: '24:00',
    perDay: 10,
    pointsPerAnswer: 10,
    firstBonus: 5,
    levels: [{ n: 1, questions: 5, pass: 3 }],
    rules: '一、每天最多十題，答對一題 10 分，每天第一題另加 5 分。二、中獎後七天內領取。',
    organiser: '某某旅行社有限公司',
    contact: '400-000-0000',
    forfeiture: '七天內沒有領取視為放棄，獎品退回庫存。',
    sponsors: [],
    audience: 'all',
    staff: [],
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
        perQuiz: 1,
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

/** What a phone shows of a question: which it is, and what stands behind each letter. */
type Shown = { question: string; options: Map<string, string> };

/**
 * A burst of answers to two web processes, one of which is killed again and again, judged by an oracle. Returns what
 * was measured and everything that is wrong.
 */
export async function runBurst(options: BurstOptions) {
  const { waves, atOnce, everyMs, real, gapMs, say = () => {} } = options;
  const quiz = quizOfTheBurst();
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
  const desk = await createApp(rig.config, {
    mongoUri: rig.database.uri,
    redisUrl,
    database: rig.database.name,
    role: 'desk',
    clock: rig.clock,
  });
  const standbys: Promise<Member>[] = [];
  try {
    await desk.services.campaigns.load();
    await publish();
    await everybodyKnows();
    const fans = Array.from({ length: Math.max(...waves) }, rig.openid);
    const sent: Sent[] = [];
    const took: number[] = [];
    const figures = { kills: 0, wiped: 0, copies: 0, burstMs: 0, asked: 0, askingMs: 0, drainMs: 0 };
    for (const [wave, size] of waves.entries()) {
      await rig.turnTo((flashAt[wave] as number) + 60_000);
      const playing = fans.slice(0, size);
      const shown = new Map<string, Shown>();
      say(`wave ${wave + 1}: ${size} fans are asked`);
      figures.asked += size;
      figures.askingMs += await timed(() =>
        crowd([...playing.entries()], atOnce, async ([i, openid]) =>
          keepShown(shown, openid, await says(openid, i % 2 === 0 ? '搶答' : '一戰到底')),
        ),
      );
      await rig.turnTo(rig.clock.now() + 10_000);
      say('they answer');
      const end = new AbortController();
      const killing = killAndReplace(end.signal, figures);
      const wiping = wave === 0 ? wipeWhen(() => sent.length > size / 2, end.signal) : Promise.resolve();
      figures.burstMs += await timed(() =>
        crowd([...shown], atOnce, ([openid, question]) => answers(openid, question)),
      );
      end.abort();
      await Promise.all([killing, wiping]);
      say(`${sent.length} answers are sent, ${figures.kills} kills; what is left is done`);
      figures.drainMs = Math.max(figures.drainMs, await timed(drain));
    }
    say('it is judged');
    const faults = [...(await judge(sent)), ...(await proveIt())];
    say('it is over');
    took.sort((a, b) => a - b);
    const at = (share: number) => Math.round(took[Math.floor((took.length - 1) * share)] ?? 0);
    return {
      faults,
      figures: {
        ...figures,
        fans: fans.length,
        askedPerSecond: Math.round((figures.asked * 1_000) / figures.askingMs),
        answered: sent.length,
        acknowledged: sent.filter((one) => one.heard.length > 0).length,
        perSecond: Math.round((sent.length * 1_000) / figures.burstMs),
        p50: at(0.5),
        p99: at(0.99),
        slowest: at(1),
      },
    };

    /** She sends the letter of an option, more often than not the right one. */
    async function answers(openid: string, { question, options: letters }: Shown): Promise<void> {
      const choices = [...letters];
      const right = quiz.questions.find(({ id }) => id === question)?.options[0];
      const chosen =
        random() < 0.6
          ? choices.find(([, option]) => option === right)
          : choices[Math.floor(random() * choices.length)];
      const [letter, option] = chosen as [string, string];
      const startedAt = Date.now();
      const storm = random() < 0.05;
      const delivered = await rig.deliver(rig.text(openid, letter), openid, { storm });
      const words = heard(delivered);
      took.push(Date.now() - startedAt);
      figures.copies += delivered.wire.deliveries.length - 1;
      sent.push({ pid: openid, question, option, heard: words });
    }

    async function wipeWhen(isTime: () => boolean, signal: AbortSignal): Promise<void> {
      while (!isTime() && !signal.aborted) await pause(20);
      await options.wipeRedis(redis, `xiaoyi-${rig.db.name}`);
      figures.wiped++;
    }
  } finally {
    await Promise.all(standbys.map(async (standby) => rig.kill(await standby)));
    redis.disconnect();
    await desk.close();
    await rig.close();
  }

  async function publish(): Promise<void> {
    const { campaigns } = desk.services;
    await campaigns.save({ content: quiz, by: 'Lin' });
    const { findings, passed } = await campaigns.check({ id: quiz.id, by: 'Lin', claims: () => undefined });
    if (!passed) throw new Error(JSON.stringify(findings));
    await campaigns.start({ id: quiz.id, by: 'Wang', claims: () => undefined });
  }

  /** Every process looks for changes every two seconds. */
  async function everybodyKnows(): Promise<void> {
    for (const { app } of rig.members) await app?.services.versions.check();
    let knew = 0;
    await until(
      async () => {
        const words = await says(rig.openid(), '一戰到底');
        knew = words.includes('第 1 題') ? knew + 1 : 0;
        return knew === 4;
      },
      { what: 'both processes know the quiz' },
    );
  }

  async function says(openid: string, words: string): Promise<string> {
    const [told] = heard(await rig.deliver(rig.text(openid, words), openid));
    return told ?? '';
  }

  /** The last question on her screen: what came late may stand before it. */
  function keepShown(all: Map<string, Shown>, openid: string, words: string): void {
    const places = quiz.questions.map((question) => ({ question, at: words.lastIndexOf(question.text) }));
    const last = places.toSorted((a, b) => b.at - a.at)[0];
    if (!last || last.at < 0) return;
    const lines = words.slice(last.at).matchAll(/^([A-F])\. (.+)$/gm);
    all.set(openid, {
      question: last.question.id,
      options: new Map([...lines].map(([, letter, option]) => [letter as string, option as string])),
    });
  }

  /** One of the two web processes dies every so often; the next one is ready by then, if the machine is fast enough. */
  async function killAndReplace(signal: AbortSignal, figures: { kills: number }): Promise<void> {
    const standBy = () => standbys.push(rig.start('web'));
    if (real) standBy();
    for (;;) {
      await pause(everyMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const standby = await standbys.shift();
      const { member } = rig.slots[figures.kills % rig.slots.length] as Rig['slots'][number];
      rig.kill(member);
      figures.kills++;
      await rig.replace(member, standby);
      if (real) standBy();
      if (!real) await rig.mourn(member);
      if (real && figures.kills % 4 === 0) {
        const worker = rig.living('worker')[0] as Member;
        rig.kill(worker);
        await rig.replace(worker);
      }
    }
  }

  async function drain(): Promise<void> {
    for (const member of rig.members) if (member.dead) await rig.mourn(member);
    if (!real) await rig.drain();
    const open = () => rig.count('inbox', { open: true });
    await until(async () => (await open()) === 0, {
      what: 'all that was kept is answered',
      withinMs: 90_000,
    });
    await desk.projector.catchUp(quiz.id);
    const undone = () => rig.count('awards', { todo: { $ne: [] } });
    await until(
      async () => {
        await desk.services.prizes.awards.sweep({ lostMs: 0, undoneMs: 0 });
        return (await undone()) === 0;
      },
      { what: 'what awards bring about is done' },
    );
  }

  async function judge(sent: Sent[]): Promise<string[]> {
    const people = await rig.rows<{ openid: string; pid: string }>('subscribers');
    const pidOf = new Map(people.map(({ openid, pid }) => [openid, pid]));
    const facts: Facts = {
      quiz,
      log: (await rig.rows('orders')) as unknown as LoggedBatch[],
      sent: sent.map((one) => ({ ...one, pid: pidOf.get(one.pid) ?? one.pid })),
      ledger: await rig.rows('ledger'),
      balances: await rig.rows('balances'),
      scores: await rig.rows('scores'),
      awards: await rig.rows('awards'),
      tickets: await rig.rows('tickets'),
    };
    const board = await desk.services.leaderboard.top(quiz.id, 'final', 10);
    const due = boardDue(facts, 10);
    return [
      ...findFaults(facts),
      ...(JSON.stringify(board) === JSON.stringify(due)
        ? []
        : [`the board shows ${JSON.stringify(board)}, ${JSON.stringify(due)} is due`]),
    ];
  }

  /** The product's own proofs agree. */
  async function proveIt(): Promise<string[]> {
    const { campaigns, orders, points } = desk.services;
    const proof = createProof({
      db: desk.db,
      orders,
      points,
      rulesAt: campaigns.rulesAt,
      projector: desk.projector,
    });
    const { differences } = await proof.replay(quiz.id);
    return [...differences, ...(await proof.audit(quiz.id))].map((one) => JSON.stringify(one));
  }
}

/** All of them at it, so many at once. */
async function crowd<One>(all: One[], atOnce: number, act: (one: One) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of left) await act(one);
    }),
  );
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = Date.now();
  await act();
  return Date.now() - from;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
