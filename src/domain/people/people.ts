import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { dayMs, dayNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { IndexSpec } from '../../store/indexes';
import type { AllAudience, Known } from '../audience';
import type { Flat, Now } from '../leaf';
import type { Upkeep } from '../upkeep';

/** `people{_id: pid}`: a person laid flat. `r`: random, the same for ever; a slice of it is a fair sample. */
export type PersonRow = Flat & { _id: string; r: number };

/** `r` is below this. */
export const wholeCircle = 2 ** 31;
const batch = 500;
/** A reply is kept some time after its callback; a callback that is taken over, much later. Both are looked at again. */
const soonMs = 2_000;
const lateMs = 120_000;
const pieceMs = 120_000;

const indexes: IndexSpec[] = [
  { collection: 'people', key: { t: 1 }, why: 'who has this (segments)' },
  { collection: 'people', key: { r: 1 }, why: 'a fair sample, and estimates (segments)' },
  {
    collection: 'people',
    key: { 'n.seenOn': 1, _id: 1 },
    why: 'who was here lately, who is silent (segments); the list of people, in this order',
  },
  {
    collection: 'people',
    key: { 'n.followedOn': 1, _id: 1 },
    why: 'the list of people, newest followers first',
  },
  { collection: 'people', key: { 'n.points': 1, _id: 1 }, why: 'the list of people, most points first' },
];

/**
 * The flat rows that segments are asked of. They are worked out from what the domains know, never written by anybody else: what
 * callbacks change is looked up behind them (`inbox` says who was here), so a callback pays nothing for it; once a day all
 * are worked out anew, and so can `rebuild`, any time.
 */
export function createPeople(given: {
  db: Connection;
  clock: Clock;
  /** Everybody who follows, in the order of `fan`; from behind `after` on. */
  everybody: (after: string, limit: number) => Promise<Known[]>;
  /** Those of the fans whom we know. */
  among: (fans: string[]) => Promise<Known[]>;
  /** Those of the pids that are somebody's now. */
  here: (pids: string[]) => Promise<string[]>;
  /** Who sent something between two moments (business ms), the second not included. */
  wrote: (from: number, to: number) => Promise<string[]>;
  /** When somebody next sent something, from a moment on (business ms). */
  firstWrote: (from: number) => Promise<number | undefined>;
  /** Set once all domains are made. */
  audience: () => Pick<AllAudience, 'flatOf'>;
}) {
  const { db, clock, everybody, among, here, wrote, firstWrote, audience } = given;
  const rows = db.collection<PersonRow>('people');
  const cursors = db.collection<{ _id: string; at: number }>('cursors');

  const now = (): Now => ({ day: dayNumber(clock.day(clock.now())), at: clock.now() });

  /** Works out the rows of these people. Twice is as once. */
  async function refresh(people: readonly Known[]): Promise<void> {
    for (let at = 0; at < people.length; at += batch) {
      const some = people.slice(at, at + batch);
      const flat = await audience().flatOf(some, now().day);
      await rows.bulkWrite(
        some.map(({ pid }) => ({
          replaceOne: {
            filter: { _id: pid },
            replacement: { ...(flat.get(pid) as Flat), r: circleOf(pid) },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    }
  }

  /** Who wrote from where the cursor stands until `to` is worked out again, and the cursor moves on. */
  async function follow(cursor: string, to: number): Promise<void> {
    const from = (await cursors.findOne({ _id: cursor }))?.at ?? to - dayMs;
    // Piece by piece: who wrote in a day of standstill would not fit into one answer of the database.
    for (let at = from; at < to; ) {
      const first = await firstWrote(at);
      const end = first === undefined || first >= to ? to : Math.min(to, first + pieceMs);
      if (first !== undefined && first < to) await refresh(await among(await wrote(first, end)));
      crashPoint('people-followed');
      await cursors.updateOne({ _id: cursor }, { $max: { at: end } }, { upsert: true });
      at = end;
    }
  }

  /**
   * Works out everybody's row, and removes the rows of who is gone. Goes on where a killed run stopped when it is called again
   * within the same day. `onStep` hears how many are done.
   */
  async function rebuild(onStep: (done: number) => void | Promise<void> = () => {}): Promise<number> {
    let done = 0;
    let after = '';
    for (;;) {
      const people = await everybody(after, batch);
      if (people.length === 0) break;
      await refresh(people);
      crashPoint('people-rebuilt-some');
      done += people.length;
      await onStep(done);
      after = people.at(-1)?.fan ?? '';
    }
    await removeStrangers();
    return done;
  }

  /** Rows whose people are gone: an erasure that was cut off, or a rebuild that raced with one. */
  async function removeStrangers(): Promise<void> {
    let after = '';
    for (;;) {
      const some = await rows
        .find({ _id: { $gt: after } }, { projection: { _id: 1 }, sort: { _id: 1 }, limit: 2_000 })
        .toArray();
      if (some.length === 0) return;
      const pids = some.map(({ _id }) => _id);
      const still = new Set(await here(pids));
      const gone = pids.filter((pid) => !still.has(pid));
      if (gone.length > 0) await rows.deleteMany({ _id: { $in: gone } });
      after = pids.at(-1) as string;
    }
  }

  return {
    upkeep: {
      indexes,
      /** Her row goes, unless she is here again: then it is worked out anew. */
      async erase({ fan, pid }) {
        if (pid === undefined) return;
        if ((await here([pid])).length > 0) await refresh([{ fan, pid }]);
        else await rows.deleteOne({ _id: pid });
      },
      copy: async ({ pid }) => ({ segmentedBy: await rows.find({ _id: pid }).toArray() }),
      async sweep() {
        await follow('people', clock.now() - soonMs);
        await follow('people:late', clock.now() - lateMs);
      },
      /** Ages, days of silence and what was given behind her back. */
      forget: async () => void (await rebuild()),
    } satisfies Upkeep,
    now,
    refresh,
    rebuild,
    read: (pid: string): Promise<PersonRow | null> => rows.findOne({ _id: pid }),
    count: (): Promise<number> => rows.estimatedDocumentCount(),
    /** Up to when (business ms) what people did stands in the rows; undefined: nobody has followed them yet. */
    followedTo: async (): Promise<number | undefined> => (await cursors.findOne({ _id: 'people' }))?.at,
    /** How the kept rows differ from what is true: nothing, where nobody has written in the last seconds. */
    async *differences(): AsyncGenerator<{ pid: string; kept: PersonRow | null; true: Flat }> {
      for (let after = ''; ; ) {
        const people = await everybody(after, batch);
        if (people.length === 0) return;
        const flat = await audience().flatOf(people, now().day);
        const kept = new Map(
          (await rows.find({ _id: { $in: people.map(({ pid }) => pid) } }).toArray()).map((row) => [
            row._id,
            row,
          ]),
        );
        for (const { pid } of people) {
          const row = kept.get(pid) ?? null;
          const truth = flat.get(pid) as Flat;
          if (!row || !isSame(row, truth)) yield { pid, kept: row, true: truth };
        }
        after = people.at(-1)?.fan ?? '';
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;

export const circleOf = (pid: string): number =>
  createHash('sha256').update(pid).digest().readUInt32BE(0) >>> 1;

function isSame(a: Flat, b: Flat): boolean {
  const told = ({ t, n }: Flat) =>
    JSON.stringify([t, Object.entries(n).toSorted(([x], [y]) => (x < y ? -1 : 1))]);
  return told(a) === told(b);
}
