/** Who answers a text or a menu key already, by name. */
export type TakenBy = (what: string, how: 'says' | 'clicks') => string | undefined;

/** The handler through which quizzes are played; its menu key is for a quiz to have. */
const own = 'handlers/quiz.ts';

type Rules = {
  exact(text: string): { file: string } | undefined;
  forClick(key: string): { file: string } | undefined;
};

/** What the code handlers answer by themselves: a quiz can have neither their words nor their menu keys. */
export const takenIn =
  (rules: Rules): TakenBy =>
  (what, how) => {
    if (how === 'says') return rules.exact(what)?.file;
    const file = rules.forClick(what)?.file;
    return file === own ? undefined : file;
  };
