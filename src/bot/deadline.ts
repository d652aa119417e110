import type { Inbox } from '../domain/inbox/inbox';
import { AppError } from '../errors';
import { monotonicMs } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import type { Reply } from '../wechat/protocol/reply';

/** From acceptance. WeChat hangs up after 5 s. */
export const deadlineMs = 4_000;
/** When even the late mark cannot be written, the sender must hear a failure before it hangs up. */
const hardStopMs = 4_400;

/** The answer to one callback under way; its copies wait for the same. */
export type Work = {
  late: boolean;
  /** The reply is being written: it is too late to be late. */
  finishing: boolean;
  owner?: string;
  promise: Promise<Reply | null>;
};

/** Waits for the reply until the deadline; then marks the row late and lets the reply follow by another way. */
export function createDeadline(given: { inbox: Pick<Inbox, 'markLate'>; log: Log; late: () => void }) {
  const { inbox, log, late } = given;

  return async (id: string, work: Work, acceptedAt: number): Promise<Reply | null> => {
    const first = await raced(work.promise, acceptedAt + deadlineMs);
    if (first !== tooLate) return first;
    if (work.owner === undefined) throw tooSlow('The callback could not be kept in time.');
    if (work.finishing) {
      const said = await raced(work.promise, acceptedAt + hardStopMs);
      if (said !== tooLate) return said;
      throw tooSlow('The reply could not be kept in time.');
    }
    work.late = true;
    late();
    work.promise.catch((err: unknown) =>
      log.error({ err, inbox: id }, 'a late callback failed; it will be taken up again'),
    );
    const marked = await raced(inbox.markLate(id, work.owner), acceptedAt + hardStopMs);
    crashPoint('late-marked');
    if (marked === tooLate) throw tooSlow('The callback could not be marked late in time.');
    return null;
  };
}

const tooSlow = (what: string): AppError => new AppError('Upstream', 'bot.too-slow', what);

export const tooLate = Symbol('too late');

/** `Promise.race` with a timer makes six promises where two do, and each callback needs two of them. */
export function raced<T>(promise: Promise<T>, until: number): Promise<T | typeof tooLate> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(tooLate), Math.max(0, until - monotonicMs()));
    const end =
      <V>(act: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        act(value);
      };
    promise.then(end(resolve), end(reject));
  });
}
