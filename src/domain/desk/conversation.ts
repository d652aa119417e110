import type { IndexSpec } from '../../store/indexes';

/**
 * A talk between her and a person of ours. While it is `open` the bot is silent; while it is `waiting` it goes on answering.
 * `_id`: the inbox id of the words that asked for it, or random where one of us began it.
 */
export type Conversation = {
  _id: string;
  pid: string;
  state: 'waiting' | 'open' | 'closed';
  /** Waiting or open: of those she has one at most. */
  live?: true;
  why: Why;
  at: Date;
  /** Since when she is in the line. */
  waitingSince?: Date;
  /** Who has it, or had it last: an id of the team. */
  agent?: string;
  claimedAt?: Date;
  /** When it was first answered. */
  answeredAt?: Date;
  herAt?: Date;
  ourAt?: Date;
  /** When it last changed hands or state. */
  movedAt: Date;
  closedAt?: Date;
  ended?: Ended;
  /** The inbox id of the words by which she ended it. */
  endedBy?: string;
  rating?: 'good' | 'bad';
  /** Moves with every change of state. */
  turn: number;
  /** What follows from a change and is not carried out yet: her row, words to her, timers. */
  todo?: { turn: number; say?: Word };
};

export type Why = 'asked' | 'misses' | 'agent';
export type Ended = 'agent' | 'her' | 'quiet' | 'nobody';
/** What the house says to her of a change, by its template. */
export type Word = 'desk-came' | 'desk-line' | 'desk-gone';

/** What one of us said to her, or the house said about it. `_id` is its cause in the outbox. `kept`: it lies in her mailbox. */
export type ConversationWords = {
  _id: string;
  conversation: string;
  pid: string;
  words: string;
  at: Date;
  /** An id of the team; absent: the house. */
  agent?: string;
  kept?: true;
};

export const whyNames: Record<Why, string> = {
  asked: '她找人工',
  misses: '連著兩句沒聽懂',
  agent: '我們找她',
};
export const stateNames: Record<Conversation['state'], string> = {
  waiting: '等人接',
  open: '在談',
  closed: '結束了',
};
export const endedNames: Record<Ended, string> = {
  agent: '同事結束',
  her: '她說退出',
  quiet: '半小時沒人說話',
  nobody: '兩天沒人接',
};

export const conversationIndexes: IndexSpec[] = [
  {
    collection: 'conversations',
    key: { pid: 1 },
    unique: true,
    partial: { live: true },
    invariant: true,
    why: 'she has one conversation at a time',
  },
  { collection: 'conversations', key: { pid: 1, at: -1 }, why: 'hers, newest first (erasure)' },
  { collection: 'conversations', key: { state: -1, at: 1, _id: 1 }, why: 'who waits, then who is open' },
  { collection: 'conversations', key: { agent: 1, state: 1, at: 1 }, why: 'what somebody has' },
  { collection: 'conversations', key: { at: -1, _id: -1 }, why: 'the newest; the week; retention' },
  {
    collection: 'conversations',
    key: { todo: 1 },
    partial: { todo: { $exists: true } },
    why: 'what follows from a change and was cut off',
  },
  { collection: 'conversationWords', key: { pid: 1, at: 1 }, why: 'what we said to her (erasure)' },
  { collection: 'conversationWords', key: { at: 1 }, why: 'what is older than its retention' },
];
