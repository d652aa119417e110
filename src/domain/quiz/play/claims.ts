import type { Rules } from '../../../bot/rules';

/** Who answers a text or a menu key already, by name. */
export type Claims = (what: string, how: 'says' | 'clicks') => string | undefined;

/** The handler through which quizzes are played; its menu key is for a quiz to have. */
const own = 'handlers/quiz.ts';

/** What the code handlers answer by themselves: a quiz can have neither their words nor their menu keys. */
export const claimsOf =
  (rules: Pick<Rules, 'exact' | 'forClick'>): Claims =>
  (what, how) => {
    if (how === 'says') return rules.exact(what)?.file;
    const file = rules.forClick(what)?.file;
    return file === own ? undefined : file;
  };
