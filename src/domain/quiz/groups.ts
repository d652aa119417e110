import type { Prize } from '../prizes/prize';
import type { Quiz } from './definition';
import type { ScoreRow } from './log/scores';

/**
 * Who belongs together after a quiz, for what is said to them next: by how far they came, how well, on which days and what
 * they won. Pure: a name of a group and a person in, yes or no out; whoever builds segments asks the same rule.
 */
export type Player = Pick<ScoreRow, 'points' | 'level' | 'played'> & {
  /** Ids of the prizes she has: won, and neither void nor expired. */
  prizes: string[];
};
type Played = Pick<Quiz, 'levels'> & {
  prizes: Pick<Prize, 'id' | 'name'>[];
  /** The best score of all who count. */
  best: number;
};
export type Group = { name: string; label: string };

/** Quarters of the best score, from below. */
const bands = [0.25, 0.5, 0.75, 1] as const;
const percent = (share: number): string => `${share * 100}%`;

/** All groups that there may be, in the order in which they are listed. `days`: those on which anybody played. */
export function allGroups({ prizes }: Pick<Played, 'prizes'>, days: string[]): Group[] {
  return [
    { name: 'played', label: '玩過' },
    { name: 'finished', label: '通關：最後一關也過了' },
    { name: 'unfinished', label: '沒有通關' },
    ...bands.map((to, i) => ({
      name: `band-${i + 1}`,
      label: `積分在最高分的 ${percent(bands[i - 1] ?? 0)} 到 ${percent(to)}`,
    })),
    { name: 'won', label: '得過獎' },
    { name: 'won-nothing', label: '沒有得獎' },
    ...prizes.map(({ id, name }) => ({ name: `prize-${id}`, label: `得到「${name}」` })),
    ...days.toSorted().map((day) => ({ name: `day-${day}`, label: `${day} 玩過` })),
  ];
}

/** The names of the groups that somebody who played belongs to. */
export function groupsOf({ points, level, played, prizes }: Player, { levels, best }: Played): string[] {
  const band = bands.findIndex((to) => points <= best * to);
  return [
    'played',
    // `level` is the one she is on; those below it she passed.
    level > levels.length ? 'finished' : 'unfinished',
    `band-${(band < 0 ? bands.length - 1 : band) + 1}`,
    prizes.length > 0 ? 'won' : 'won-nothing',
    ...new Set(prizes.map((id) => `prize-${id}`)),
    ...played.map((day) => `day-${day}`),
  ];
}
