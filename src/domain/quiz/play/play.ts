import { AppError } from '../../../errors';
import { beijingDay, hourMs } from '../../../kit/beijing';
import type { Prize } from '../../prizes/prize';
import type { Question, Quiz } from '../definition';
import { type AnswerLog, type Placed, quizOver } from '../log/answers';
import { type Entry, givenOf, goneOn } from '../log/floors';
import { optionOrder, type Picked, pickQuestion } from './questions';
import {
  backToHers,
  counted,
  isLastDay,
  isLate,
  isMeantForFlash,
  levelOf,
  newPlay,
  type Open,
  type Play,
  questionOf,
  recounted,
  roundOf,
  today,
  tooFastMs,
  whyClosed,
  whyLapsed,
  without,
} from './standing';
import { asAsked, type Missed, type Next, type Result, rightOf, type Step, shownWins } from './step';

/** A 搶答題 may be answered for an hour after its time. */
const flashOpenMs = hourMs;

/** Playing, as the rules of docs/quiz.md say. `at` is always the business time at which the message was accepted. */
export function createPlaying(given: {
  answerLog: AnswerLog;
  /** Business time as it is, when a message is worked on later than it was accepted. */
  now?: () => number;
}) {
  const { answerLog, now = () => 0 } = given;
  /** What is sent now was not seen before now, whenever the letter came that it answers. */
  const sentAt = (at: number): number => Math.max(at, now());

  /** Opens the next question, or says why there is none. */
  function goOn(quiz: Quiz, play: Play, who: { pid: string; at: number }): { play: Play; next: Next } {
    const closed = whyClosed(quiz, who.at);
    if (closed) return { play: without(play), next: { kind: 'none', ...closed } };
    const last = isLastDay(quiz, play.on);
    const done = (why: 'failedLevel' | 'dayDone' | 'bankEmpty') => ({
      play: without(play),
      next: { kind: 'none' as const, why, last },
    });
    if (play.failedOn === play.on) return done('failedLevel');
    if (play.today.length >= quiz.perDay) return done('dayDone');
    const question = pickQuestion(quiz, who.pid, play);
    if (!question) return done('bankEmpty');
    const order = optionOrder(question, roundOf(quiz.id, who.pid, play.on));
    const open = { q: question.id, n: play.today.length + 1, order, sentAt: sentAt(who.at) };
    return { play: { ...play, open }, next: { kind: 'question', question: asAsked(quiz, question, open) } };
  }

  /** 「一戰到底」, 「繼續」: her open question again, or the next. */
  function start(quiz: Quiz, before: Play, who: { pid: string; at: number }): Step {
    const { left: _left, flash: _flash, ...hers } = before;
    const play = backToHers(today(hers, who.at), who.at);
    const open = whyLapsed(quiz, hers, who.at) ? undefined : play.open;
    const question = open && questionOf(quiz, open.q);
    // Asking for it again does not wind up its timer.
    if (open && question && isLate(quiz, open, who.at)) return runOut(quiz, play, { open, question }, who);
    if (open && question)
      return { kind: 'asked', play, question: asAsked(quiz, question, open), resumed: true };
    const { play: after, next } = goOn(quiz, without(play), who);
    return next.kind === 'question'
      ? { kind: 'asked', play: after, question: next.question, resumed: false }
      : { kind: 'stopped', play: after, next };
  }

  /** Her answer to the open question. Stored before anything is told about it. */
  async function answer(
    quiz: Quiz,
    before: Play,
    picked: Picked,
    who: { pid: string; at: number; id: string },
  ): Promise<Step> {
    const { open } = before;
    // 「3B」 while a 搶答題 stands before her: her own question, if one is open.
    if (before.flash && (picked.n === undefined || !open)) return answerFlash(quiz, before, picked, who);
    const question = open && questionOf(quiz, open.q);
    if (!open || !question) return start(quiz, before, who);
    const lapse = whyLapsed(quiz, before, who.at);
    if (lapse) {
      const { play, next } = goOn(quiz, without(today(before, who.at)), who);
      return { kind: 'lapsed', play, why: lapse, next };
    }
    const asked = asAsked(quiz, question, open);
    if (picked.n !== undefined && picked.n !== open.n)
      return { kind: 'otherQuestion', play: before, question: asked, n: picked.n };
    if (picked.position >= open.order.length)
      return { kind: 'noSuchOption', play: before, question: asked, n: null };
    const took = who.at - open.sentAt;
    if (took < tooFastMs || isMeantForFlash(open, who.at))
      return { kind: 'tooFast', play: before, question: asked, n: null };
    if (isLate(quiz, open, who.at)) return runOut(quiz, before, { open, question }, who);
    return place(
      quiz,
      before,
      { question, open, choice: open.order.at(picked.position) as number, took },
      who,
    );
  }

  /** Her time for a question is over: it counts as one of today's, and what is right may be told. */
  function runOut(
    quiz: Quiz,
    before: Play,
    { open, question }: { open: Open; question: Question },
    who: { pid: string; at: number },
  ): Step {
    const missed = counted(quiz, before, { q: open.q, ok: false });
    const { play, next } = goOn(quiz, without(missed.play), who);
    const told: Missed = {
      right: rightOf(question, open.order),
      explanation: question.explanation ?? '',
      level: before.level,
      levelRight: before.levelRight,
      levelPass: levelOf(quiz, before.level).pass,
      last: missed.last ?? null,
    };
    return { kind: 'outOfTime', play, missed: told, next };
  }

  /** Nobody can win it any more. */
  const isTaken = (quiz: Quiz, { id, quantity }: Prize): boolean =>
    givenOf(answerLog.state(quiz.id), id) >= quantity;

  const gone = (quiz: Quiz, placed: Placed): string[] =>
    goneOn(answerLog.state(quiz.id), quiz, placed).map(({ name }) => name);

  type Chosen = { question: Question; open: NonNullable<Play['open']>; choice: number; took: number };

  async function place(
    quiz: Quiz,
    before: Play,
    chosen: Chosen,
    who: { pid: string; at: number; id: string },
  ): Promise<Step> {
    const { question, open, choice, took } = chosen;
    const profile = question.kind === 'profile';
    const ok = profile || choice === question.right;
    const on = beijingDay(who.at);
    const bonus = before.firstOn === on ? 0 : quiz.firstBonus;
    const points = (ok ? quiz.pointsPerAnswer : 0) + bonus;
    const mine = counted(quiz, before, { q: open.q, ok });
    const entry: Entry = {
      k: `${roundOf(quiz.id, who.pid, on)}:${question.id}`,
      pid: who.pid,
      on,
      q: question.id,
      choice,
      ok,
      points,
      by: who.id,
      took,
      level: mine.play.level,
      ...(mine.last ? { last: mine.last } : {}),
    };
    const staff = quiz.staff.includes(who.pid);
    const placed = staff ? undefined : await answerLog.append(quiz.id, entry).catch(unlessOver);
    if (placed === 'over') {
      const over = { kind: 'none' as const, why: 'ended' as const };
      return { kind: 'lapsed', play: without(before), why: 'ended', next: over };
    }
    // Another message of hers may have answered it before: then only that one counts, in everything.
    const stored = placed?.entry ?? entry;
    const step = placed?.again ? counted(quiz, before, stored) : mine;
    const play = { ...step.play, firstOn: on, points: before.points + (staff ? 0 : stored.points) };
    const { play: after, next } = goOn(quiz, without(play), who);
    const level = levelOf(quiz, before.level);
    const result: Result = {
      ok: stored.ok,
      profile,
      attribute:
        profile && question.attribute && !placed?.again
          ? { name: question.attribute, value: question.options[choice] ?? '' }
          : undefined,
      right: rightOf(question, open.order),
      explanation: question.explanation ?? '',
      points: staff ? 0 : stored.points,
      bonus: staff ? 0 : Math.min(bonus, stored.points),
      total: play.points,
      floor: placed?.floor ?? null,
      again: placed?.again ?? false,
      level: before.level,
      levelAsked: before.levelAsked + 1,
      levelQuestions: level.questions,
      levelRight: before.levelRight + (stored.ok ? 1 : 0),
      levelPass: level.pass,
      last: step.last ?? null,
      wins: shownWins(quiz, placed),
      gone: placed ? gone(quiz, placed) : [],
    };
    return { kind: 'answered', play: after, result, next };
  }

  /** 「搶答」: the question for all, when its time has come. One try each, outside the daily count. */
  function startFlash(quiz: Quiz, before: Play, who: { pid: string; at: number }): Step {
    // A question of yesterday lapses here as everywhere: the new day would else take it for its own.
    const { left: _left, ...hers } = whyLapsed(quiz, before, who.at) ? without(before) : before;
    const play = today(hers, who.at);
    const times = flashTimes(quiz);
    const now = times.findLast(({ way }) => way.at <= who.at && who.at < way.at + flashOpenMs);
    const question = now && !whyClosed(quiz, who.at) ? questionOf(quiz, now.way.question) : undefined;
    const none = { kind: 'flashNone' as const, play, ...nextFlash(times, who.at) };
    if (!now || !question) {
      const before = times.findLast(({ way }) => way.at + flashOpenMs <= who.at)?.prize;
      const why = !before ? 'none' : isTaken(quiz, before) ? 'taken' : 'over';
      return { ...none, why, prize: before?.name ?? '' };
    }
    if (play.flashed?.includes(question.id)) return { ...none, why: 'tried' };
    const flash = {
      q: question.id,
      n: 0,
      order: optionOrder(question, roundOf(quiz.id, who.pid, 'flash')),
      sentAt: sentAt(who.at),
    };
    return {
      kind: 'flashAsked',
      play: { ...play, flash, ...(play.open ? { open: { ...play.open, aside: { from: who.at } } } : {}) },
      question: asAsked(quiz, question, flash),
      prize: now.prize.name,
      taken: isTaken(quiz, now.prize),
    };
  }

  async function answerFlash(
    quiz: Quiz,
    before: Play,
    picked: Picked,
    who: { pid: string; at: number; id: string },
  ): Promise<Step> {
    const { flash, ...rest } = before;
    const play = backToHers(rest, who.at);
    const question = flash && questionOf(quiz, flash.q);
    if (!flash || !question || !isFlashOpen(quiz, before, who.at)) return { ...noFlash, play };
    const asked = asAsked(quiz, question, flash);
    if (picked.position >= flash.order.length)
      return { kind: 'noSuchOption', play: before, question: asked, n: null };
    if (who.at - flash.sentAt < tooFastMs) return { kind: 'tooFast', play: before, question: asked, n: null };
    const choice = flash.order.at(picked.position) as number;
    const ok = choice === question.right;
    const right = { right: rightOf(question, flash.order), explanation: question.explanation ?? '' };
    if (quiz.staff.includes(who.pid))
      return {
        kind: 'flashAnswered',
        play,
        ok,
        again: false,
        wins: [],
        gone: [],
        first: false,
        ...right,
        points: 0,
        floor: null,
      };
    const entry: Entry = {
      k: `${roundOf(quiz.id, who.pid, 'flash')}:${question.id}`,
      pid: who.pid,
      on: beijingDay(who.at),
      q: question.id,
      choice,
      ok,
      points: ok ? quiz.pointsPerAnswer : 0,
      by: who.id,
      took: who.at - flash.sentAt,
      level: play.level,
      flash: true,
    };
    const placed = await answerLog.append(quiz.id, entry).catch(unlessOver);
    if (placed === 'over') return { ...noFlash, play };
    const points = placed.again ? 0 : placed.entry.points;
    const wins = shownWins(quiz, placed);
    return {
      kind: 'flashAnswered',
      play: { ...tried(play, question.id), points: play.points + points },
      ok: placed.entry.ok,
      again: placed.again,
      wins,
      gone: placed.again ? [] : gone(quiz, placed),
      first: wins.some((win) => win.why === 'first'),
      ...right,
      points,
      floor: placed.again ? null : placed.floor,
    };
  }

  /** 「跳過」: a question about herself may be left unanswered; it costs and earns nothing. */
  function skip(quiz: Quiz, before: Play, who: { pid: string; at: number }): Step {
    const { open } = before;
    if (!open) return start(quiz, before, who);
    const play = { ...without(before), seen: [...before.seen.filter((id) => id !== open.q), open.q] };
    return start(quiz, play, who);
  }

  return {
    start,
    startFlash,
    skip,
    answer,
    /** Where she stands, worked out from the answer log: for a newcomer, or one who left and came back. */
    async recall(quiz: Quiz, pid: string, at: number): Promise<Play> {
      let play: Play = { ...newPlay(at), on: '' };
      for (const { entry } of await answerLog.of(quiz.id, pid)) {
        const points = play.points + entry.points;
        play = entry.flash ? { ...tried(play, entry.q), points } : { ...recounted(play, entry), points };
      }
      return today(play, at);
    },
  };
}

const noFlash = { kind: 'flashNone' as const, why: 'none' as const, prize: '', next: null };

/** The 搶答題 of a quiz with what they are for, soonest first. */
const flashTimes = (quiz: Quiz) =>
  quiz.prizes
    .flatMap((prize) => (prize.way.kind === 'first' ? [{ prize, way: prize.way }] : []))
    .toSorted((a, b) => a.way.at - b.way.at);

const nextFlash = (times: ReturnType<typeof flashTimes>, at: number) => ({
  prize: '',
  next: times.find(({ way }) => way.at > at)?.way.at ?? null,
});

/** The 搶答題 before her can still be answered: it has its own hour, whichever day that ends on. */
export function isFlashOpen(quiz: Quiz, play: Play, at: number): boolean {
  const { flash } = play;
  const way = flash && flashTimes(quiz).find((one) => one.way.question === flash.q)?.way;
  if (!way || at >= way.at + flashOpenMs) return false;
  const lapse = whyLapsed(quiz, { ...play, open: flash }, at);
  return lapse === undefined || lapse === 'midnight';
}

/** She has had her try at a 搶答題. */
const tried = (play: Play, question: string): Play => ({
  ...play,
  flashed: [...(play.flashed ?? []).filter((id) => id !== question), question],
});

export type Playing = ReturnType<typeof createPlaying>;

/** The log was sealed: this process did not know yet that the quiz is being settled. */
function unlessOver(error: unknown): 'over' {
  if (error instanceof AppError && error.code === quizOver) return 'over';
  throw error;
}
