import type { Reply } from '../wechat/protocol/reply';
import type { Rule, Said } from './bot';
import type { Turn } from './turn';
import { explain } from './understanding/explain';
import type { Understood } from './understanding/understanding';
import type { Outcome } from './words';

/** What would come of a text. */
export type Tried = {
  /** A file, or `operator`; with `rule`, which of their rules. */
  by: string;
  rule: string | undefined;
  /** What she would read, the passive reply first; undefined: who answers does more than look something up, so it was not tried. */
  replies: Reply[] | undefined;
  /** How the sentence was understood, line by line. */
  how: string[];
};

/** Thrown in the place of a handler that must not run for a look. */
export class OnlyTried extends Error {
  override readonly name = 'OnlyTried';
}

/** It changes nothing, whoever asks: what is about a topic reads our tables, and others say so (`looksUp`). */
export const isLookup = (rule: Rule): boolean => rule.on === 'about' || rule.looksUp === true;

export async function wouldSay(
  turn: Turn,
  given: {
    answer: () => Promise<Said>;
    /** What a failing handler says. */
    failed: (error: unknown) => Said;
    say: (turn: Turn, said: Said) => Outcome;
    understand: () => Promise<Understood>;
  },
): Promise<Tried> {
  const said = await given
    .answer()
    .catch((error: unknown) => (error instanceof OnlyTried ? error : given.failed(error)));
  const { by, rule } = turn;
  const how = explain(turn.understood ?? (await given.understand()));
  if (said instanceof OnlyTried) return { by, rule, replies: undefined, how };
  const { reply, effects } = given.say(turn, said);
  const told = effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.reply] : []));
  return { by, rule, replies: [...(reply ? [reply] : []), ...told], how };
}
