import type { Rules } from '../../bot/rules';
import type { Claims } from './campaigns';

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
