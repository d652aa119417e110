import type { TakenBy } from '../../campaigns/gate/findings';

type Answer = { file: string } | undefined;

/** Which handler file answers, as the bot knows it. */
type Answered = { exact(text: string): Answer; forClick(key: string): Answer };

/** The handler through which quizzes are played; its menu key is for a quiz to have. */
const own = 'handlers/quiz.ts';

/** What the code handlers answer by themselves: a quiz can have neither their words nor their menu keys. */
export const takenIn =
  (rules: Answered): TakenBy =>
  (what, how) => {
    if (how === 'says') return rules.exact(what)?.file;
    const file = rules.forClick(what)?.file;
    return file === own ? undefined : file;
  };
