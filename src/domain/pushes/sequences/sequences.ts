import type { Connection } from 'mongoose';
import { AppError, messageOf } from '../../../errors';
import { beijingMoment, dayMs, minuteMs, startOfBeijingDay } from '../../../kit/beijing';
import type { Clock } from '../../../kit/clock';
import { crashPoint } from '../../../kit/crash-point';
import type { Log } from '../../../kit/log';
import { isSamePerson } from '../../../kit/signed';
import { isDuplicate } from '../../../store/duplicate';
import type { Rule } from '../../segments/rule';
import type { Segments } from '../../segments/segments';
import type { Timers } from '../../timers/timers';
import { rowsOf, type Upkeep } from '../../upkeep';
import type { Finding } from '../check';
import { isQuiet } from '../gate';
import type { PushRow } from '../push';
import type { Pushes } from '../pushes';
import { type Report, reportOf } from './report';
import { createRuns, type RunFilter, runIndexes } from './runs';
import { classOf, type Definition, type SequenceRow, type Version } from './sequence';
import { sequenceTick } from './sequences.jobs';
import { createTicking, lookMs } from './ticking';

/**
 * When business time alone changes who is in a segment: a new day begins, and all flat rows are worked out anew at 04:00. What
 * people do is looked at every ten minutes of real time beside it (`sweep`), so that a clock that is turned over months need not
 * stop at each ten minutes of them.
 */
const looksAt = ['00:00', '04:10'];

/**
 * Follow-up sequences: who comes into a segment is led through steps, each a growing push of its own, which routes, caps and
 * accounts. A person comes in once per occurrence and goes on by the version under which she came in.
 */
export function createSequences(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  timers: Pick<Timers, 'arm'>;
  segments: Pick<Segments, 'get' | 'readText' | 'expanded' | 'count' | 'ids' | 'among' | 'tell'>;
  pushes: Pick<Pushes, 'feed' | 'problemsOf' | 'beginningWith' | 'status'>;
  /** Works out the flat rows of these people. */
  refresh: (pids: string[]) => Promise<void>;
  /** Works out the flat rows of who wrote since. */
  follow: () => Promise<void>;
  /** Where more people would come in at once, a second person starts it. */
  approvalAbove: number;
  solo: boolean;
}) {
  const { db, clock, log, timers, segments, pushes } = given;
  const rows = db.collection<SequenceRow>('sequences');
  const versions = db.collection<Version>('sequenceVersions');
  const runs = createRuns({ db });
  /** What was started never changes. */
  const started = new Map<string, Version>();
  const now = () => new Date(clock.now());
  let swept = '';

  const ticking = createTicking({
    ...given,
    runs,
    versionOf,
    isOn: async (id) => (await rows.countDocuments({ _id: id, state: 'on' }, { limit: 1 })) > 0,
  });

  async function versionOf(sequence: string, n: number): Promise<Version> {
    const _id = `${sequence}/${n}`;
    const known = started.get(_id) ?? (await versions.findOne({ _id }));
    if (!known) throw new Error(`Version ${_id} of a sequence is gone.`);
    if (known.rules) started.set(_id, known);
    return known;
  }

  async function mustGet(id: string): Promise<SequenceRow> {
    const row = await rows.findOne({ _id: id });
    if (row) return row;
    const all = await rows
      .find({}, { projection: { name: 1 }, sort: { changedAt: -1 }, limit: 20 })
      .toArray();
    throw new AppError(
      'NotFound',
      'sequence.unknown',
      `沒有序列「${id.slice(0, 60)}」；${all.length === 0 ? '還沒有任何序列，請先 import' : `有的是：${all.map(({ _id, name }) => `${_id}「${name}」`).join('、')}`}。`,
    );
  }

  const ruleOf = async (text: string): Promise<Rule> =>
    segments.expanded(
      /^[a-z0-9][a-z0-9-]*$/.test(text) ? (await segments.get(text)).rule : await segments.readText(text),
    );

  async function rulesOf({ trigger, steps }: Definition): Promise<NonNullable<Version['rules']>> {
    const enters = await ruleOf(trigger.enters);
    const found: NonNullable<Version['rules']>['steps'] = [];
    for (const one of steps)
      found.push({
        ...(one.if === undefined ? {} : { if: await ruleOf(one.if) }),
        ...(one.stop === undefined ? {} : { stop: await ruleOf(one.stop) }),
      });
    return { enters, steps: found };
  }

  /** What stands against starting a version. */
  async function findingsIn({ definition }: Pick<Version, 'definition'>): Promise<Finding[]> {
    const found: Finding[] = [];
    const read = (place: string, text: string | undefined) =>
      text === undefined
        ? undefined
        : ruleOf(text).catch((error: unknown) => void found.push({ place, message: messageOf(error) }));
    await read('誰進來', definition.trigger.enters);
    for (const [i, step] of definition.steps.entries()) {
      const place = `第 ${i + 1} 步`;
      await read(`${place}的條件`, step.if);
      await read(`${place}的退出條件`, step.stop);
      if (
        step.at !== undefined &&
        isQuiet(step, startOfBeijingDay('2026-01-01') + minutesOf(step.at) * minuteMs)
      )
        found.push({
          place,
          message: `${step.at} 在安靜時段 ${step.quiet.from}–${step.quiet.to} 裡，不會發；請改時間或安靜時段`,
        });
      if (step.routes.join() === 'mass')
        found.push({ place, message: '一步常常只有一個人，群發卻至少要兩個人；請再寫一條別的路線' });
      const { routes, content, quiet, cap } = step;
      const problems = await pushes.problemsOf({
        ...{ id: definition.id, name: definition.name, class: classOf(definition, step) },
        ...{ routes, content, quiet, cap, variants: [], at: '現在', late: 'send' },
        audience: { to: definition.trigger.enters, except: [] },
      });
      found.push(...problems.map((one) => ({ ...one, place: `${place}，${one.place}` })));
    }
    return found;
  }

  const arm = (at: number): Promise<void> => {
    const minute = Math.ceil(at / minuteMs) * minuteMs;
    // One for each minute, whoever arms it how often.
    return timers.arm({
      id: `sequences::${beijingMoment(minute)}`,
      dueAt: new Date(minute),
      job: sequenceTick,
      data: {},
    });
  };
  const onItsWay = { $or: [{ state: 'on' as const }, { letGo: true as const }] };

  async function armLooks(): Promise<void> {
    const today = startOfBeijingDay(clock.day(clock.now()));
    for (const time of looksAt) {
      const at = today + minutesOf(time) * minuteMs;
      await arm(at > clock.now() ? at : at + dayMs);
    }
  }

  async function letGo(id: string): Promise<void> {
    await ticking.finishPieces(id);
    if ((await runs.letGo(id, now())) === 0) await rows.updateOne({ _id: id }, { $unset: { letGo: 1 } });
  }

  async function tickOf(row: SequenceRow): Promise<void> {
    if (row.letGo) return letGo(row._id);
    if (ticking.isLookDue(row)) {
      const look = await ticking.look(row);
      if (look) await rows.updateOne({ _id: row._id }, { $set: { look } });
      // Who is looking may have been killed: whoever can look then goes on with it.
      else await arm(clock.now() + minuteMs);
    }
    await ticking.go(row);
    const next = await runs.nextDue(row._id, clock.now());
    if (next !== undefined) await arm(next);
  }

  return {
    upkeep: {
      indexes: [
        ...runIndexes,
        { collection: 'sequenceVersions', key: { sequence: 1, version: -1 }, why: 'the newest version' },
      ],
      jobs: [sequenceTick],
      erase: async (her) => void (her.pid !== undefined && (await runs.rows.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ sequences: await runs.rows.find({ pid }).toArray() }),
      /** Of occurrences that cannot come again. 「Once ever」 is known as long as she is here. */
      async forget(ago) {
        const ended = (days: number, occurrence: RegExp) =>
          runs.rows.deleteMany({ occurrence, state: { $ne: 'waiting' }, endedAt: { $lt: ago(days) } });
        await ended(60, /^\d{4}-\d{2}-\d{2}$/);
        await ended(400, /^\d{4}$/);
      },
      /** The next look at what people do; and whatever broke off is taken up by it. */
      async sweep() {
        const next = Math.ceil((clock.now() + 1) / lookMs) * lookMs;
        if (swept === String(next) || (await rows.countDocuments(onItsWay, { limit: 1 })) === 0) return;
        await arm(next);
        swept = String(next);
      },
      gauges: [
        {
          name: 'sequence_runs_waiting',
          help: 'People who wait for a step of a follow-up sequence',
          read: () => runs.rows.countDocuments({ state: 'waiting' }),
        },
      ],
    } satisfies Upkeep,

    list: (): Promise<SequenceRow[]> => rows.find({}, { sort: { _id: 1 }, limit: 200 }).toArray(),
    get: mustGet,
    /** The newest version, or another. @throws AppError NotFound */
    async version(id: string, n?: number): Promise<Version> {
      const row = await mustGet(id);
      return versionOf(id, n ?? row.version);
    },
    tell: segments.tell,

    /** Keeps a definition as a new version, which nobody goes by until it is started; the same again is the same version. */
    async bring(definition: Definition, by: string): Promise<SequenceRow> {
      const { id, name } = definition;
      for (;;) {
        const row = await rows.findOne({ _id: id });
        const newest = await versions.findOne({ sequence: id }, { sort: { version: -1 } });
        const isSame = row && newest?.version === row.version && same(newest.definition, definition);
        if (isSame) return row;
        const version = (newest?.version ?? 0) + 1;
        const at = now();
        try {
          await versions.insertOne({ _id: `${id}/${version}`, sequence: id, version, definition, by, at });
        } catch (error) {
          if (!isDuplicate(error)) throw error;
          continue; // somebody else brought one in the same moment
        }
        crashPoint('sequence-brought');
        const entry = { at, by, what: `寫成第 ${version} 版` };
        const set = { name, version, by, changedAt: at };
        const done = row
          ? await rows.updateOne({ _id: id, version: row.version }, { $set: set, $push: { log: entry } })
          : await rows.updateOne(
              { _id: id },
              { $setOnInsert: { state: 'draft', ...set, log: [entry] } },
              { upsert: true },
            );
        if (done.modifiedCount + done.upsertedCount > 0) return mustGet(id);
      }
    },
    findings: async (id: string): Promise<Finding[]> => {
      const row = await mustGet(id);
      return findingsIn(await versionOf(id, row.version));
    },
    /** What would stand against starting it, before it is kept. */
    findingsOf: (definition: Definition): Promise<Finding[]> => findingsIn({ definition }),
    /** How many would come in at once. */
    count: async (id: string) => {
      const row = await mustGet(id);
      const version = await versionOf(id, row.version);
      return segments.count(version.rules?.enters ?? (await ruleOf(version.definition.trigger.enters)));
    },

    /**
     * From now on people come in, by the newest version; who is inside goes on by hers.
     * @throws AppError Invalid sequence.findings; Forbidden sequence.same-person
     */
    async start(id: string, by: string): Promise<SequenceRow> {
      const row = await mustGet(id);
      if (row.state === 'on' && row.live === row.version) return row;
      const version = await versionOf(id, row.version);
      if (!version.rules) {
        const found = await findingsIn(version);
        if (found.length > 0)
          throw new AppError(
            'Invalid',
            'sequence.findings',
            `還不能開始：\n${found.map(({ place, message }) => `  ${place}：${message}`).join('\n')}`,
          );
        const rules = await rulesOf(version.definition);
        const { people } = await segments.count(rules.enters);
        if (people > given.approvalAbove && isSamePerson(version.by, by) && !given.solo)
          throw new AppError(
            'Forbidden',
            'sequence.same-person',
            `現在就有約 ${people} 人會進來，要另一個人開始。只有一個人的團隊，設 SOLO_TEAM=true。`,
          );
        await versions.updateOne({ _id: version._id, rules: { $exists: false } }, { $set: { rules } });
      }
      await rows.updateOne(
        { _id: id, version: row.version },
        {
          $set: { state: 'on', live: row.version, changedAt: now() },
          // Another version, another segment: it is looked at anew.
          $unset: { letGo: 1, ...(row.live === row.version ? {} : { look: 1 }) },
          $push: { log: { at: now(), by, what: `開始，第 ${row.version} 版` } },
        },
      );
      crashPoint('sequence-started');
      await arm(clock.now() + 1);
      return mustGet(id);
    },
    /** Nobody comes in; who is inside waits, or is let go. */
    async stop(
      id: string,
      by: string,
      { letGo: lets = false, why = '' }: { letGo?: boolean; why?: string } = {},
    ): Promise<SequenceRow> {
      const row = await mustGet(id);
      if (row.state === 'draft')
        throw new AppError('Conflict', 'sequence.state', `序列「${row.name}」還是草稿，沒有開始過。`);
      if (row.state === 'on' || (lets && !row.letGo))
        await rows.updateOne(
          { _id: id },
          {
            $set: { state: 'off', changedAt: now(), ...(lets ? { letGo: true as const } : {}) },
            $push: {
              log: {
                at: now(),
                by,
                what: `停止，裡面的人${lets ? '都放走' : '等著'}${why ? `：${why}` : ''}`,
              },
            },
          },
        );
      if (lets) await letGo(id);
      return mustGet(id);
    },

    /** Looks who comes in and takes what is due, in all sequences that are on (job). */
    async tick(): Promise<void> {
      // First: what fails now is tried again then.
      await armLooks();
      await given.follow();
      const failed: unknown[] = [];
      for (const row of await rows.find(onItsWay, { sort: { _id: 1 } }).toArray())
        await tickOf(row).catch((err: unknown) => {
          log.error({ err, sequence: row._id }, 'a sequence failed; it is taken up again');
          failed.push(err);
        });
      if (failed.length > 0) throw failed[0];
    },

    approvalAbove: given.approvalAbove,
    solo: given.solo,
    /** Every version, newest first. */
    async versions(id: string): Promise<Version[]> {
      await mustGet(id);
      return versions.find({ sequence: id }, { sort: { version: -1 }, limit: 100 }).toArray();
    },
    /** Some of those who came in, by their ways. */
    people: (id: string, filter: RunFilter) => runs.page(id, filter),
    /** The pushes of a step of a version, newest first. */
    async pushesOf(id: string, at: { version: number; step: number }): Promise<PushRow[]> {
      const all = await pushes.beginningWith(`${id}.${at.version}.${at.step + 1}.`);
      return all.toReversed();
    },

    report: async (id: string): Promise<Report> => reportOf({ runs, pushes, versionOf }, await mustGet(id)),
  };
}

export type Sequences = ReturnType<typeof createSequences>;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
/** The schema gives the order of the fields, and the database keeps it. */
const same = (a: Definition, b: Definition): boolean => JSON.stringify(a) === JSON.stringify(b);
