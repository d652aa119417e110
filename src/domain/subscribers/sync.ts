import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import type { Clock } from '../../kit/clock';
import { type Turn, takeTurn } from '../../store/turn';
import { isWechatError } from '../../wechat/api/errors';
import type { UserInfo, Users } from '../../wechat/api/users';
import type { Known } from '../audience';
import type { Effect } from '../outbox/outbox';
import type { Upkeep } from '../upkeep';
import { askAll } from './ask-all';
import type { Listed, Subscriber } from './subscribers';
import { syncFollowers } from './subscribers.tasks';
import type { SyncReport, Walk } from './walk';

const walkId = 'subscribers:sync';
const callsId = 'subscribers:calls';
/** WeChat allows 500 a day. The client repeats a call that WeChat is too busy for: what is left is for that. */
const mostCalls = 480;
const chunk = 1_000;
const remembered = 20;
/** A walk that was left alone for so long is begun anew. */
const staleMs = 7 * 86_400_000;
/** More people than that, and more than a tenth of all, do not vanish by themselves. */
const fewGone = 50;

/**
 * Makes our subscribers those that WeChat lists: a walk through `user/get`. Whom we do not know we come to know; who is not listed
 * any more, and of whom WeChat says so when asked for her, goes as if she had left. Killed anywhere it goes on where it was,
 * and a second walk changes nothing.
 */
export function createSubscriberSync(given: {
  db: Connection;
  clock: Clock;
  subscribers: {
    fanOf(openid: string): string;
    meetListed(people: readonly Listed[]): Promise<number>;
    remove(fan: string, leftAt: Date, pidUntil: (campaigns: string[]) => number | undefined): Promise<void>;
  };
  /** Until when one who leaves keeps her name in the campaigns she played. */
  nameKeptUntil: (campaigns: string[]) => number | undefined;
  outbox: { add(cause: { id: string }, effects: Effect[]): Promise<void> };
  /** Works out the flat rows of these people. */
  refresh: (people: readonly Known[]) => Promise<void>;
  /** WeChat, where nobody says whom to ask. */
  users?: Users;
}) {
  const { db, clock, subscribers, nameKeptUntil, outbox, refresh } = given;
  const rows = db.collection<Subscriber>('subscribers');
  const graves = db.collection<{ _id: string; leftAt?: Date }>('graves');
  const walks = db.collection<Walk>('cursors');
  const calls = db.collection<{ _id: string; day: string; n: number }>('cursors');

  async function current(): Promise<Walk> {
    const kept = await walks.findOne({ _id: walkId });
    if (kept && kept.state !== 'done' && kept.began > clock.now() - staleMs) return kept;
    const next = {
      began: Math.max(clock.now(), (kept?.began ?? 0) + 1),
      state: 'walking' as const,
      ...{ behind: [], pages: 0, listed: 0, met: 0, gone: 0, total: 0 },
    };
    await walks.updateOne({ _id: walkId }, { $set: next, $unset: { endedAt: '' } }, { upsert: true });
    return { _id: walkId, ...next };
  }

  /** Who lost her turn without noticing finds another page there. */
  async function keep(walk: Walk, next: Partial<Walk>): Promise<Walk> {
    const kept = await walks.updateOne({ _id: walkId, began: walk.began, pages: walk.pages }, { $set: next });
    if (kept.matchedCount !== 1) throw new AppError('Conflict', 'subscribers.sync', lost);
    return { ...walk, ...next };
  }

  /** Takes one of the calls of this Beijing day; false: there is none left. */
  async function mayCall(): Promise<boolean> {
    const day = clock.day(clock.now());
    const counted = await calls.findOneAndUpdate(
      { _id: callsId },
      [{ $set: { n: { $cond: [{ $eq: ['$day', day] }, { $add: ['$n', 1] }, 1] }, day } }],
      { upsert: true, returnDocument: 'after' },
    );
    return (counted?.n ?? 1) <= mostCalls;
  }

  async function nextPage(walk: Walk, users: Users, turn: Turn): Promise<Walk | 'tomorrow'> {
    const still = new Map(
      (await rows.find({ _id: { $in: walk.behind } }, { projection: { openid: 1 } }).toArray()).map((row) => [
        row._id,
        row.openid,
      ]),
    );
    const last = walk.behind.findLast((fan) => still.has(fan));
    if (!(await mayCall())) return 'tomorrow';
    const asked = clock.now();
    const page = await users.list((last && still.get(last)) ?? '').catch((error: unknown) => {
      const errcode = isWechatError(error) ? error.details.errcode : null;
      if (errcode === usedUp) return 'tomorrow' as const;
      if (errcode === notOurs && last !== undefined) return undefined;
      throw error;
    });
    if (page === 'tomorrow') return page;
    // She left since: the one before her will do.
    if (!page) return keep(walk, { behind: walk.behind.filter((fan) => fan !== last) });
    let { met } = walk;
    for (let at = 0; at < page.openids.length; at += chunk) {
      await turn.keep();
      met += await take(page.openids.slice(at, at + chunk), { began: walk.began, asked, users });
    }
    const newest = page.openids.slice(-remembered).map(subscribers.fanOf);
    return keep(walk, {
      met,
      pages: walk.pages + 1,
      listed: walk.listed + page.openids.length,
      total: page.total,
      behind: [...walk.behind, ...newest].slice(-remembered),
      ...(page.more ? {} : { state: 'removing' as const, behind: [] }),
    });
  }

  /** Those of the fans whose leave we were told of since `asked`; CreateTime has whole seconds. */
  async function leftSince(asked: number, fans: string[]): Promise<Map<string, number>> {
    const leftAt = { $gte: new Date(Math.floor(asked / 1_000) * 1_000) };
    const left = await graves.find({ _id: { $in: fans }, leftAt }, { projection: { leftAt: 1 } }).toArray();
    return new Map(left.map((grave) => [grave._id, grave.leftAt?.getTime() ?? 0]));
  }

  /** Comes to know those of a page whom we do not know, and marks them all as listed. Twice is as once. */
  async function take(
    openids: string[],
    { began, asked, users }: { began: number; asked: number; users: Users },
  ): Promise<number> {
    const all = new Map(openids.map((openid) => [subscribers.fanOf(openid), openid]));
    const left = await leftSince(asked, [...all.keys()]);
    const fans = [...all.keys()].filter((fan) => !left.has(fan));
    const known = await rows
      .find({ _id: { $in: fans } }, { projection: { pid: 1, followedAt: 1, listed: 1 } })
      .toArray();
    const isWhole = new Set(known.filter((row) => row.followedAt).map((row) => row._id));
    const lacking = fans.filter((fan) => !isWhole.has(fan)).map((fan) => all.get(fan) as string);
    const told = await askAll(users, lacking);
    const isKnown = new Set(known.map((row) => row._id));
    const strangers = lacking.filter((openid) => !isKnown.has(subscribers.fanOf(openid)));
    const met = await subscribers.meetListed(
      strangers
        .filter((openid) => told.get(openid)?.follows !== false)
        .map((openid) => listedAs(openid, told)),
    );
    await complete(lacking.map((openid) => listedAs(openid, told)));
    // While she was being met she left, and her leave found nobody to remove.
    for (const [fan, leftAt] of await leftSince(asked, fans)) await leave(fan, leftAt, began);
    const unlisted = { _id: { $in: fans }, listed: { $exists: false } };
    const fresh = await rows.find(unlisted, { projection: { pid: 1 } }).toArray();
    await refresh(fresh.map(({ _id, pid }) => ({ fan: _id, pid })));
    await rows.updateMany({ _id: { $in: fans } }, { $set: { listed: began } });
    return met;
  }

  /** Since when she follows, and by which code she came, of those who wrote before we asked. */
  async function complete(people: readonly Listed[]): Promise<void> {
    const some = people.flatMap(({ openid, followedAt, scene }) => {
      const _id = subscribers.fanOf(openid);
      const channel = scene === undefined ? undefined : { first: scene, last: scene };
      return [
        ...(followedAt ? [{ filter: { _id, followedAt: { $exists: false } }, set: { followedAt } }] : []),
        ...(channel ? [{ filter: { _id, channel: { $exists: false } }, set: { channel } }] : []),
      ];
    });
    if (some.length > 0)
      await rows.bulkWrite(
        some.map(({ filter, set }) => ({ updateOne: { filter, update: { $set: set } } })),
        { ordered: false },
      );
  }

  /** As a leave of her own. The job is written first: if we die in between, it removes her row too. */
  async function leave(fan: string, leftAt: number, began: number): Promise<boolean> {
    const row = await rows.findOne({ _id: fan }, { projection: { pid: 1, followedAt: 1 } });
    if (!row || (row.followedAt && row.followedAt.getTime() > leftAt)) return false;
    const { pid } = row;
    await outbox.add({ id: `unlisted:${pid}:${began}` }, [
      { kind: 'later', job: 'erase', data: { fan, pid, upTo: clock.now(), leftAt } },
    ]);
    await subscribers.remove(fan, new Date(leftAt), nameKeptUntil);
    return true;
  }

  /** Whom the whole walk did not see, and of whom WeChat says that she does not follow. */
  async function removeGone(walk: Walk, users: Users, turn: Turn): Promise<Walk> {
    let { gone } = walk;
    for (let after = ''; ; ) {
      await turn.keep();
      const some = await rows
        .find(
          { _id: { $gt: after }, listed: { $ne: walk.began } },
          { projection: { openid: 1 }, sort: { _id: 1 }, limit: 400 },
        )
        .toArray();
      if (some.length === 0) return keep(walk, { gone, state: 'done', endedAt: new Date(clock.now()) });
      const asked = Math.floor(clock.now() / 1_000) * 1_000;
      const told = await askAll(
        users,
        some.map(({ openid }) => openid),
      );
      const here: string[] = [];
      for (const { _id, openid } of some)
        if (told.get(openid)?.follows) here.push(_id);
        else if (told.has(openid) && (await leave(_id, asked, walk.began))) gone++;
      await rows.updateMany({ _id: { $in: here } }, { $set: { listed: walk.began } });
      after = some.at(-1)?._id ?? '';
    }
  }

  async function refuseWhenMany({ began }: Walk): Promise<void> {
    const before = [{ followedAt: { $exists: false } }, { followedAt: { $lt: new Date(began) } }];
    const [gone, all] = await Promise.all([
      rows.countDocuments({ listed: { $ne: began }, $or: before }),
      rows.estimatedDocumentCount(),
    ]);
    if (gone > fewGone && gone > all / 10)
      throw new AppError(
        'Conflict',
        'subscribers.many-gone',
        `我們的 ${all} 位訂閱者裡，有 ${gone} 位不在微信的名單上，多得不尋常，先一位也不移除。請先看 WECHAT_APP_ID 是不是這個資料庫的公眾號；確定就是的話，選「走了的人多得不尋常時也移除」（命令是 --remove）再做一次；移除了找不回來。`,
      );
  }

  return {
    upkeep: { tasks: [syncFollowers] } satisfies Upkeep,
    /** `remove`: also when very many are gone. @throws AppError Conflict while another sync runs; WechatError, to go on later */
    async run({
      users = given.users,
      remove = false,
      onStep = () => {},
    }: {
      users?: Users | undefined;
      remove?: boolean;
      onStep?: (so: SyncReport) => void | Promise<void>;
    } = {}): Promise<SyncReport> {
      if (!users)
        throw new AppError('Conflict', 'subscribers.no-wechat', '這裡不連微信；由運行中的程式去做。');
      const turn = await takeTurn(db, { name: walkId, code: 'subscribers.sync', busy, lost });
      try {
        let walk = await current();
        while (walk.state === 'walking') {
          await turn.keep();
          const next = await nextPage(walk, users, turn);
          if (next === 'tomorrow') return { ...walk, state: next };
          walk = next;
          await onStep(walk);
        }
        if (!remove) await refuseWhenMany(walk);
        return await removeGone(walk, users, turn);
      } finally {
        await turn.end();
      }
    },
    /** How far the last sync is; undefined when there was none. */
    async last(): Promise<(SyncReport & { began: number; endedAt?: Date }) | undefined> {
      return (await walks.findOne({ _id: walkId })) ?? undefined;
    },
  };
}

export type SubscriberSync = ReturnType<typeof createSubscriberSync>;

const usedUp = 45009;
const notOurs = 40003;
const busy = '另一個訂閱者同步正在進行；請等它結束（若它中斷了，半分鐘）再試。';
const lost = '停頓太久，另一個訂閱者同步已經開始；再執行一次會從它停下的地方接著做。';

const listedAs = (openid: string, told: ReadonlyMap<string, UserInfo>): Listed => {
  const { followedAt, qrScene } = told.get(openid) ?? {};
  // The code in a mail is one person's; what it is called tells of her address.
  const scene = qrScene?.startsWith('mail:') ? 'mail' : qrScene;
  return { openid, ...(followedAt ? { followedAt } : {}), ...(scene ? { scene } : {}) };
};
