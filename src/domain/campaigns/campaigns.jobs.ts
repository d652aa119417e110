import { z } from 'zod';
import { AppError } from '../../errors';
import type { Job } from '../../kit/job';
import type { Timers } from '../timers/timers';

/** `at`: the business time for which it was armed; a quiz whose time was moved since has a timer of its own for that. */
export type QuizMoment = { quiz: string; at: number };
const data = z.object({ quiz: z.string(), at: z.number() });

/** Between the end and the settlement: what was said in time is answered, and somebody may still be held by hand. */
const settleAfterMs = 10 * 60_000;
const againAfterMs = 60_000;

/** The start time of a published quiz has come. */
export const quizStart: Job<QuizMoment> = {
  data,
  run: ({ campaigns }, { quiz, at }) => campaigns.begin(quiz, at),
};

/** Its end is past. */
export const quizEnd: Job<QuizMoment> = {
  data,
  async run({ campaigns, timers }, { quiz: id, at }) {
    await campaigns.finish(id, at);
    const quiz = await campaigns.find(id);
    if (quiz?.state === 'ended') await armSettlement(timers, id, quiz.endsAt);
  },
};

/** The settlement of a quiz that ended at `endsAt` begins by itself a little later. */
export const armSettlement = (timers: Pick<Timers, 'arm'>, quiz: string, endsAt: number): Promise<void> =>
  arm(timers, quiz, endsAt + settleAfterMs);

function arm(timers: Pick<Timers, 'arm'>, quiz: string, at: number): Promise<void> {
  const id = `quiz-settle:${quiz}:${at}`;
  return timers.arm({ id, dueAt: new Date(at), job: 'quiz-settle', data: { quiz, at } });
}

/** Settles as far as no person has to decide: until somebody is held, or a draw waits for its value. */
export const quizSettle: Job<QuizMoment> = {
  data,
  async run({ settlement, timers, clock }, { quiz }) {
    try {
      await settlement.settle({ quiz, by: 'timer' });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'settle_open') throw error;
      await arm(timers, quiz, clock.now() + againAfterMs);
    }
  },
};
