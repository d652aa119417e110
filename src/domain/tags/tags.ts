import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { takeTurn } from '../../store/turn';
import { isWechatError } from '../../wechat/api/errors';
import { tagBounds, type WechatTag, type WechatTags } from '../../wechat/api/tags';
import type { Segment } from '../segments/segments';
import { rowsOf, type Upkeep } from '../upkeep';
import { type Conflict, createMaking } from './making';
import type { TagReport } from './report';
import { createSharing, type Doing, type Member, memberIndexes, type Shared, type TagStep } from './sharing';
import { type Made, standingOf } from './standing';
import { syncTags } from './tags.tasks';

/** `tags{_id}`: a tag as WeChat last told of it, whoever made it. */
type TagRow = { _id: number; name: string; people: number; at: Date };
type Marked = { segment: Segment; name: string };

export type TagList = {
  tags: (WechatTag & { segment?: string })[];
  waiting: { segment: string; name: string }[];
  conflicts: Conflict[];
};

/**
 * Marked segments as tags at WeChat: only what differs from what WeChat was told is sent, so that the next run goes on where one
 * was killed. Tags that somebody else made are looked at and never touched.
 */
export function createTags(given: {
  db: Connection;
  clock: Clock;
  segments: {
    list(): Promise<Segment[]>;
    get(id: string): Promise<Segment>;
    mark(id: string, tag: string | undefined): Promise<void>;
    ids(rule: Segment['rule']): AsyncIterable<string>;
  };
  openidsOf: (pids: readonly string[]) => Promise<Map<string, string>>;
  /** WeChat, where nobody says whom to ask. */
  wechat?: WechatTags;
}) {
  const { db, clock, segments } = given;
  const tags = db.collection<TagRow>('tags');
  const made = db.collection<Made>('tagsMade');
  const members = db.collection<Member>('tagMembers');
  const sharing = createSharing(given);
  const making = createMaking({ db, sharing });

  /** What WeChat has now, whoever made it. */
  async function readIn(wechat: WechatTags): Promise<WechatTag[]> {
    const theirs = await wechat.list();
    const at = new Date(clock.now());
    await tags.deleteMany({ _id: { $nin: theirs.map(({ id }) => id) } });
    for (const { id, name, count } of theirs)
      await tags.updateOne({ _id: id }, { $set: { name, people: count, at } }, { upsert: true });
    return theirs;
  }

  const marked = async (): Promise<Marked[]> =>
    (await segments.list()).flatMap((segment) => (segment.tag ? [{ segment, name: segment.tag }] : []));

  async function listOf(theirs: WechatTag[]): Promise<TagList> {
    const ours = await made.find().toArray();
    const standings = (await marked()).map(({ segment: { _id }, name }) => ({
      segment: _id,
      name,
      standing: standingOf(
        { segment: _id, name },
        ours.find((one) => one._id === _id),
        theirs,
      ),
    }));
    return {
      tags: theirs.map((one) => {
        const its = ours.find(({ tag }) => tag === one.id);
        return { ...one, ...(its ? { segment: its._id } : {}) };
      }),
      waiting: standings
        .filter(({ standing: { kind } }) => kind !== 'conflict' && kind !== 'ready')
        .map(({ segment, name }) => ({ segment, name })),
      conflicts: standings.flatMap(({ segment, name, standing }) =>
        standing.kind === 'conflict' ? [{ segment, name, why: standing.why }] : [],
      ),
    };
  }

  const theWechat = (): WechatTags => {
    if (!given.wechat) throw new AppError('Conflict', 'tag.no-wechat', '這裡不連微信；由運行中的程式去做。');
    return given.wechat;
  };

  async function carryOut(report: TagReport, doing: Doing): Promise<void> {
    const theirs = await readIn(doing.wechat);
    const all = await marked();
    const isMarked = new Set(all.map(({ segment }) => segment._id));
    for (const ours of await made.find().toArray()) {
      if (isMarked.has(ours._id)) continue;
      const conflict = await making.drop(ours, theirs, doing);
      if (conflict) report.conflicts.push(conflict);
      else report.dropped.push(ours.name);
    }
    for (const { segment, name } of all) {
      const tag = await making.settle({ segment: segment._id, name }, theirs, doing.wechat);
      if (typeof tag !== 'number') {
        report.conflicts.push(tag);
        continue;
      }
      const shared: Shared = { segment: segment._id, name, given: 0, taken: 0, kept: 0, failures: [] };
      report.shared.push(shared);
      await sharing.share(segments.ids(segment.rule), { tag, shared, doing });
    }
    await readIn(doing.wechat);
  }

  return {
    upkeep: {
      indexes: memberIndexes,
      tasks: [syncTags],
      erase: async (her) => void (her.pid !== undefined && (await members.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ tags: await members.find({ pid }).toArray() }),
    } satisfies Upkeep,

    /** From the next `sync` on who is in the segment has this tag; undefined: none, and the tag goes. @throws AppError Invalid, NotFound, Conflict */
    async mark(id: string, tag: string | undefined): Promise<void> {
      const name = tag?.trim();
      await segments.get(id);
      if (name !== undefined) {
        const { length } = [...name];
        if (length < 1 || length > tagBounds.name)
          throw new AppError(
            'Invalid',
            'tag.name',
            `標籤名稱要 1 到 ${tagBounds.name} 個字，這個有 ${length} 個。`,
          );
        const other = (await marked()).find((one) => one.name === name && one.segment._id !== id);
        if (other)
          throw new AppError(
            'Conflict',
            'tag.name',
            `標籤「${name}」已經是分群「${other.segment._id}」的，請換個名稱。`,
          );
        await made.deleteOne({ _id: id, lost: true });
      }
      await segments.mark(id, name);
    },

    /** What WeChat has now, which of them are ours, and what stands in the way of those that are to be. */
    async list(wechat: WechatTags = theWechat()): Promise<TagList> {
      return listOf(await readIn(wechat));
    },
    /** The same as WeChat last told; `at`: when that was. */
    async lastRead(): Promise<TagList & { at?: Date }> {
      const kept = await tags.find({}, { sort: { _id: 1 } }).toArray();
      const at = kept[0]?.at;
      const read = await listOf(kept.map(({ _id, name, people }) => ({ id: _id, name, count: people })));
      return { ...read, ...(at ? { at } : {}) };
    },
    /** One of ours, with how many WeChat was told to give it to. */
    async byName(name: string): Promise<{ id: number; people: number } | undefined> {
      const its = await made.findOne({ name, tag: { $exists: true } });
      if (its?.tag === undefined) return undefined;
      return { id: its.tag, people: await members.countDocuments({ tag: its.tag }) };
    },
    /** The names of ours. */
    names: async (): Promise<string[]> =>
      (await made.find({ tag: { $exists: true } }, { sort: { name: 1 } }).toArray()).map(({ name }) => name),
    /** Who was given it, in the order of their pids, from behind `after` on. */
    async wearers(tag: number, after: string, limit: number): Promise<string[]> {
      const some = members.find(
        { _id: { $gt: `${tag}/${after}`, $lt: `${tag}0` } },
        { projection: { pid: 1 }, sort: { _id: 1 }, limit },
      );
      return (await some.toArray()).map(({ pid }) => pid);
    },
    async wearersAmong(tag: number, pids: readonly string[]): Promise<string[]> {
      const some = members.find({ _id: { $in: pids.map((pid) => `${tag}/${pid}`) } }, { sort: { _id: 1 } });
      return (await some.toArray()).map(({ pid }) => pid);
    },
    /** The names of those of ours that she was given. */
    async of(pid: string): Promise<string[]> {
      const hers = await members.find({ pid }).toArray();
      const some = made.find({ tag: { $in: hers.map(({ tag }) => tag) } }, { sort: { name: 1 } });
      return (await some.toArray()).map(({ name }) => name);
    },

    /** @throws AppError Conflict while another one runs */
    async sync({
      wechat = theWechat(),
      onStep = () => {},
    }: {
      wechat?: WechatTags;
      onStep?: (step: TagStep) => void | Promise<void>;
    } = {}): Promise<TagReport> {
      const report: TagReport = { shared: [], dropped: [], conflicts: [] };
      const turn = await takeTurn(db, { name: 'tags:sync', code: 'tag.sync', busy, lost, leaseMs: 60_000 });
      try {
        await carryOut(report, { wechat, turn, onStep });
      } catch (error) {
        if (!isWechatError(error)) throw error;
        report.stopped = error;
      } finally {
        await turn.end();
      }
      return report;
    },
  };
}

export type Tags = ReturnType<typeof createTags>;

const busy = '另一個標籤同步正在進行；請等它結束（若它中斷了，一分鐘）再試。';
const lost = '停頓太久，另一個標籤同步已經開始；再執行一次會從它停下的地方接著做。';
