import { createHmac } from 'node:crypto';
import { fold } from '../../kit/text';
import type { Question, Quiz } from './definition';

export const letters = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

/** A number from words, the same on every run and every machine. */
const mark = (...parts: string[]): string =>
  createHmac('sha256', 'quiz').update(parts.join('\n')).digest('hex');

/**
 * The next question for a person: never one she had while others remain, in an order of her own, and by the quiz's mix of
 * difficulties. The same arguments give the same question, so a second run asks the same. Undefined: the bank is used up
 * for today.
 *
 * @param seen ids of the questions she has had, oldest first
 * @param today ids of those she has had today
 */
export function pickQuestion(
  quiz: Pick<Quiz, 'questions' | 'mix' | 'prizes'>,
  pid: string,
  { seen, today }: { seen: string[]; today: string[] },
): Question | undefined {
  const flash = new Set(flashQuestions(quiz));
  const bank = quiz.questions.filter((question) => !today.includes(question.id) && !flash.has(question.id));
  const fresh = bank.filter((question) => !seen.includes(question.id));
  if (fresh.length === 0) {
    const again = bank.filter((question) => question.kind !== 'profile');
    return again.toSorted((a, b) => seen.indexOf(a.id) - seen.indexOf(b.id))[0];
  }
  const wanted = difficultyDue(quiz, seen);
  const fitting = fresh.filter((question) => question.difficulty === wanted);
  const among = fitting.length > 0 ? fitting : fresh;
  return among.toSorted((a, b) => (mark(pid, a.id) < mark(pid, b.id) ? -1 : 1))[0];
}

/** Questions kept for 搶答: nobody meets them in her rounds. */
export const flashQuestions = (quiz: Pick<Quiz, 'prizes'>): string[] =>
  quiz.prizes.flatMap(({ way }) => (way.kind === 'first' ? [way.question] : []));

/** The difficulty that is furthest behind its share. */
function difficultyDue(quiz: Pick<Quiz, 'questions' | 'mix'>, seen: string[]): number | undefined {
  const shares = Object.entries(quiz.mix ?? {}).map(([difficulty, share]) => ({
    difficulty: Number(difficulty),
    share,
  }));
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  if (whole === 0) return undefined;
  const difficultyOf = new Map(quiz.questions.map((question) => [question.id, question.difficulty]));
  const behind = shares.map(({ difficulty, share }) => ({
    difficulty,
    lack:
      ((seen.length + 1) * share) / whole - seen.filter((id) => difficultyOf.get(id) === difficulty).length,
  }));
  return behind.toSorted((a, b) => b.lack - a.lack)[0]?.difficulty;
}

/** In which order she sees the options: indexes as written. 對 / 錯 keep theirs. */
export function optionOrder(question: Question, round: string): number[] {
  const order = question.options.map((_, i) => i);
  if (question.kind !== 'single') return order;
  return order.toSorted((a, b) =>
    mark(round, question.id, String(a)) < mark(round, question.id, String(b)) ? -1 : 1,
  );
}

/** What a text chooses: a position on her list, and the question it was meant for when she says so (「3B」). */
export type Picked = { position: number; n?: number };

/** Only A–F, 1–6, ①–⑥, Ａ–Ｆ, 選A, 3B are answers; undefined for everything else. */
export function readPick(text: string): Picked | undefined {
  const match = /^选?(?:(\d{1,3})?([a-f])|([1-6]))$/.exec(fold(text));
  if (!match) return undefined;
  const [, n, letter, digit] = match;
  const position = letter === undefined ? Number(digit) - 1 : letter.charCodeAt(0) - 97;
  return { position, ...(n === undefined ? {} : { n: Number(n) }) };
}
