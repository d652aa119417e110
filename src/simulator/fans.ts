import { createHash } from 'node:crypto';
import type { Clock } from '../kit/clock';
import type { ChatItem } from './chat';

/** What opened a window for customer messages, and how much is left of it. */
export type Trigger = 'message' | 'tap' | 'follow' | 'scan';
type Window = { until: number; left: number };

const minute = 60_000;

/** Windows and counts of wechat.md §4.1. */
const windows: Record<Trigger, { ms: number; count: number }> = {
  message: { ms: 48 * 60 * minute, count: 5 },
  tap: { ms: minute, count: 3 },
  follow: { ms: minute, count: 3 },
  scan: { ms: minute, count: 3 },
};

/** One simulated person and what WeChat knows about her. */
export type Fan = {
  name: string;
  openid: string;
  following: boolean;
  /** Followed at least once: WeChat answers differently about strangers. */
  known: boolean;
  subscribedAt: number;
  subscribeScene: string;
  qrScene: string;
  remark: string;
  tags: number[];
  blocked: boolean;
  /** Switched messages off: customer messages are answered 48002. */
  refuses: boolean;
  history: ChatItem[];
  windows: Partial<Record<Trigger, Window>>;
  /** Machine time of her last act, for 「正在輸入」. */
  actedAt: number;
  typing: boolean;
  /** One of many who follow and are on no phone of the page. */
  crowd?: boolean;
  /** Beijing months in which mass messages reached her, with how many. */
  mass: Record<string, number>;
  /** Subscription notices that she said yes to and has not got yet, by template. */
  grants: Record<string, number>;
};

/** The same name has the same openid after a restart, so the account knows her again. 28 characters, as WeChat's. */
export const openidOf = (appId: string, name: string): string =>
  `o${createHash('sha256').update(`${appId}|${name}`).digest('base64url').replaceAll('_', '-').slice(0, 27)}`;

export const newFan = (appId: string, name: string): Fan => ({
  name,
  openid: openidOf(appId, name),
  following: false,
  known: false,
  subscribedAt: 0,
  subscribeScene: 'ADD_SCENE_OTHERS',
  qrScene: '',
  remark: '',
  tags: [],
  blocked: false,
  refuses: false,
  history: [],
  windows: {},
  actedAt: 0,
  typing: false,
  mass: {},
  grants: {},
});

/** She did something that lets the account write to her: the window of that kind starts anew, at a business time. */
export function openWindow(fan: Fan, trigger: Trigger, at: number): void {
  const { ms, count } = windows[trigger];
  fan.windows[trigger] = { until: at + ms, left: count };
}

/**
 * Takes one customer message from her allowance, out of the window that closes first.
 * Answers the platform's error code when there is none: 45015 no window open, 45047 all used.
 */
export function spendWindow(fan: Fan, clock: Clock): 0 | 45015 | 45047 {
  const now = clock.now();
  const open = Object.values(fan.windows).filter((one) => one.until > now);
  if (open.length === 0) return 45015;
  const usable = open.filter((one) => one.left > 0).toSorted((a, b) => a.until - b.until);
  if (!usable[0]) return 45047;
  usable[0].left--;
  return 0;
}
