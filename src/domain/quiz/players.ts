import { dayOfNumber } from '../../kit/beijing';
import type { Audience } from '../audience';
import type { Awards } from '../prizes/awards';
import type { Quiz } from './definition';
import { allGroups, type Group, groupsOf } from './groups';
import type { RoundRow, ScoreRow } from './log/scores';
import { answeredOnToken, dayDoneToken, inQuiz, levelToken, quizLeaves } from './quiz.leaves';

type Grouped = ScoreRow & { groups: string[] };

/** Everybody who took part in a quiz, with the groups they belong to. Who was disqualified belongs to none. */
export function createPlayers(given: {
  ranking: (quiz: string) => AsyncIterable<ScoreRow>;
  awards: Pick<Awards, 'find'>;
  rejected: (quiz: string) => Promise<Iterable<string>>;
  scoresOf: (pids: string[]) => Promise<ScoreRow[]>;
  levelsOf: (quiz: string) => number | undefined;
  /** Questions a day. */
  perDayOf: (quiz: string) => number | undefined;
  /** Rounds of one Beijing day. */
  roundsOn: (day: string, scores: Pick<ScoreRow, 'quiz' | 'pid'>[]) => Promise<RoundRow[]>;
}) {
  const { ranking, awards, rejected, scoresOf, levelsOf, perDayOf, roundsOn } = given;

  /** Through with a day: all its questions, or a level that she failed, which goes on tomorrow. */
  const isDone = ({ quiz, answered, failed }: RoundRow): boolean =>
    failed > 0 || answered >= (perDayOf(quiz) ?? Infinity);

  /** The best first, so the first who counts has the best score. */
  async function* of(quiz: Pick<Quiz, 'id' | 'levels' | 'prizes'>): AsyncGenerator<Grouped> {
    const out = new Set(await rejected(quiz.id));
    const prizesOf = new Map<string, string[]>();
    for await (const { pid, prize } of awards.find({
      campaign: quiz.id,
      state: { $nin: ['pending', 'void', 'expired'] },
    }))
      prizesOf.set(pid, [...(prizesOf.get(pid) ?? []), prize]);
    let best: number | undefined;
    for await (const score of ranking(quiz.id)) {
      if (out.has(score.pid)) continue;
      best ??= score.points;
      const prizes = prizesOf.get(score.pid) ?? [];
      yield { ...score, groups: groupsOf({ ...score, prizes }, { ...quiz, best }) };
    }
  }

  return {
    audience: {
      from: { group: '活動裡的', how: '答題的記錄' },
      leaves: quizLeaves,
      async facts(people, day) {
        const found = new Map<string, { tokens: string[]; numbers: Record<string, number> }>();
        const today = dayOfNumber(day);
        const scores = await scoresOf(people.map((one) => one.pid));
        for (const { pid, quiz, points, level, days, played } of scores) {
          const { tokens, numbers } = found.get(pid) ?? { tokens: [], numbers: {} };
          const last = played.at(-1);
          tokens.push(
            `played:${quiz}`,
            level > (levelsOf(quiz) ?? Infinity) ? `finished:${quiz}` : levelToken(quiz, level),
            ...(last === undefined ? [] : [answeredOnToken(quiz, last)]),
          );
          Object.assign(numbers, {
            [inQuiz('score', quiz)]: points,
            [inQuiz('level', quiz)]: level,
            [inQuiz('days', quiz)]: days,
          });
          found.set(pid, { tokens, numbers });
        }
        const playing = scores.filter(({ played }) => played.includes(today));
        for (const round of playing.length > 0 ? await roundsOn(today, playing) : [])
          if (isDone(round)) found.get(round.pid)?.tokens.push(dayDoneToken(round.quiz, today));
        return found;
      },
    } satisfies Audience,
    /** How many belong to each group, in the order of the list. */
    async counts(quiz: Pick<Quiz, 'id' | 'levels' | 'prizes'>): Promise<(Group & { people: number })[]> {
      const people = new Map<string, number>();
      for await (const { groups } of of(quiz))
        for (const name of groups) people.set(name, (people.get(name) ?? 0) + 1);
      const days = [...people.keys()].flatMap((name) => (name.startsWith('day-') ? [name.slice(4)] : []));
      return allGroups(quiz, days).map((group) => ({ ...group, people: people.get(group.name) ?? 0 }));
    },

    /** Those of one group, the best first. */
    async *in(quiz: Pick<Quiz, 'id' | 'levels' | 'prizes'>, name: string): AsyncGenerator<Grouped> {
      for await (const one of of(quiz)) if (one.groups.includes(name)) yield one;
    },
  };
}

export type Players = ReturnType<typeof createPlayers>;
