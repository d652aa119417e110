import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { startOfBeijingDay } from '../../kit/beijing';
import { type Clock, monotonicMs } from '../../kit/clock';
import { createRecent } from '../../kit/recent';
import { writeTwice } from '../../store/command';
import { createGroup } from '../../store/group';
import type { IndexSpec } from '../../store/indexes';
import type { Audience, Facts } from '../audience';
import {
  mostCounted,
  type Promised,
  type Rations,
  type Reach,
  shutMs,
  slackMs,
  talkMs,
  tapMs,
  windowUntil,
} from '../rations';
import type { Upkeep } from '../upkeep';
import { reachLeaves } from './reach.leaves';
import type { Opened } from './windows';

/** `reach{_id: keyed hash of the openid}`. Without a `pid` she left: what counts in this month is kept, and nothing else. */
export type ReachRow = Reach & {
  _id: string;
  pid?: string;
  leftAt?: Date;
  /** The callbacks by which she granted notices, newest last: one that is taken over grants nothing again. */
  grants?: string[];
};

/** What a push takes of somebody's rations. */
export type Taking = {
  /** The push; asked for twice it is taken once. */
  push: string;
  /** Business ms. */
  at: number;
  takes:
    | { kind: 'message'; keep: number }
    | { kind: 'mass'; month: string; byHand: number }
    | { kind: 'notice'; template: string }
    | { kind: 'nothing' };
  /** At most so many pushes of any kind from a business time on. */
  cap?: { most: number; since: number };
  /** Also from who wishes no pushes: it is no marketing, she asked for it or won it. */
  evenQuiet: boolean;
};

const indexes: IndexSpec[] = [
  {
    collection: 'reach',
    key: { leftAt: 1 },
    partial: { leftAt: { $exists: true } },
    why: 'which may be forgotten',
  },
  { collection: 'massSends', key: { at: 1 }, why: 'how often this month' },
];

/**
 * A mass send, under WeChat's message id. `by`: `push`, or who made it: 「後台」 where only WeChat's report told of it. `people`: how
 * many it went to, where that is known.
 */
export type MassSend = {
  _id: string;
  at: Date;
  by: string;
  people?: number;
  push?: string;
  /** Machine time at which WeChat told of it. */
  heardAt?: Date;
  report?: MassReport;
};
/** MASSSENDJOBFINISH: how many were meant, were not filtered out, got it, and did not. */
export type MassReport = { status: string; total: number; filtered: number; sent: number; error: number };

/** So long a report may be there before our own record of the send. */
const settledMs = 120_000;

const timeoutMS = 2_500;
/** A touch that would move a window by less than this is left out: it errs on the safe side. */
const freshMs = 60_000;
/** Of each list. What is limited is counted from it. */
const mostKept = mostCounted + 2;

const array = (field: string) => ({ $ifNull: [`$${field}`, []] });
const isTemplate = (id: string): boolean => /^[\w-]{1,64}$/.test(id);
/** The size of what in an array fulfils a condition on `$$this`. */
const countOf = (input: unknown, cond: unknown) => ({
  $size: { $filter: { input, as: 'this', cond } },
});
const grantsOf = (template: string) => ({ $ifNull: [`$notices.${template}`, 0] });
const pushed = (field: string, one: unknown) => ({
  $slice: [{ $concatArrays: [array(field), [one]] }, -mostKept],
});

/**
 * What we may still send to whom: windows for customer messages, mass messages of the month, notices granted, and what people
 * wish. Whoever sends reserves first; what was promised lies in a list with its time, and what is left is counted from it, so a
 * message of hers that comes late or twice never gives more than WeChat does.
 */
export function createReach({ db, clock, rations }: { db: Connection; clock: Clock; rations: Rations }) {
  const rows = db.collection<ReachRow>('reach');
  const massSends = db.collection<MassSend>('massSends');
  const touched = createRecent<number>(20_000);

  const touches = createGroup<{ fan: string; pid: string; opened: Opened }, void>({
    breathMs: 250,
    aloneMs: 250,
    full: 5_000,
    maxWaiting: 20_000,
    maxAgeMs: 10_000,
    maxGroup: 5_000,
    async run(group) {
      const updates = group.map(({ fan, pid, opened }) => ({
        q: { _id: fan },
        u: { $max: opened, $set: { pid }, $unset: { shut: 1, leftAt: 1 } },
        upsert: true,
      }));
      const write = () => writeTwice(db, { update: 'reach', updates, ordered: false }, 5_000);
      // Two processes that make the same row at once: the second finds it there.
      if ((await write())['writeErrors']) await write();
      return group.map(() => undefined);
    },
  });

  /** Whether a customer message may be sent, as the database counts it (`messagesLeft`). */
  function mayMessage(at: number, keep: number): object {
    const open = (field: 'talk' | 'tap', lastsMs: number, most: number) => ({
      $and: [
        { $gt: [{ $add: [{ $ifNull: [`$${field}`, 0] }, lastsMs] }, at] },
        {
          $lt: [
            countOf(array('sends'), { $gte: ['$$this.at', { $subtract: [`$${field}`, slackMs] }] }),
            most,
          ],
        },
      ],
    });
    const talk = open('talk', talkMs, rations.talk - keep);
    return keep > 0 ? talk : { $or: [talk, open('tap', tapMs, rations.tap)] };
  }

  /** The condition for what a push takes, and what it changes. */
  function takingOf({ push, at, takes, cap, evenQuiet }: Taking): {
    may: object;
    sets: Record<string, unknown>;
  } {
    const promise: Promised = { id: push, at };
    const always = [
      { $not: [{ $in: [push, array('pushes.id')] }] },
      ...(evenQuiet ? [] : [{ $ne: ['$quiet', true] }]),
      ...(cap ? [{ $lt: [countOf(array('pushes'), { $gte: ['$$this.at', cap.since] }), cap.most] }] : []),
    ];
    switch (takes.kind) {
      case 'message':
        return {
          may: { $and: [...always, mayMessage(at, takes.keep), notShut(at)] },
          sets: { sends: pushed('sends', promise) },
        };
      case 'mass': {
        const { month, byHand } = takes;
        const used = countOf(array('mass'), { $eq: ['$$this.month', month] });
        return {
          may: { $and: [...always, { $lt: [used, rations.massPerMonth - byHand] }] },
          sets: { mass: pushed('mass', { id: push, month }) },
        };
      }
      case 'notice': {
        const granted = grantsOf(takes.template);
        return {
          may: { $and: [...always, { $gt: [granted, 0] }] },
          sets: { [`notices.${takes.template}`]: { $subtract: [granted, 1] } },
        };
      }
      case 'nothing':
        return { may: { $and: always }, sets: {} };
    }
  }

  const notShut = (at: number) => ({ $lte: [{ $ifNull: ['$shut.at', 0] }, at - shutMs] });

  return {
    upkeep: {
      indexes,
      /** What counts in this month stays under her hash: she may come back before it is over. */
      async erase({ fan, upTo }) {
        touched.delete(fan);
        const older = { $not: { $gt: upTo.getTime() } };
        await rows.updateOne({ _id: fan, talk: older, tap: older }, [
          { $project: { mass: 1 } },
          { $set: { leftAt: upTo } },
        ]);
      },
      copy: async ({ fan }) => ({ reach: await rows.find({ _id: fan }).toArray() }),
      async forget(ago) {
        await rows.deleteMany({ leftAt: { $lt: ago(40) } });
        await massSends.deleteMany({ at: { $lt: ago(400) } });
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '現在能不能發', how: '和她說話的窗口、她的意願' },
      leaves: reachLeaves,
      async facts(people) {
        const found = await rows.find({ _id: { $in: people.map(({ fan }) => fan) } }).toArray();
        return new Map(
          found.flatMap((row): [string, Facts][] => {
            const until = windowUntil(row, clock.now(), rations);
            const facts: Facts = {
              tokens: row.quiet ? ['quiet'] : [],
              numbers: until === undefined ? {} : { windowUntil: until },
            };
            return row.pid === undefined ? [] : [[row.pid, facts]];
          }),
        );
      },
    } satisfies Audience,
    rations,

    /** She did something that opens a window: written behind. Whoever sends at once awaits `opened`. */
    touch(fan: string, pid: string, opened: Opened): void {
      if ('talk' in opened) {
        const last = touched.get(fan);
        if (last !== undefined && monotonicMs() - last < freshMs) return;
        touched.set(fan, monotonicMs());
      } else touched.delete(fan); // she may have left and come back in another process
      touches.add({ fan, pid, opened }).catch(() => touched.delete(fan)); // a lost touch errs on the safe side
    },
    opened: (fan: string, pid: string, opened: Opened): Promise<void> => touches.add({ fan, pid, opened }),

    /** Takes one of the messages she may still be sent, under the id of what is said. Taken before under it, it is taken still. */
    async spend(fan: string, id: string): Promise<boolean> {
      const at = clock.now();
      const known = { $in: [id, array('sends.id')] };
      const sends = { $cond: [known, '$sends', pushed('sends', { id, at })] };
      const spent = await rows.updateOne(
        { _id: fan, $expr: { $or: [known, { $and: [mayMessage(at, 0), notShut(at)] }] } },
        [{ $set: { sends } }],
        { timeoutMS },
      );
      return spent.matchedCount === 1;
    },
    /**
     * Gives back what was taken under an id: nothing was sent after all. Only `takes` tells which notice it was. Twice gives once: who
     * has nothing under the id is left alone.
     */
    async refund(fans: readonly string[], id: string, takes?: Taking['takes']): Promise<void> {
      const without = (field: string) => ({
        $cond: [
          { $isArray: `$${field}` },
          { $filter: { input: `$${field}`, as: 'this', cond: { $ne: ['$$this.id', id] } } },
          `$${field}`,
        ],
      });
      const notice =
        takes?.kind === 'notice'
          ? { [`notices.${takes.template}`]: { $add: [grantsOf(takes.template), 1] } }
          : {};
      await rows.updateMany(
        { _id: { $in: [...fans] }, $or: [{ 'sends.id': id }, { 'pushes.id': id }, { 'mass.id': id }] },
        [{ $set: { sends: without('sends'), pushes: without('pushes'), mass: without('mass'), ...notice } }],
        { timeoutMS: 10_000 },
      );
    },

    /**
     * Takes of all of them what a push needs; answers those who had it. Asked again, those who had it have it still.
     * @throws AppError Upstream: the database refused to write some of them down.
     */
    async take(fans: readonly string[], taking: Taking): Promise<Set<string>> {
      if (fans.length === 0) return new Set(); // all of them have gone: no command takes an empty list
      const { may, sets } = takingOf(taking);
      const all = { ...sets, pushes: pushed('pushes', { id: taking.push, at: taking.at }) };
      const $set = Object.fromEntries(
        Object.entries(all).map(([field, to]) => [field, { $cond: [may, to, `$${field}`] }]),
      );
      // She may have been erased in this moment: what is written of nobody is forgotten like what was kept of who left.
      const leftAt = { $cond: [{ $eq: [{ $type: '$pid' }, 'missing'] }, new Date(taking.at), '$$REMOVE'] };
      const updates = fans.map((fan) => ({
        q: { _id: fan },
        u: [{ $set: { ...$set, leftAt } }],
        upsert: true,
      }));
      const write = () => writeTwice(db, { update: 'reach', updates, ordered: false }, 20_000);
      // Two processes that make the same row at once: the second finds it there.
      if ((await write())['writeErrors'] && (await write())['writeErrors'])
        throw new AppError(
          'Upstream',
          'reach.not-taken',
          'The database refused to count what a push sends; it is taken up again.',
          { again: true },
        );
      const have = await rows
        .find({ _id: { $in: [...fans] }, 'pushes.id': taking.push }, { projection: { _id: 1 } })
        .toArray();
      return new Set(have.map(({ _id }) => _id));
    },

    /** WeChat knew better (45015, 45047, 43004, 43019, 48002, 43101): what it said holds until she is here again. */
    async correct(fan: string, said: { code: number; at: number; template?: string }): Promise<void> {
      const { code, at, template } = said;
      touched.delete(fan); // her next message counts, however soon
      if (code === 45015 || code === 45047)
        await rows.updateOne(
          { _id: fan, talk: { $not: { $gt: at } }, tap: { $not: { $gt: at } } },
          { $unset: { talk: 1, tap: 1 } },
        );
      else if (code === 43101 && template !== undefined)
        await rows.updateOne({ _id: fan }, { $set: { [`notices.${template}`]: 0 } });
      else if ([43004, 43019, 48002, 70000].includes(code))
        await rows.updateOne({ _id: fan }, { $set: { shut: { at, code } } });
    },

    /** She granted a notice of each of these templates. Asked again under the same cause (the inbox id), she granted them once. */
    async granted(fan: string, pid: string, templates: readonly string[], cause: string): Promise<void> {
      const named = templates.filter(isTemplate);
      if (named.length === 0) return;
      const known = { $in: [cause, array('grants')] };
      const unless = (field: string, to: object) => [field, { $cond: [known, `$${field}`, to] }];
      const counts = named.map((one) => unless(`notices.${one}`, { $add: [grantsOf(one), 1] }));
      const grants = unless('grants', pushed('grants', cause));
      await rows.updateOne(
        { _id: fan },
        [
          { $set: { pid: { $literal: pid }, ...Object.fromEntries([...counts, grants]) } },
          { $unset: 'leftAt' },
        ],
        { upsert: true },
      );
    },
    /** She takes back what she granted of these templates. */
    async revoked(fan: string, templates: readonly string[]): Promise<void> {
      const zeros = templates.filter(isTemplate).map((one) => [`notices.${one}`, 0]);
      if (zeros.length > 0) await rows.updateOne({ _id: fan }, { $set: Object.fromEntries(zeros) });
    },
    /** 「不要推送」, 「恢復推送」. */
    async wish(fan: string, pid: string, quiet: boolean): Promise<void> {
      await rows.updateOne(
        { _id: fan },
        { $set: { pid, quiet }, $unset: { leftAt: 1 } },
        { upsert: true, timeoutMS },
      );
    },

    /** What may be sent to these people; who has no row yet may be sent what needs none. */
    async of(fans: readonly string[]): Promise<Map<string, Reach>> {
      const found = await rows.find({ _id: { $in: [...fans] } }).toArray();
      return new Map(found.map((row) => [row._id, row]));
    },

    /** A mass send that was made: ours under its message id, one by hand under a name of its own. Twice is once. */
    async massSent(send: Omit<MassSend, 'heardAt' | 'report'>): Promise<void> {
      const { _id, ...rest } = send;
      await massSends.updateOne({ _id }, { $set: rest }, { upsert: true });
    },
    /** WeChat reports on a mass send, perhaps before we know of it ourselves; the first report counts. */
    async massReported(msgId: string, at: Date, report: MassReport): Promise<void> {
      const set = { at, by: '後台', people: report.total };
      await massSends.updateOne(
        { _id: msgId },
        { $setOnInsert: { ...set, heardAt: new Date() } },
        { upsert: true },
      );
      await massSends.updateOne({ _id: msgId, report: { $exists: false } }, { $set: { report } });
    },
    /** One by hand that was written down by mistake. */
    massUnsent: async (id: string): Promise<void> => void (await massSends.deleteOne({ _id: id })),
    /** Mass sends that others made in a Beijing month: each of them perhaps reached everybody. */
    byHand: (month: string): Promise<number> =>
      massSends.countDocuments({
        ...inMonth(month),
        by: { $ne: 'push' },
        heardAt: { $not: { $gt: new Date(Date.now() - settledMs) } },
      }),
    massReports: async (msgIds: readonly string[]): Promise<MassSend[]> =>
      massSends.find({ _id: { $in: [...msgIds] } }).toArray(),
    massOf: (month: string): Promise<MassSend[]> =>
      massSends.find(inMonth(month), { sort: { at: 1 }, limit: 500 }).toArray(),
    /** How many people have had so many mass messages of ours in a month: 4 → how many. Reads everybody. */
    async massUsed(month: string): Promise<Map<number, number>> {
      const found = await rows
        .aggregate<{ _id: number; n: number }>(
          [
            { $match: { 'mass.month': month } },
            { $group: { _id: countOf(array('mass'), { $eq: ['$$this.month', month] }), n: { $sum: 1 } } },
          ],
          { maxTimeMS: 20_000 },
        )
        .toArray();
      return new Map(found.map(({ _id, n }) => [_id, n]));
    },
    /** Some who have had so many or more of a month. */
    async massAtLeast(
      month: string,
      least: number,
      cursor?: string,
    ): Promise<{ pids: string[]; next?: string }> {
      const found = await rows
        .find(
          {
            'mass.month': month,
            pid: { $exists: true },
            ...(cursor === undefined ? {} : { _id: { $gt: cursor } }),
            $expr: { $gte: [countOf(array('mass'), { $eq: ['$$this.month', month] }), least] },
          },
          { sort: { _id: 1 }, limit: 51, projection: { pid: 1 }, maxTimeMS: 2_000 },
        )
        .toArray();
      return {
        pids: found.slice(0, 50).flatMap(({ pid }) => pid ?? []),
        ...(found.length > 50 ? { next: found[49]?._id ?? '' } : {}),
      };
    },
    drained: (): Promise<void> => touches.drained(),
  };
}

export type ReachLedger = ReturnType<typeof createReach>;

const inMonth = (month: string) => {
  const [year = 0, m = 1] = month.split('-').map(Number);
  const next = m === 12 ? `${year + 1}-01` : `${year}-${String(m + 1).padStart(2, '0')}`;
  return {
    at: {
      $gte: new Date(startOfBeijingDay(`${month}-01`)),
      $lt: new Date(startOfBeijingDay(`${next}-01`)),
    },
  };
};
