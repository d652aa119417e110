import type { Effect } from '../domain/outbox/outbox';
import type { FanChanges, Subscriber } from '../domain/subscribers/subscribers';
import type { Log } from '../kit/log';
import { inScript, type Script } from '../kit/text';
import { fitText, type Reply, replyProblem } from '../wechat/protocol/reply';
import type { Context, Said } from './bot';
import type { Rules } from './rules';
import type { Turn } from './turn';
import { writeWish } from './understanding/write';

/** What one message leads to. Nothing has been written or sent yet. */
export type Outcome = {
  reply: Reply | null;
  effects: Effect[];
  /** Awards that the reply tells her of. */
  carries: string[];
  changes: FanChanges;
  /** Letters of her mailbox that the reply carries. */
  takeMail: string[];
  /** Which rule answered, for the metrics: a file, `operator`, `form:<name>`, `nothing`. */
  by: string;
  /** What she was answered, in words that would be answered the same. */
  about?: string;
};

/** Makes of what a rule said the reply as she reads it: in her script, within WeChat's limits, her mail before it. */
export function createWords(given: {
  rules: Pick<Rules, 'takers'>;
  contextOf: (turn: Turn) => Context<unknown>;
  log: Log;
}) {
  const { rules, contextOf, log } = given;

  /** What takers say under the answer of another rule. */
  function remarksUnder(turn: Turn): string {
    if (turn.message.kind === 'leave' || turn.talk.form) return '';
    const lines = rules.takers
      .filter(({ file }) => !turn.taken || file !== turn.by)
      .flatMap(({ file, rule }) => rule.remark?.(contextOf(turn) as never, file === turn.by) ?? []);
    return lines.map((line) => `\n\n${line}`).join('');
  }

  function fitted(turn: Turn, reply: Reply): Reply {
    const whole: Reply =
      reply.kind === 'text'
        ? { kind: 'text', text: reply.text.trim() + asideUnder(turn) + remarksUnder(turn) }
        : reply;
    const inHers = scripted(whole, turn.script);
    const fitting: Reply = inHers.kind === 'text' ? { kind: 'text', text: fitText(inHers.text) } : inHers;
    const problem = replyProblem(fitting, turn.message.kind);
    if (problem)
      log.error({ inbox: turn.cause.id, by: turn.by, problem }, 'a reply breaks a limit of WeChat');
    return fitting;
  }

  return (turn: Turn, said: Said): Outcome => {
    const reply = said === undefined ? null : fitted(turn, asReply(said));
    const { changes, effects, carries, her, talk, talkBefore, script, by } = turn;
    for (const effect of effects) if (effect.kind === 'tell') effect.reply = scripted(effect.reply, script);
    // Something she said was understood: what she says next that is not stands alone again.
    if (!turn.missed && reply) delete talk.missed;
    if (JSON.stringify(talk) !== JSON.stringify(talkBefore)) changes.talk = talk;
    const [withLetters, takeMail] =
      reply?.kind === 'text' && her && her.mailbox.length > 0
        ? withMail(reply.text, her.mailbox)
        : [reply, []];
    const about = turn.want && writeWish(turn.want.topic, turn.want.wish);
    return { reply: withLetters, effects, carries, changes, takeMail, by, ...(about ? { about } : {}) };
  };
}

export const asReply = (said: string | Reply): Reply =>
  typeof said === 'string' ? { kind: 'text', text: said } : said;

/** How to go on with a form that this answer did not go to. */
const asideUnder = ({ aside, talk }: Turn): string =>
  aside && talk.form ? `\n\n（還差${aside}，回覆「繼續」接著填）` : '';

/** Templates are written in Traditional; what she reads is in her script. */
export function scripted(reply: Reply, script: Script): Reply {
  if (script === 'hant') return reply;
  if (reply.kind === 'text') return { kind: 'text', text: inScript(reply.text, script) };
  if (reply.kind !== 'news') return reply;
  const articles = reply.articles.map((article) => ({
    ...article,
    title: inScript(article.title, script),
    ...(article.description === undefined ? {} : { description: inScript(article.description, script) }),
  }));
  return { ...reply, articles };
}

/** As many letters as fit before the reply, oldest first; the rest wait for the next one. */
export function withMail(text: string, mailbox: Subscriber['mailbox']): [Reply, taken: string[]] {
  const words: string[] = [];
  const taken: string[] = [];
  for (const letter of mailbox) {
    if (Buffer.byteLength([...words, letter.text, text].join('\n\n')) > 2_000) break;
    words.push(letter.text);
    taken.push(letter.id);
  }
  return [{ kind: 'text', text: [...words, ...(text === '' ? [] : [text])].join('\n\n') }, taken];
}
