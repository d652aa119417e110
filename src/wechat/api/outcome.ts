import { AppError } from '../../errors';
import { notForAccount } from './client';
import { isWechatError } from './errors';

/** Why something was not sent. */
export type Unsent =
  /** It cannot go as it is; the same again fails again until she, or somebody, acts. `errcode` null: we did not even ask. */
  | { kind: 'refused'; errcode: number | null; reason: string }
  /** Nothing was sent, and it is not about her: the account or WeChat is out of order for a while. */
  | { kind: 'later'; afterMs: number; reason: string }
  /** It may have been sent: the answer was lost. Only what has a key of its own may be sent again. */
  | { kind: 'unknown'; reason: string };

/** What came of one message to one person. `msgId`: where WeChat tells one, the name under which it reports the delivery. */
export type SendOutcome = { kind: 'sent'; msgId?: string } | Unsent;

/** Refused before anybody was asked. */
export const refusedHere = (reason: string): Unsent => ({ kind: 'refused', errcode: null, reason });

const secondMs = 1_000;
/** These end by themselves or by an operator's hand; probed seldom enough that they are not made worse. */
const laterMs = new Map<number, number>([
  [42010, 60 * secondMs],
  [45009, 300 * secondMs],
  [45011, 60 * secondMs],
  [45066, 60 * secondMs],
  [45102, 300 * secondMs],
]);

/** What an error of a call means for what was to be sent. Throws it again when it is none of WeChat's or the account's. */
export function unsentBy(thrown: unknown): Unsent {
  if (thrown instanceof AppError && thrown.code === notForAccount) return refusedHere(thrown.message);
  if (!isWechatError(thrown)) throw thrown;
  const { path, details } = thrown;
  const { errcode, reason } = details;
  if (details.ambiguous) return { kind: 'unknown', reason };
  // Without a token nothing is wrong with her or the message: an IP to be listed, a secret to be mended.
  if (path === '/cgi-bin/stable_token') return { kind: 'later', afterMs: 60 * secondMs, reason };
  if (details.retry === 'token') return { kind: 'later', afterMs: 30 * secondMs, reason };
  const afterMs = errcode === null ? undefined : laterMs.get(errcode);
  if (afterMs !== undefined) return { kind: 'later', afterMs, reason };
  if (details.retry === 'backoff') return { kind: 'later', afterMs: 5 * secondMs, reason };
  // A redirect: somebody stands between us and WeChat.
  if (errcode === null) return { kind: 'later', afterMs: 60 * secondMs, reason };
  return { kind: 'refused', errcode, reason };
}
