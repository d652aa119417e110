import type { Inbox } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import type { ReachLedger } from '../domain/reach/reach';
import type { Subscribers } from '../domain/subscribers/subscribers';
import { AppError } from '../errors';
import { type Clock, monotonicMs } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import { type Message, readMessage } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import { createDeadline, deadlineMs, type Work } from './deadline';
import type { Dispatch } from './dispatch';
import type { FanLimit, Verdict } from './fan-limit';
import { createResponding } from './responding';

const mostInFlight = 2_000;

export type AnsweringCounts = {
  accepted(): void;
  copy(): void;
  late(): void;
  takenOver(): void;
  by(rule: string): void;
  limited(): void;
};

/**
 * One callback, from the typed message to the one reply: kept in the inbox, answered by the bot, the reply kept, then
 * said (docs/architecture.md, "One callback"). Every copy gets the same reply; nothing acknowledged is lost.
 */
export function createAnswering(given: {
  inbox: Inbox;
  outbox: Outbox;
  subscribers: Subscribers;
  reach: ReachLedger;
  dispatch: Dispatch;
  limit: FanLimit;
  /** Until when one who leaves keeps her name in the campaigns she played. */
  pidUntil: (campaigns: string[]) => number | undefined;
  /** Told the causes whose effects wait in the outbox: a hint, the sweeper finds what the hint loses. */
  hint: (cause: string) => void;
  clock: Clock;
  log: Log;
  counts: AnsweringCounts;
}) {
  const { inbox, subscribers, limit, clock, log, counts } = given;
  const inFlight = new Map<string, Work>();
  const withDeadline = createDeadline({ inbox, log, late: counts.late });
  const respond = createResponding({ ...given, by: counts.by });

  /**
   * The reply to say now; null is said as `success`. Throws when nothing could be kept, or nothing may be said yet:
   * the sender must be told a failure, so that it sends again.
   */
  async function answer(message: Message, body: string): Promise<Reply | null> {
    const acceptedAt = monotonicMs();
    const id = subscribers.inboxId(message.openid, message.identity);
    const running = inFlight.get(id);
    if (running) return withDeadline(id, running, acceptedAt);
    if (inFlight.size >= mostInFlight)
      throw new AppError(
        'Upstream',
        'bot.busy',
        'Too many callbacks are being answered; the sender should try again.',
      );
    const fan = subscribers.fanOf(message.openid);
    // By her hash: her openid is a piece of this body, and would keep all of it in memory.
    const verdict = limit.verdict(fan);
    const work: Work = { late: false, finishing: false, promise: Promise.resolve(null) };
    work.promise = keepAndAnswer({ message, body, id, fan, verdict, acceptedAt }, work).finally(() =>
      inFlight.delete(id),
    );
    inFlight.set(id, work);
    return withDeadline(id, work, acceptedAt);
  }

  type Arrival = {
    message: Message;
    body: string;
    id: string;
    fan: string;
    verdict: Verdict;
    acceptedAt: number;
  };

  async function keepAndAnswer(arrival: Arrival, work: Work): Promise<Reply | null> {
    const { message, body, id, fan, verdict, acceptedAt } = arrival;
    // A copy of what was kept is no flood: she may wait for its words.
    if (verdict === 'drop' && !(await inbox.has(id))) return null;
    const at = new Date(clock.now());
    const loading = subscribers.load(fan);
    loading.catch(() => {}); // when the row cannot be kept nobody waits for it
    const accepted = await inbox.accept({ id, fan, at, body });
    try {
      crashPoint('inbox-kept');
      counts.accepted();
      if (accepted.kind === 'new') {
        work.owner = accepted.owner;
        const her = await loading;
        return verdict === 'ok'
          ? await respond({ id, fan, at, owner: accepted.owner, message, work }, her)
          : await keepQuiet(id, accepted.owner);
      }
      counts.copy();
      const first = await inbox.follow(id, accepted.owner, acceptedAt + deadlineMs - 100);
      crashPoint('copy-followed');
      if (first.kind === 'done') return first.reply;
      if (first.kind === 'late') return null;
      counts.takenOver();
      work.owner = first.owner;
      work.late = first.row.late ?? false;
      return await respond({ id, fan, at: first.row.at, owner: first.owner, message, work }, undefined);
    } catch (error) {
      // Our row without our work: nobody would ever take it up while this process lives.
      inbox.giveUp(accepted.owner, error);
      throw error;
    }
  }

  /** A flood: the row is kept, but nothing comes of it. */
  async function keepQuiet(id: string, owner: string): Promise<null> {
    counts.limited();
    await inbox.finish(id, owner, { reply: null, failed: 'limited' });
    crashPoint('quiet-kept');
    return null;
  }

  /** A row whose owner died and that no copy took up: nobody waits for the answer, so it goes out as a late one. */
  async function resume(
    row: { _id: string; fan?: string; at: Date; body?: string },
    owner: string,
  ): Promise<void> {
    if (row.body === undefined || row.fan === undefined) {
      await inbox.finish(row._id, owner, { reply: null });
      return;
    }
    const work: Work = { late: true, finishing: false, promise: Promise.resolve(null) };
    try {
      const message = readMessage(row.body);
      await respond({ id: row._id, fan: row.fan, at: row.at, owner, message, work }, undefined);
    } catch (error) {
      inbox.giveUp(owner, error);
      throw error;
    }
  }

  return {
    answer,
    resume,
    inFlight: () => inFlight.size,
    /** Waits for everything accepted to be answered and written. */
    async drained(): Promise<void> {
      await Promise.allSettled([...inFlight.values()].map((work) => work.promise));
      await Promise.all([inbox.drained(), subscribers.drained(), given.reach.drained()]);
    },
  };
}

export type Answering = ReturnType<typeof createAnswering>;
