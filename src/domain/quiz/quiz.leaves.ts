import { type Leaf, leaf, quoted, whole } from '../leaf';

/** A number of one quiz, by name; names of fields may hold no dots. */
export const inQuiz = (what: 'score' | 'level' | 'days', quiz: string): string =>
  `${what}_${quiz.replace(/[.$]/g, '_')}`;

export const quizLeaves: readonly Leaf[] = [
  leaf('played', '玩過活動{quiz}', { quiz: quoted() }, ({ quiz }) => ({ has: `played:${quiz}` })),
  leaf('finished', '在活動{quiz}通關', { quiz: quoted() }, ({ quiz }) => ({ has: `finished:${quiz}` })),
  leaf(
    'level',
    '在活動{quiz}到了第 {level} 關',
    { quiz: quoted(), level: whole(1, 1_000) },
    ({ quiz, level }) => ({
      number: inQuiz('level', quiz),
      from: level,
    }),
  ),
  leaf(
    'score',
    '在活動{quiz}至少 {points} 分',
    { quiz: quoted(), points: whole(1, 100_000_000) },
    ({ quiz, points }) => ({
      number: inQuiz('score', quiz),
      from: points,
    }),
  ),
  leaf(
    'days',
    '在活動{quiz}玩了至少 {days} 天',
    { quiz: quoted(), days: whole(1, 366) },
    ({ quiz, days }) => ({
      number: inQuiz('days', quiz),
      from: days,
    }),
  ),
];
