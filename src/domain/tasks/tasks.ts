import { Writable } from 'node:stream';
import { callbackify } from 'node:util';
import { type Connection, mongo } from 'mongoose';
import { AppError } from '../../errors';
import type { AnyTask } from '../../kit/define-task';
import { randomId } from '../../kit/ids';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Upkeep } from '../upkeep';

export type TaskState = 'waiting' | 'running' | 'done' | 'failed';

type TaskRow = {
  _id: string;
  name: string;
  title: string;
  input: unknown;
  /** As signed; `who`: her id in the team. */
  by: string;
  who: string;
  /** Which right let her start it: whoever has lost it gets no file. */
  right: string;
  state: TaskState;
  /** So many run at once in the whole house, each in a slot of its own. */
  slot?: number;
  epoch: number;
  tries: number;
  until?: Date;
  done?: number;
  total?: number;
  step?: string;
  text?: string;
  href?: string;
  why?: string;
  file?: { name: string; type: string; size: number };
  at: Date;
  beganAt?: Date;
  endedAt?: Date;
  seen: boolean;
};

export type TaskView = Omit<TaskRow, '_id' | 'input' | 'slot' | 'epoch' | 'tries' | 'until'> & {
  id: string;
  /** Until when its file can be fetched. */
  expiresAt?: Date;
};

type ChunkRow = { _id: string; task: string; data: mongo.Binary };

export const taskIndexes: IndexSpec[] = [
  {
    collection: 'tasks',
    key: { slot: 1 },
    unique: true,
    partial: { slot: { $exists: true } },
    invariant: true,
    why: 'no more run at once than there are slots',
  },
  { collection: 'tasks', key: { state: 1, at: 1 }, why: 'what is next' },
  { collection: 'tasks', key: { who: 1, at: -1 }, why: 'what one person started' },
  { collection: 'tasks', key: { name: 1, at: -1 }, why: 'the last of its kind' },
  { collection: 'taskChunks', key: { task: 1 }, why: 'the file of a task' },
];

const slots = [1, 2];
const leaseMs = 30_000;
const mostTries = 3;
const mostWaiting = 50;
const keptMs = 7 * 86_400_000;
const chunkBytes = 1_000_000;

/** Work that goes on while nobody looks: kept in the database, taken by lease, begun again when its process was killed. */
export function createTasks(given: { db: Connection; now?: () => number }) {
  const { db, now = Date.now } = given;
  const rows = db.collection<TaskRow>('tasks');
  const chunks = db.collection<ChunkRow>('taskChunks');

  async function mustGet(id: string): Promise<TaskRow> {
    const row = await rows.findOne({ _id: id });
    if (!row) throw new AppError('NotFound', 'tasks.unknown', '沒有這件工作，或已過期。');
    return row;
  }

  return {
    /** @returns its id. @throws AppError `TooMany` when she has ten waiting already, or all have fifty */
    async start(
      task: AnyTask,
      input: unknown,
      who: { id: string; by: string; right: string },
    ): Promise<string> {
      const [hers, all] = await Promise.all([
        rows.countDocuments({ who: who.id, state: { $in: ['waiting', 'running'] } }),
        rows.countDocuments({ state: 'waiting' }),
      ]);
      if (hers >= 10 || all >= mostWaiting)
        throw new AppError('TooMany', 'tasks.full', '前面排的工作太多了，等幾件做完再來。');
      const _id = randomId();
      const parsed = task.input.parse(input) as unknown;
      await rows.insertOne({
        _id,
        name: task.name,
        title: task.title(parsed),
        input: parsed,
        by: who.by,
        who: who.id,
        right: who.right,
        state: 'waiting',
        epoch: 0,
        tries: 0,
        at: new Date(now()),
        seen: false,
      });
      return _id;
    },

    get: async (id: string): Promise<TaskView> => viewOf(await mustGet(id)),

    /** Newest first. */
    async list(asked: { who?: string; before?: Date; most?: number }): Promise<TaskView[]> {
      const found = await rows
        .find({
          ...(asked.who ? { who: asked.who } : {}),
          ...(asked.before ? { at: { $lt: asked.before } } : {}),
        })
        .sort({ at: -1 })
        .limit(asked.most ?? 20)
        .toArray();
      return found.map(viewOf);
    },
    /** The last of its kind, whoever started it; undefined when there was none this week. */
    async latest(name: string): Promise<TaskView | undefined> {
      const row = await rows.findOne({ name }, { sort: { at: -1 } });
      return row ? viewOf(row) : undefined;
    },
    /** For the bell: what runs, and what has ended without her having seen it. */
    async bell(who: string): Promise<{ running: number; ended: number }> {
      const [running, ended] = await Promise.all([
        rows.countDocuments({ who, state: { $in: ['waiting', 'running'] } }),
        rows.countDocuments({ who, state: { $in: ['done', 'failed'] }, seen: false }),
      ]);
      return { running, ended };
    },
    async saw(who: string): Promise<void> {
      await rows.updateMany(
        { who, seen: false, state: { $in: ['done', 'failed'] } },
        { $set: { seen: true } },
      );
    },

    /** Ends what waits; what runs stops at its next step. */
    async cancel(id: string, by: string): Promise<void> {
      await rows.updateOne(
        { _id: id, state: { $in: ['waiting', 'running'] } },
        {
          $set: { state: 'failed', why: `由 ${by} 取消`, endedAt: new Date(now()) },
          $inc: { epoch: 1 },
          $unset: { slot: 1 },
        },
      );
    },

    /** Takes the next one that waits, or whose process is dead, into a free slot. */
    async take(): Promise<
      { id: string; name: string; input: unknown; by: string; epoch: number } | undefined
    > {
      const at = new Date(now());
      await rows.updateMany(
        { state: 'running', until: { $lt: at }, tries: { $gte: mostTries } },
        {
          $set: { state: 'failed', why: '試了三次都中斷了；請告訴運維看日誌。', endedAt: at },
          $unset: { slot: 1 },
        },
      );
      const lease = { state: 'running' as const, beganAt: at, until: new Date(at.getTime() + leaseMs) };
      const again = await rows.findOneAndUpdate(
        { state: 'running', until: { $lt: at } },
        { $set: lease, $inc: { epoch: 1, tries: 1 } },
        { returnDocument: 'after' },
      );
      if (again) return taken(again);
      for (const slot of slots)
        try {
          const next = await rows.findOneAndUpdate(
            { state: 'waiting' },
            { $set: { ...lease, slot }, $inc: { epoch: 1, tries: 1 } },
            { sort: { at: 1 }, returnDocument: 'after' },
          );
          return next ? taken(next) : undefined;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
      return undefined;
    },
    /** Renews the lease; false: it was cancelled, or another has it. */
    async keep(
      id: string,
      epoch: number,
      at: { done?: number; total?: number; text?: string },
    ): Promise<boolean> {
      const { done, total, text } = at;
      const kept = await rows.updateOne(
        { _id: id, epoch, state: 'running' },
        {
          $set: {
            until: new Date(now() + leaseMs),
            ...(done === undefined ? {} : { done }),
            ...(total === undefined ? {} : { total }),
            ...(text === undefined ? {} : { step: text }),
          },
        },
      );
      return kept.matchedCount === 1;
    },
    async end(
      id: string,
      epoch: number,
      end: { text: string; href?: string; file?: TaskRow['file'] } | { why: string },
    ): Promise<void> {
      const how =
        'why' in end
          ? { state: 'failed' as const, why: end.why }
          : {
              state: 'done' as const,
              text: end.text,
              ...(end.href ? { href: end.href } : {}),
              ...(end.file ? { file: end.file } : {}),
            };
      await rows.updateOne(
        { _id: id, epoch, state: 'running' },
        { $set: { ...how, endedAt: new Date(now()) }, $unset: { slot: 1 } },
      );
    },

    /** Where the file of this run goes; what an earlier run wrote is gone. */
    fileOf(id: string, epoch: number): Writable & { size(): number } {
      let n = 0;
      let size = 0;
      let waiting: Buffer[] = [];
      let bytes = 0;
      const flush = async (): Promise<void> => {
        if (bytes === 0) return;
        const data = Buffer.concat(waiting);
        [waiting, bytes] = [[], 0];
        if (n === 0) await chunks.deleteMany({ task: id });
        const key = `${id}/${epoch}/${String(n++).padStart(6, '0')}`;
        await chunks.insertOne({ _id: key, task: id, data: new mongo.Binary(data) });
      };
      const flushed = callbackify(flush);
      const out = new Writable({
        write(chunk: Buffer | string, encoding, done) {
          const data = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
          waiting.push(data);
          bytes += data.length;
          size += data.length;
          if (bytes < chunkBytes) done();
          else flushed(done);
        },
        final: (done) => flushed(done),
      });
      return Object.assign(out, { size: () => size });
    },
    /** The file, piece by piece. */
    async *read(id: string): AsyncGenerator<Buffer> {
      const row = await mustGet(id);
      for await (const { data } of chunks.find({ _id: { $regex: `^${id}/${row.epoch}/` } }).sort({ _id: 1 }))
        yield Buffer.from(data.buffer);
    },

    upkeep: {
      indexes: taskIndexes,
      async forget() {
        const old = await rows
          .find({ at: { $lt: new Date(now() - keptMs) } }, { projection: { _id: 1 } })
          .toArray();
        const ids = old.map(({ _id }) => _id);
        await chunks.deleteMany({ task: { $in: ids } });
        await rows.deleteMany({ _id: { $in: ids } });
      },
      gauges: [
        {
          name: 'tasks_waiting',
          help: 'Long work that waits',
          read: () => rows.countDocuments({ state: 'waiting' }),
        },
      ],
    } satisfies Upkeep,
  };
}

export type Tasks = ReturnType<typeof createTasks>;

const taken = ({ _id: id, name, input, by, epoch }: TaskRow) => ({ id, name, input, by, epoch });

function viewOf(row: TaskRow): TaskView {
  const { _id: id, input: _, slot: _slot, epoch: _epoch, tries: _tries, until: _until, ...rest } = row;
  return { id, ...rest, ...(row.file ? { expiresAt: new Date(row.at.getTime() + keptMs) } : {}) };
}
