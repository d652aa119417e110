import type { Connection } from 'mongoose';
import type { CampaignRow } from '../../campaigns/campaign-row';
import type { LedgerRow, Points } from '../../points/points';
import type { Ticket } from '../../prizes/tickets/rows';
import type { Quiz } from '../definition';
import type { AnswerLog } from './answers';
import { type Batch, noFloors, type Win, winsOf } from './floors';
import { createProjection, ledgerRows, liveTables, placings } from './project';
import type { Projector } from './projector';
import type { Placing, RoundRow, ScoreRow } from './scores';

export type Difference = { what: string; id: string; expected: unknown; found: unknown };
export type Replayed = { quiz: string; seq: number; answers: number; wins: Win[]; differences: Difference[] };

const shadow = { scores: 'replayScores', rounds: 'replayRounds' };
const stepSize = 5_000;
const looks = 4;
/** A list longer than this says no more. */
const mostTold = 1_000;

/**
 * That the numbers are right: by working everything out again from the answer log, and by adding up. Both bring the
 * projections up to the log first, and both look again at what differs, since fans go on playing meanwhile: a difference
 * counts only when it stays.
 */
export function createProof(given: {
  db: Connection;
  answerLog: Pick<AnswerLog, 'read'>;
  rulesAt: (quiz: string, version: number) => Promise<Pick<Quiz, 'prizes'>>;
  projector: Pick<Projector, 'catchUp'>;
  points: Pick<Points, 'audit' | 'earnedIn'>;
  /** How many of each prize are somebody's: `campaigns.awarded`. */
  awarded: (quiz: string) => Promise<Map<string, number>>;
}) {
  const { db, answerLog, rulesAt, projector, points, awarded } = given;
  const ledger = db.collection<LedgerRow>('ledger');

  async function* steps(quiz: string, after: number): AsyncGenerator<Batch[]> {
    for (let seq = after; ; ) {
      const found: Batch[] = [];
      let answers = 0;
      for await (const batch of answerLog.read(quiz, seq)) {
        found.push(batch);
        answers += batch.a.length;
        if (answers >= stepSize) break;
      }
      if (found.length === 0) return;
      yield found;
      seq = (found.at(-1) as Batch).seq;
    }
  }

  /** Rows of the ledger that are not what the answers say. */
  async function ledgerDifferences(quiz: string, answers: Placing[]): Promise<Difference[]> {
    const wanted = ledgerRows(quiz, answers);
    const present = new Map<string, LedgerRow>();
    const filter = { _id: { $in: wanted.map(({ _id }) => _id) } };
    for (const row of await ledger.find(filter, { readConcern: 'majority' }).toArray())
      present.set(row._id, row);
    return wanted.flatMap((row) => difference('ledger', row, present.get(row._id)));
  }

  /** Compares shadow rows with the real ones, all or some. Returns the ids that differ. */
  async function compare(quiz: string, table: keyof typeof shadow, only?: string[]): Promise<Difference[]> {
    const filter = only ? { _id: { $in: only } } : { _id: { $gt: `${quiz}:`, $lt: `${quiz};` }, quiz };
    const sort = { _id: 1 } as const;
    const wanted = db.collection<Row>(shadow[table]).find(filter, { sort });
    const present = db.collection<Row>(liveTables[table]).find(filter, { sort, readConcern: 'majority' });
    const found: Difference[] = [];
    let a = await wanted.next();
    let b = await present.next();
    while (a || b) {
      const left = a && (!b || a._id <= b._id) ? a : undefined;
      const right = b && (!a || b._id <= a._id) ? b : undefined;
      if (left) found.push(...difference(table, left, right));
      else if (right) found.push({ what: table, id: right._id, expected: undefined, found: right });
      if (left) a = await wanted.next();
      if (right) b = await present.next();
    }
    return found;
  }

  /** What adding up says of each person, for some or all. */
  async function sums(quiz: string, pids?: string[]): Promise<Map<string, Sums>> {
    const all = new Map<string, Sums>();
    const of = (pid: string): Sums => {
      let one = all.get(pid);
      if (!one) all.set(pid, (one = { ledger: 0, earned: 0, ...noRow('rounds'), ...noRow('scores') }));
      return one;
    };
    const who = pids ? { pid: { $in: pids } } : {};
    const concern = { allowDiskUse: true, readConcern: 'majority' } as const;
    const inLedger = ledger.aggregate<{ _id: string; sum: number }>(
      [
        { $match: { _id: { $gt: `answer/${quiz}:`, $lt: `answer/${quiz};` }, ...who } },
        { $group: { _id: '$pid', sum: { $sum: '$delta' } } },
      ],
      concern,
    );
    for await (const { _id, sum } of inLedger) of(_id).ledger = sum;
    for (const table of ['rounds', 'scores'] as const) {
      const counts = db.collection<RoundRow | ScoreRow>(table).aggregate<Counts & { _id: string }>(
        [
          { $match: { quiz, ...who } },
          {
            $group: {
              _id: '$pid',
              points: { $sum: '$points' },
              answered: { $sum: { $add: ['$answered', '$flash'] } },
              right: { $sum: '$right' },
            },
          },
        ],
        concern,
      );
      for await (const { _id, ...sum } of counts) of(_id)[table] = sum;
    }
    for (const [pid, sum] of await points.earnedIn(quiz, pids)) of(pid).earned = sum;
    return all;
  }

  /** Of no prize more tickets, and no more winners, than were promised. */
  async function surplus(quiz: string): Promise<Difference[]> {
    const row = await db
      .collection<CampaignRow>('campaigns')
      .findOne({ _id: quiz }, { projection: { prizes: 1 } });
    const awards = await awarded(quiz);
    const tickets = db.collection<Ticket>('tickets');
    const found: Difference[] = [];
    for (const { id: prize, quantity } of row?.prizes ?? []) {
      const counts = {
        票數: await tickets.countDocuments({ campaign: quiz, prize }),
        發出: awards.get(prize) ?? 0,
      };
      for (const [what, n] of Object.entries(counts))
        if (n > quantity)
          found.push({ what: `獎品${what}多於數量`, id: `${quiz}/${prize}`, expected: quantity, found: n });
    }
    return found;
  }

  function unequal(quiz: string, all: Map<string, Sums>): Difference[] {
    return [...all].flatMap(([pid, { ledger: sum, earned, rounds, scores }]) => [
      ...differs(`${quiz}: ledger and score`, pid, sum, scores.points),
      ...differs(`${quiz}: ledger and balance`, pid, sum, earned),
      ...differs(`${quiz}: rounds and score`, pid, rounds, scores),
    ]);
  }

  return {
    /**
     * Works rounds, scores, ledger and wins out of the log again, into tables of their own, and compares. Equal when
     * `differences` is empty.
     */
    async replay(quiz: string): Promise<Replayed> {
      const done: Replayed = { quiz, seq: 0, answers: 0, wins: [], differences: [] };
      for (const table of Object.values(shadow)) await db.collection(table).deleteMany({ quiz });
      const projection = createProjection({ db, tables: shadow });
      const state = noFloors();
      let paying = 0;
      let inLedger: Difference[] = [];
      const take = async () => {
        await projector.catchUp(quiz);
        for await (const batches of steps(quiz, done.seq)) {
          const answers = placings(batches, done.seq);
          await projection.take(quiz, answers);
          for (const batch of batches) done.wins.push(...winsOf(state, batch, await rulesAt(quiz, batch.v)));
          inLedger.push(...(await ledgerDifferences(quiz, answers)));
          paying += ledgerRows(quiz, answers).length;
          done.answers += answers.length;
          done.seq = (batches.at(-1) as Batch).seq;
        }
      };
      await take();
      let inScores = await compare(quiz, 'scores');
      let inRounds = await compare(quiz, 'rounds');
      for (let look = 0; look < looks && inScores.length + inRounds.length + inLedger.length > 0; look++) {
        await take();
        const idsOf = (list: Difference[]) => list.map(({ id }) => id);
        inScores = await compare(quiz, 'scores', idsOf(inScores));
        inRounds = await compare(quiz, 'rounds', idsOf(inRounds));
        const missing = new Set(idsOf(inLedger));
        const present = await ledger
          .find({ _id: { $in: [...missing] } }, { readConcern: 'majority' })
          .toArray();
        const now = new Map(present.map((row) => [row._id, row]));
        inLedger = inLedger.flatMap((one) =>
          difference('ledger', one.expected as LedgerRow, now.get(one.id)),
        );
      }
      const rows = await ledger.countDocuments({ _id: { $gt: `answer/${quiz}:`, $lt: `answer/${quiz};` } });
      await take();
      const extra = rows > paying ? [{ what: 'ledger rows', id: quiz, expected: paying, found: rows }] : [];
      done.differences = [...inLedger, ...inRounds, ...inScores, ...extra].slice(0, mostTold);
      for (const table of Object.values(shadow)) await db.collection(table).deleteMany({ quiz });
      return done;
    },

    /**
     * Adds up: ledger, rounds, score and what the balance holds of this quiz must agree for everybody, the answers must be
     * as many as the log has, every balance must be the sum of its ledger rows, and of no prize there may be more than was
     * promised. Empty: audit 0.
     */
    async audit(quiz: string): Promise<Difference[]> {
      await projector.catchUp(quiz);
      let found = unequal(quiz, await sums(quiz));
      for (let look = 0; look < looks && found.length > 0; look++) {
        await projector.catchUp(quiz);
        found = unequal(quiz, await sums(quiz, [...new Set(found.map(({ id }) => id))]));
      }
      const inBalances = (await points.audit()).map(({ pid, balance, ledger: sum }) => ({
        what: 'balance',
        id: pid,
        expected: sum,
        found: balance,
      }));
      return [...(await surplus(quiz)), ...found, ...inBalances].slice(0, mostTold);
    },
  };
}

export type Proof = ReturnType<typeof createProof>;

type Row = { _id: string; quiz: string };
type Counts = { points: number; answered: number; right: number };
type Sums = { ledger: number; earned: number; rounds: Counts; scores: Counts };

const noRow = <Name extends string>(name: Name) =>
  ({ [name]: { points: 0, answered: 0, right: 0 } }) as Record<Name, Counts>;

const differs = (what: string, id: string, expected: unknown, found: unknown): Difference[] =>
  same(expected, found) ? [] : [{ what, id, expected, found }];

/** Only the fields that the wanted row has: others may keep more in it. */
function difference(what: string, wanted: { _id: string }, present: object | undefined): Difference[] {
  const compared =
    present && Object.fromEntries(Object.keys(wanted).map((name) => [name, present[name as never]]));
  return differs(what, wanted._id, wanted, compared);
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key as never], b[key as never]));
}
