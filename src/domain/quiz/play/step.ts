import type { Question, Quiz } from '../definition';
import type { Placed } from '../log/answers';
import type { Win } from '../log/floors';
import { letters } from './questions';
import type { Closed, Open, Play } from './standing';

/** What is said back, by kind; the words are the handler's. */
export type Step =
  | { kind: 'asked'; play: Play; question: Asked; resumed: boolean }
  | { kind: 'answered'; play: Play; result: Result; next: Next }
  | { kind: 'tooFast' | 'noSuchOption' | 'otherQuestion'; play: Play; question: Asked; n: number | null }
  | { kind: 'outOfTime'; play: Play; missed: Missed; next: Next }
  | { kind: 'lapsed'; play: Play; why: 'midnight' | 'paused' | 'closed' | 'ended'; next: Next }
  /** `taken`: somebody was first, only points are left to win. */
  | { kind: 'flashAsked'; play: Play; question: Asked; prize: string; taken: boolean }
  | {
      kind: 'flashAnswered';
      play: Play;
      ok: boolean;
      again: boolean;
      wins: Shown[];
      gone: string[];
      first: boolean;
      right: string;
      explanation: string;
      points: number;
      floor: number | null;
    }
  /** `tried`: she has had her one try. `taken`, `over`: the hour of the last one is over, its prize was won or not. */
  | {
      kind: 'flashNone';
      play: Play;
      why: 'none' | 'tried' | 'taken' | 'over';
      prize: string;
      next: number | null;
    }
  | { kind: 'stopped'; play: Play; next: Exclude<Next, { kind: 'question' }> };

export type Asked = {
  n: number;
  text: string;
  kind: Question['kind'];
  options: { letter: string; text: string }[];
  seconds: number | null;
  picture: string | null;
  sponsor: string | null;
};
export type Result = {
  ok: boolean;
  profile: boolean;
  /** What a `profile` question learned about her. */
  attribute: { name: string; value: string } | undefined;
  right: string;
  explanation: string;
  points: number;
  bonus: number;
  total: number;
  floor: number | null;
  /** The answer had been counted before: by another message of hers. */
  again: boolean;
  level: number;
  levelAsked: number;
  levelQuestions: number;
  levelRight: number;
  levelPass: number;
  last: 'passed' | 'failed' | null;
  wins: Shown[];
  /** What lies on this lucky floor and has all been given. */
  gone: string[];
};
/** A prize as the reply shows it; `award` and `code` are filled in once the award is written. */
export type Shown = {
  award: string;
  win: Win;
  name: string;
  unit: string;
  why: Win['why'];
  passedOn: boolean;
  code: string;
};
export type Missed = Pick<Result, 'right' | 'explanation' | 'level' | 'levelRight' | 'levelPass' | 'last'>;
/** What comes next: a question, or why there is none now. */
export type Next =
  | { kind: 'question'; question: Asked }
  /** `last`: there is no tomorrow in this quiz. */
  | ({ kind: 'none' } & (Closed | { why: 'dayDone' | 'failedLevel' | 'bankEmpty'; last: boolean }));

export function asAsked(quiz: Quiz, question: Question, open: Open): Asked {
  const sponsor = quiz.sponsors.find((one) => one.id === question.sponsor)?.name;
  return {
    n: open.n,
    text: question.text,
    kind: question.kind,
    options: open.order.map((index, i) => ({
      letter: letters[i] as string,
      text: question.options[index] ?? '',
    })),
    seconds: quiz.timerSeconds ?? null,
    picture: question.picture ?? null,
    sponsor: sponsor ?? null,
  };
}

/** 「B. 靈隱寺」; empty for a question without a right answer. */
export function rightOf(question: Question, order: number[]): string {
  if (question.right === undefined) return '';
  return `${letters[order.indexOf(question.right)]}. ${question.options[question.right]}`;
}

/** What her answer won, whichever of her messages it is told by: which was told already, the awards know. */
export const shownWins = (quiz: Quiz, placed: Placed | undefined): Shown[] =>
  (placed?.wins ?? []).map((win) => ({
    award: '',
    win,
    name: quiz.prizes.find((one) => one.id === win.prize)?.name ?? win.prize,
    unit: win.unit,
    why: win.why,
    passedOn: win.why === 'floor' && win.unit !== String(win.floor),
    code: '',
  }));
