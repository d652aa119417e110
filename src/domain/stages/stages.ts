import type { Connection } from 'mongoose';
import { dayMs, dayNumber } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { IndexSpec } from '../../store/indexes';
import type { Audience, Facts, Known } from '../audience';
import type { Flat } from '../leaf';
import type { PersonRow } from '../people/people';
import { rowsOf, type Upkeep } from '../upkeep';
import { type Churn, churnOf } from './churn';
import { createMoves, type Move } from './moves';
import { type StageCode, stageOf } from './stage-rules';
import { stageLeaves, valueNumber } from './stages.leaves';
import { createFifths, type Value, type ValueCuts, valueOf } from './value';

/** `stages{_id: pid}`: where she stands, what she is worth, and how likely she is to be lost. `since`: a Beijing day. */
export type Standing = { _id: string; stage: StageCode; since: string; value?: Value; churn: Churn };
/** `stageRuns{_id: day}`: how far everybody has been judged that day, and what parts them into fifths. */
type Run = { _id: string; cuts: ValueCuts; after: string; done: boolean };

const indexes: IndexSpec[] = [
  { collection: 'moves', key: { pid: 1 }, why: 'where she went (history, erasure)' },
  { collection: 'moves', key: { on: 1 }, why: 'who moved on these days (rates)' },
  {
    collection: 'moves',
    key: { from: 1, to: 1, on: 1, _id: 1 },
    why: 'who went from this stage to that, the newest first',
  },
];
const batch = 500;
/** Flat rows follow callbacks by two seconds, and those that a worker was busy with, a little later. */
const behindMs = 10_000;
/** What lies longer back is left to the day's run. */
const mostFollowedMs = 10 * 60_000;

/**
 * Where people stand in their life with the brand. Judged from their flat rows: who wrote, soon after; everybody once a day, when
 * fifths are cut anew. What was judged goes back into the flat rows as facts.
 */
export function createStages(given: {
  db: Connection;
  clock: Clock;
  subscribers: {
    known(pids: string[]): Promise<Known[]>;
    among(fans: string[]): Promise<Known[]>;
    here(pids: string[]): Promise<string[]>;
  };
  /** Who sent something between two moments (business ms). */
  wrote: (from: number, to: number) => Promise<string[]>;
  people: { refresh(known: readonly Known[]): Promise<void> };
}) {
  const { db, clock, subscribers, wrote, people } = given;
  const rows = db.collection<Standing>('stages');
  const runs = db.collection<Run>('stageRuns');
  const flat = db.collection<PersonRow>('people');
  const cursors = db.collection<{ _id: string; at: number }>('cursors');
  const moves = createMoves({ db });

  /** Moves first: they are what is true, and a row that was not written is mended from them. Twice is as once. */
  async function judge(some: readonly PersonRow[], cuts: ValueCuts | undefined): Promise<void> {
    const at = new Date(clock.now());
    const on = clock.day(at.getTime());
    const day = dayNumber(on);
    const ids = some.map(({ _id }) => _id);
    const kept = new Map((await rows.find({ _id: { $in: ids } }).toArray()).map((one) => [one._id, one]));
    const stageNow = new Map(some.map((one) => [one._id, stageOf(one, day)]));
    const moving = ids.filter((pid) => kept.get(pid)?.stage !== stageNow.get(pid));
    const last = await moves.last(new Map(moving.map((pid) => [pid, kept.get(pid)?.stage])));
    const made = new Map<string, Move>();
    for (const pid of moving) {
      const from = last.get(pid)?.to ?? 'none';
      const to = stageNow.get(pid) as StageCode;
      if (from !== to) made.set(pid, { _id: `${pid}/${on}/${to}`, pid, from, to, on, at });
    }
    await moves.write([...made.values()]);
    crashPoint('stage-moved');

    const standings = some.map((one): Standing => {
      const stage = stageNow.get(one._id) as StageCode;
      const before = kept.get(one._id);
      const value = cuts && valueOf(one, cuts);
      return {
        _id: one._id,
        stage,
        since: before?.stage === stage ? before.since : ((made.get(one._id) ?? last.get(one._id))?.on ?? on),
        ...(value ? { value } : {}),
        churn: churnOf(one, day),
      };
    });
    const changed = standings.filter((one) => !isSame(kept.get(one._id), one));
    if (changed.length > 0)
      await rows.bulkWrite(
        changed.map(({ _id, ...replacement }) => ({
          replaceOne: { filter: { _id }, replacement, upsert: true },
        })),
        { ordered: false },
      );
    crashPoint('stages-written');
    const unseen = standings.filter((one, i) => !shows(some[i] as PersonRow, factsOf(one)));
    if (unseen.length > 0) await people.refresh(await subscribers.known(unseen.map(({ _id }) => _id)));
  }

  const newestCuts = async (): Promise<ValueCuts | undefined> =>
    (await runs.findOne({}, { sort: { _id: -1 }, projection: { cuts: 1 } }))?.cuts;

  /** Judges these people now, by the fifths of the last daily run. */
  async function look(known: readonly Known[]): Promise<void> {
    if (known.length === 0) return;
    const cuts = await newestCuts();
    for (let at = 0; at < known.length; at += batch) {
      const pids = known.slice(at, at + batch).map(({ pid }) => pid);
      await judge(await flat.find({ _id: { $in: pids } }).toArray(), cuts);
    }
  }

  /** Who wrote since the last time, if that is not long ago. */
  async function follow(): Promise<void> {
    const to = clock.now() - behindMs;
    const since = (await cursors.findOne({ _id: 'stages' }))?.at ?? to - dayMs;
    if (since >= to) return;
    // What a longer standstill left out, the day's run judges.
    const from = Math.max(since, to - mostFollowedMs);
    await look(await subscribers.among(await wrote(from, to)));
    await cursors.updateOne({ _id: 'stages' }, { $max: { at: to } }, { upsert: true });
  }

  async function begin(day: string, anew: boolean): Promise<Run> {
    const before = await runs.findOne({ _id: day });
    if (before && !anew) return before;
    const standing = await counts();
    await moves.close(day, standing);
    const fifths = createFifths();
    for await (const row of flat.find({}, { projection: { t: 0 }, batchSize: 5_000 }))
      fifths.add({ ...row, t: [] });
    const run = { cuts: fifths.cuts(), after: '', done: false };
    await (anew
      ? runs.updateOne({ _id: day }, { $set: run }, { upsert: true })
      : runs.updateOne({ _id: day }, { $setOnInsert: run }, { upsert: true }));
    return (await runs.findOne({ _id: day })) as Run;
  }

  /**
   * Cuts the fifths of today and judges everybody by them. Once a day: a run that was cut off goes on where it stopped, one that is
   * done does nothing, unless it is asked for `anew`. Returns how many were judged.
   */
  async function run({ anew = false } = {}): Promise<number> {
    const day = clock.day();
    const today = await begin(day, anew);
    if (today.done) return 0;
    let judged = 0;
    for (let { after } = today; ; ) {
      const some = await flat.find({ _id: { $gt: after } }, { sort: { _id: 1 }, limit: batch }).toArray();
      if (some.length === 0) break;
      await judge(some, today.cuts);
      judged += some.length;
      after = some.at(-1)?._id ?? '';
      await runs.updateOne({ _id: day }, { $set: { after } });
      crashPoint('stages-judged-some');
    }
    await removeStrangers();
    await runs.updateOne({ _id: day }, { $set: { done: true } });
    return judged;
  }

  /** Rows of people who left while they were judged. */
  async function removeStrangers(): Promise<void> {
    for (let after = ''; ; ) {
      const some = await rows
        .find({ _id: { $gt: after } }, { projection: { _id: 1 }, sort: { _id: 1 }, limit: 2_000 })
        .toArray();
      if (some.length === 0) return;
      const pids = some.map(({ _id }) => _id);
      const still = new Set(await subscribers.here(pids));
      const gone = pids.filter((pid) => !still.has(pid));
      if (gone.length > 0) {
        await moves.forget({ pid: { $in: gone } });
        await rows.deleteMany({ _id: { $in: gone } });
      }
      after = pids.at(-1) as string;
    }
  }

  /** How many stand where. */
  async function counts(): Promise<Partial<Record<StageCode, number>>> {
    const found = await rows
      .aggregate<{ _id: StageCode; people: number }>([{ $group: { _id: '$stage', people: { $sum: 1 } } }])
      .toArray();
    return Object.fromEntries(found.map(({ _id, people: standing }) => [_id, standing]));
  }

  return {
    upkeep: {
      indexes,
      async erase(her) {
        if (her.pid === undefined) return;
        await moves.forget(rowsOf(her));
        await rows.deleteOne({ _id: her.pid });
      },
      copy: async ({ pid }) => ({
        stages: await rows.find({ _id: pid }).toArray(),
        stageMoves: await moves.of(pid),
      }),
      sweep: follow,
      async forget(ago) {
        await run();
        await runs.deleteMany({ _id: { $lt: clock.day(ago(366).getTime()) } });
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '推出來的', how: '按看得見的事判定，每天更新' },
      leaves: stageLeaves,
      async facts(known) {
        const some = await rows.find({ _id: { $in: known.map(({ pid }) => pid) } }).toArray();
        return new Map(some.map((one) => [one._id, factsOf(one)]));
      },
    } satisfies Audience,
    look,
    run,
    counts,
    rates: moves.rates,
    moved: moves.moved,
    days: moves.days,
    /** Where she stands and how she came there. */
    async of(pid: string): Promise<{ standing: Standing | null; moves: Move[] }> {
      return { standing: await rows.findOne({ _id: pid }), moves: await moves.of(pid) };
    },
  };
}

export type Stages = ReturnType<typeof createStages>;

function factsOf({ stage, value, churn }: Standing): Required<Facts> {
  return {
    tokens: [`stage:${stage}`, ...(value ? [`value:${value.kind}`] : [])],
    numbers: {
      churn: churn.score,
      ...(value
        ? {
            [valueNumber('r')]: value.r,
            [valueNumber('f')]: value.f,
            [valueNumber('m')]: value.m,
            [valueNumber('all')]: value.r + value.f + value.m,
          }
        : {}),
    },
  };
}

/** Whether a flat row has just these facts of ours. */
function shows({ t, n }: Flat, { tokens, numbers }: Required<Facts>): boolean {
  const ours = t.filter((one) => /^(?:stage|value):/.test(one));
  return (
    ours.length === tokens.length &&
    tokens.every((one) => ours.includes(one)) &&
    Object.entries(numbers).every(([name, value]) => n[name] === value)
  );
}

const isSame = (a: Standing | undefined, b: Standing): boolean => {
  const told = ({ stage, since, value, churn }: Standing) =>
    JSON.stringify([
      stage,
      since,
      value && [value.kind, value.r, value.f, value.m],
      churn.score,
      churn.reasons,
    ]);
  return a !== undefined && told(a) === told(b);
};
