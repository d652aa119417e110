import { createHash } from 'node:crypto';
import type { Reply } from '../../wechat/protocol/reply';

/** What makes a rule speak: a word she says as a whole, a word inside what she says, or a menu key she clicks. */
export type Match = { kind: 'exact' | 'contains' | 'click'; words: string[] };

/** An operator's own keyword rule. Asked only after all code handlers, before `otherwise`. */
export type Rule = {
  _id: string;
  name: string;
  match: Match[];
  replies: Reply[];
  /** `all`: every reply in turn, the first as the passive reply; `random`: one of them. */
  mode: 'all' | 'random';
  /** Higher first; 0 unless an operator says otherwise. */
  priority: number;
  /** Business time; inclusive. */
  validFrom?: Date;
  /** Business time; exclusive. */
  validUntil?: Date;
  source: 'import' | 'console';
  on: boolean;
  createdAt: Date;
  /** Who made it here. */
  by?: string;
  /** An operator changed an imported rule: importing again leaves it alone. */
  editedAt?: Date;
  editedBy?: string;
  /** How often it was changed here, so that of two who edit at once the second is told. */
  v?: number;
  /** Taken away: it says nothing, and can be brought back. */
  removed?: { at: Date; by: string; why: string };
  /** Of the old rule it was made from, without media ids. Importing again compares it. */
  fingerprint?: string;
  /** `temporary`: some of its media ids die 3 days after they were read. */
  media?: 'temporary' | 'kept';
};

/** What an operator writes of a rule. */
export type RuleChange = Pick<Rule, 'name' | 'match' | 'replies' | 'mode'> &
  Partial<Pick<Rule, 'priority' | 'on'>> & { validFrom?: Date | undefined; validUntil?: Date | undefined };

/**
 * What the rule says to one message. `random` chooses by `seed` (the message's id), so that a run again says the same.
 * The first is for the passive reply; the others are for customer messages, as far as her ration goes.
 */
export function repliesOf(rule: Pick<Rule, 'replies' | 'mode'>, seed: string): Reply[] {
  if (rule.mode === 'all') return rule.replies;
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const chosen = rule.replies[number % rule.replies.length];
  return chosen ? [chosen] : [];
}
