import { AppError } from '../../../errors';
import type { Clock } from '../../../kit/clock';
import { crashPoint } from '../../../kit/crash-point';
import { createGate } from '../../../kit/gate';
import { randomId } from '../../../kit/ids';
import { createGroup } from '../../../store/group';
import { type Award, awardId, type Decision, newAward } from '../award';
import type { Giver, Prize } from '../prize';
import type { Tickets } from '../tickets';
import type { Course } from './course';
import { type AwardRows, timeoutMS } from './rows';

export type Taken =
  | { kind: 'won'; award: Award }
  /** She has it already, or another try of hers is just being decided. */
  | { kind: 'already'; award: Award }
  | { kind: 'soldOut' };

/** First come, first served: prizes that a crowd wants at once. */
export function createTaking(given: { stored: AwardRows; course: Course; clock: Clock; tickets: Tickets }) {
  const { clock, tickets } = given;
  const { rows, insert, read, mustHave } = given.stored;
  const { finish } = given.course;

  /** Who asks while others ask shares their query. */
  const known = createGroup<string, Award | undefined>({
    maxAgeMs: 5_000,
    maxWaiting: 20_000,
    async run(ids) {
      const found = await rows.find({ _id: { $in: [...new Set(ids)] } }, { timeoutMS }).toArray();
      const byId = new Map(found.map((award) => [award._id, award]));
      return ids.map((id) => byId.get(id));
    },
  });
  /** A crowd at one prize goes through a few at a time: when the last ticket is gone the rest need not try. */
  const gate = createGate({ atOnce: 16, maxWaiting: 20_000 });

  /** First come: pending first, so that one person cannot hold two tickets; certain once it has a ticket. */
  async function decide(asked: {
    campaign: Pick<Giver, 'id'>;
    prize: Prize;
    won: Decision;
    /** A try of hers that was left undecided is gone on with; it may hold a ticket. */
    adopting: boolean;
  }): Promise<Taken> {
    const { campaign, prize, adopting } = asked;
    // Most of a crowd leaves here, without having written anything.
    if (!adopting && !(await tickets.anyLeft(campaign.id, prize.id))) return { kind: 'soldOut' };
    const attempt = randomId();
    const wanted = newAward({ ...asked, at: clock.now() });
    const { award, fresh } = await insert({ ...wanted, state: 'pending', attempt });
    if (!fresh && !(adopting && (await adopt(award._id, attempt)))) return { kind: 'already', award };
    crashPoint('take-pending');
    const ticket = await tickets.hold({ campaign: campaign.id, prize: prize.id, award: award._id });
    crashPoint('take-ticket-held');
    if (!ticket) {
      await rows.deleteOne({ _id: award._id, state: 'pending', attempt }, { timeoutMS });
      return { kind: 'soldOut' };
    }
    const { matchedCount } = await rows.updateOne(
      { _id: award._id, state: 'pending', attempt },
      {
        $set: { state: wanted.state, ticket: ticket._id, ...(ticket.code ? { code: ticket.code } : {}) },
        $unset: { attempt: 1 },
      },
      { timeoutMS },
    );
    crashPoint('take-certain');
    if (matchedCount === 0) {
      // The sweeper took us for dead. The ticket is not ours to free: another attempt may hold it.
      const now = await read(award._id);
      return now ? { kind: 'already', award: now } : { kind: 'soldOut' };
    }
    return { kind: 'won', award: await finish(await mustHave(award._id)) };
  }

  /** From now on only this attempt can make it certain; whoever had it finds that out. */
  async function adopt(id: string, attempt: string): Promise<boolean> {
    const set = { $set: { attempt, todoAt: new Date() } };
    return (await rows.updateOne({ _id: id, state: 'pending' }, set, { timeoutMS })).matchedCount === 1;
  }

  return {
    /**
     * First come, first served: an award only if a ticket is left. The unit is the limit: `<pid>` once in a campaign,
     * `<pid>-<on>` once a day.
     *
     * @param options `resume`: whoever asks is alone at it, so what is still undecided was left by a process that
     *   died: it is decided now.
     */
    async take(
      campaign: Giver,
      won: Decision,
      { resume = false }: { resume?: boolean } = {},
    ): Promise<Taken> {
      const prize = prizeOf(campaign, won.prize);
      const before = await known.add(awardId(campaign.id, won));
      const adopting = resume && before?.state === 'pending';
      if (before && !adopting) return { kind: 'already', award: before };
      return gate(() => decide({ campaign, prize, won, adopting }));
    },
  };
}

export const prizeOf = (campaign: Giver, id: string): Prize => {
  const prize = campaign.prizes.find((one) => one.id === id);
  if (!prize) throw new AppError('NotFound', 'prize.unknown', `活動「${campaign.id}」沒有獎品「${id}」。`);
  return prize;
};
