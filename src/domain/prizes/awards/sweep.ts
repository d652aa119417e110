import { messageOf } from '../../../errors';
import type { Log } from '../../../kit/log';
import { isLive } from '../award';
import type { Tickets } from '../tickets';
import type { Course } from './course';
import type { AwardRows } from './rows';

/** What was not decided for so long has lost its process. */
const lostMs = 30_000;
/** Undone duties younger than this are being done by whoever wrote them. */
const undoneMs = 10_000;

export function createAwardSweep(given: { stored: AwardRows; course: Course; tickets: Tickets; log: Log }) {
  const { tickets, log } = given;
  const { rows, read } = given.stored;
  const { attach, finish } = given.course;

  return {
    /** Mends what killed processes left: pending ones without a decision, tickets held for nobody, undone duties. */
    async sweep(ages: { lostMs?: number; undoneMs?: number } = {}): Promise<void> {
      const lost = ages.lostMs ?? lostMs;
      await rows.deleteMany({
        state: 'pending',
        $expr: { $lt: ['$todoAt', { $subtract: ['$$NOW', lost] }] },
      });
      for (const ticket of await tickets.abandoned(lost)) {
        const award = ticket.award === undefined ? undefined : await read(ticket.award);
        if (award?.state === 'pending') continue;
        if (award && isLive(award.state) && (award.ticket ?? ticket._id) === ticket._id) await attach(award);
        else await tickets.free(ticket);
      }
      const age = ages.undoneMs ?? undoneMs;
      const undone = rows.find(
        {
          state: { $ne: 'pending' },
          // Far ahead of us: written by a clock that was set back, or by another one.
          $or: [
            { todoAt: { $lt: new Date(Date.now() - age) } },
            { todoAt: { $gt: new Date(Date.now() + age) } },
          ],
        },
        { sort: { todoAt: 1 }, limit: 500 },
      );
      for (const award of await undone.toArray())
        await finish(award).catch((err: unknown) =>
          log.warn({ err, award: award._id, why: messageOf(err) }, 'an award could not be finished'),
        );
    },
  };
}
