import type { Clock } from '../../../kit/clock';
import { crashPoint } from '../../../kit/crash-point';
import type { Log } from '../../../kit/log';
import { type Award, type Duty, endOfDayAfter, isInstant, isLive, moves, type Step } from '../award';
import type { Tickets } from '../tickets';
import { type AwardEffects, createDuties } from './duties';
import { type AwardRows, timeoutMS } from './rows';

export type Moved =
  | { kind: 'moved' | 'same'; award: Award }
  | { kind: 'refused'; award: Award; why: 'state' | 'kind' | 'waits' | 'other' }
  | { kind: 'unknown' };

/** The course of an award: moved only along the table, with who and when, and what each step leaves to be done. */
export function createCourse(given: {
  stored: AwardRows;
  clock: Clock;
  log: Log;
  tickets: Tickets;
  effects: AwardEffects;
}) {
  const { clock, log, effects } = given;
  const { rows, read, mustHave } = given.stored;
  const { attach, carryOut } = createDuties(given);

  const lacksTicket = (todo: Duty[], done: Duty[]): boolean =>
    todo.includes('ticket') && !done.includes('ticket');

  /** Does what is still to be done about an award. What fails stays to be done, and the sweeper tries again. */
  async function finish(award: Award): Promise<Award> {
    const done: Duty[] = [];
    const off = !isLive(award.state);
    let knows = false;
    for (const duty of award.todo) {
      try {
        if (off !== (duty === 'return' || duty === 'pass')) {
          done.push(duty); // it came to nothing meanwhile
          continue;
        }
        // Until codes are imported there is nothing to tell her.
        if (duty === 'tell' && award.what.kind === 'code' && lacksTicket(award.todo, done)) continue;
        if (duty === 'tell') {
          const carried = await effects.carried(award);
          if (carried === 'open') continue;
          knows = carried === 'yes';
          if (!knows) await effects.tell(award, 'won');
          done.push(duty);
        } else if (await carryOut(award, duty)) done.push(duty);
        else if (duty === 'ticket')
          log.warn({ award: award._id }, 'an award has no ticket: its stock is less than was promised');
        crashPoint('award-duty-done');
      } catch (err) {
        log.warn({ err, award: award._id, duty }, `an award's ${duty} failed and will be tried again`);
      }
    }
    const left = { $filter: { input: '$todo', cond: { $not: { $in: ['$$this', done] } } } };
    const after = await rows.findOneAndUpdate(
      { _id: award._id },
      [
        { $set: { todo: left } },
        { $set: { todoAt: { $cond: [{ $eq: ['$todo', []] }, '$$REMOVE', new Date()] } } },
      ],
      { returnDocument: 'after', timeoutMS },
    );
    if (knows) await told(award._id);
    return after && !knows ? after : mustHave(award._id);
  }

  /** One move along the table, by one conditional write. */
  async function move(
    id: string,
    to: keyof typeof moves,
    more: {
      by: string;
      reason?: string;
      set?: Partial<Pick<Award, 'sent' | 'used' | 'claimBy'>>;
      todo?: Duty[];
      only?: Record<string, unknown>;
    },
  ): Promise<Moved> {
    const { from, kinds, evenIfWaiting } = moves[to];
    const { by, reason, set = {}, todo = [], only = {} } = more;
    const step: Step = { state: to, at: clock.now(), by, ...(reason ? { reason } : {}) };
    const moved = await rows.findOneAndUpdate(
      {
        ...only,
        _id: id,
        state: { $in: from },
        ...(kinds ? { 'what.kind': { $in: kinds } } : {}),
        ...(evenIfWaiting ? {} : { waits: { $exists: false } }),
      },
      {
        $set: { ...set, state: to, ...(todo.length > 0 ? { todoAt: new Date() } : {}) },
        $push: { history: step },
        ...(todo.length > 0 ? { $addToSet: { todo: { $each: todo } } } : {}),
      },
      { returnDocument: 'after', timeoutMS },
    );
    crashPoint('award-moved');
    if (moved) return { kind: 'moved', award: todo.length > 0 ? await finish(moved) : moved };
    const award = await read(id);
    if (!award || award.state === 'pending') return { kind: 'unknown' };
    // Whoever moved it may have died before what follows was done, and whoever asks counts on that.
    if (award.state === to)
      return { kind: 'same', award: award.todo.length > 0 ? await finish(award) : award };
    if (kinds && !kinds.includes(award.what.kind)) return { kind: 'refused', award, why: 'kind' };
    if (!from.includes(award.state)) return { kind: 'refused', award, why: 'state' };
    return { kind: 'refused', award, why: award.waits && !evenIfWaiting ? 'waits' : 'other' };
  }

  /** Told, and done with it when there is nothing left to do for her. */
  async function told(id: string): Promise<Moved> {
    const award = await read(id);
    if (!award) return { kind: 'unknown' };
    const later = endOfDayAfter(clock.now(), award.claimDays);
    const longer = award.what.kind !== 'coupon' && award.claimBy !== undefined && later > award.claimBy;
    const moved = await move(id, 'told', {
      by: 'system',
      ...(longer ? { set: { claimBy: later }, todo: ['timers'] } : {}),
    });
    return moved.kind === 'moved' && isInstant(moved.award.what.kind)
      ? move(id, 'done', { by: 'system' })
      : moved;
  }

  return { attach, finish, move, told };
}

export type Course = ReturnType<typeof createCourse>;
