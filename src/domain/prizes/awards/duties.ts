import { crashPoint } from '../../../kit/crash-point';
import type { Award, Duty } from '../award';
import type { Tickets } from '../tickets';
import { type AwardRows, timeoutMS } from './rows';

/** What awards cause elsewhere. Each is idempotent in the award's id. */
export type AwardEffects = {
  points(award: Award, how: 'give' | 'takeBack'): Promise<void>;
  timers(award: Award): Promise<void>;
  tell(award: Award, what: 'won' | 'sent'): Promise<void>;
  /** Whether a reply told her that she won it; `open`: one that may is being worked out. */
  carried(award: Award): Promise<'yes' | 'open' | 'no'>;
  /** It is free again: settlement may give it to a reserve, or to the next. */
  pass(award: Award): Promise<void>;
};

/** What is to be done about an award, one thing at a time; each may be done twice. */
export function createDuties(given: { stored: AwardRows; tickets: Tickets; effects: AwardEffects }) {
  const { tickets, effects } = given;
  const { rows, read } = given.stored;

  /** Its ticket, and with a ticket its code. Undefined: none is left; it is looked for again when stock arrives. */
  async function attach(award: Award): Promise<Award | undefined> {
    if (award.ticket) {
      await tickets.give(award.ticket, award._id);
      return award;
    }
    const ticket = await tickets.hold({ campaign: award.campaign, prize: award.prize, award: award._id });
    if (!ticket) return undefined;
    crashPoint('award-ticket-held');
    const first = await rows.findOneAndUpdate(
      { _id: award._id, ticket: { $exists: false }, state: { $nin: ['pending', 'expired', 'void'] } },
      { $set: { ticket: ticket._id, ...(ticket.code ? { code: ticket.code } : {}) } },
      { returnDocument: 'after', timeoutMS },
    );
    const now = first ?? (await read(award._id));
    if (now?.ticket === ticket._id) await tickets.give(ticket._id, award._id);
    else await tickets.free(ticket);
    crashPoint('award-ticket-given');
    return now ?? award;
  }

  async function carryOut(award: Award, duty: Exclude<Duty, 'tell'>): Promise<boolean> {
    switch (duty) {
      case 'ticket':
        return (await attach(award)) !== undefined;
      case 'points':
        await effects.points(award, 'give');
        return true;
      case 'timers':
        await effects.timers(award);
        return true;
      case 'tellSent':
        await effects.tell(award, 'sent');
        return true;
      case 'return':
        // Given first: else a give that is under way elsewhere would come after its reversal's refusal.
        if (award.what.kind === 'points') {
          await effects.points(award, 'give');
          await effects.points(award, 'takeBack');
        }
        await tickets.release(award._id, { seen: award.code !== undefined });
        return true;
      case 'pass':
        await effects.pass(award);
        return true;
    }
  }

  return { attach, carryOut };
}
