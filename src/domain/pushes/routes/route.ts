import type { Script } from '../../../kit/text';
import type { Feature } from '../../../wechat/api/account-types';
import type { SendOutcome, Unsent } from '../../../wechat/api/outcome';
import type { Rations, Reach } from '../../rations';
import type { Taking } from '../../reach/reach';
import type { ContentOf, PushClass, RouteName } from '../push';
import type { Reason } from '../reasons';

/** What is known of somebody before anything is sent to her. */
export type Standing = { reach: Reach; sms: boolean; mail: boolean };

/** The moment at which it is asked. */
export type Moment = { at: number; month: string; rations: Rations; byHand: number };

/** She, in the moment before something is sent to her. */
export type Recipient = { pid: string; fan: string; openid: string; script: Script };

/** What came of it. `withdrawn`: she wants none by now, and nothing went out. */
export type Came = SendOutcome | { kind: 'withdrawn'; reason: Reason };

/**
 * A way by which a push reaches people. Its words are filled for each person (`fill.ts`), or, where `together` is set, go to
 * many in one call that says the same to all.
 */
export type Route<Name extends RouteName = RouteName> = {
  name: Name;
  /** 「客服消息」 */
  says: string;
  carries: readonly PushClass[];
  /** What the account must be allowed. */
  feature?: Feature;
  /** Beijing hours between which it may go out. */
  hours?: readonly [from: number, to: number];
  /** Why she cannot be reached by it now; undefined when she can. */
  shut(her: Standing, now: Moment, content: ContentOf<Name>): Reason | undefined;
  takes(content: ContentOf<Name>, now: Moment): Taking['takes'];
  /** What is wrong with its words, for their author. */
  problems(content: ContentOf<Name>): string[];
  /** All pieces of text in it that may hold variables and links. */
  words(content: ContentOf<Name>): string[];
  /** The same content with other words, in the order of `words`. */
  withWords(content: ContentOf<Name>, words: string[]): ContentOf<Name>;
  /** `<a>` is known. */
  anchors: boolean;
  /** How long the same key may be sent again after an answer was lost, machine ms; 0: never, nobody knows what became of it. */
  againMs: number;
} & (
  | { together?: undefined; send(to: Recipient, content: ContentOf<Name>, key: string): Promise<Came> }
  | {
      together: true;
      /** Shows it to one person as it will be. */
      show(openid: string, content: ContentOf<Name>): Promise<SendOutcome>;
      sendAll(openids: string[], content: ContentOf<Name>, key: string): Promise<MassOutcome>;
    }
);

/** A route of whichever name: it is only ever given content of its own. */
// oxlint-disable-next-line typescript/no-explicit-any -- routes of many contents lie in one list.
export type AnyRoute = { [Name in RouteName]: Route<Name> }[RouteName] & Route<any>;

/**
 * `again`: WeChat had it before under this key. `later` with `asksAgain` while the account's administrator has not confirmed: the
 * same key tells when she has.
 */
export type MassOutcome =
  | { kind: 'accepted'; msgId: string; again: boolean }
  | Exclude<Unsent, { kind: 'later' }>
  | (Extract<Unsent, { kind: 'later' }> & { asksAgain?: true });
