import type { QuizContent } from './definition';

export type Finding = { level: 'refuse' | 'warn'; rule: string; reason: string; where: string };

/** Facts from outside the quiz. */
export type Facts = {
  /** Codes that lie in store, by prize id. Absent: not asked. */
  codes?: ReadonlyMap<string, number>;
};

export function judge(_quiz: QuizContent, _facts: Facts = {}): Finding[] {
  return [];
}
