import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import type { Timers } from '../timers/timers';
import { type CampaignRow, contentOf } from './campaign-row';
import { armSettlement } from './campaigns.jobs';
import { type By, closed, type Deeds, mustBe, mustBeSecond } from './deeds';
import { table } from './states';

/** Everything that stops a campaign: for a while, before its time, in time, for good. */
export function createEnding({
  clock,
  deeds,
  timers,
}: {
  clock: Clock;
  deeds: Deeds;
  timers: Pick<Timers, 'arm'>;
}) {
  const { rows, act } = deeds;

  return {
    /** The job of the end time. Does nothing when it ended or its end was moved. `passed`: a moment that is over, as in `begin`. */
    async finish(id: string, passed = 0): Promise<void> {
      const isDue = ({ state, endsAt }: Pick<CampaignRow, 'state' | 'endsAt'>) =>
        table.end.from.includes(state) && (endsAt <= passed || endsAt < clock.now());
      const row = await rows.findOne({ _id: id }, { projection: { state: 1, endsAt: 1 } });
      if (!row || !isDue(row)) return;
      await act({ id, by: 'timer' }, (current) =>
        isDue(current)
          ? { deed: 'end', set: { state: 'ended', pauses: closed(current, current.endsAt) } }
          : undefined,
      );
    },

    /** No question is opened and none is answered until `resume`; open ones lapse at no cost. */
    pause: ({ id, by, reason }: By & { reason: string }) =>
      act({ id, by }, (row) => ({
        deed: 'pause',
        set: { state: 'paused', pauses: [...row.pauses, { from: clock.now() }] },
        reason,
      })),

    resume: ({ id, by }: By) =>
      act({ id, by }, (row) => ({
        deed: 'resume',
        set: { state: 'running', pauses: closed(row, clock.now()) },
      })),

    /** Before its time: to the players' cost, so by a second person, with a reason that is kept and shown. */
    async end({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, (row) => {
        mustBe(row, 'end');
        const endsAt = Math.min(row.endsAt, clock.now());
        if (endsAt < row.endsAt) mustBeSecond(row, by);
        const set = { state: 'ended' as const, pauses: closed(row, endsAt), endsAt };
        if (endsAt === row.endsAt) return { deed: 'end', set, reason };
        const version = {
          version: row.version + 1,
          by: row.author,
          approvedBy: by,
          changes: [`提前結束：${reason}`],
          findings: [],
          content: { ...contentOf(row), endsAt },
        };
        return { deed: 'end', set: { ...set, version: version.version }, reason, version };
      });
      // Without this (a kill) it is the timer of the end it would have had that begins the settlement.
      await armSettlement(timers, id, clock.now());
    },

    /** Takes a published campaign back that nobody has played yet, by a second person; it is a draft again. */
    async withdraw({ id, by, reason }: By & { reason: string }): Promise<void> {
      await act({ id, by }, (row) => {
        mustBe(row, 'withdraw');
        mustBeSecond(row, by);
        if (row.stocking)
          throw new AppError(
            'Conflict',
            'campaign.state',
            `活動「${id}」正在開賽，不能撤回；要停請用 pause 或 end。`,
          );
        return { deed: 'withdraw', set: { state: 'draft' }, unset: ['proposal'], reason };
      });
    },

    /** Settlement takes an ended campaign; again is nothing. */
    async settle({ id, by }: By): Promise<void> {
      await act({ id, by }, (row) =>
        row.state === 'settling' ? undefined : { deed: 'settle', set: { state: 'settling' } },
      );
    },
    /** Settlement is through; again is nothing. */
    async close({ id, by }: By): Promise<void> {
      await act({ id, by }, (row) =>
        row.state === 'settled' ? undefined : { deed: 'close', set: { state: 'settled' } },
      );
    },
  };
}
