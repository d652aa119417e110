import type { Campaign, Content } from '../campaigns/campaign';

/*
 * A quiz is a kind of campaign. A marketer writes it in one workbook (docs/quiz.md explains every field); what of it is no
 * other kind's lies in the campaign's `game`.
 */

export type Level = {
  /** 1, 2, 3 … */
  n: number;
  questions: number;
  /** Right answers needed to pass; judged after the level's last question. */
  pass: number;
};

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

export type QuizGame = {
  /** Beijing time, `09:00`; they gate the opening of a question. */
  opensAt: string;
  closesAt: string;
  perDay: number;
  pointsPerAnswer: number;
  firstBonus: number;
  /** At least one; after the last level it goes on with questions of the last level's size. */
  levels: Level[];
  timerSeconds?: number;
  /** Share of each difficulty in what is asked, e.g. { 1: 5, 2: 3, 3: 2 }; missing: whatever the bank holds. */
  mix?: Partial<Record<1 | 2 | 3, number>>;
  questions: Question[];
};

export const quizKind = 'quiz';

/** A campaign that is a quiz, with its game laid flat: as playing, judging and the workbook see it. */
export type Quiz = Omit<Campaign, 'kind' | 'game'> & QuizGame;

/** What a marketer writes: a quiz without what becomes of it. */
export type QuizContent = Omit<Content, 'kind' | 'game'> & QuizGame;

type Laid<C extends Content> = Omit<C, 'kind' | 'game'> & QuizGame;

/** A campaign of this kind, or its text, laid flat. */
export function laidFlat<C extends Content>({ kind: _kind, game, ...common }: C): Laid<C> {
  return { ...common, ...(game as QuizGame) };
}

/** The text of a quiz as campaigns keep it. */
export function asContent(quiz: QuizContent): Content {
  const {
    opensAt,
    closesAt,
    perDay,
    pointsPerAnswer,
    firstBonus,
    levels,
    timerSeconds,
    mix,
    questions,
    ...common
  } = quiz;
  const game: QuizGame = {
    ...{ opensAt, closesAt, perDay, pointsPerAnswer, firstBonus, levels, questions },
    ...(timerSeconds === undefined ? {} : { timerSeconds }),
    ...(mix === undefined ? {} : { mix }),
  };
  return { ...common, kind: quizKind, game };
}
