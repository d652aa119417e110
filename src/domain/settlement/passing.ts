import type { Connection } from 'mongoose';
import { crashPoint } from '../../kit/crash-point';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Heir } from '../campaigns/kind';
import type { Draws } from '../draws/draws';
import type { Award, Decision } from '../prizes/award';
import type { Awards } from '../prizes/awards';
import type { Giver } from '../prizes/prize';

/**
 * A prize that somebody could not keep, and who has it now: `passings{_id: the award that was given up}`. Written before
 * the new award, so that whoever goes on after a kill gives it to the same person.
 */
export type Passing = Decision & {
  _id: string;
  campaign: string;
  /** What can be taken once: a place in a draw, a person's one floor prize of a day. */
  seat: string;
};

export const passingIndexes: IndexSpec[] = [
  {
    collection: 'passings',
    key: { seat: 1 },
    unique: true,
    invariant: true,
    why: 'a reserve moves up once; one floor prize per person and day',
  },
  { collection: 'passings', key: { campaign: 1 }, why: 'what passed on in a campaign' },
];

/** An award that was given up, or was never written because its winner was rejected before. */
export type GivenUp = Pick<Award, '_id' | 'prize' | 'unit' | 'why' | 'on'> & { floor?: number };

export function createPassing(given: {
  db: Connection;
  awards: Pick<Awards, 'find'>;
  draws: Pick<Draws, 'outcome' | 'idOf'>;
}) {
  const { db, awards, draws } = given;
  const rows = db.collection<Passing>('passings');

  const passed = async (from: string): Promise<Passing | undefined> =>
    (await rows.findOne({ _id: from }, { readConcern: 'majority' })) ?? undefined;

  /** False: the seat, or this award, was taken meanwhile. */
  async function write(passing: Passing): Promise<boolean> {
    try {
      await rows.insertOne(passing);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    } finally {
      crashPoint('passing-written');
    }
  }

  return {
    /** Everything that passed on in a campaign. */
    all: (campaign: string): Promise<Passing[]> => rows.find({ campaign }, { sort: { _id: 1 } }).toArray(),

    /** The next reserve of a draw in place of somebody; again is the same one. Undefined: there is none left. */
    async toReserve(
      campaign: string,
      from: GivenUp,
      rejected: ReadonlySet<string>,
    ): Promise<Passing | undefined> {
      const outcome = await draws.outcome(draws.idOf(campaign, from.prize));
      if (!outcome) return undefined;
      const { won, reserve } = outcome;
      for (const [i, pid] of reserve.entries()) {
        const known = await passed(from._id);
        if (known) return known;
        if (rejected.has(pid)) continue;
        const unit = `draw-${won.length + i + 1}`;
        const to = { prize: from.prize, pid, on: from.on, why: 'draw' as const, unit };
        const passing = { _id: from._id, campaign, ...to, seat: `${campaign}/${from.prize}/${unit}` };
        if (await write(passing)) return passing;
      }
      return passed(from._id);
    },

    /**
     * Floors and firsts of people who were rejected go to the next who may have them, by one walk through all who may.
     *
     * @param who.out who may win nothing: rejected, held, staff
     */
    async floors(
      campaign: Giver,
      how: {
        rejected: ReadonlySet<string>;
        out: ReadonlySet<string>;
        heirs: () => AsyncIterable<Heir>;
      },
      give: (passing: Passing) => Promise<unknown>,
    ): Promise<void> {
      const { rejected, out } = how;
      const known = new Map(
        (await rows.find({ campaign: campaign.id }).toArray()).map((one) => [one._id, one]),
      );
      const givenUp: GivenUp[] = [];
      const wonThatDay = new Set<string>();
      const times = new Map<string, number>();
      const count = ({ prize, pid, on, why }: Decision) => {
        if (why === 'floor') wonThatDay.add(`${on}/${pid}`);
        times.set(`${prize}/${pid}`, (times.get(`${prize}/${pid}`) ?? 0) + 1);
      };
      const written = new Set<string>();
      for await (const award of awards.find({ campaign: campaign.id, why: { $in: ['floor', 'first'] } })) {
        written.add(award._id);
        if (award.state !== 'void') count(award);
        else if (!known.has(award._id)) givenUp.push(award);
      }
      // A kill came between a passing and its award.
      for (const passing of known.values()) {
        const _id = `${campaign.id}/${passing.prize}/${passing.unit}`;
        if (passing.why === 'draw' || written.has(_id)) continue;
        if (!rejected.has(passing.pid)) {
          count(passing);
          await give(passing);
        } else if (!known.has(_id)) givenUp.push({ ...passing, _id });
      }
      if (givenUp.length === 0) return;
      const waiting = givenUp.toSorted((a, b) => (a.floor ?? 0) - (b.floor ?? 0));
      const limitOf = new Map(
        campaign.prizes.map(({ id, perPerson }) => [id, perPerson ?? Number.POSITIVE_INFINITY]),
      );
      const mayHave = (from: GivenUp, { pid, on, floor, first }: Heir): boolean => {
        if (floor <= (from.floor ?? 0) || out.has(pid)) return false;
        if ((times.get(`${from.prize}/${pid}`) ?? 0) >= (limitOf.get(from.prize) ?? 0)) return false;
        if (from.why === 'first') return first === wordOf(from.unit);
        return !wonThatDay.has(`${on}/${pid}`);
      };
      for await (const heir of how.heirs()) {
        // One answer may take a floor and a 搶答題.
        for (let i = 0; i < waiting.length; ) {
          const from = waiting[i] as GivenUp;
          if ((from.floor ?? 0) >= heir.floor) break;
          if (!mayHave(from, heir)) {
            i++;
            continue;
          }
          const { pid, on } = heir;
          const to: Decision = {
            prize: from.prize,
            pid,
            on,
            floor: heir.floor,
            why: from.why,
            unit: nextUnit(from.unit),
          };
          const seat =
            from.why === 'floor'
              ? `${campaign.id}/floor/${on}/${pid}`
              : `${campaign.id}/${to.prize}/${to.unit}`;
          const passing = { _id: from._id, campaign: campaign.id, ...to, seat };
          if (await write(passing)) {
            count(to);
            waiting.splice(i, 1);
            await give(passing);
          } else i++;
        }
        if (waiting.length === 0) return;
      }
    },
  };
}

/** 「88」 passes on as 「88+1」, then 「88+2」: the floor that was promised stays to be seen. */
const nextUnit = (unit: string): string => {
  const [word = '', n = '0'] = unit.split('+');
  return `${word}+${Number(n) + 1}`;
};
const wordOf = (unit: string): string => unit.split('+')[0] ?? unit;
