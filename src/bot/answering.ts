import type { Inbox } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import { windowsOpenedBy } from '../domain/reach/windows';
import type { Subscriber, Subscribers, Talk } from '../domain/subscribers/subscribers';
import { AppError } from '../errors';
import type { Clock } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import { type Message, readMessage } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import type { Dispatch, Outcome } from './dispatch';
import type { FanLimit } from './fan-limit';

/** From acceptance, machine time. WeChat hangs up after 5 s. */
const deadlineMs = 4_000;
/** When even the late mark cannot be written, the sender must hear a failure before it hangs up. */
const hardStopMs = 4_600;
const mostInFlight = 2_000;
/** How often a reply is worked out again because another message of hers was answered in between. */
const mostTurns = 6;

type Work = {
  late: boolean;
  /** The reply is being written: it is too late to be late. */
  finishing: boolean;
  owner?: string;
  promise: Promise<Reply | null>;
};
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
  dispatch: Dispatch;
  limit: FanLimit;
  /** Until when one who leaves keeps her name in what she was in the middle of. */
  pidUntil: (talk: Talk) => number | undefined;
  /** Told the causes whose effects wait in the outbox: a hint, the sweeper finds what the hint loses. */
  hint: (cause: string) => void;
  clock: Clock;
  log: Log;
  counts: AnsweringCounts;
}) {
  const { inbox, outbox, subscribers, dispatch, limit, hint, clock, log, counts } = given;
  const inFlight = new Map<string, Work>();

  /**
   * The reply to say now; null is said as `success`. Throws when nothing could be kept, or nothing may be said yet:
   * the sender must be told a failure, so that it sends again.
   */
  async function answer(message: Message, body: string): Promise<Reply | null> {
    const acceptedAt = Date.now();
    const id = subscribers.inboxId(message.openid, message.identity);
    const running = inFlight.get(id);
    if (running) return withDeadline(id, running, acceptedAt);
    const verdict = limit.verdict(message.openid);
    if (verdict === 'drop') return null;
    if (inFlight.size >= mostInFlight)
      throw new AppError(
        'Upstream',
        'BUSY',
        'Too many callbacks are being answered; the sender should try again.',
      );
    const fan = subscribers.fanOf(message.openid);
    const work: Work = { late: false, finishing: false, promise: Promise.resolve(null) };
    work.promise = keepAndAnswer(
      { message, body, id, fan, quiet: verdict === 'quiet', acceptedAt },
      work,
    ).finally(() => inFlight.delete(id));
    inFlight.set(id, work);
    return withDeadline(id, work, acceptedAt);
  }

  type Letter = {
    message: Message;
    body: string;
    id: string;
    fan: string;
    quiet: boolean;
    acceptedAt: number;
  };

  async function keepAndAnswer(letter: Letter, work: Work): Promise<Reply | null> {
    const { message, body, id, fan, acceptedAt } = letter;
    const at = new Date(clock.now());
    const [accepted, her] = await both(inbox.accept({ id, fan, at, body }), subscribers.load(fan));
    crashPoint('inbox-kept');
    counts.accepted();
    if (accepted.kind === 'new') {
      work.owner = accepted.owner;
      return letter.quiet
        ? keepQuiet(id, accepted.owner)
        : respond({ id, fan, at, owner: accepted.owner, message, work }, her);
    }
    counts.copy();
    const first = await inbox.follow(id, accepted.owner, acceptedAt + deadlineMs - 100);
    if (first.kind === 'done') return first.reply;
    if (first.kind === 'late') return null;
    counts.takenOver();
    work.owner = first.owner;
    work.late = first.row.late ?? false;
    return respond({ id, fan, at: first.row.at, owner: first.owner, message, work }, undefined);
  }

  /** A flood: the row is kept, but nothing comes of it. */
  async function keepQuiet(id: string, owner: string): Promise<null> {
    counts.limited();
    await inbox.finish(id, owner, { reply: null, failed: 'limited' });
    return null;
  }

  type Task = { id: string; fan: string; at: Date; owner: string; message: Message; work: Work };

  /** Works out the reply and keeps it. Another message of hers may be answered meanwhile: then it is worked out again. */
  async function respond(task: Task, loaded: Subscriber | undefined): Promise<Reply | null> {
    try {
      const { reply, effects } = await decide(task, loaded);
      crashPoint('reply-decided');
      const late = task.work.late && reply !== null;
      if (late || effects.length > 0) await subscribers.touch(task.fan, windowsOpenedBy(task.message));
      await outbox.add({ id: task.id, fan: task.fan }, effects);
      if (late) await outbox.add({ id: task.id, fan: task.fan, late: true }, [{ kind: 'tell', reply }]);
      crashPoint('effects-kept');
      if (task.message.kind === 'leave') await subscribers.remove(task.fan, given.pidUntil);
      task.work.finishing = true;
      const kept = await inbox.finish(task.id, task.owner, { reply, late: task.work.late });
      crashPoint('reply-kept');
      if (!kept)
        throw new AppError(
          'Conflict',
          'TAKEN_OVER',
          'Another process took this callback over; its reply is the one to say.',
        );
      if (late || effects.length > 0) hint(task.id);
      return reply;
    } catch (error) {
      inbox.giveUp(task.owner);
      throw error;
    }
  }

  async function decide(
    task: Task,
    loaded: Subscriber | undefined,
  ): Promise<Pick<Outcome, 'reply' | 'effects'>> {
    const { message, fan, id, at } = task;
    let her = loaded;
    for (let turn = 0; turn < mostTurns; turn++) {
      her ??= turn > 0 || loaded === undefined ? await subscribers.load(fan) : undefined;
      if (!her && speaks(message)) her = await subscribers.meet(message.openid);
      if (her?.kept?.by === id) return her.kept;
      const outcome = await dispatch.run(message, her, { id, at: at.getTime() });
      if (!her) return counted(outcome);
      if (!changesAnything(outcome, message)) {
        void subscribers
          .touch(fan, windowsOpenedBy(message))
          .catch((err: unknown) => log.warn({ err }, 'a touch was lost'));
        return counted(outcome);
      }
      const { reply, effects, changes, takeMail } = outcome;
      const written = await subscribers.change(fan, her.v, {
        ...changes,
        kept: { by: id, reply, effects },
        ...(takeMail.length > 0 ? { takeMail } : {}),
        ...(message.kind === 'follow' ? { following: true } : {}),
      });
      crashPoint('talk-kept');
      if (written) {
        void subscribers
          .touch(fan, windowsOpenedBy(message))
          .catch((err: unknown) => log.warn({ err }, 'a touch was lost'));
        return counted(outcome);
      }
      her = undefined;
    }
    throw new AppError(
      'Conflict',
      'TOO_LIVELY',
      'She types faster than her messages can be answered in turn; the sender should try again.',
    );
  }

  const counted = (outcome: Outcome): Outcome => {
    counts.by(outcome.by);
    return outcome;
  };

  /** Waits for the reply until the deadline; then marks the row late and lets the reply follow by another way. */
  async function withDeadline(id: string, work: Work, acceptedAt: number): Promise<Reply | null> {
    const first = await raced(work.promise, acceptedAt + deadlineMs);
    if (first !== tooLate) return first;
    if (work.owner === undefined)
      throw new AppError('Upstream', 'TOO_SLOW', 'The callback could not be kept in time.');
    if (work.finishing) {
      const said = await raced(work.promise, acceptedAt + hardStopMs);
      if (said !== tooLate) return said;
      throw new AppError('Upstream', 'TOO_SLOW', 'The reply could not be kept in time.');
    }
    work.late = true;
    counts.late();
    work.promise.catch((err: unknown) =>
      log.error({ err, inbox: id }, 'a late callback failed; it will be taken up again'),
    );
    const marked = await raced(inbox.markLate(id, work.owner), acceptedAt + hardStopMs);
    if (marked === tooLate)
      throw new AppError('Upstream', 'TOO_SLOW', 'The callback could not be marked late in time.');
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
    const message = readMessage(row.body);
    await respond(
      {
        id: row._id,
        fan: row.fan,
        at: row.at,
        owner,
        message,
        work: { late: true, finishing: false, promise: Promise.resolve(null) },
      },
      undefined,
    );
  }

  return {
    answer,
    resume,
    inFlight: () => inFlight.size,
    /** Waits for everything accepted to be answered and written. */
    async drained(): Promise<void> {
      await Promise.allSettled([...inFlight.values()].map((work) => work.promise));
      await Promise.all([inbox.drained(), subscribers.drained()]);
    },
  };
}

export type Answering = ReturnType<typeof createAnswering>;

/** Kinds behind which no person stands whom we should come to know: she left, or WeChat reports on a job. */
const speaks = (message: Message): boolean =>
  [
    'text',
    'image',
    'voice',
    'video',
    'shortvideo',
    'location',
    'link',
    'file',
    'follow',
    'scan',
    'click',
    'view',
    'position',
    'scanCode',
    'sendPics',
    'selectLocation',
  ].includes(message.kind);

const changesAnything = (outcome: Outcome, message: Message): boolean =>
  message.kind === 'follow' || outcome.takeMail.length > 0 || Object.keys(outcome.changes).length > 0;

const tooLate = Symbol('too late');

async function raced<T>(promise: Promise<T>, until: number): Promise<T | typeof tooLate> {
  let timer: NodeJS.Timeout | undefined;
  const bell = new Promise<typeof tooLate>((resolve) => {
    timer = setTimeout(() => resolve(tooLate), Math.max(0, until - Date.now()));
  });
  try {
    return await Promise.race([promise, bell]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs both; when one fails the other's failure is not left unhandled. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  b.catch(() => {});
  return [await a, await b];
}
