import type { Awards } from '../prizes/awards';
import type { Quiz } from './definition';
import { allGroups, type Group, groupsOf } from './groups';
import type { ScoreRow } from './log/scores';

type Grouped = ScoreRow & { groups: string[] };

/** Everybody who took part in a quiz, with the groups they belong to. Who was disqualified belongs to none. */
export function createPlayers(given: {
  ranking: (quiz: string) => AsyncIterable<ScoreRow>;
  awards: Pick<Awards, 'find'>;
  rejected: (quiz: string) => Promise<Iterable<string>>;
}) {
  const { ranking, awards, rejected } = given;

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
