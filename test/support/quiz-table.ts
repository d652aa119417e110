import { createApp } from '../../src/app';
import { asContent, type QuizContent } from '../../src/domain/quiz/definition';
import { createProof } from '../../src/domain/quiz/log/proof';
import { boardDue, type Facts, findFaults, type LoggedBatch, type Sent } from '../domain/quiz/oracle';
import { until } from './processes';
import { answersOf, heard, nextMsgId, type Rig } from './rig';

/** What a phone shows of a question: which it is, and what stands behind each letter. */
export type Shown = { question: string; options: Map<string, string> };

/** The last question that words show: what came late may stand before it. */
export function shownIn(quiz: Pick<QuizContent, 'questions'>, words: string): Shown | undefined {
  const places = quiz.questions.map(({ id, text }) => ({ id, at: words.lastIndexOf(text) }));
  const last = places.toSorted((a, b) => b.at - a.at)[0];
  if (!last || last.at < 0) return undefined;
  const lines = words.slice(last.at).matchAll(/^([A-F])\. (.+)$/gm);
  return {
    question: last.id,
    options: new Map([...lines].map(([, letter, option]) => [letter as string, option as string])),
  };
}

/** The letter of the right option, and the option. */
export function rightLetter(
  quiz: Pick<QuizContent, 'questions'>,
  shown: Shown,
): [letter: string, option: string] {
  const question = quiz.questions.find(({ id }) => id === shown.question);
  const right = question?.options[question.right ?? 0];
  return [...shown.options].find(([, words]) => words === right) as [string, string];
}

export type AnswerOptions = {
  /** Three copies at once, to different processes. */
  storm?: boolean;
  /** The right option; else one that `random` picks. */
  right?: boolean;
  /** A number from 0 to 1. */
  random?: number;
  msgId?: bigint;
};

/** The desk of a quiz on a rig: publishes it, plays it as phones would, and judges what became of it by the oracle. */
export async function createQuizTable(given: { rig: Rig; quiz: QuizContent; redisUrl?: string }) {
  const { rig, quiz } = given;
  const desk = await createApp(rig.config, {
    mongoUri: rig.database.uri,
    redisUrl: given.redisUrl ?? rig.database.redisUrl,
    database: rig.database.name,
    role: 'desk',
    clock: rig.clock,
  });
  const { campaigns, answerLog, points, prizes, leaderboard } = desk.services;
  await campaigns.load();
  const screens = new Map<string, Shown>();
  const sent: Sent[] = [];
  const took: number[] = [];
  const copies: string[][] = [];

  async function says(openid: string, words: string): Promise<string> {
    const [told = ''] = heard(await rig.deliver(rig.text(openid, words), openid));
    keepShown(openid, told);
    return told;
  }

  function keepShown(openid: string, words: string): void {
    const shown = shownIn(quiz, words);
    if (shown) screens.set(openid, shown);
  }

  return {
    rig,
    quiz,
    desk,
    sent,
    /** How long each answer took, all its copies together. */
    took,
    /** What each copy of each answer was told. */
    copies,
    screens,
    says,

    /** Checked, published, and known to every process. */
    async open(): Promise<void> {
      await campaigns.save({ content: asContent(quiz), by: 'Lin' });
      const { findings, passed } = await campaigns.check({
        id: quiz.id,
        by: 'Lin',
        takenBy: () => undefined,
      });
      if (!passed) throw new Error(JSON.stringify(findings));
      await campaigns.start({ id: quiz.id, by: 'Wang', takenBy: () => undefined });
      for (const { app } of rig.living()) await app?.services.versions.check();
      let knew = 0;
      await until(
        async () => {
          const words = await says(rig.openid(), quiz.keywords[0] as string);
          knew = words.includes('第 1 題') ? knew + 1 : 0;
          return knew >= 2 * rig.slots.length;
        },
        { what: 'all processes know the quiz' },
      );
      screens.clear();
    },

    /** She sends the letter of an option of the question on her screen. What comes back may show the next one. */
    async answer(openid: string, options: AnswerOptions = {}): Promise<string[]> {
      const { storm = false, right = false, random = 0, msgId = nextMsgId() } = options;
      const shown = screens.get(openid);
      if (!shown) throw new Error(`${openid} has no question.`);
      const choices = [...shown.options];
      const [letter, option] = right
        ? rightLetter(quiz, shown)
        : (choices[Math.floor(random * choices.length)] as [string, string]);
      screens.delete(openid);
      const startedAt = Date.now();
      const delivered = await rig.deliver(rig.text(openid, letter, msgId), openid, { storm });
      took.push(Date.now() - startedAt);
      copies.push(answersOf(delivered));
      const words = heard(delivered);
      for (const one of words) keepShown(openid, one);
      sent.push({ pid: openid, question: shown.question, option, heard: words });
      return words;
    },

    /** Until everything that was kept is answered, projected, and what awards bring about is done. */
    async drain(): Promise<void> {
      for (const member of rig.members) if (member.dead) await rig.mourn(member);
      if (!rig.real) await rig.drain();
      await until(async () => (await rig.count('inbox', { open: true })) === 0, {
        what: 'all that was kept is answered',
        withinMs: 90_000,
      });
      await desk.services.projector.catchUp(quiz.id);
      await until(
        async () => {
          await prizes.awards.sweep({ lostMs: 0, undoneMs: 0 });
          return (await rig.count('awards', { todo: { $ne: [] } })) === 0;
        },
        { what: 'what awards bring about is done' },
      );
    },

    /** All that the oracle, and the product's own proofs, find wrong. */
    async judge(): Promise<string[]> {
      const people = await rig.rows<{ openid: string; pid: string }>('subscribers');
      const pidOf = new Map(people.map(({ openid, pid }) => [openid, pid]));
      const facts: Facts = {
        quiz,
        log: (await rig.rows('answers')) as unknown as LoggedBatch[],
        sent: sent.map((one) => ({ ...one, pid: pidOf.get(one.pid) ?? one.pid })),
        ledger: await rig.rows('ledger'),
        balances: await rig.rows('balances'),
        scores: await rig.rows('scores'),
        awards: await rig.rows('awards'),
        tickets: await rig.rows('tickets'),
      };
      const board = await leaderboard.top(quiz.id, 'final', 10);
      const due = boardDue(facts, 10);
      const proof = createProof({
        db: desk.db,
        awarded: campaigns.awarded,
        answerLog,
        points,
        rulesAt: campaigns.rulesAt,
        projector: desk.services.projector,
      });
      const { differences } = await proof.replay(quiz.id);
      const unproved = [...differences, ...(await proof.audit(quiz.id))].map((one) => JSON.stringify(one));
      return [
        ...findFaults(facts),
        ...(JSON.stringify(board) === JSON.stringify(due)
          ? []
          : [`the board shows ${JSON.stringify(board)}, ${JSON.stringify(due)} is due`]),
        ...unproved,
      ];
    },

    close: () => desk.close(),
  };
}

export type QuizTable = Awaited<ReturnType<typeof createQuizTable>>;

/** All of them at it, so many at once. */
export async function crowd<One>(
  all: Iterable<One>,
  atOnce: number,
  act: (one: One) => Promise<unknown>,
): Promise<void> {
  const left = [...all].values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of left) await act(one);
    }),
  );
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The value at a share of a list of numbers. */
export const quantile = (values: number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0);
