import { dayMs, hourMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import type { Inbox } from '../inbox/inbox';
import type { Outbox } from '../outbox/outbox';
import type { Points } from '../points/points';
import type { Timers } from '../timers/timers';
import { occasionOf } from './award';
import type { AwardEffects } from './awards/duties';
import { awardExpire, awardPass, awardRemind, awardTell } from './prizes.jobs';

/** The reminder comes two days before the deadline, at ten in the morning; not when she has just been told. */
const remindMs = 2 * dayMs - 10 * hourMs;
const tooSoonMs = dayMs;

/** What awards cause outside their own collection; everything under the award's id, so that twice is once. */
export function createAwardEffects(given: {
  clock: Clock;
  timers: Pick<Timers, 'arm'>;
  outbox: Pick<Outbox, 'add'>;
  points: Pick<Points, 'give' | 'reverse'>;
  inbox: Pick<Inbox, 'carried'>;
  fanByPid: (pid: string) => Promise<{ fan: string } | undefined>;
}): AwardEffects {
  const { clock, timers, outbox, points: ledger, inbox, fanByPid } = given;

  return {
    async points({ _id: id, pid, campaign, what: { points = 0 } }, how) {
      if (points === 0) return;
      if (how === 'give') await ledger.give('award', { id, pid, campaign, points });
      else await ledger.reverse([`award/${id}`]);
    },
    async timers({ _id, claimBy }) {
      if (claimBy === undefined) return;
      const remindAt = claimBy + 1 - remindMs;
      if (remindAt - clock.now() > tooSoonMs)
        await timers.arm({
          id: `award-remind:${_id}:${claimBy}`,
          dueAt: new Date(remindAt),
          job: awardRemind,
          data: { award: _id },
        });
      await timers.arm({
        id: `award-expire:${_id}:${claimBy}`,
        dueAt: new Date(claimBy + 1),
        job: awardExpire,
        data: { award: _id, claimBy },
      });
    },
    async carried({ _id, pid, why }) {
      if (why !== 'floor' && why !== 'first') return 'no';
      const her = await fanByPid(pid);
      return inbox.carried(her?.fan, _id);
    },
    tell: (award, what) =>
      outbox.add({ id: `award_${award._id}_${occasionOf(award, what)}` }, [
        { kind: 'later', job: awardTell.name, data: { award: award._id, what } },
      ]),
    pass: ({ _id }) =>
      outbox.add({ id: `award_${_id}_pass` }, [{ kind: 'later', job: awardPass.name, data: { award: _id } }]),
  };
}
