import type { Reply } from '../../wechat/protocol/reply';
import type { Effect } from '../outbox/outbox';

/** Where she stands in campaigns, by their ids. What lies within is known to the kind of campaign alone. */
export type Plays = Record<string, { kind: string; [inside: string]: unknown }>;

/** A form of which some is answered; `field` is asked next. */
export type HalfFilled = { name: string; field: string; answers: Record<string, unknown>; at: number };

/** What the bot remembers of the talk with her: an open form, a list to choose from, what 「更多」 means. */
export type Talk = {
  form?: HalfFilled & {
    /** Left alone, it waits to be gone on with. */
    keeps?: true;
  };
  /** Half-filled forms that wait, the latest first. */
  waiting?: HalfFilled[];
  /** `first`: the number of the first one, where the list goes on from a page before. */
  choices?: { says: string[]; labels: string[]; at: number; first?: number };
  /** What 「更多」 and 「上一頁」 mean. */
  more?: { says?: string; back?: string; at: number };
  plays?: Plays;
  /** The campaign she plays now, or played last. */
  playing?: string;
  /** When she last said what nobody understood (ms), and nothing since that was. */
  missed?: number;
  /** What she was told once on a Beijing day, by name. */
  told?: Record<string, string>;
};

/** A reply (and what else it caused) kept with the change of talk that it made, so that a second run says the same. */
export type Kept = {
  by: string;
  reply: Reply | null;
  effects: Effect[];
  /** Awards that the reply tells her of. */
  carries?: string[];
  /** What she was answered, in words that would be answered the same: what 「那上海呢」 goes on from. */
  about?: string;
};
