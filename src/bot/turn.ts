import type { Effect } from '../domain/outbox/outbox';
import type { FanChanges, Subscriber } from '../domain/subscribers/subscribers';
import type { Talk } from '../domain/subscribers/talk';
import { longestRead, type Script, scriptOf } from '../kit/text';
import type { Message } from '../wechat/protocol/inbound';
import type { Context } from './bot';
import type { Wish } from './understanding/things';
import type { Topic } from './understanding/topics';
import type { Understood } from './understanding/understanding';
import { forgetWaiting, setAside } from './waiting';

/** One message on its way to the reply: what is known of her, and what the rules that are asked change on the way. */
export type Turn = {
  /** What is being answered: hers, or what a handler said in her place (`redo`). */
  message: Message;
  her: Subscriber | undefined;
  cause: Cause;
  script: Script;
  changes: FanChanges;
  talk: Talk;
  talkBefore: Talk;
  effects: Effect[];
  /** Awards that the reply tells her of. */
  carries: string[];
  /** How many times handlers have said something in her place. */
  depth: number;
  /** Which rule answers, for the metrics: a file, `operator`, `form:<name>`, `nothing`. */
  by: string;
  /** What data took: its rule has answered, and adds no remark. */
  taken: boolean;
  /** Nobody understood what she said. */
  missed: boolean;
  /** What the open form asks for, when this answer did not go to it. */
  aside: string | undefined;
  /** What she is being answered about, and what she was last, when that is asked for. */
  want: { topic: Topic; wish: Wish } | undefined;
  /** What was made of her sentence, where no word or pattern was exact. */
  understood: Understood | undefined;
  /** Somebody of ours only looks: whatever is more than a lookup is named and not run. */
  trying: boolean;
  /** The operators' rule that answers. */
  rule: string | undefined;
  /** What the rules are given: one for all that are asked about one message. */
  context: Context<unknown> | undefined;
};

/** The inbox id, and when the message was accepted (business ms). */
export type Cause = { id: string; at: number };

/** Lists and 「更多」 are forgotten after ten minutes, a form after half an hour of silence. */
export const listMs = 10 * 60_000;
const formMs = 30 * 60_000;

export function openTurn(given: {
  received: Message;
  her: Subscriber | undefined;
  cause: Cause;
  now: number;
  /** Of somebody whose own is not known yet. */
  defaultScript: Script;
}): Turn {
  const { her, cause, now, defaultScript } = given;
  const message = readable(given.received);
  const detected = message.kind === 'text' && !her?.scriptChosen ? scriptOf(message.content) : undefined;
  return {
    message,
    her,
    cause,
    script: detected ?? her?.script ?? defaultScript,
    changes: detected && her && her.script !== detected ? { script: detected } : {},
    talk: freshTalk(her?.talk ?? {}, now),
    talkBefore: her?.talk ?? {},
    effects: [],
    carries: [],
    depth: 0,
    by: 'nothing',
    taken: false,
    missed: false,
    aside: undefined,
    want: undefined,
    understood: undefined,
    trying: false,
    rule: undefined,
    context: undefined,
  };
}

/** A handler failed: what it meant to change goes with it, and she stands where she stood before she spoke. */
export function undo(turn: Turn, now: number): void {
  turn.talk = freshTalk(turn.talkBefore, now);
  turn.changes = {};
  turn.effects = [];
  turn.carries = [];
  turn.missed = false;
  turn.want = undefined;
  turn.context = undefined;
}

/** Forgets what is too old to be meant. */
function freshTalk(talk: Talk, now: number): Talk {
  const fresh = { ...talk };
  if (fresh.form && now - fresh.form.at >= formMs) setAside(fresh);
  forgetWaiting(fresh, now);
  if (fresh.choices && now - fresh.choices.at >= listMs) delete fresh.choices;
  if (fresh.more && now - fresh.more.at >= listMs) delete fresh.more;
  return fresh;
}

/** Cut before anything looks at it: a body may hold 64 KB, and a dozen rules look. */
function readable(message: Message): Message {
  if (message.kind === 'text') return { ...message, content: message.content.slice(0, longestRead) };
  if (message.kind === 'location') return { ...message, label: message.label.slice(0, longestRead) };
  return message;
}
