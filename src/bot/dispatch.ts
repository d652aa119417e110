import type { City } from '../domain/cities/cities';
import type { Found, Split } from '../domain/cities/gazetteer';
import type { Effect } from '../domain/outbox/outbox';
import { type Rule as OperatorRule, repliesOf } from '../domain/replies/rule';
import type { FanChanges, Subscriber } from '../domain/subscribers/subscribers';
import type { Talk } from '../domain/subscribers/talk';
import { AppError } from '../errors';
import type { Clock } from '../kit/clock';
import type { Log } from '../kit/log';
import { fold, inScript, longestRead, type Script, scriptOf } from '../kit/text';
import type { RenderData } from '../render/render';
import type { Services } from '../services';
import type { Message } from '../wechat/protocol/inbound';
import { fitText, pagesOf, type Reply, replyProblem } from '../wechat/protocol/reply';
import type { Context, Fan, Fields, Form, Said } from './bot';
import type { Choice, Rules, Slot } from './rules';
import { createSuggest } from './suggest';

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
};

/** A handler's context without what differs from rule to rule. */
type Face = Omit<Context<unknown>, keyof Services | 'params' | 'message'>;

type Render = (name: string, data?: RenderData) => Reply;

/** Lists and 「更多」 are forgotten after ten minutes, a form after half an hour of silence. */
const listMs = 10 * 60_000;
const formMs = 30 * 60_000;
const mostChoices = 9;
/** Leaves room in a reply for how to go on and the line under it. */
const pageBytes = 1_750;
/** `redo` may lead to `redo`; a circle is a mistake in a handler. */
const deepest = 4;

export function createDispatch(given: {
  rules: Rules;
  services: Services;
  render: Render;
  clock: Clock;
  log: Log;
}) {
  const { rules, services, render, clock, log } = given;
  const suggest = createSuggest(rules.keywords, (need) => services.offers.has(need, clock.now()));
  /** Menu taps that operators' old rules answer, and everything else they claim. */
  const claimed = (text: string): string | undefined => rules.forText(text)?.file;

  /** Answers one message. Throws only when the database does: the sender repeats, and the row waits for it. */
  async function run(
    received: Message,
    her: Subscriber | undefined,
    cause: { id: string; at: number },
  ): Promise<Outcome> {
    const message = readable(received);
    const turn = openTurn(message, her, cause);
    const said = await answered(turn, message);
    return finish(turn, said);
  }

  type Turn = ReturnType<typeof openTurn>;

  function openTurn(message: Message, her: Subscriber | undefined, cause: { id: string; at: number }) {
    const detected = message.kind === 'text' && !her?.scriptChosen ? scriptOf(message.content) : undefined;
    const changes: FanChanges = {};
    const script: Script = detected ?? her?.script ?? services.defaultScript;
    if (detected && her && her.script !== detected) changes.script = detected;
    return {
      message,
      her,
      cause,
      script,
      changes,
      talk: freshTalk(her?.talk ?? {}),
      talkBefore: her?.talk ?? {},
      effects: [] as Effect[],
      carries: [] as string[],
      depth: 0,
      by: 'nothing',
      /** The form that was open when she spoke and that this answer did not go to. */
      aside: undefined as string | undefined,
      /** What every rule that is asked in this turn is given. */
      face: undefined as Face | undefined,
    };
  }

  /** Forgets what is too old to be meant. */
  function freshTalk(talk: Talk): Talk {
    const now = clock.now();
    const fresh: Talk = {};
    if (talk.form && now - talk.form.at < formMs) fresh.form = talk.form;
    if (talk.choices && now - talk.choices.at < listMs) fresh.choices = talk.choices;
    if (talk.more && now - talk.more.at < listMs) fresh.more = talk.more;
    if (talk.quiz) fresh.quiz = talk.quiz;
    if (talk.told) fresh.told = talk.told;
    return fresh;
  }

  async function answered(turn: Turn, message: Message): Promise<Said> {
    try {
      return (await fromForm(turn, message)) ?? (await fromRules(turn, message));
    } catch (error) {
      return explain(turn, error);
    }
  }

  /** A failing handler costs her one sentence, not the silence of the account. A failing or busy database is the sender's to repeat. */
  function explain(turn: Turn, error: unknown): Said {
    if (error instanceof Error && error.name.startsWith('Mongo')) throw error;
    if (error instanceof AppError && error.again) throw error;
    if (error instanceof AppError && error.code === 'SAY') return (error.details as { said: Said }).said;
    log.error({ err: error, inbox: turn.cause.id, by: turn.by }, 'a handler failed');
    // What it meant to change goes with it: she stands where she stood before she spoke.
    turn.talk = freshTalk(turn.talkBefore);
    turn.changes = {};
    turn.effects = [];
    turn.carries = [];
    return render('trouble', {
      sentence: error instanceof AppError && isChinese(error.message) ? error.message : '',
    });
  }

  // -- forms -----------------------------------------------------------------------------------------------------

  async function fromForm(turn: Turn, message: Message): Promise<Said> {
    const open = turn.talk.form;
    const form = open && (rules.form(open.name) as Form<Fields> | undefined);
    if (!open || !form) return undefined;
    const field = form.fields[open.field];
    if (!field) return undefined;
    const said = message.kind === 'text' ? fold(message.content) : '';
    if (said === '取消') {
      delete turn.talk.form;
      turn.by = `form:${form.name}`;
      return render('form-cancelled');
    }
    if (said === '继续') {
      turn.by = `form:${form.name}`;
      return field.question;
    }
    turn.aside = field.short;
    if (field.open && message.kind === 'text' && rules.exact(message.content)) return undefined;
    const read = field.read(message, clock.now());
    if (!read) return undefined;
    turn.aside = undefined;
    turn.by = `form:${form.name}`;
    if ('no' in read) return read.no;
    return answerField(turn, form, { ...open.answers, [open.field]: read.value });
  }

  async function answerField(
    turn: Turn,
    form: Form<Fields>,
    answers: Record<string, unknown>,
  ): Promise<Said> {
    const next = Object.keys(form.fields).find((name) => !(name in answers));
    if (next !== undefined) {
      turn.talk.form = { name: form.name, field: next, answers, at: clock.now() };
      return form.fields[next]?.question;
    }
    delete turn.talk.form;
    return form.run(contextOf(turn, turn.message, answers) as never);
  }

  // -- rules -----------------------------------------------------------------------------------------------------

  async function fromRules(turn: Turn, message: Message): Promise<Said> {
    switch (message.kind) {
      case 'text':
        return fromText(turn, message.content);
      case 'click':
        return (
          call(turn, rules.forClick(message.key)) ??
          fromOperator(turn, services.replies.compiled().click(message.key, clock.now())) ??
          fromQuizKey(turn, message.key) ??
          otherwise(turn)
        );
      case 'scan':
        return call(turn, rules.forScan(message.scene));
      case 'follow': {
        const channel =
          message.scene === undefined ? undefined : await call(turn, rules.forScan(message.scene));
        return channel ?? call(turn, rules.follows);
      }
      case 'leave':
        return call(turn, rules.leaves);
      case 'image':
      case 'voice':
      case 'video':
      case 'shortvideo':
      case 'location':
      case 'link':
      case 'file':
        return call(turn, rules.forKind(message.kind)) ?? otherwise(turn);
      default:
        // Events that nobody typed: an answer only where a handler wants one.
        return call(turn, rules.forKind(message.kind));
    }
  }

  /** The open list's numbers and labels, then exact → pattern → RegExp → kind → operators' own rules → otherwise. */
  async function fromText(turn: Turn, content: string): Promise<Said> {
    const taken = fromClaims(turn);
    if (taken) return taken;
    const chosen = fromChoices(turn, content);
    if (chosen !== undefined) return again(turn, chosen);
    const choice = rules.forText(content);
    if (choice) return call(turn, choice);
    const kind = rules.forKind('text');
    if (kind) return call(turn, kind);
    return pass(turn);
  }

  function fromClaims(turn: Turn): Promise<Said> | undefined {
    for (const { file, rule } of rules.claimers) {
      const what = rule.claim(contextOf(turn, turn.message, {}) as never);
      if (what === undefined) continue;
      turn.by = file;
      return Promise.resolve(rule.run(contextOf(turn, turn.message, what) as never));
    }
    return undefined;
  }

  function fromChoices(turn: Turn, content: string): string | undefined {
    const { choices } = turn.talk;
    if (!choices) return undefined;
    const said = fold(content);
    const index = choices.labels.findIndex((label, i) => String(i + 1) === said || fold(label) === said);
    return index < 0 ? undefined : choices.says[index];
  }

  /** As if she had said this; an open list is used up. */
  function again(turn: Turn, says: string): Promise<Said> {
    const text = says.slice(0, longestRead);
    turn.depth++;
    if (turn.depth > deepest)
      throw new AppError(
        'Invalid',
        'REDO_CIRCLE',
        `Handlers redo each other in a circle, last with 「${text}」.`,
      );
    delete turn.talk.choices;
    turn.message = { ...turn.message, kind: 'text', content: text } as Message;
    const choice = rules.forText(text);
    return fromClaims(turn) ?? (choice ? Promise.resolve(call(turn, choice)) : pass(turn));
  }

  /** No rule in a file answers: the operators' own, then `otherwise`. */
  async function pass(turn: Turn): Promise<Said> {
    if (turn.message.kind !== 'text') return otherwise(turn);
    const rule = services.replies.compiled().find(fold(turn.message.content), clock.now());
    return fromOperator(turn, rule) ?? otherwise(turn);
  }

  function fromOperator(
    turn: Turn,
    found: { rule: Pick<OperatorRule, 'replies' | 'mode'> } | undefined,
  ): Said {
    if (!found) return undefined;
    const [first, ...more] = repliesOf(found.rule, turn.cause.id);
    if (first) turn.by = 'operator';
    for (const reply of more) turn.effects.push({ kind: 'tell', reply });
    return first;
  }

  /** The button that a marketer gave a quiz: as if she had said its keyword. */
  function fromQuizKey(turn: Turn, key: string): Promise<Said> | undefined {
    const [keyword] = services.campaigns.byMenuKey(key, turn.cause.at)?.keywords ?? [];
    return keyword === undefined ? undefined : again(turn, keyword);
  }

  const otherwise = (turn: Turn): Promise<Said> | undefined => call(turn, rules.otherwise);

  function call(turn: Turn, choice: Choice | undefined): Promise<Said> | undefined {
    if (!choice) return undefined;
    turn.by = choice.file;
    return runChoice(turn, choice);
  }

  async function runChoice(turn: Turn, choice: Choice): Promise<Said> {
    const params = choice.groups ?? (await readSlots(turn, choice));
    return choice.rule.run(contextOf(turn, turn.message, params) as never);
  }

  // -- parameters ------------------------------------------------------------------------------------------------

  /** Looks up typed placeholders; asks back by throwing what is to be said. */
  async function readSlots(turn: Turn, choice: Choice): Promise<Record<string, unknown>> {
    const params: Record<string, unknown> = {};
    for (let i = 0; i < choice.slots.length; i++) {
      const slot = choice.slots[i] as Slot;
      const next = choice.slots[i + 1];
      if (next?.joined && (slot.kind === 'city') !== (next.kind === 'city')) {
        const [place, other] = slot.kind === 'city' ? [slot, next] : [next, slot];
        const split = services.cities.split(wordsIn(turn, slot.from, next.to));
        params[place.name] = theCity(turn, split, { ...place, from: slot.from, to: next.to });
        params[other.name] = split.rest;
        i++;
      } else {
        params[slot.name] = valueOf(turn, slot);
      }
    }
    return params;
  }

  function valueOf(turn: Turn, slot: Slot): unknown {
    switch (slot.kind) {
      case 'city':
        return theCity(turn, cityIn(slot.raw), slot);
      case 'page':
        return pageIn(slot.raw);
      default:
        return slot.raw;
    }
  }

  const wordsIn = (turn: Turn, from: number, to: number): string =>
    turn.message.kind === 'text' ? turn.message.content.slice(from, to) : '';

  /** A city's name, else the name within her words: 「今天杭州」. */
  function cityIn(words: string): Found {
    const found = services.cities.find(words);
    if (found.kind !== 'none') return found;
    const split = services.cities.split(words);
    return split.kind === 'none' ? found : split;
  }

  /** One city; else ends the handler with a question. `slot` says where in her text the city and `rest` stand. */
  function theCity(
    turn: Turn,
    found: Found | Split,
    slot: Pick<Slot, 'optional' | 'from' | 'to'>,
  ): City | undefined {
    if (found.kind === 'one') return found.city;
    const cities = found.kind === 'several' ? found.cities : found.near;
    if (cities.length === 0 && slot.optional) return undefined;
    const rest = found.kind === 'several' && 'rest' in found ? found.rest : '';
    const words = wordsIn(turn, slot.from, slot.to);
    const typed = rest === '' ? words : words.replace(rest, '').trim();
    const [before, after] = [wordsIn(turn, 0, slot.from), wordsIn(turn, slot.to, Infinity)];
    const options = cities.slice(0, mostChoices).map((city) => ({
      label: services.cities.fullName(city),
      says: `${before}${city.name}${rest}${after}`,
    }));
    const prompt = render(found.kind === 'several' ? 'which-city' : 'unknown-city', {
      typed,
      near: options.length > 0,
      ...services.offers.now(turn.cause.at),
    });
    throw saying(choose(turn, prompt, options));
  }

  // -- what a handler is given -------------------------------------------------------------------------------------

  function choose(turn: Turn, asked: string | Reply, options: { label: string; says: string }[]): string {
    const said = asReply(asked);
    const prompt = said.kind === 'text' ? said.text : '';
    if (options.length === 0) return prompt;
    turn.talk.choices = {
      labels: options.map((one) => one.label),
      says: options.map((one) => one.says),
      at: clock.now(),
    };
    // With a question open, bare digits are its answers.
    const digits = !turn.talk.quiz?.open;
    return [
      prompt.trimEnd(),
      ...options.map(({ label }, i) => `${digits ? `${i + 1}.` : '·'} ${label}`),
      digits ? '（回覆數字就行）' : '（回覆名字就行）',
    ].join('\n');
  }

  function more(turn: Turn, says: string | undefined): void {
    if (says === undefined) delete turn.talk.more;
    else turn.talk.more = { says, at: clock.now() };
  }

  function contextOf(turn: Turn, message: Message, params: unknown): Context<unknown> {
    turn.face ??= faceOf(turn);
    return Object.assign(Object.create(services) as Services, turn.face, { params, message });
  }

  /** Made once a turn, though several rules may be asked: a dozen closures. */
  function faceOf(turn: Turn): Face {
    return {
      fan: fanOf(turn),
      id: turn.cause.id,
      at: turn.cause.at,
      render,
      tell: (...said: (string | Reply)[]) => {
        for (const one of said) turn.effects.push({ kind: 'tell', reply: asReply(one) });
      },
      later: (job: string, data: Record<string, unknown>) =>
        void turn.effects.push({ kind: 'later', job, data }),
      carries: (award: string) => void turn.carries.push(award),
      redo: (text: string) => again(turn, text),
      pass: () => pass(turn),
      choose: (prompt: string | Reply, options: { label: string; says: string }[]) =>
        choose(turn, prompt, options),
      notYet: (what: string, city?: City) => {
        const about = city ? services.offers.asks(city) : [];
        const options = about.length > 0 ? about : services.offers.asks(undefined);
        return choose(turn, render('not-yet', { what, also: options.length > 0 }), options);
      },
      more: (text: string | undefined) => more(turn, text),
      paged: (whole: Reply, page: number | undefined, asks: (n: number) => string) => {
        if (whole.kind !== 'text') return whole;
        const pages = pagesOf(whole.text, pageBytes);
        const n = Math.min(pages.length, page ?? 1);
        more(turn, n < pages.length ? asks(n + 1) : undefined);
        return render('page', { text: pages[n - 1] ?? '', page: n, pages: pages.length });
      },
      ask: (form: Form<Fields>) => {
        const [first = ''] = Object.keys(form.fields);
        turn.talk.form = { name: form.name, field: first, answers: {}, at: clock.now() };
        return form.fields[first]?.question ?? '';
      },
      suggest,
    };
  }

  function fanOf(turn: Turn): Fan {
    const { her, changes } = turn;
    const cityId = () => changes.cityId ?? her?.cityId;
    return {
      key: her?._id ?? services.subscribers.fanOf(turn.message.openid),
      pid: her?.pid ?? '',
      get script() {
        return turn.script;
      },
      get city() {
        const id = cityId();
        return id === undefined ? undefined : services.cities.get(id);
      },
      get spot() {
        return changes.spot ?? her?.spot;
      },
      get next() {
        return turn.talk.more?.says;
      },
      get play() {
        return turn.talk.quiz;
      },
      set play(play) {
        if (play) turn.talk.quiz = play;
        else delete turn.talk.quiz;
      },
      firstToday(name) {
        const on = clock.day(turn.cause.at);
        if (turn.talk.told?.[name] === on) return false;
        turn.talk.told = { ...turn.talk.told, [name]: on };
        return true;
      },
      firstTime(name) {
        const known = her?.once.includes(name) || changes.once?.includes(name);
        if (!known) changes.once = [...(changes.once ?? []), name];
        return !known;
      },
      remember({ city, spot, script }) {
        if (city && city.id !== cityId()) changes.cityId = city.id;
        if (spot) changes.spot = spot;
        if (script) {
          changes.script = script;
          changes.scriptChosen = true;
          turn.script = script;
        }
      },
    };
  }

  // -- the outcome -----------------------------------------------------------------------------------------------

  function finish(turn: Turn, said: Said): Outcome {
    const { changes, effects, carries, her } = turn;
    let reply = said === undefined ? null : fitted(turn, asReply(said));
    for (const effect of effects)
      if (effect.kind === 'tell') effect.reply = scripted(effect.reply, turn.script);
    if (!sameTalk(turn.talk, turn.talkBefore)) changes.talk = turn.talk;
    const takeMail: string[] = [];
    if (reply?.kind === 'text' && her && her.mailbox.length > 0)
      reply = withMail(reply.text, her.mailbox, takeMail);
    return { reply, effects, carries, changes, takeMail, by: turn.by };
  }

  /** One line that a claimer adds under what another rule said. */
  function remarksUnder(turn: Turn): string {
    if (turn.message.kind === 'leave' || turn.talk.form) return '';
    const lines = rules.claimers
      .filter(({ file }) => file !== turn.by)
      .flatMap(({ rule }) => rule.remark?.(contextOf(turn, turn.message, {}) as never) ?? []);
    return lines.map((line) => `\n\n${line}`).join('');
  }

  function fitted(turn: Turn, reply: Reply): Reply {
    const aside =
      turn.aside && turn.talk.form && reply.kind === 'text'
        ? `\n\n（還差${turn.aside}，回覆「繼續」接著填）`
        : '';
    const whole: Reply =
      reply.kind === 'text' ? { kind: 'text', text: reply.text.trim() + aside + remarksUnder(turn) } : reply;
    const inHers = scripted(whole, turn.script);
    const fitting: Reply = inHers.kind === 'text' ? { kind: 'text', text: fitText(inHers.text) } : inHers;
    const problem = replyProblem(fitting, turn.message.kind);
    if (problem)
      log.error({ inbox: turn.cause.id, by: turn.by, problem }, 'a reply breaks a limit of WeChat');
    return fitting;
  }

  return { run, claimed, suggest };
}

export type Dispatch = ReturnType<typeof createDispatch>;

/** Cut before anything looks at it: a body may hold 64 KB, and a dozen rules look. */
function readable(message: Message): Message {
  if (message.kind === 'text') return { ...message, content: message.content.slice(0, longestRead) };
  if (message.kind === 'location') return { ...message, label: message.label.slice(0, longestRead) };
  return message;
}

/** No list is longer, and the database counts no further than it can. */
const mostPages = 10_000;

/** 「第2頁」. What is no number is the first page. */
const pageIn = (words: string): number =>
  Math.min(mostPages, Math.max(1, Number.parseInt(fold(words), 10) || 1));

/** Ends a handler (or the reading of its parameters) with these words. */
const saying = (said: Said): AppError => new AppError('Invalid', 'SAY', 'said', { details: { said } });

const asReply = (said: string | Reply): Reply =>
  typeof said === 'string' ? { kind: 'text', text: said } : said;

/** Errors of our own that a person may read begin in Chinese; others may quote her words. */
const isChinese = (text: string): boolean => /^\P{L}*\p{Script=Han}/u.test(text);

/** Templates are written in Traditional; what she reads is in her script. */
function scripted(reply: Reply, script: Script): Reply {
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
function withMail(text: string, mailbox: Subscriber['mailbox'], taken: string[]): Reply {
  const words: string[] = [];
  for (const letter of mailbox) {
    if (Buffer.byteLength([...words, letter.text, text].join('\n\n')) > 2_000) break;
    words.push(letter.text);
    taken.push(letter.id);
  }
  return { kind: 'text', text: [...words, text].join('\n\n') };
}

const sameTalk = (a: Talk, b: Talk): boolean => JSON.stringify(a) === JSON.stringify(b);
