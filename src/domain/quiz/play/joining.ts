import type { Awards } from '../../prizes/awards';
import type { Way } from '../../prizes/prize';
import type { Quiz } from '../definition';
import { type Placing, type RoundRow, type ScoreRow, streaksOf } from '../log/scores';

/** The first answer of a round: hers of that day, 搶答 aside. */
export type Began = { pid: string; on: string; floor: number; played: string[] };

/** The rounds that began with these answers, in order. `rows`: what the answers touched, as it is with them in it. */
export function begun(
  answers: Placing[],
  rows: { scores: Pick<ScoreRow, 'pid' | 'played'>[]; rounds: Pick<RoundRow, 'pid' | 'on' | 'answered'>[] },
): Began[] {
  const played = new Map(rows.scores.map((score) => [score.pid, score.played]));
  const keyOf = ({ pid, on }: { pid: string; on: string }) => `${pid} ${on}`;
  const first = new Map<string, { floor: number; count: number }>();
  for (const { entry, floor } of answers) {
    if (entry.flash) continue;
    const known = first.get(keyOf(entry));
    if (known) known.count++;
    else first.set(keyOf(entry), { floor, count: 1 });
  }
  return rows.rounds
    .flatMap(({ pid, on, answered }) => {
      const mine = first.get(keyOf({ pid, on }));
      // All that the round has came with these answers.
      return mine?.count === answered ? [{ pid, on, floor: mine.floor, played: played.get(pid) ?? [] }] : [];
    })
    .toSorted((a, b) => a.floor - b.floor);
}

/** Whether somebody who played on these days meets a participation prize. */
export const hasJoined = (
  { rounds = 0, daysInRow = 0 }: Extract<Way, { kind: 'participation' }>,
  days: string[],
): boolean => days.length >= rounds && streaksOf(days).bestStreak >= daysInRow;

/** Participation prizes are given the moment she meets them, in the order of the log, while stock lasts. */
export function createJoining(given: {
  awards: Pick<Awards, 'take'>;
  quizOf: (id: string) => Promise<Quiz>;
}) {
  return {
    /** Safe to repeat: a prize is hers once. Who finds the stock empty is looked at again in settlement. */
    async give(id: string, rounds: Began[]): Promise<void> {
      if (rounds.length === 0) return;
      const quiz = await given.quizOf(id);
      for (const { id: prize, way } of quiz.prizes) {
        if (way.kind !== 'participation') continue;
        for (const { pid, on, floor, played } of rounds) {
          const days = played.filter((day) => day <= on);
          if (!hasJoined(way, days) || hasJoined(way, days.slice(0, -1))) continue;
          const won = { prize, pid, on, floor, why: 'participation' as const, unit: pid };
          if ((await given.awards.take(quiz, won, { resume: true })).kind === 'soldOut') break;
        }
      }
    },
  };
}
