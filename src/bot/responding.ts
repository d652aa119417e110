import type { Inbox } from '../domain/inbox/inbox';
import type { Outbox } from '../domain/outbox/outbox';
import type { ReachLedger } from '../domain/reach/reach';
import { windowOpenedBy } from '../domain/reach/windows';
import type { Subscriber, Subscribers } from '../domain/subscribers/subscribers';
import { AppError } from '../errors';
import { crashPoint } from '../kit/crash-point';
import type { Log } from '../kit/log';
import { createRecent } from '../kit/recent';
import type { Reply } from '../wechat/protocol/reply';
import type { Work } from './deadline';
import { createDeciding, type Letter, sentAt } from './deciding';
import type { Dispatch } from './dispatch';
import type { Outcome } from './words';

/** A letter whose inbox row is ours. */
export type Task = Letter & { owner: string; work: Work };

/** Has a kept message answered: effects to the outbox, then the reply to the inbox row, and only then is it said. */
export function createResponding(given: {
  inbox: Inbox;
  outbox: Outbox;
  subscribers: Subscribers;
  reach: ReachLedger;
  dispatch: Dispatch;
  pidUntil: (campaigns: string[]) => number | undefined;
  hint: (cause: string) => void;
  by: (rule: string) => void;
  log: Log;
}) {
  const { inbox, outbox, subscribers, reach, dispatch, pidUntil, hint, by, log } = given;
  const endedHere = createRecent<true>(20_000);
  const decide = createDeciding({ subscribers, reach, dispatch, ended: endedHere.has, by, log });

  /** Works out the reply and keeps it. Another message of hers may be answered meanwhile: then it is worked out again. */
  async function respond(task: Task, loaded: Subscriber | undefined): Promise<Reply | null> {
    try {
      const { reply, effects, carries = [], about, pid } = await decide(task, loaded);
      crashPoint('reply-decided');
      // From here on it is said as it stands: the deadline no longer makes it late.
      task.work.finishing = true;
      await keepEffects(task, { reply, effects, pid });
      crashPoint('effects-kept');
      if (task.message.kind === 'leave') await subscribers.remove(task.fan, sentAt(task.message), pidUntil);
      const end = { reply, carries, about };
      let ended = await inbox.finish(task.id, task.owner, { ...end, late: task.work.late });
      if (ended === 'late') {
        task.work.late = true;
        await keepEffects(task, { reply, effects, pid });
        crashPoint('late-reply-kept');
        ended = await inbox.finish(task.id, task.owner, { ...end, late: true });
      }
      crashPoint('reply-kept');
      if (ended === 'lost')
        throw new AppError(
          'Conflict',
          'bot.taken-over',
          'Another process took this callback over; its reply is the one to say.',
        );
      endedHere.set(task.id, true);
      if (effects.length > 0 || (task.work.late && reply)) hint(task.id);
      return task.work.late ? null : reply;
    } catch (error) {
      inbox.giveUp(task.owner, error);
      throw error;
    }
  }

  /**
   * What is said beside or instead of the passive reply goes to the outbox, after the window that she opened is written. Who has
   * gone (no `pid`) opened none.
   */
  async function keepEffects(
    task: Task,
    { reply, effects, pid }: Pick<Outcome, 'reply' | 'effects'> & { pid: string | undefined },
  ): Promise<void> {
    const late = task.work.late ? reply : null;
    if (!late && effects.length === 0) return;
    const opened = windowOpenedBy(task.message);
    if (opened && pid !== undefined) await reach.opened(task.fan, pid, opened);
    crashPoint('window-kept');
    await outbox.add({ id: task.id, fan: task.fan, late }, effects);
  }

  return respond;
}
