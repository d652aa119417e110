import { AppError } from '../../../errors';
import { beijingDay, beijingTime, dayMs, momentAt } from '../../../kit/beijing';
import type { Level, Question, Quiz } from '../definition';
import type { Entry } from '../log/floors';

/**
 * Where she stands in a quiz: kept in her row, written together with the reply. It can always be worked out again from the
 * answer log (`recall`), so losing it loses nothing. A question of a quiz she went away from is as open as it was, its
 * timer runs on.
 */
export type Play = {
  kind: 'quiz';
  /** The Beijing day the counts of today belong to. */
  on: string;
  /** Questions that count for today: answered, or run out of time. */
  today: string[];
  points: number;
  right: number;
  answered: number;
  level: number;
  /** Within the level. */
  levelAsked: number;
  levelRight: number;
  /** The day whose first answer she has given: its bonus is earned. */
  firstOn?: string;
  /** She failed a level today: the same level again tomorrow. */
  failedOn?: string;
  /** She said 退出. */
  left?: boolean;
  /** 搶答題 she has had her try at. */
  flashed?: string[];
  /** All questions she has had, oldest first. */
  seen: string[];
  open?: Open;
  /** A 搶答題 she asked for: its answer goes first, her own question waits. */
  flash?: Open;
};

export type Open = {
  q: string;
  n: number;
  order: number[];
  sentAt: number;
  /** When a 搶答題 stood before her instead. */
  aside?: { from: number; until?: number };
};

/** An option sooner than this after the question was sent is no answer: it was meant for something else. */
export const tooFastMs = 2_000;
/** On top of the timer: the way there and back. */
const graceMs = 3_000;

export const roundOf = (quiz: string, pid: string, on: string): string => `${quiz}:${pid}:${on}`;

export const newPlay = (at: number): Play => ({
  kind: 'quiz',
  on: beijingDay(at),
  today: [],
  points: 0,
  right: 0,
  answered: 0,
  level: 1,
  levelAsked: 0,
  levelRight: 0,
  seen: [],
});

/** The 搶答題 is done with, and her own question is the one that a letter means. */
export function backToHers(play: Play, at: number): Play {
  const { open } = play;
  if (!open?.aside || open.aside.until !== undefined) return play;
  return { ...play, open: { ...open, aside: { ...open.aside, until: at } } };
}

/**
 * A letter sent twice, or one that was accepted while the 搶答題 stood before her and is worked on only now, because its
 * process died: it is not meant for her own question.
 */
export const isMeantForFlash = ({ aside }: Open, at: number): boolean =>
  aside !== undefined && at >= aside.from && at < (aside.until ?? aside.from) + tooFastMs;

export const without = ({ open: _closed, ...play }: Play): Play => play;

export const questionOf = (quiz: Quiz, id: string): Question | undefined =>
  quiz.questions.find((question) => question.id === id);

/** The level's size; after the last one it goes on with the last one's. */
export function levelOf(quiz: Pick<Quiz, 'levels'>, n: number): Level {
  const level = quiz.levels[n - 1] ?? quiz.levels.at(-1);
  if (!level) throw new AppError('Invalid', 'quiz.no-levels', 'A quiz has at least one level.');
  return { ...level, n };
}

/**
 * A new Beijing day: today's counts begin again; levels carry over. A letter of yesterday that is worked on late does not
 * turn back a day that she has begun.
 */
export function today(play: Play, at: number): Play {
  const on = beijingDay(at);
  return play.on >= on ? play : { ...play, on, today: [] };
}

/** One question of hers is over, right or wrong: what it does to the counts and the level. */
export function counted(
  quiz: Quiz,
  play: Play,
  { q, ok }: { q: string; ok: boolean },
): { play: Play; last: 'passed' | 'failed' | undefined } {
  const level = levelOf(quiz, play.level);
  const levelAsked = play.levelAsked + 1;
  const levelRight = play.levelRight + (ok ? 1 : 0);
  const over = levelAsked >= level.questions;
  const passed = over && levelRight >= level.pass;
  const after: Play = {
    ...play,
    today: [...play.today, q],
    seen: [...play.seen.filter((id) => id !== q), q],
    right: play.right + (ok ? 1 : 0),
    answered: play.answered + 1,
    level: passed ? play.level + 1 : play.level,
    levelAsked: over ? 0 : levelAsked,
    levelRight: over ? 0 : levelRight,
    ...(over && !passed ? { failedOn: play.on } : {}),
  };
  return { play: after, last: over ? (passed ? 'passed' : 'failed') : undefined };
}

/** As `counted`, with what was judged at the time: levels may have been eased since. */
export function recounted(before: Play, { q, on, ok, level, last }: Entry): Play {
  // Around midnight one of yesterday's may stand after one of today's.
  const play = before.on < on ? { ...before, on, today: [] } : before;
  return {
    ...play,
    today: play.on === on ? [...play.today, q] : play.today,
    seen: [...play.seen.filter((id) => id !== q), q],
    right: play.right + (ok ? 1 : 0),
    answered: play.answered + 1,
    level,
    levelAsked: last ? 0 : play.levelAsked + 1,
    levelRight: last ? 0 : play.levelRight + (ok ? 1 : 0),
    firstOn: play.on,
    ...(last === 'failed' ? { failedOn: on } : {}),
  };
}

/** Nothing can be asked now: until `opensAt` (of the day), or `startsAt` (business ms), which is `inMs` away. */
export type Closed = {
  why: 'closed' | 'paused' | 'ended' | 'notYet';
  opensAt?: string;
  startsAt?: number;
  inMs?: number;
  /** Of `closed`: it opens no more before the end. */
  last?: boolean;
};

/** Why no question can be opened now. */
export function whyClosed(quiz: Quiz, at: number): Closed | undefined {
  const notYet = { why: 'notYet' as const, startsAt: quiz.startsAt, inMs: quiz.startsAt - at };
  if (at < quiz.startsAt) return notYet;
  if (at > quiz.endsAt || ['ended', 'settling', 'settled'].includes(quiz.state)) return { why: 'ended' };
  if (quiz.state === 'paused') return { why: 'paused' };
  if (quiz.state !== 'running') return notYet;
  return isOpenAt(quiz, at)
    ? undefined
    : { why: 'closed', opensAt: quiz.opensAt, last: isLastOpening(quiz, at) };
}

/** No other day of it opens, and today does not either any more. */
function isLastOpening(quiz: Pick<Quiz, 'opensAt' | 'endsAt'>, at: number): boolean {
  const today = beijingDay(at);
  return beijingTime(at) < quiz.opensAt
    ? momentAt(`${today} ${quiz.opensAt}`) > quiz.endsAt
    : isLastDay(quiz, today);
}

/** After this day it opens no more. */
export const isLastDay = ({ opensAt, endsAt }: Pick<Quiz, 'opensAt' | 'endsAt'>, on: string): boolean =>
  momentAt(`${on} ${opensAt}`) + dayMs >= endsAt;

/** Whether the opening hours of the day are on. */
export function isOpenAt({ opensAt, closesAt }: Pick<Quiz, 'opensAt' | 'closesAt'>, at: number): boolean {
  const time = beijingTime(at);
  return time >= opensAt && time < closesAt;
}

/** Why the question she had open is no longer open. It costs her nothing and may come again. */
export function whyLapsed(quiz: Quiz, play: Play, at: number): 'midnight' | 'paused' | 'ended' | undefined {
  const { open } = play;
  if (!open) return undefined;
  // What was accepted by the end counts, even if the quiz has ended by the time we come to it.
  if (at > quiz.endsAt || quiz.state === 'settling' || quiz.state === 'settled') return 'ended';
  if (quiz.state === 'paused' || quiz.pauses.some((pause) => pause.from >= open.sentAt && pause.from <= at))
    return 'paused';
  return play.on === beijingDay(at) ? undefined : 'midnight';
}

export const isLate = (quiz: Quiz, { sentAt }: Open, at: number): boolean =>
  quiz.timerSeconds !== undefined && at - sentAt > quiz.timerSeconds * 1_000 + graceMs;
