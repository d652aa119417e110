import type { Decision } from '../prizes/award';
import type { DrawCondition, Prize } from '../prizes/prize';
import type { Campaign, Content } from './campaign';

/** What a kind of campaign says of a text, before anybody takes part. */
export type Kind = {
  /** Words with a meaning of their own while it runs: none of them can start a campaign. */
  reserved: readonly string[];
  /** What an amendment changes in its own part, and what of it is to the players' cost. `begun`: it has been played. */
  compare(old: Content, next: Content, how: { begun: boolean }): Change[];
  /** Why a prize that is added after the beginning is to somebody's cost. */
  againstPrize(old: Content, prize: Prize): string | undefined;
  /** Its own words, which the gate reads too. */
  texts(content: Content): Text[];
  /** Its own facts, by the rule of compliance-rules.json that asks for them. */
  facts: Record<string, (content: Content) => Found[]>;
  /** What else stands against publishing it. */
  findings(content: Content): Finding[];
};

/** What it says of how it was played: all that settlement and reports ask. */
export type Played = {
  /** From now on nothing is added, whatever other processes believe about its state. Again: nothing. */
  close(id: string): Promise<void>;
  /** Until everything that was done by then is counted. */
  count(id: string): Promise<void>;
  /** Who should be looked at by a person before she gets anything, and why. */
  suspects(campaign: Campaign): Promise<Map<string, Reason[]>>;
  /**
   * Who wins the prizes that are decided after the end. The same `excluded` give the same winners: without those
   * everybody below moves up.
   */
  winners(
    campaign: Campaign,
    how: { excluded: ReadonlySet<string>; lastDay: string },
  ): AsyncIterable<Decision>;
  /** Who takes part in a draw, in an order of its own. */
  entrants(campaign: Campaign, condition: DrawCondition): AsyncIterable<string>;
  /** All that may take over what somebody could not keep, by floor. */
  heirs(id: string): AsyncIterable<Heir>;
  /** The causes of the points somebody earned in it: what is taken back from who is rejected. */
  earned(id: string, pid: string): Promise<string[]>;
  /** Takes somebody off what is shown in public, and puts her back. */
  hide(id: string, pid: string, at: Date): Promise<void>;
  unhide(id: string, pid: string): Promise<void>;
  /** How much was played on a Beijing day. */
  on(id: string, day: string): Promise<{ players: number; answers: number }>;
  /** What it brought one sponsor. */
  ofSponsor(
    campaign: Pick<Campaign, 'id' | 'game'>,
    sponsor: string,
  ): Promise<{ questions: number; answers: number; right: number; players: number }>;
};

/** Why somebody is held, for the person who decides about it: what was seen, in numbers. */
export type Reason = { pattern: string; seen: string };

/** Somebody on a floor; `first`: what she could be the first in. */
export type Heir = { pid: string; on: string; floor: number; first?: string };

/** One difference between two texts of a campaign. `against`: why it is to the players' cost; absent when it is not. */
export type Change = { what: string; against?: string };

/** What stands against a text, and how much. */
export type Finding = { level: 'refuse' | 'warn'; rule: string; reason: string; where: string };

/** Where a rule is not kept, and what is there instead. */
export type Found = { where: string; more?: string };

/** A piece of it, for rules that look for words. */
export type Text = { where: string; text: string; kind: 'marketing' | 'question' };
