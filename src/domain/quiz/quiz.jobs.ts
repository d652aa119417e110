import { z } from 'zod';
import type { Job } from '../../kit/job';

/** `at`: the business time for which it was armed; a quiz whose time was moved since has a timer of its own for that. */
export type QuizMoment = { quiz: string; at: number };
const data = z.object({ quiz: z.string(), at: z.number() });

/** The start time of a published quiz has come. */
export const quizStart: Job<QuizMoment> = { data, run: ({ campaigns }, { quiz }) => campaigns.begin(quiz) };

/** Its end is past. */
export const quizEnd: Job<QuizMoment> = { data, run: ({ campaigns }, { quiz }) => campaigns.finish(quiz) };
