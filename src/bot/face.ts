import type { City } from '../domain/cities/city';
import type { Plays } from '../domain/subscribers/talk';
import type { Clock } from '../kit/clock';
import type { Render } from '../render/render';
import type { Services } from '../services';
import type { Reply } from '../wechat/protocol/reply';
import type { Context, Fan, Fields, Form, Said } from './bot';
import type { Forms } from './forms';
import type { Lists, Option, Place } from './lists';
import { listMs, type Turn } from './turn';
import { partsOf } from './understanding/explain';
import { writeWish } from './understanding/write';
import { halfOf } from './waiting';
import { asReply } from './words';

/** What a handler is given: every domain by its name, she, and what it may do. */
export function createFace(given: {
  services: Services;
  render: Render;
  clock: Clock;
  lists: Lists;
  open: Forms['open'];
  /** Answers as if she had said this. */
  again: (turn: Turn, says: string) => Promise<Said>;
  /** What is said when no rule has an answer. */
  pass: (turn: Turn) => Promise<Said>;
  suggest: (text: string) => string[];
}) {
  const { services, render, clock, lists, open, again, pass, suggest } = given;

  /** Made once for all rules that are asked about a message: a dozen closures. */
  function contextOf(turn: Turn): Context<unknown> {
    turn.context ??= Object.assign(Object.create(services) as Services, faceOf(turn));
    return turn.context;
  }

  /** The same, with the parameters of the rule that runs. */
  function contextWith(turn: Turn, params: unknown): Context<unknown> {
    const context = contextOf(turn);
    context.params = params;
    return context;
  }

  function faceOf(turn: Turn) {
    const { cause, effects } = turn;
    return {
      message: turn.message,
      params: {} as unknown,
      fan: fanOf(turn),
      id: cause.id,
      at: cause.at,
      render,
      tell: (...said: (string | Reply)[]) => {
        for (const one of said) effects.push({ kind: 'tell', reply: asReply(one) });
      },
      later: (job: string, data: Record<string, unknown>) => void effects.push({ kind: 'later', job, data }),
      carries: (award: string) => void turn.carries.push(award),
      redo: (text: string) => again(turn, text),
      pass() {
        turn.context = undefined; // the parameters of this rule stay its own
        return pass(turn);
      },
      choose: (prompt: string | Reply, options: Option[]) => lists.choose(turn, prompt, options),
      notYet: (what: string, city?: City) => notYet(turn, what, city),
      more: (text: string | undefined, back?: string) => lists.more(turn, text, back),
      pages(page: number, last: boolean) {
        const { want } = turn;
        const asks = (n: number) => want && writeWish(want.topic, { ...want.wish, page: n });
        lists.more(turn, last ? undefined : asks(page + 1), page > 1 ? asks(page - 1) : undefined);
      },
      numbered: (texts: string[], first = 1) => lists.number(turn, texts, first),
      paged: (
        whole: Reply | readonly Reply[],
        place: Place | number | undefined,
        asks: (n: number) => string,
      ) => lists.paged(turn, whole, typeof place === 'object' ? place : { page: place }, asks),
      ask: (form: Form<Fields>) => open(turn, form),
      missedAgain() {
        const before = turn.talkBefore.missed;
        turn.missed = true;
        turn.talk.missed = cause.at;
        return before !== undefined && cause.at - before < listMs;
      },
      isHalfFilled: ({ name }: { name: string }) => halfOf(turn.talk, name) !== undefined,
      understood: turn.understood ? partsOf(turn.understood) : [],
      suggest,
    };
  }

  function notYet(turn: Turn, what: string, city?: City): string {
    const about = city ? services.offers.asks(city) : [];
    const options = about.length > 0 ? about : services.offers.asks(undefined);
    return lists.choose(turn, render('not-yet', { what, also: options.length > 0 }), options);
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
      get back() {
        return turn.talk.more?.back;
      },
      get plays() {
        return turn.talk.plays ?? {};
      },
      get playing() {
        return turn.talk.playing;
      },
      stands(campaign, where) {
        turn.talk.plays = { ...stillKnown(turn, campaign), [campaign]: where };
        turn.talk.playing = campaign;
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
      remember({ city, spot, script, channel }) {
        if (channel !== undefined) changes.channel = { first: her?.channel?.first ?? channel, last: channel };
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

  /** Who goes over to another campaign stands in the others as long as they are held. */
  function stillKnown({ talk: { plays = {}, playing } }: Turn, campaign: string): Plays {
    if (playing === campaign) return plays;
    return Object.fromEntries(Object.entries(plays).filter(([id]) => services.campaigns.get(id)));
  }

  return { contextOf, contextWith, notYet };
}

export type Face = ReturnType<typeof createFace>;
