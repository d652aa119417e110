import { z } from 'zod';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { defineJob } from '../../kit/define-job';
import type { Timers } from '../timers/timers';

/** `at`: the business time for which it was armed; a quiz whose time was moved since has a timer of its own for that. */
const data = z.object({ quiz: z.string(), at: z.number() });

/** Between the end and the settlement: what was said in time is answered, and somebody may still be held by hand. */
const settleAfterMs = 10 * 60_000;
const againAfterMs = 60_000;

type Arming = Pick<Timers, 'arm'>;

/** The start time of a published quiz has come. */
export const quizStart = defineJob({
  name: 'quiz-start',
  data,
  run: ({ campaigns }: { campaigns: { begin(id: string, at: number): Promise<void> } }, { quiz, at }) =>
    campaigns.begin(quiz, at),
});

type Ends = {
  campaigns: {
    finish(id: string, at: number): Promise<void>;
    find(id: string): Promise<{ state: string; endsAt: number } | undefined>;
  };
  timers: Arming;
};

/** Its end is past. */
export const quizEnd = defineJob({
  name: 'quiz-end',
  data,
  async run({ campaigns, timers }: Ends, { quiz: id, at }) {
    await campaigns.finish(id, at);
    const quiz = await campaigns.find(id);
    if (quiz?.state === 'ended') await armSettlement(timers, id, quiz.endsAt);
  },
});

type Settles = {
  settlement: { settle(asked: { quiz: string; by: string }): Promise<unknown> };
  timers: Arming;
  clock: Clock;
};

/** Settles as far as no person has to decide: until somebody is held, or a draw waits for its value. */
export const quizSettle = defineJob({
  name: 'quiz-settle',
  data,
  async run({ settlement, timers, clock }: Settles, { quiz }) {
    try {
      await settlement.settle({ quiz, by: 'timer' });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'settle_open') throw error;
      await arm(timers, quiz, clock.now() + againAfterMs);
    }
  },
});

/** The settlement of a quiz that ended at `endsAt` begins by itself a little later. */
export const armSettlement = (timers: Arming, quiz: string, endsAt: number): Promise<void> =>
  arm(timers, quiz, endsAt + settleAfterMs);

function arm(timers: Arming, quiz: string, at: number): Promise<void> {
  const id = `quiz-settle:${quiz}:${at}`;
  return timers.arm({ id, dueAt: new Date(at), job: quizSettle, data: { quiz, at } });
}
