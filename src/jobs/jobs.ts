import { type QuizMoment, quizEnd, quizSettle, quizStart } from '../domain/campaigns/campaigns.jobs';
import { type QuizRemind, quizRemind } from '../domain/campaigns/reminders.jobs';
import {
  type AwardExpire,
  type AwardRef,
  type AwardTell,
  awardExpire,
  awardRemind,
  awardTell,
} from '../domain/prizes/prizes.jobs';
import { type EraseData, erase } from '../domain/subscribers/subscribers.jobs';
import type { Job } from '../kit/job';
import { type HousekeepingData, housekeeping } from './housekeeping';

/** What each job wants to know. `later('<name>', data)` is typed by this table. */
export type JobTable = {
  erase: EraseData;
  housekeeping: HousekeepingData;
  'quiz-start': QuizMoment;
  'quiz-end': QuizMoment;
  'quiz-settle': QuizMoment;
  'award-tell': AwardTell;
  'award-remind': AwardRef;
  'award-expire': AwardExpire;
  'quiz-remind': QuizRemind;
};

export type JobName = keyof JobTable;
export type JobData<Name extends JobName> = JobTable[Name];

/** Every job by its name. */
export const jobs: { [Name in JobName]: Job<JobTable[Name]> } = {
  erase,
  housekeeping,
  'quiz-start': quizStart,
  'quiz-end': quizEnd,
  'quiz-settle': quizSettle,
  'award-tell': awardTell,
  'award-remind': awardRemind,
  'award-expire': awardExpire,
  'quiz-remind': quizRemind,
};
