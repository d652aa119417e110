import type { Connection } from 'mongoose';
import { hourMs, minuteMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { randomId } from '../../kit/ids';
import type { Log } from '../../kit/log';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';
import type { Voice } from './voices';

/**
 * `alarms{_id: cause}`: what a person of ours must look at; it names no fan. `dueAt` is there until it is told, or over.
 * `ref` is new whenever the cause comes again, and `by` are the voices that have told it.
 */
type AlarmRow = {
  _id: string;
  ref: string;
  text: string;
  at: Date;
  dueAt?: Date;
  tries: number;
  by: string[];
  told?: Date;
  over?: Date;
};
export type Alarm = { cause: string; text: string; at: Date; told?: Date };

const shortestPauseMs = minuteMs;
const longestPauseMs = 6 * hourMs;
/** 1 min, 2 min, 4 min, … 6 h. The first is longer than telling takes, so that nobody else tells it meanwhile. */
const pauseAfter = (tries: number): number => Math.min(longestPauseMs, shortestPauseMs * 2 ** (tries - 1));
/** A robot takes 20 a minute. */
const mostAtOnce = 10;

const indexes: IndexSpec[] = [
  {
    collection: 'alarms',
    key: { dueAt: 1 },
    partial: { dueAt: { $exists: true } },
    why: 'what is still to be told',
  },
];

/** Calls our own people, once for a cause, until it is over. */
export function createAlarms(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  /** By name; none: the log is told. */
  voices: Record<string, Voice>;
}) {
  const { db, clock, log } = given;
  const rows = db.collection<AlarmRow>('alarms');
  const voices: Record<string, Voice> =
    Object.keys(given.voices).length > 0
      ? given.voices
      : { log: async ({ text }) => log.error(`警報：${text}（沒有設定 ALARM_WECOM_URL 或 ALARM_MAIL_TO）`) };
  const underWay = new Set<Promise<void>>();

  /** One that is due, put off by a pause: who dies while telling has it told again after it. */
  async function takeDue(): Promise<AlarmRow | undefined> {
    const now = clock.now();
    const due = {
      // Far ahead, or never tried: written by a clock that was set back since, or by another one.
      $or: [
        { dueAt: { $lte: new Date(now) } },
        { dueAt: { $gt: new Date(now + longestPauseMs) } },
        { dueAt: { $exists: true }, tries: 0 },
      ],
    };
    const row = await rows.findOne(due, { sort: { dueAt: 1 } });
    if (!row) return undefined;
    const tries = row.tries + 1;
    const dueAt = new Date(now + pauseAfter(tries));
    const { _id, ref } = row;
    const taken = await rows.updateOne(
      { _id, ref, tries: row.tries, dueAt: { $exists: true } },
      { $set: { tries, dueAt } },
    );
    return taken.modifiedCount === 1 ? { ...row, tries, dueAt } : takeDue();
  }

  async function tell({ _id, ref, text, at, by, tries }: AlarmRow): Promise<void> {
    let failed = 0;
    for (const [name, say] of Object.entries(voices)) {
      if (by.includes(name)) continue;
      try {
        await say({ ref, text, at });
        await rows.updateOne({ _id, ref }, { $addToSet: { by: name } });
      } catch (err) {
        failed += 1;
        log.error({ err, alarm: _id, voice: name, tries }, `警報沒有送到，會再試：${text}`);
      }
    }
    if (failed === 0)
      await rows.updateOne({ _id, ref }, { $set: { told: new Date(clock.now()) }, $unset: { dueAt: 1 } });
  }

  function begin(alarm: AlarmRow): void {
    const telling = tell(alarm)
      .catch((err: unknown) => log.warn({ err, alarm: alarm._id }, 'an alarm is tried again'))
      .finally(() => underWay.delete(telling));
    underWay.add(telling);
  }

  return {
    upkeep: {
      indexes,
      /** Begins to tell, and waits for nobody's robot: other domains are swept after this one. */
      async sweep() {
        for (let n = 0; n < mostAtOnce; n++) {
          const alarm = await takeDue();
          if (!alarm) return;
          begin(alarm);
        }
      },
      work: {
        start() {},
        close: async () => void (await Promise.all(underWay)),
      },
      forget: (ago) => rows.deleteMany({ over: { $lt: ago(30) } }),
    } satisfies Upkeep,

    /**
     * Something that a person of ours must look at; a worker tells it within seconds. While a cause stands it is told once,
     * however often it is raised. `text` says what is wrong, and what to do; no fan is named in it.
     */
    async raise({ cause, text }: { cause: string; text: string }): Promise<void> {
      const now = new Date(clock.now());
      const raised = { ref: randomId(), text, at: now, dueAt: now, tries: 0, by: [] };
      const isNew = await rows.updateOne({ _id: cause }, { $setOnInsert: raised }, { upsert: true });
      if (isNew.upsertedCount === 1) return;
      await rows.updateOne(
        { _id: cause, over: { $exists: true } },
        { $set: raised, $unset: { told: 1, over: 1 } },
      );
    },

    /** Its cause has passed, or there was none. When it comes again it is told again. */
    async over(cause: string): Promise<void> {
      await rows.updateOne(
        { _id: cause, over: { $exists: false } },
        { $set: { over: new Date(clock.now()) }, $unset: { dueAt: 1 } },
      );
    },

    /** What stands, the oldest first. */
    async open(): Promise<Alarm[]> {
      const standing = await rows.find({ over: { $exists: false } }, { sort: { at: 1 } }).toArray();
      return standing.map(({ _id: cause, text, at, told }) => ({ cause, text, at, ...(told && { told }) }));
    },
  };
}

export type Alarms = ReturnType<typeof createAlarms>;
