import type { Inbox } from '../domain/inbox/inbox';
import type { Effect, Outbox } from '../domain/outbox/outbox';
import { windowsOpenedBy } from '../domain/reach/windows';
import type { Subscriber, Subscribers } from '../domain/subscribers/subscribers';
import type { Kept, Talk } from '../domain/subscribers/talk';
import { AppError } from '../errors';
import type { Clock } from '../kit/clock';
import { monotonicMs } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import { type Message, readMessage } from '../wechat/protocol/inbound';
import type { Reply } from '../wechat/protocol/reply';
import type { Dispatch, Outcome } from './dispatch';
import type { FanLimit, Verdict } from './fan-limit';

/** From acceptance. WeChat hangs up after 5 s. */
const deadlineMs = 4_000;
/** When even the late mark cannot be written, the sender must hear a failure before it hangs up. */
const hardStopMs = 4_400;
const mostInFlight = 2_000;
/** A handler that takes longer is taken for hanging: its row is let go, and tried again by the sweeper. */
const mostHandlingMs = 60_000;
/** Replies kept with her row beside the newest: those of callbacks that no process is known to have ended. */
const mostSaid = 10;
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
  const endedHere = createRecent(20_000);

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
        'BUSY',
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

  type Letter = {
    message: Message;
    body: string;
    id: string;
    fan: string;
    verdict: Verdict;
    acceptedAt: number;
  };

  async function keepAndAnswer(letter: Letter, work: Work): Promise<Reply | null> {
    const { message, body, id, fan, verdict, acceptedAt } = letter;
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

  type Task = { id: string; fan: string; at: Date; owner: string; message: Message; work: Work };

  /** Works out the reply and keeps it. Another message of hers may be answered meanwhile: then it is worked out again. */
  async function respond(task: Task, loaded: Subscriber | undefined): Promise<Reply | null> {
    try {
      const { reply, effects, carries = [] } = await decide(task, loaded);
      crashPoint('reply-decided');
      // From here on it is said as it stands: the deadline no longer makes it late.
      task.work.finishing = true;
      await keepEffects(task, { reply, effects });
      crashPoint('effects-kept');
      if (task.message.kind === 'leave')
        await subscribers.remove(task.fan, sentAt(task.message), given.pidUntil);
      let ended = await inbox.finish(task.id, task.owner, { reply, carries, late: task.work.late });
      if (ended === 'late') {
        task.work.late = true;
        await keepEffects(task, { reply, effects });
        crashPoint('late-reply-kept');
        ended = await inbox.finish(task.id, task.owner, { reply, carries, late: true });
      }
      crashPoint('reply-kept');
      if (ended === 'lost')
        throw new AppError(
          'Conflict',
          'TAKEN_OVER',
          'Another process took this callback over; its reply is the one to say.',
        );
      endedHere.add(task.id);
      if (effects.length > 0 || (task.work.late && reply)) hint(task.id);
      return task.work.late ? null : reply;
    } catch (error) {
      inbox.giveUp(task.owner, error);
      throw error;
    }
  }

  /** What is said beside or instead of the passive reply goes to the outbox, after the window that she opened is written. */
  async function keepEffects(
    task: Task,
    { reply, effects }: Pick<Outcome, 'reply' | 'effects'>,
  ): Promise<void> {
    const late = task.work.late ? reply : null;
    if (!late && effects.length === 0) return;
    await subscribers.touch(task.fan, windowsOpenedBy(task.message));
    crashPoint('window-kept');
    await outbox.add({ id: task.id, fan: task.fan, late }, effects);
  }

  async function decide(task: Task, loaded: Subscriber | undefined): Promise<Omit<Kept, 'by'>> {
    const { message, fan, id, at } = task;
    let her = loaded;
    for (let turn = 0; turn < mostTurns; turn++) {
      her ??= await subscribers.load(fan);
      if (!her && speaks(message)) {
        if (await isGone(message, fan)) return { reply: null, effects: [eraseAgain(task)] };
        her = await subscribers.meet(message.openid);
        crashPoint('met');
      }
      const before = her?.said?.find((one) => one.by === id);
      if (before) return before;
      const outcome = await bounded(dispatch.run(message, her, { id, at: at.getTime() }));
      crashPoint('handler-ran');
      if (!her) return counted(outcome);
      if (!changesAnything(outcome, message)) {
        touchBehind(her, message);
        return counted(outcome);
      }
      const { reply, effects, carries, changes, takeMail } = outcome;
      const written = await subscribers.change(fan, her.v, {
        ...changes,
        said: [...unended(her.said).slice(1 - mostSaid), { by: id, reply, effects, carries }],
        ...(takeMail.length > 0 ? { takeMail } : {}),
        ...(message.kind === 'follow' ? { followedAt: sentAt(message) } : {}),
        windows: windowsOpenedBy(message),
      });
      crashPoint('talk-kept');
      if (written) return counted(outcome);
      her = undefined;
    }
    throw new AppError(
      'Conflict',
      'TOO_LIVELY',
      'She types faster than her messages can be answered in turn; the sender should try again.',
    );
  }

  /** Nobody waits for it: it is written behind, and left out when the last one is a minute old. */
  function touchBehind(her: Subscriber, message: Message): void {
    const windows = windowsOpenedBy(message);
    if (subscribers.isFresh(her, windows)) return;
    subscribers.touch(her._id, windows).catch((err: unknown) => log.warn({ err }, 'a touch was lost'));
  }

  /** A message from before she left that only now has its turn must not bring her back. A follow in the same second does. */
  const isGone = (message: Message, fan: string): Promise<boolean> =>
    subscribers.isGone(fan, new Date(message.at * 1_000 + (message.kind === 'follow' ? 1 : 0)));

  const unended = (said: Kept[] = []): Kept[] => said.filter((one) => !endedHere.has(one.by));

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
    crashPoint('late-marked');
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

/** `Promise.race` with a timer makes six promises where two do, and each callback needs two of them. */
function raced<T>(promise: Promise<T>, until: number): Promise<T | typeof tooLate> {
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

async function bounded(outcome: Promise<Outcome>): Promise<Outcome> {
  const done = await raced(outcome, monotonicMs() + mostHandlingMs);
  if (done !== tooLate) return done;
  outcome.catch(() => {});
  throw new AppError('Upstream', 'HANDLER_HANGS', 'A handler did not end within a minute.');
}

/** CreateTime. */
const sentAt = (message: Message): Date => new Date(message.at * 1_000);

/** Her leave was carried out while this message waited; its own words go too. */
const eraseAgain = ({ fan, at, message }: { fan: string; at: Date; message: Message }): Effect => ({
  kind: 'later',
  job: 'erase',
  data: { fan, pid: '', upTo: at.getTime(), leftAt: message.at * 1_000 },
});

/** Remembers the last `most` to twice as many ids. */
function createRecent(most: number) {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    add(id: string): void {
      young.add(id);
      if (young.size < most) return;
      old = young;
      young = new Set();
    },
    has: (id: string): boolean => young.has(id) || old.has(id),
  };
}
