import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { beijingDay, hourMs, minuteMs } from '../../../kit/beijing';
import type { Clock } from '../../../kit/clock';
import { crashPoint } from '../../../kit/crash-point';
import { randomId } from '../../../kit/ids';
import { takeTurn } from '../../../store/turn';
import type { Rule } from '../../segments/rule';
import type { Segments } from '../../segments/segments';
import type { Pushes } from '../pushes';
import { dueAfter } from './due';
import { type Next, type Run, type Runs, runId } from './runs';
import { classOf, occurrenceOf, pushIdOf, type SequenceRow, type Version } from './sequence';

/** How often it is looked who comes in (business time); the same for a segment of more than so many people. */
export const lookMs = 10 * minuteMs;
const wide = 20_000;
const wideLookMs = hourMs;
/** People whose runs are written, and whose steps are taken, at once. */
const batch = 1_000;

/**
 * What a sequence does when it is looked at: takes in who has come into its segment, and takes the steps that are due. Killed
 * anywhere it goes on where it was: nobody is lost and nobody gets a step twice.
 */
export function createTicking(given: {
  db: Connection;
  clock: Clock;
  runs: Runs;
  segments: Pick<Segments, 'ids' | 'among'>;
  pushes: Pick<Pushes, 'feed'>;
  /** Works out the flat rows of these people, from what is true now. */
  refresh: (pids: string[]) => Promise<void>;
  versionOf: (sequence: string, n: number) => Promise<Version>;
  isOn: (sequence: string) => Promise<boolean>;
}) {
  const { db, clock, runs, segments, pushes, refresh, versionOf, isOn } = given;

  /** Those of them who are in it now: flat rows may be behind by what was done beside the chat, up to a day. */
  async function inNow(rule: Rule, pids: string[]): Promise<Set<string>> {
    if (pids.length === 0) return new Set();
    await refresh(pids);
    return segments.among(rule, pids);
  }

  function isLookDue({ look }: SequenceRow): boolean {
    if (!look) return true;
    const since = clock.now() - look.at.getTime();
    // A minute's grace: the last look began a little after its time.
    return (
      since >= (look.met > wide ? wideLookMs : lookMs) - minuteMs ||
      clock.day(look.at.getTime()) !== clock.day(clock.now())
    );
  }

  /** Who is in the segment, and has no run of this occurrence, comes in. Undefined: somebody else is looking. */
  async function look(row: SequenceRow): Promise<SequenceRow['look'] | undefined> {
    const version = await versionOf(row._id, row.live ?? row.version);
    const busy = 'sequence.looking';
    const turn = await takeTurn(db, {
      name: `sequence:${row._id}`,
      code: busy,
      busy: '另一個進程正在看誰該進這個序列。',
      lost: '看誰該進這個序列時停得太久，另一個進程接手了。',
    }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === busy) return undefined;
      throw error;
    });
    if (!turn) return undefined;
    const at = clock.now();
    const { enters } = version.rules as NonNullable<Version['rules']>;
    const occurrence = occurrenceOf(version.definition.trigger.once, clock.day(at));
    let met = 0;
    let came = 0;
    let some: string[] = [];
    /** False: it was stopped meanwhile. */
    const takeIn = async (): Promise<boolean> => {
      if (!(await isOn(row._id))) return false;
      came += await enter(version, enters, { pids: some, occurrence, at });
      crashPoint('sequence-entered');
      some = [];
      await turn.keep();
      return true;
    };
    try {
      for await (const pid of segments.ids(enters)) {
        met++;
        if (some.push(pid) === batch && !(await takeIn())) break;
      }
      if (some.length > 0) await takeIn();
      return { at: new Date(at), met, came };
    } finally {
      await turn.end();
    }
  }

  async function enter(
    { sequence, version, definition }: Version,
    enters: Rule,
    { pids, occurrence, at }: { pids: string[]; occurrence: string; at: number },
  ): Promise<number> {
    const fresh = await runs.missing(pids.map((pid) => runId(sequence, occurrence, pid)));
    const strangers = pids.filter((pid) => fresh.has(runId(sequence, occurrence, pid)));
    const still = await inNow(enters, strangers);
    const dueAt = new Date(dueAfter(at, definition.steps[0] as Version['definition']['steps'][number]));
    return runs.enter(
      [...still].map((pid) => ({
        _id: runId(sequence, occurrence, pid),
        sequence,
        version,
        occurrence,
        pid,
        step: 0,
        dueAt,
        state: 'waiting',
        at: new Date(at),
      })),
    );
  }

  const nextOf = ({ definition: { steps } }: Version, step: number): Next => {
    const next = steps[step + 1];
    return next ? { step: step + 1, dueAt: new Date(dueAfter(clock.now(), next)) } : { state: 'done' };
  };

  /** The steps that are due, as long as there are some; those of a killed worker first. */
  async function go({ _id }: Pick<SequenceRow, '_id'>): Promise<void> {
    await finishPieces(_id);
    while (await isOn(_id)) {
      const due = await runs.due(_id, clock.now(), batch);
      if (due.length === 0) return;
      for (const group of together(due)) await take(group);
    }
  }

  async function finishPieces(sequence: string): Promise<void> {
    for (const piece of await runs.pieces(sequence)) await deliver(piece);
  }

  /** One step of people who go by the same push. */
  async function take(group: Run[]): Promise<void> {
    const [{ sequence, version: n, step }] = group as [Run];
    const version = await versionOf(sequence, n);
    const rules = version.rules?.steps[step];
    const now = { at: new Date(clock.now()) };
    const pids = group.map(({ pid }) => pid);
    const of = (some: (pid: string) => boolean) => ({
      step,
      ids: group.flatMap(({ _id, pid }) => (some(pid) ? [_id] : [])),
    });
    const stopped = rules?.stop ? await inNow(rules.stop, pids) : new Set<string>();
    await runs.pass(
      of((pid) => stopped.has(pid)),
      { state: 'left', why: 'stop' },
      { ...now, skips: false },
    );
    const wanted = rules?.if ? await inNow(rules.if, pids) : new Set(pids);
    const skipped = of((pid) => !stopped.has(pid) && !wanted.has(pid));
    await runs.pass(skipped, nextOf(version, step), { ...now, skips: true });

    const going = of((pid) => !stopped.has(pid) && wanted.has(pid));
    if (going.ids.length === 0) return;
    const piece = randomId();
    await runs.claim(going, piece);
    crashPoint('sequence-claimed');
    await deliver(piece);
  }

  /**
   * Feeds the step's push with a piece, and moves those in it on. Any worker may do it at any time: who is in the piece is decided
   * by the push, which takes a piece once; who was claimed too late for it waits again.
   */
  async function deliver(piece: string): Promise<void> {
    const group = await runs.of(piece);
    const [first] = group;
    if (!first) return;
    const version = await versionOf(first.sequence, first.version);
    const pids = group.map(({ pid }) => pid);
    const held = new Set(
      await pushes.feed(pushOf(version, first), { key: piece, pids, by: `序列 ${first.sequence}` }),
    );
    crashPoint('sequence-fed');
    const [inside, late] = [true, false].map((is) =>
      group.flatMap(({ _id, pid }) => (held.has(pid) === is ? [_id] : [])),
    ) as [string[], string[]];
    await runs.move(inside, piece, nextOf(version, first.step), new Date(clock.now()));
    crashPoint('sequence-moved');
    await runs.letOff(late, piece);
  }

  return { isLookDue, look, go, finishPieces };
}

const monthOf = ({ dueAt }: Run): string => beijingDay(dueAt.getTime()).slice(0, 7);

/** By the push they go by. */
function together(some: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of some) {
    const key = [run.version, run.step, run.occurrence, monthOf(run)].join('.');
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

function pushOf(version: Version, run: Run) {
  const { definition } = version;
  const step = definition.steps[run.step] as Version['definition']['steps'][number];
  const { routes, content, quiet, cap } = step;
  return {
    id: pushIdOf(version, { ...run, month: monthOf(run) }),
    sequence: version.sequence,
    name: `${definition.name} 第 ${run.step + 1} 步`.slice(0, 40),
    class: classOf(definition, step),
    routes,
    content,
    quiet,
    cap,
    late: 'send' as const,
    variants: [],
  };
}
