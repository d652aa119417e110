import { type Rule as OperatorRule, repliesOf } from '../domain/replies/rule';
import type { Subscriber } from '../domain/subscribers/subscribers';
import { AppError } from '../errors';
import type { Clock } from '../kit/clock';
import type { Log } from '../kit/log';
import { fold, longestRead } from '../kit/text';
import type { Render } from '../render/render';
import type { Services } from '../services';
import type { Message } from '../wechat/protocol/inbound';
import { createAtDesk } from './at-desk';
import type { Fields, Form, Said } from './bot';
import { createFace } from './face';
import { createForms } from './forms';
import { createLists } from './lists';
import { createParams } from './params';
import type { Slot } from './patterns';
import type { Choice, Rules } from './rules';
import { createSuggest } from './suggest';
import { createThread } from './thread';
import { isLookup, OnlyTried, type Tried, wouldSay } from './trying';
import { type Cause, openTurn, type Turn, undo } from './turn';
import { createUnderstanding } from './understanding/understanding';
import { setAside } from './waiting';
import { createWords, type Outcome } from './words';

/** `redo` may lead to `redo`; a circle is a mistake in a handler. */
const deepest = 4;

/** From a message to its outcome: the open form, else the rule that is chosen, answers; the reply is made ready to be said. */
export function createDispatch(given: {
  rules: Rules;
  services: Services;
  render: Render;
  clock: Clock;
  log: Log;
}) {
  const { rules, services, render, clock, log } = given;
  const suggest = createSuggest(rules.keywords, (need) => services.offers.has(need, clock.now()));
  const lists = createLists({ render, clock, digitsTaken });
  const readParams = createParams({ services, render, choose: lists.choose });
  const forms = createForms({
    isCommand,
    formOf,
    render,
    clock,
    finish: (turn, form, answers) => form.run(face.contextWith(turn, answers) as never),
  });
  const face = createFace({ services, render, clock, lists, open: forms.open, again, pass, suggest });
  const understanding = createUnderstanding(rules.topics, services);
  const thread = createThread({
    rules,
    services,
    render,
    understanding,
    lists,
    run: runWant,
    notYet: face.notYet,
  });
  const atDesk = createAtDesk({ rules, services, render });
  const say = createWords({ rules, contextOf: face.contextOf, log });

  /** Answers one message. Throws only when the database does: the sender repeats, and the row waits for it. */
  async function run(received: Message, her: Subscriber | undefined, cause: Cause): Promise<Outcome> {
    const { defaultScript } = services;
    const turn = openTurn({ received, her, cause, now: clock.now(), defaultScript });
    return (await atDesk(turn)) ?? say(turn, await answered(turn));
  }

  /**
   * Who would answer a text of somebody nobody knows, and what he would say: lookups and operators' rules are carried out, as they change
   * nothing; of everything else only the file is told.
   */
  async function tryOut(text: string): Promise<Tried> {
    const turn = turnOf(text);
    turn.trying = true;
    return wouldSay(turn, {
      answer: () => fromText(turn, text),
      failed: (error) => explain(turn, error),
      say,
      understand: () => understanding.understand(text, { at: turn.cause.at, before: async () => undefined }),
    });
  }

  /** The file that answers a text before any operator's rule is asked: by its own words, or since data takes it. */
  function comesFirst(text: string): string | undefined {
    return (takenBy(turnOf(text)) ?? rules.forText(text))?.file;
  }

  function turnOf(text: string): Turn {
    const at = clock.now();
    const nobody = { openid: 'nobody', account: '', identity: 'try', at: Math.floor(at / 1_000) };
    const received: Message = { ...nobody, kind: 'text', content: text };
    const { defaultScript } = services;
    return openTurn({ received, her: undefined, cause: { id: 'try', at }, now: at, defaultScript });
  }

  async function answered(turn: Turn): Promise<Said> {
    try {
      return (await forms.answer(turn)) ?? (await fromRules(turn));
    } catch (error) {
      return explain(turn, error);
    }
  }

  /** A failing handler costs her one sentence, not the silence of the account. A failing or busy database is the sender's to repeat. */
  function explain(turn: Turn, error: unknown): Said {
    if (error instanceof Error && error.name.startsWith('Mongo')) throw error;
    if (error instanceof AppError && error.again) throw error;
    log.error({ err: error, inbox: turn.cause.id, by: turn.by }, 'a handler failed');
    undo(turn, clock.now());
    return render('trouble', {
      sentence: error instanceof AppError && error.for === 'fan' ? error.message : '',
    });
  }

  async function fromRules(turn: Turn): Promise<Said> {
    const { message } = turn;
    switch (message.kind) {
      case 'text':
        return fromText(turn, message.content);
      case 'click':
        return (
          call(turn, rules.forClick(message.key)) ??
          fromOperator(turn, services.replies.compiled().click(message.key, clock.now())) ??
          fromTakers(turn) ??
          otherwise(turn)
        );
      case 'follow': {
        const channel =
          message.scene === undefined ? undefined : await call(turn, rules.forScan(message.scene));
        return channel ?? call(turn, rules.follows);
      }
      case 'scan':
        return call(turn, rules.forScan(message.scene));
      case 'leave':
        return call(turn, rules.leaves);
      default:
        return call(turn, rules.forKind(message.kind)) ?? (isSent(message) ? otherwise(turn) : undefined);
    }
  }

  /** The open list's numbers and labels, then exact → pattern → RegExp → kind → operators' own rules → otherwise. */
  async function fromText(turn: Turn, content: string): Promise<Said> {
    const taken = fromTakers(turn);
    if (taken) return taken;
    const chosen = lists.chosen(turn, content);
    if (chosen !== undefined) return again(turn, chosen);
    return call(turn, rules.forText(content) ?? rules.forKind('text')) ?? pass(turn);
  }

  /** Data decides: an open question, a campaign's keyword or menu key. */
  function fromTakers(turn: Turn): Promise<Said> | undefined {
    const found = takenBy(turn);
    if (!found) return undefined;
    turn.by = found.file;
    if (turn.trying) throw new OnlyTried(found.file);
    turn.taken = true;
    // What data took may ask something too, and 「1」 would be an answer to both: the form is gone on with by its own word.
    if (turn.talk.form?.keeps) setAside(turn.talk);
    return Promise.resolve(found.rule.run(face.contextWith(turn, found.taken) as never));
  }

  function takenBy(turn: Turn) {
    for (const { file, rule } of rules.takers) {
      const taken = rule.take(face.contextOf(turn) as never);
      if (taken !== undefined) return { file, rule, taken };
    }
    return undefined;
  }

  /** Somebody else's word, though the open form could take any text: a keyword, a pattern whose places hold names, what data takes. */
  function isCommand(turn: Turn, text: string): boolean {
    const choice = rules.forText(text);
    return (choice?.slots.every(isNamed) ?? false) || takenBy(turn) !== undefined;
  }

  /** A city stands in the place of one, a campaign in that of a title; anything may be a name. */
  function isNamed({ kind, raw }: Slot): boolean {
    if (kind === 'city') return services.cities.find(raw).kind === 'one';
    return kind !== 'title' || services.campaigns.named(raw) !== undefined;
  }

  function formOf(turn: Turn, name: string): Form<Fields> | undefined {
    const declared = rules.form(name);
    if (declared) return declared;
    for (const make of rules.makers) {
      const made = make(face.contextOf(turn) as never, name);
      if (made) return made;
    }
    return undefined;
  }

  function digitsTaken(turn: Turn): boolean {
    return rules.takers.some(({ rule }) => rule.digits?.(face.contextOf(turn) as never));
  }

  /** As if she had said this; an open list is used up. */
  async function again(turn: Turn, says: string): Promise<Said> {
    const text = says.slice(0, longestRead);
    turn.depth++;
    if (turn.depth > deepest)
      throw new AppError(
        'Invalid',
        'bot.redo-circle',
        `Handlers redo each other in a circle, last with 「${text}」.`,
      );
    delete turn.talk.choices;
    turn.message = { ...turn.message, kind: 'text', content: text } as Message;
    turn.context = undefined;
    return fromTakers(turn) ?? call(turn, rules.forText(text)) ?? pass(turn);
  }

  /** No rule in a file answers: the operators' own, then `otherwise`. */
  async function pass(turn: Turn): Promise<Said> {
    if (turn.message.kind !== 'text') return otherwise(turn);
    const rule = services.replies.compiled().find(fold(turn.message.content), clock.now());
    return fromOperator(turn, rule) ?? (await thread.answer(turn)) ?? otherwise(turn);
  }

  function fromOperator(
    turn: Turn,
    found: { rule: Pick<OperatorRule, '_id' | 'replies' | 'mode'> } | undefined,
  ): Said {
    if (!found) return undefined;
    const [first, ...more] = repliesOf(found.rule, turn.cause.id);
    if (first) turn.by = 'operator';
    if (first) turn.rule = found.rule._id;
    for (const reply of more) turn.effects.push({ kind: 'tell', reply });
    return first;
  }

  const otherwise = (turn: Turn): Promise<Said> | undefined => call(turn, rules.otherwise);

  function call(turn: Turn, choice: Choice | undefined): Promise<Said> | undefined {
    if (!choice) return undefined;
    turn.by = choice.file;
    if (turn.trying && !isLookup(choice.rule)) throw new OnlyTried(choice.file);
    return runChoice(turn, choice);
  }

  async function runChoice(turn: Turn, choice: Choice): Promise<Said> {
    const { rule, slots, groups } = choice;
    if (rule.on === 'about') {
      // More than a name stands in the place of one: 「明天杭州」.
      const more = slots.find(
        ({ kind, raw }) => kind === 'city' && services.cities.find(raw).kind === 'none',
      );
      if (more) {
        const said = await thread.answer(turn, more.raw);
        if (said !== undefined) return said;
      }
      turn.by = choice.file;
    }
    if (groups) return rule.run(face.contextWith(turn, groups) as never);
    const read = readParams(turn, slots);
    if ('asked' in read) return read.asked;
    if (rule.on === 'about') return runWant(turn, choice, read.params);
    return rule.run(face.contextWith(turn, read.params) as never);
  }

  /** A handler is given what she wants, and what it is about is kept for what she says next. */
  function runWant(
    turn: Turn,
    { rule, file }: Choice,
    params: Record<string, unknown>,
  ): Promise<Said> | Said {
    turn.by = file;
    if (rule.on === 'about' && rule.topic.takes.length > 0) {
      const said = Object.entries(params).filter(([thing, value]) => thing !== 'rest' && value !== undefined);
      turn.want = { topic: rule.topic, wish: Object.fromEntries(said) };
    }
    return rule.run(face.contextWith(turn, params) as never);
  }

  return { run, tryOut, comesFirst };
}

export type Dispatch = ReturnType<typeof createDispatch>;

/** She sent it, so she waits for an answer. Other events have one only where a handler wants it. */
const isSent = ({ kind }: Message): boolean =>
  ['sticker', 'image', 'voice', 'video', 'shortvideo', 'location', 'link', 'file'].includes(kind);
