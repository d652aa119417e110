import type { Counts } from '../deliveries';
import { noCounts } from '../deliveries';
import type { Pushes } from '../pushes';
import type { Run, Runs } from './runs';
import { readPushId, type SequenceRow, type Version } from './sequence';

export type StepReport = {
  /** As it stands in the definition, from 0. */
  step: number;
  /** Who waits for it now. */
  waiting: number;
  /** For whom it was left out, as her condition did not hold. */
  skipped: number;
  /** Given to its push, and what became of that. */
  fed: number;
  counts: Counts;
  /** Pushes of it that were stopped by somebody, or by themselves. */
  stopped: string[];
};

export type Report = {
  sequence: SequenceRow;
  versions: {
    version: Version;
    came: number;
    done: number;
    left: Partial<Record<NonNullable<Run['why']>, number>>;
    steps: StepReport[];
  }[];
};

/** How far people are, version by version, newest first. What adds up is true: came = waiting + done + left. */
export async function reportOf(
  given: {
    runs: Pick<Runs, 'rows'>;
    pushes: Pick<Pushes, 'beginningWith' | 'status'>;
    versionOf: (sequence: string, n: number) => Promise<Version>;
  },
  sequence: SequenceRow,
): Promise<Report> {
  const { runs, pushes, versionOf } = given;
  const { _id } = sequence;
  const stands = await runs.rows
    .aggregate<{ _id: Pick<Run, 'version' | 'state' | 'step' | 'why'>; n: number }>([
      { $match: { sequence: _id } },
      {
        $group: { _id: { version: '$version', state: '$state', step: '$step', why: '$why' }, n: { $sum: 1 } },
      },
    ])
    .toArray();
  const leftOut = await runs.rows
    .aggregate<{ _id: { version: number; step: number }; n: number }>([
      { $match: { sequence: _id, skipped: { $exists: true } } },
      { $unwind: '$skipped' },
      { $group: { _id: { version: '$version', step: '$skipped' }, n: { $sum: 1 } } },
    ])
    .toArray();
  const fed = await pushes.beginningWith(`${_id}.`);

  const numbers = [...new Set(stands.map((one) => one._id.version))].toSorted((a, b) => b - a);
  const told: Report['versions'] = [];
  for (const n of numbers) {
    const own = stands.filter((one) => one._id.version === n);
    const count = (is: (one: (typeof own)[number]['_id']) => boolean) =>
      own.reduce((sum, one) => sum + (is(one._id) ? one.n : 0), 0);
    const version = await versionOf(_id, n);
    const steps: StepReport[] = [];
    for (const step of version.definition.steps.keys()) {
      const its = fed.filter((push) => {
        const of = readPushId(push._id);
        return of.version === n && of.step === step;
      });
      const statuses = await Promise.all(its.map((push) => pushes.status(push._id)));
      const counts = noCounts();
      for (const status of statuses) add(counts, status.counts);
      steps.push({
        step,
        waiting: count((one) => one.state === 'waiting' && one.step === step),
        skipped: leftOut.find((one) => one._id.version === n && one._id.step === step)?.n ?? 0,
        fed: statuses.reduce((sum, { people }) => sum + people, 0),
        counts,
        stopped: its.flatMap(({ _id: id, state }) => (state === 'running' ? [] : [id])),
      });
    }
    const stop = count(({ why }) => why === 'stop');
    const letGo = count(({ why }) => why === 'let-go');
    told.push({
      version,
      came: count(() => true),
      done: count(({ state }) => state === 'done'),
      left: { ...(stop > 0 ? { stop } : {}), ...(letGo > 0 ? { 'let-go': letGo } : {}) },
      steps,
    });
  }
  return { sequence, versions: told };
}

function add(into: Counts, more: Counts): void {
  for (const key of ['sent', 'handed', 'failed', 'unknown', 'skipped'] as const) into[key] += more[key];
  for (const [reason, n] of Object.entries(more.reasons))
    into.reasons[reason] = (into.reasons[reason] ?? 0) + n;
}
