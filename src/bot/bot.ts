/**
 * The face that handlers import. The subject of every verb is the fan: she says, sends, clicks, scans, follows, leaves;
 * `otherwise` is the last resort. A handler file exports a list of rules by default:
 *
 *     export default [
 *       says(['天氣', '{city}天氣'], ({ params, fan, weather, render }) => …),
 *       clicks('WEATHER', ({ redo }) => redo('天氣')),
 *     ];
 */
import type { City } from '../domain/cities/city';
import type { Need } from '../domain/offers/offers';
import type { FanChanges, Subscriber } from '../domain/subscribers/subscribers';
import type { Plays } from '../domain/subscribers/talk';
import type { Script } from '../kit/text';
import type { RenderData } from '../render/render';
import type { JobTable, Services } from '../services';
import type { Message } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import type { Field, FieldValue } from './fields';
import type { Things } from './understanding/things';
import type { Thing, Topic } from './understanding/topics';

export { beijingTime, dayMs } from '../kit/beijing';
export {
  birthday,
  choice,
  choices,
  code,
  date,
  type Field,
  image,
  location,
  mail,
  number,
  optional,
  phone,
  text,
} from './fields';

/** What a handler returns: the one passive reply, or nothing. A string is a text. */
export type Said = string | Reply | undefined;
type Maybe<T> = T | Promise<T>;

/** Placeholders of these kinds are read before the handler runs; the engine asks back when a city is ambiguous or unknown. */
export type ParamKinds = { city: City; page: number };

type KindOf<Kind extends string> = Kind extends keyof ParamKinds ? ParamKinds[Kind] : string;
type Placeholder<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;
type Bare<P extends string> = P extends `${infer Name}?` ? Name : P;
type NameIn<P extends string> = Bare<P> extends `${infer Name}:${string}` ? Name : Bare<P>;
type KindIn<P extends string> = Bare<P> extends `${string}:${infer Kind}` ? Kind : Bare<P>;
type MaybeIn<P extends string> = P extends `${string}?` ? undefined : never;
type WithoutIt<Pattern extends string, Name extends string> = Pattern extends string
  ? Name extends NameIn<Placeholder<Pattern>>
    ? never
    : Pattern
  : never;

/**
 * The parameters of `says(patterns)`: `{a}到{b}` gives two strings; `{city}` (or `{from:city}`) gives a City, `{page}` a
 * number from 1 on.
 * A name that is missing from one of the patterns may be undefined, and so may `{city?}`, when there is no city in what she
 * said. Side by side, `{city}{wishes}` or `{when}{city}`, the city takes its name and the other what is left, perhaps nothing.
 */
export type Params<Pattern extends string> = {
  [P in Placeholder<Pattern> as NameIn<P>]: [WithoutIt<Pattern, NameIn<P>>] extends [never]
    ? KindOf<KindIn<P>> | MaybeIn<P>
    : KindOf<KindIn<P>> | undefined;
};

/** She, as a handler sees her. */
export type Fan = {
  /** Keyed hash of her openid: what her rows in the inbox and outbox carry until she is erased. */
  key: string;
  /** The random name under which everything but `subscribers` knows her. */
  pid: Subscriber['pid'];
  script: Script;
  /** The city she last asked about or was in. */
  city: City | undefined;
  /** Where she last was (GCJ-02). */
  spot: Subscriber['spot'];
  /** What 「更多」 means now: the text to redo. */
  next: string | undefined;
  /** What 「上一頁」 means now. */
  back: string | undefined;
  /** Where she stands in campaigns, by their ids: for the kind of campaign to read. */
  plays: Plays;
  /** The campaign she plays now, or played last. */
  playing: string | undefined;
  /** She plays this campaign now, and stands here in it; kept together with the reply. */
  stands(campaign: string, where: Plays[string]): void;
  /** True once a Beijing day per name, kept with the reply. */
  firstToday(name: string): boolean;
  /** True once in a life per name: what may happen once per person, even if she leaves and comes back. */
  firstTime(name: string): boolean;
  /** Kept together with the reply. A script that she asked for is no longer guessed from what she types. */
  remember(facts: {
    city?: City;
    spot?: NonNullable<Subscriber['spot']>;
    script?: Script;
    /** The scene of the code she came by. */
    channel?: string;
  }): void;
};

export type Context<P, M extends Message = Message> = Services & {
  params: P;
  message: M;
  fan: Fan;
  /** The inbox id: the same for every copy and every re-run, so it can be the key of what happens once. */
  id: string;
  /** Business time at which the message was accepted, ms. */
  at: number;
  /** Fills `templates/replies/<name>`. */
  render(name: string, data?: RenderData): Reply;
  /** Says more than the one reply: customer messages, in order, as far as her ration goes, else her mailbox. */
  tell(...said: (string | Reply)[]): void;
  /** Something that takes longer, done by a worker, at least once. */
  later<Name extends keyof JobTable>(job: Name, data: JobTable[Name]): void;
  /** The reply tells her of this award: with it, once it is kept as said, she has been told. */
  carries(award: string): void;
  /** Answers as if she had said this. */
  redo(says: string): Promise<Said>;
  /** Not a matter for this rule after all: what is said when none has an answer. */
  pass(): Promise<Said>;
  /** Asks back with a numbered list; 「1」 or the label answers as if she had said the text beside it. */
  choose(prompt: string | Reply, options: { label: string; says: string }[]): string;
  /** Says honestly that there is none (yet) of what she asks for, 「杭州的酒店」, and offers what there is, about the city first. */
  notYet(what: string, city?: City): string;
  /**
   * Of what an `about` told page by page: 「更多」 asks for the next page with the same wishes, 「上一頁」 for the one before.
   */
  pages(page: number, last: boolean): void;
  /** What 「更多」 means from now on, and 「上一頁」; `undefined`: there is no more. */
  more(says: string | undefined, back?: string): void;
  /** The numbers of a list in the reply, `first` on: 「2」 or 「第2家」 answers as if she had said the text of that line. */
  numbered(says: string[], first?: number): void;
  /**
   * One page of a text that may be longer than a reply, or of several that each begin a page; `says(n)` is what asks for page n,
   * and 「更多」 for the next one. `place`: the page as she said it, or the part (from 1 on) whose first page it is.
   */
  paged(
    whole: Reply | readonly Reply[],
    place: number | { part: number } | undefined,
    says: (n: number) => string,
  ): Reply;
  /** Opens a form: its questions are asked one at a time. */
  ask<F extends Fields>(form: Form<F>): string;
  /** Nobody understood what she said, and what she said before neither: within ten minutes, and nothing in between was. */
  missedAgain(): boolean;
  /** Some of this form is answered: `ask` goes on with it. */
  isHalfFilled(form: { name: string }): boolean;
  /** What of her sentence was understood, in a few words each: 「城市 杭州」; for people. */
  understood: string[];
  /** The known keywords closest to a text. */
  suggest(text: string): string[];
};

export type Handler<P, M extends Message = Message> = (context: Context<P, M>) => Maybe<Said>;
type Of<Kind extends Message['kind']> = Extract<Message, { kind: Kind }>;

export type Trigger =
  | { on: 'says'; patterns: (string | RegExp)[] }
  | { on: 'sends'; kinds: Message['kind'][] }
  | { on: 'clicks'; keys: string[] }
  | { on: 'scans'; scene: string | undefined }
  | { on: 'follows' }
  | { on: 'leaves' }
  | { on: 'otherwise' }
  | { on: 'about'; topic: Topic; patterns: string[] }
  | {
      on: 'takes';
      take: (context: never) => unknown;
      remark?: (context: never, own: boolean) => string | undefined;
      digits?: (context: never) => boolean;
    }
  | { on: 'form'; form: Form<Fields> }
  | { on: 'forms'; of: FormMaker };

export type Rule = Trigger & {
  run: Handler<never, never>;
  needs?: Need;
  looksUp?: true;
  evenAtDesk?: true;
};

// A rule list holds handlers of many parameter types; the engine calls each with what its own trigger promised.
const rule = <P, M extends Message>(trigger: Trigger, run: Handler<P, M>): Rule => ({
  ...trigger,
  run,
});

/**
 * Rules that have an answer only where there is something to answer from: `needs('hotels', [says('酒店', …)])`. They are
 * asked all the same, and say so; but no suggestion leads to them, and a menu is warned of them.
 */
export const needs = (need: Need, rules: Rule[]): Rule[] => rules.map((one) => ({ ...one, needs: need }));

/** It only looks something up, so that the console's test box may run it for nobody: `looksUp(says('幫助', …))`. What is `about` something does so anyway. */
export const looksUp = (one: Rule): Rule => ({ ...one, looksUp: true });

/** Rules that are answered even while a person of ours talks with her, and the bot is silent. */
export const evenAtDesk = (rules: Rule[]): Rule[] => rules.map((one) => ({ ...one, evenAtDesk: true }));

/** She says a keyword or a pattern: `says('攻略', …)`, `says(['天氣', '{city}天氣'], …)`. Script, width, case and spaces do not matter. */
export const says = <const Pattern extends string>(
  patterns: Pattern | readonly Pattern[],
  run: Handler<Params<Pattern>, Of<'text'>>,
): Rule => rule({ on: 'says', patterns: typeof patterns === 'string' ? [patterns] : [...patterns] }, run);

/** What an `about` is given: of the things it takes those that she said, and what it cannot honour of her words. */
export type Wished<Takes extends Thing> = { [T in Takes]?: Things[T] | undefined } & {
  rest?: string | undefined;
};

/**
 * What a handler is about, in whatever words she asks. `name` is what one says to have it answered, and so are the keywords and
 * patterns of `says`; `words` by their weight are found in any sentence (`Topic`), and of what else stands in it the handler is
 * given what it `takes`:
 *
 *     about('天氣', { says: '{city}天氣', words: { 2: '下雨 氣溫', 1: '冷 熱' }, takes: ['city', 'days'] }, ({ params: { city } }) => …)
 */
export const about = <const Takes extends Thing = never>(
  name: string,
  what: Omit<Topic, 'name' | 'takes'> & { says?: string | readonly string[]; takes?: readonly Takes[] },
  run: Handler<Wished<Takes>, Of<'text'>>,
): Rule => {
  const { says: also = [], takes: things = [], ...topic } = what;
  const patterns = [name, ...(typeof also === 'string' ? [also] : also)];
  return rule({ on: 'about', topic: { name, ...topic, takes: things }, patterns }, run);
};

/** Sentences with these words mean what another rule answers: `means('排行', { 2: '名次 第幾名' })`. */
export const means = (command: string, words: Topic['words']): Rule =>
  rule<Record<never, never>, Of<'text'>>(
    { on: 'about', topic: { name: command, words, takes: [] }, patterns: [] },
    ({ redo }) => redo(command),
  );

/** As `says`, by a regular expression over the folded text; named groups are the parameters, as she typed them. */
export const saysLike = (
  pattern: RegExp,
  run: Handler<Record<string, string | undefined>, Of<'text'>>,
): Rule => rule({ on: 'says', patterns: [pattern] }, run);

/**
 * What only data can tell: the answer to an open question, a campaign's own keyword or menu key. Of texts it is asked
 * before all other rules, of menu taps when no rule and no operator has the key. What `take` makes of her message are
 * the parameters; `undefined` leaves it to the others. `remark` may add one line under what another rule said (`own`: one of the same file); while
 * `digits` is true bare digits are answers to this rule, and lists are chosen from by name.
 */
export const takes = <Taken extends object>(
  take: (context: Context<Record<never, never>, Of<'text' | 'click'>>) => Taken | undefined,
  run: Handler<Taken, Of<'text' | 'click'>>,
  beside: {
    remark?: (context: Context<Record<never, never>>, own: boolean) => string | undefined;
    digits?: (context: Context<Record<never, never>>) => boolean;
  } = {},
): Rule => rule({ on: 'takes', take, ...beside }, run);

/** She sends a picture, her voice, a location: `sends('location', …)`, or any other kind of message or event. */
export const sends = <Kind extends Message['kind']>(
  kinds: Kind | Kind[],
  run: Handler<Record<never, never>, Of<Kind>>,
): Rule => rule({ on: 'sends', kinds: Array.isArray(kinds) ? kinds : [kinds] }, run);

/** She taps a menu item with this key. */
export const clicks = (keys: string | string[], run: Handler<Record<never, never>>): Rule =>
  rule({ on: 'clicks', keys: Array.isArray(keys) ? keys : [keys] }, run);

/** She scans one of our QR codes, `'mail:*'` any that begins so; without a scene: any that no other rule names. Also after a follow by that code. */
export const scans = (scene: string | undefined, run: Handler<Record<never, never>>): Rule =>
  rule({ on: 'scans', scene }, run);

export const follows = (run: Handler<Record<never, never>, Of<'follow'>>): Rule =>
  rule({ on: 'follows' }, run);

/** She left. Nothing can be said to her; only `later` makes sense here. */
export const leaves = (run: (context: Context<Record<never, never>, Of<'leave'>>) => Maybe<void>): Rule =>
  rule<Record<never, never>, Of<'leave'>>({ on: 'leaves' }, async (context) => {
    await run(context);
    return undefined;
  });

/** Nothing else had an answer. */
export const otherwise = (run: Handler<Record<never, never>>): Rule => rule({ on: 'otherwise' }, run);

export type Fields = Record<string, Field<unknown>>;
type Answers<F extends Fields> = { [Name in keyof F]: FieldValue<F[Name]> };

export type Form<F extends Fields> = Rule & {
  on: 'form';
  name: string;
  fields: F;
  /** Half-filled it is kept for a month, and gone on with when it is opened again. */
  keeps?: true;
};

/**
 * A talk in several steps: its fields are asked one at a time, the answers are kept (a restart loses nothing), 「取消」
 * ends it and half an hour of silence too. When all are answered, `done` runs.
 *
 *     export const booking = form('booking', { name: text('怎麼稱呼您?'), phone: phone('電話?') }, ({ params }) => …);
 */
export function form<F extends Fields>(
  name: string,
  fields: F,
  done: Handler<Answers<F>>,
  { keeps = false }: { keeps?: boolean } = {},
): Form<F> {
  const made = { on: 'form', name, fields, run: done, ...(keeps ? { keeps } : {}) } as unknown as Form<F>;
  made.form = made;
  return made;
}

type FormMaker = (context: Context<Record<never, never>>, name: string) => Form<Fields> | undefined;

/** Forms that are data: makes the one of a name, as it is at the moment; `undefined` where there is none (any more). */
export const forms = (of: FormMaker): Rule => rule({ on: 'forms', of }, () => undefined);

/** One card. To a text she typed WeChat shows only the first. */
export const news = (...articles: Extract<Reply, { kind: 'news' }>['articles']): Reply => ({
  kind: 'news',
  articles,
});

/** Hands her over to the people who answer. */
export const transfer = (agent?: string): Reply => ({ kind: 'transfer', ...(agent ? { agent } : {}) });

export type { City, FanChanges, Message, Reply, Services };
