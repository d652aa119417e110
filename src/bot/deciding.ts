import type { Effect } from '../domain/outbox/outbox';
import type { ReachLedger } from '../domain/reach/reach';
import { windowOpenedBy } from '../domain/reach/windows';
import type { Subscriber, Subscribers } from '../domain/subscribers/subscribers';
import type { Kept } from '../domain/subscribers/talk';
import { AppError } from '../errors';
import { monotonicMs } from '../kit/clock';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import type { Message } from '../wechat/protocol/inbound';
import { raced, tooLate } from './deadline';
import type { Dispatch } from './dispatch';
import type { Outcome } from './words';

/** A handler that takes longer is taken for hanging: its row is let go, and tried again by the sweeper. */
const mostHandlingMs = 60_000;
/** Replies kept with her row beside the newest: those of callbacks that no process is known to have ended. */
const mostSaid = 10;
/** How often a reply is worked out again because another message of hers was answered in between. */
const mostTurns = 6;

/** A message of hers that was accepted at `at` (business time), by its inbox id. */
export type Letter = { id: string; fan: string; at: Date; message: Message };

/** The reply, and who she is: nobody where she has gone, or where no person stands behind the callback. */
type Decided = Omit<Kept, 'by'> & { pid?: string };

/** Has the reply worked out, and keeps with her row what it changes about her, the reply itself in the same write. */
export function createDeciding(given: {
  subscribers: Subscribers;
  reach: ReachLedger;
  dispatch: Dispatch;
  /** Whether the reply to a callback is known to lie in its inbox row. */
  ended: (id: string) => boolean;
  by: (rule: string) => void;
  log: Log;
}) {
  const { subscribers, reach, dispatch, ended, by, log } = given;

  async function decide(letter: Letter, loaded: Subscriber | undefined): Promise<Decided> {
    const { message, fan, id, at } = letter;
    let her = loaded;
    for (let turn = 0; turn < mostTurns; turn++) {
      her ??= await subscribers.load(fan);
      if (!her && speaks(message)) {
        if (await isGone(message, fan)) return { reply: null, effects: [eraseAgain(letter)] };
        her = await subscribers.meet(message.openid);
        crashPoint('met');
      }
      const before = her?.said?.find((one) => one.by === id);
      if (her && before) {
        touchBehind(her, message); // the process that kept the reply may have died before the window was written
        return { ...before, pid: her.pid };
      }
      const outcome = await bounded(dispatch.run(message, her, { id, at: at.getTime() }));
      crashPoint('handler-ran');
      if (!her) return counted(outcome);
      if (!changesAnything(outcome, message)) {
        touchBehind(her, message);
        if (isHerDoing(message))
          subscribers.touch(her).catch((err: unknown) => log.warn({ err }, 'a touch was lost'));
        return { ...counted(outcome), pid: her.pid };
      }
      const { reply, effects, carries, changes, takeMail, about } = outcome;
      const written = await subscribers.change(fan, her.v, {
        ...changes,
        said: [
          ...unended(her.said).slice(1 - mostSaid),
          { by: id, reply, effects, carries, ...(about ? { about } : {}) },
        ],
        ...(takeMail.length > 0 ? { takeMail } : {}),
        ...(message.kind === 'follow' ? { followedAt: sentAt(message) } : {}),
      });
      crashPoint('talk-kept');
      if (written) {
        touchBehind(her, message);
        return { ...counted(outcome), pid: her.pid };
      }
      her = undefined;
    }
    throw new AppError(
      'Conflict',
      'bot.too-lively',
      'She types faster than her messages can be answered in turn; the sender should try again.',
    );
  }

  /** The window she opened. Nobody waits for it. */
  function touchBehind({ _id, pid }: Subscriber, message: Message): void {
    const opened = windowOpenedBy(message);
    if (opened) reach.touch(_id, pid, opened);
  }

  /** A message from before she left that only now has its turn must not bring her back. A follow in the same second does. */
  const isGone = (message: Message, fan: string): Promise<boolean> =>
    subscribers.isGone(fan, new Date(message.at * 1_000 + (message.kind === 'follow' ? 1 : 0)));

  const unended = (said: Kept[] = []): Kept[] => said.filter((one) => !ended(one.by));

  const counted = (outcome: Outcome): Outcome => {
    by(outcome.by);
    return outcome;
  };

  return decide;
}

/** Kinds behind which no person stands whom we should come to know: she left, or WeChat reports on a job. */
const speaks = (message: Message): boolean =>
  [
    'text',
    'sticker',
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

/** She was here. What WeChat reports of something that was sent to her shows nothing of the kind. */
const isHerDoing = (message: Message): boolean =>
  speaks(message) || ['viewMiniProgram', 'noticePopup', 'noticeChange'].includes(message.kind);

const changesAnything = (outcome: Outcome, message: Message): boolean =>
  message.kind === 'follow' || outcome.takeMail.length > 0 || Object.keys(outcome.changes).length > 0;

async function bounded(outcome: Promise<Outcome>): Promise<Outcome> {
  const done = await raced(outcome, monotonicMs() + mostHandlingMs);
  if (done !== tooLate) return done;
  outcome.catch(() => {});
  throw new AppError('Upstream', 'bot.handler-hangs', 'A handler did not end within a minute.');
}

/** CreateTime. */
export const sentAt = (message: Message): Date => new Date(message.at * 1_000);

/** Her leave was carried out while this message waited; its own words go too. */
const eraseAgain = ({ fan, at, message }: Letter): Effect => ({
  kind: 'later',
  job: 'erase',
  data: { fan, pid: '', upTo: at.getTime(), leftAt: message.at * 1_000 },
});
