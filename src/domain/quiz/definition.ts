import type { Prize } from '../prizes/prize';

/**
 * A quiz as a marketer writes it and as every process holds it, compiled, in memory. It is data: rules, questions and
 * prizes come from one workbook (docs/quiz.md explains every field) and follow `versions{_id: 'campaigns'}`.
 */
export type QuizState =
  | 'draft'
  | 'checked'
  | 'scheduled'
  | 'running'
  | 'paused'
  | 'ended'
  | 'settling'
  | 'settled';

export type Level = {
  /** 1, 2, 3 … */
  n: number;
  questions: number;
  /** Right answers needed to pass; judged after the level's last question. */
  pass: number;
};

export type Sponsor = { id: string; name: string; words?: string; logo?: string };

export type QuestionKind = 'single' | 'truefalse' | 'profile';

export type Question = {
  /** Within its quiz. */
  id: string;
  kind: QuestionKind;
  text: string;
  /** 2 to 6, as written; each fan sees them in an order of her own (true/false keeps its order). */
  options: string[];
  /** Index of the right option; undefined for `profile`, where any answer earns the points once. */
  right?: number;
  explanation?: string;
  brand?: string;
  city?: string;
  /** 1 easy, 2 middling, 3 hard. */
  difficulty: 1 | 2 | 3;
  sponsor?: string;
  picture?: string;
  /** `profile`: the attribute under which the answer is kept, with consent. */
  attribute?: string;
  /** Taken out after publication (a wrong key, an old fact): never asked again; one that is open may still be answered. */
  retired?: true;
};

export type Quiz = {
  id: string;
  title: string;
  intro: string;
  /** 「一戰到底」 and the like: what starts it in chat. */
  keywords: string[];
  menuKey?: string;
  /** Business ms. */
  startsAt: number;
  endsAt: number;
  /** Beijing time, `09:00`; they gate the opening of a question. */
  opensAt: string;
  closesAt: string;
  perDay: number;
  pointsPerAnswer: number;
  firstBonus: number;
  /** At least one; after the last level it goes on with questions of the last level's size. */
  levels: Level[];
  timerSeconds?: number;
  rules: string;
  organiser: string;
  contact: string;
  forfeiture: string;
  sponsors: Sponsor[];
  /** Share of each difficulty in what is asked, e.g. { 1: 5, 2: 3, 3: 2 }; missing: whatever the bank holds. */
  mix?: Partial<Record<1 | 2 | 3, number>>;
  audience: 'all';
  /** pids who play without floor, points on boards and prizes. */
  staff: string[];
  questions: Question[];
  prizes: Prize[];
  state: QuizState;
  /** Moves with every published change; old ones are kept in `campaignVersions`. */
  version: number;
  /** Times at which it was paused and resumed, business ms. */
  pauses: { from: number; until?: number }[];
};

/** What a marketer writes: a quiz without what becomes of it. */
export type QuizContent = Omit<Quiz, 'state' | 'version' | 'pauses'>;
