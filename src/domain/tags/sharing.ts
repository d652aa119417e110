import type { Connection } from 'mongoose';
import type { Clock } from '../../kit/clock';
import type { IndexSpec } from '../../store/indexes';
import type { Turn } from '../../store/turn';
import { tagBounds, type WechatTags } from '../../wechat/api/tags';
import { type Failure, hand } from './handing';

/** `tagMembers{_id: '<tag>/<pid>'}`: what WeChat was told and took. */
export type Member = { _id: string; tag: number; pid: string; at: Date };

/** What became of the tag of one segment. `failures`: of these people, tried again next time. */
export type Shared = {
  segment: string;
  name: string;
  given: number;
  taken: number;
  kept: number;
  failures: Failure[];
};

export type TagStep = { name: string; done: number; of: number };
/** One synchronisation at work. */
export type Doing = { wechat: WechatTags; turn: Turn; onStep: (step: TagStep) => void | Promise<void> };

export const memberIndexes: IndexSpec[] = [
  { collection: 'tagMembers', key: { tag: 1 }, why: 'who was given this tag (what differs)' },
  { collection: 'tagMembers', key: { pid: 1 }, why: 'what was she given (erasure)' },
];

/** With so many who cannot be given it, nobody would read on; the rest have their turn next time. */
const mostFailures = 500;

/** Sends WeChat what differs from what it was told of a tag, and keeps what it took. Killed anywhere, the rest differs still. */
export function createSharing(given: {
  db: Connection;
  clock: Clock;
  openidsOf: (pids: readonly string[]) => Promise<Map<string, string>>;
}) {
  const { db, clock, openidsOf } = given;
  const members = db.collection<Member>('tagMembers');

  /** Makes `people` those who have the tag. `shared` is filled as it goes on. */
  async function share(
    people: AsyncIterable<string> | [],
    { tag, shared, doing: { wechat, turn, onStep } }: { tag: number; shared: Shared; doing: Doing },
  ): Promise<void> {
    const told = new Set<string>();
    for await (const { pid } of members.find({ tag }, { projection: { pid: 1 }, batchSize: 10_000 }))
      told.add(pid);
    const coming: string[] = [];
    // All of it before the first call: the calls may take hours, and no cursor of a database waits that long.
    for await (const pid of people)
      if (told.delete(pid)) shared.kept++;
      else coming.push(pid);
    const going = [...told];
    const of = coming.length + going.length;
    const give = async (openids: string[]) => {
      await turn.keep();
      await wechat.give(tag, openids);
    };
    const take = async (openids: string[]) => {
      await turn.keep();
      await wechat.take(tag, openids);
    };
    let done = 0;
    const lots = [
      ...inLots(going).map((pids) => ({ pids, act: () => takeOff(tag, pids, take, shared) })),
      ...inLots(coming).map((pids) => ({ pids, act: () => giveTo(tag, pids, give, shared) })),
    ];
    for (const { pids, act } of lots) {
      if (shared.failures.length >= mostFailures) return;
      await act();
      done += pids.length;
      await onStep({ name: shared.name, done, of });
    }
  }

  type Call = (openids: string[]) => Promise<void>;

  async function giveTo(tag: number, pids: string[], give: Call, shared: Shared): Promise<void> {
    // Of before we know her openid: if she leaves now, her erasure takes the row with it.
    const at = new Date(clock.now());
    const { done, failures } = await hand(await reachable(pids), give);
    if (done.length > 0)
      await members.bulkWrite(
        done.map((pid) => ({
          updateOne: {
            filter: { _id: `${tag}/${pid}` },
            update: { $setOnInsert: { tag, pid, at } },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    shared.failures.push(...failures);
    shared.given += done.length;
  }

  async function takeOff(tag: number, pids: string[], take: Call, shared: Shared): Promise<void> {
    const { done, failures } = await hand(await reachable(pids), take);
    // Who left has no tags any more.
    const refused = failures.filter(({ gone }) => !gone);
    const still = new Set(refused.map(({ pid }) => pid));
    const rest = pids.filter((pid) => !still.has(pid)).map((pid) => `${tag}/${pid}`);
    await members.deleteMany({ _id: { $in: rest } });
    shared.failures.push(...refused);
    shared.taken += done.length;
  }

  const reachable = async (pids: string[]) =>
    Array.from(await openidsOf(pids), ([pid, openid]) => ({ pid, openid }));

  return {
    share,
    /** The tag is no more: nobody has it. */
    forgetTag: async (tag: number): Promise<void> => void (await members.deleteMany({ tag })),
  };
}

export type Sharing = ReturnType<typeof createSharing>;

const inLots = (all: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(all.length / tagBounds.perCall) }, (_, at) =>
    all.slice(at * tagBounds.perCall, (at + 1) * tagBounds.perCall),
  );
