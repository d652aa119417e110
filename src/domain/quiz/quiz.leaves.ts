import { dayOfNumber } from '../../kit/beijing';
import { type Leaf, leaf, quoted, whole } from '../leaf';

/** The level that somebody is at who has not passed all of them. */
export const levelToken = (quiz: string, level: number): string => `level:${quiz}=${level}`;
/** The last day on which she answered. */
export const answeredOnToken = (quiz: string, day: string): string => `answered:${quiz}=${day}`;
/** A day whose questions she is through with. */
export const dayDoneToken = (quiz: string, day: string): string => `day-done:${quiz}=${day}`;

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
  leaf(
    'at-level',
    '在活動{quiz}停在第 {level} 關',
    { quiz: quoted(), level: whole(1, 100) },
    ({ quiz, level }) => ({ has: levelToken(quiz, level) }),
  ),
  leaf(
    'not-passed',
    '在活動{quiz}還沒過第 {level} 關',
    { quiz: quoted(), level: whole(1, 100) },
    ({ quiz, level }) => ({ hasOne: Array.from({ length: level }, (_, n) => levelToken(quiz, n + 1)) }),
    [{ pattern: '玩過活動{quiz}還沒過第 {level} 關' }],
  ),
  leaf(
    'answered-within',
    '在活動{quiz} {days} 天內答過題',
    { quiz: quoted(), days: whole(1, 60) },
    ({ quiz, days }, { day }) => ({
      hasOne: Array.from({ length: days }, (_, n) => answeredOnToken(quiz, dayOfNumber(day - n))),
    }),
    [{ pattern: '今天在活動{quiz}答過題', given: { days: 1 } }],
  ),
  leaf('day-done', '今天在活動{quiz}答完一天的題', { quiz: quoted() }, ({ quiz }, { day }) => ({
    has: dayDoneToken(quiz, dayOfNumber(day)),
  })),
];
