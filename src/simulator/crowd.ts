import type { Connection } from 'mongoose';
import type { Attribute } from '../domain/attributes/attributes';
import type { City } from '../domain/cities/city';
import type { InboxRow } from '../domain/inbox/inbox';
import type { People } from '../domain/people/people';
import type { BalanceRow, LedgerRow } from '../domain/points/points';
import type { Member, Purchase } from '../domain/purchases/bring';
import type { ReachRow } from '../domain/reach/reach';
import type { Rule } from '../domain/segments/rule';
import type { Segments } from '../domain/segments/segments';
import type { Subscriber, Subscribers } from '../domain/subscribers/subscribers';
import { beijingDay, dayMs } from '../kit/beijing';
import { isDuplicate } from '../store/duplicate';
import { openidOf } from './fans';
import { type Chance, createChance } from './season/chance';

/** Somebody who never was: what she told, where she came from, what she asked. */
export type Invented = {
  openid: string;
  followedAt: number;
  seenAt: number;
  script?: 'hant' | 'hans';
  city?: City;
  channel?: string;
  gender?: string;
  birthday?: string;
  wish?: string;
  /** Whole points. */
  points: number;
  /** With the phone that she bound; in fen, on Beijing days. */
  bought?: { level: string; orders: { on: string; fen: number; what: string }[] };
  asks: { about: string; at: number }[];
};

const channels = ['station-hangzhou', 'hotel-lobby', 'magazine-autumn'];
const wishes = ['海邊', '古鎮', '爬山', '美食', '親子', '攝影'];
const asked = ['酒店', '天氣', '列車', '景點', '攻略', '美食'];
const batch = 1_000;

/** The n-th of a crowd: always the same one for the same day and cities. */
export function invent(n: number, given: { appId: string; now: number; cities: readonly City[] }): Invented {
  const { appId, now, cities } = given;
  const chance = createChance('crowd').of(n);
  const followedAt = now - chance.between(1, 720 * 24) * (dayMs / 24);
  const seenAt = Math.min(
    now,
    followedAt + Math.floor((now - followedAt) * Math.sqrt(chance.between(0, 1_000) / 1_000)),
  );
  const city = chance.is(0.7) ? liked(cities, chance) : undefined;
  return {
    openid: openidOf(appId, crowdName(n)),
    followedAt,
    seenAt,
    ...(chance.is(0.9) ? { script: chance.is(0.8) ? ('hans' as const) : ('hant' as const) } : {}),
    ...(city ? { city } : {}),
    ...(chance.is(0.6) ? { channel: chance.oneOf(channels) } : {}),
    ...(chance.is(0.4) ? { gender: chance.is(0.58) ? '女' : '男' } : {}),
    ...(chance.is(0.25) ? { birthday: birthdayOf(chance) } : {}),
    ...(chance.is(0.2) ? { wish: chance.oneOf(wishes) } : {}),
    points: chance.is(0.35) ? chance.between(1, 60) * 5 : 0,
    ...(chance.is(0.08) ? { bought: boughtOf(chance, now) } : {}),
    asks: asksOf(chance, { now, seenAt, city }),
  };
}

/** The big ones are asked about most. */
const liked = (cities: readonly City[], chance: Chance): City | undefined =>
  cities[Math.floor((chance.between(0, 1_000) / 1_000) ** 2 * cities.length)];

const two = (n: number): string => String(n).padStart(2, '0');
const birthdayOf = (chance: Chance): string =>
  `${chance.between(1955, 2008)}-${two(chance.between(1, 13))}-${two(chance.between(1, 29))}`;

const goods = ['周末雙人遊', '親子酒店兩晚', '高鐵加酒店', '古鎮一日遊', '海島五日'];
const boughtOf = (chance: Chance, now: number): NonNullable<Invented['bought']> => ({
  level: chance.oneOf(['普卡', '銀卡', '金卡']),
  orders: Array.from({ length: chance.between(1, 5) }, () => ({
    on: beijingDay(now - chance.between(1, 500) * dayMs),
    fen: chance.between(99, 4_999) * 100,
    what: chance.oneOf(goods),
  })),
});

function asksOf(
  chance: Chance,
  given: { now: number; seenAt: number; city: City | undefined },
): Invented['asks'] {
  const { now, seenAt, city } = given;
  if (now - seenAt > 28 * dayMs || !city) return [];
  return Array.from({ length: chance.between(0, 4) }, () => ({
    about: `${city.name}${chance.oneOf(asked)}`,
    at: seenAt - chance.between(0, 24 * 60) * 60_000,
  })).filter(({ at }) => now - at < 29 * dayMs);
}

type House = {
  db: Connection;
  appId: string;
  now: number;
  services: { subscribers: Subscribers; cities: { all(): readonly City[] }; people: People };
};

/** Brings people `from` up to, and without, `to`; who is there already stays as she is. */
export async function bringCrowd(
  house: House,
  from: number,
  to: number,
  onStep: (done: number) => void = () => {},
) {
  const { db, appId, now, services } = house;
  const cities = services.cities.all();
  for (let at = from; at < to; at += batch) {
    const some = Array.from({ length: Math.min(batch, to - at) }, (_, i) =>
      invent(at + i, { appId, now, cities }),
    );
    const rows = some.map((one) => subscriberOf(one, services.subscribers.fanOf(one.openid)));
    await insertNew(db, 'subscribers', rows);
    await insertNew(
      db,
      'reach',
      some.map((one, i) => reachOf(one, rows[i]?._id ?? '', rows[i]?.pid ?? '')),
    );
    await insertNew(
      db,
      'attributes',
      some.flatMap((one, i) => attributesOf(one, rows[i]?.pid ?? '')),
    );
    const pids = rows.map(({ pid }) => pid);
    await bringPoints(db, some, pids);
    await bringPurchases(db, some, pids);
    await insertNew(
      db,
      'inbox',
      some.flatMap((one, i) => inboxOf(one, rows[i]?._id ?? '')),
    );
    onStep(at + some.length);
  }
}

async function insertNew(
  db: Connection,
  collection: string,
  rows: readonly { _id: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await db
    .collection<{ _id: string }>(collection)
    .insertMany([...rows], { ordered: false })
    .catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
}

function subscriberOf(one: Invented, fan: string): Subscriber {
  const { openid, followedAt, seenAt, script, city, channel } = one;
  return {
    _id: fan,
    openid,
    pid: fan.slice(0, 16),
    v: 0,
    following: true,
    followedAt: new Date(followedAt),
    once: ['welcome'],
    talk: {},
    mailbox: [],
    seenAt: new Date(seenAt),
    ...(script ? { script } : {}),
    ...(city ? { cityId: city.id } : {}),
    ...(channel === undefined ? {} : { channel: { first: channel, last: channel } }),
  };
}

async function bringPoints(
  db: Connection,
  some: readonly Invented[],
  pids: readonly string[],
): Promise<void> {
  const given = some.flatMap(({ points, seenAt }, i) =>
    points > 0 ? [{ pid: pids[i] ?? '', points, at: new Date(seenAt) }] : [],
  );
  const ledger = given.map(
    ({ pid, points, at }): LedgerRow => ({ _id: `crowd/${pid}`, pid, delta: points, at, cause: 'crowd' }),
  );
  await insertNew(db, 'ledger', ledger);
  await insertNew(
    db,
    'balances',
    given.map(({ pid, points }): BalanceRow => ({ _id: pid, points, v: 0, earned: {}, recent: [] })),
  );
}

/** The hash of a phone that nobody has. */
async function bringPurchases(
  db: Connection,
  some: readonly Invented[],
  pids: readonly string[],
): Promise<void> {
  const buyers = some.flatMap(({ bought, seenAt }, i) =>
    bought ? [{ ...bought, pid: pids[i] ?? '', hash: `crowd:${pids[i]}`, at: new Date(seenAt) }] : [],
  );
  await insertNew(
    db,
    'bindings',
    buyers.map(({ pid, hash, at }) => ({
      _id: `${pid}/phone`,
      pid,
      hash,
      at,
      source: '示例',
      consent: '示例',
    })),
  );
  await insertNew(
    db,
    'members',
    buyers.map(({ hash, level, at }): Member => ({ _id: hash, level, at })),
  );
  const orders = buyers.flatMap(({ pid, hash, at, orders: all }) =>
    all.map((one, i): Purchase => ({ _id: `示例-${pid}-${i}`, phone: hash, at, ...one })),
  );
  await insertNew(db, 'purchases', orders);
}

/** They wrote at the time they were last here. */
const reachOf = ({ seenAt }: Invented, _id: string, pid: string): ReachRow => ({ _id, pid, talk: seenAt });

const attributesOf = ({ gender, birthday, wish, seenAt }: Invented, pid: string): Attribute[] =>
  Object.entries({ 性別: gender, 生日: birthday, 旅行偏好: wish }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ _id: `${pid}/${name}`, pid, name, value, source: '示例', at: new Date(seenAt), consent: '示例' }],
  );

const inboxOf = ({ asks }: Invented, fan: string): InboxRow[] =>
  asks.map(({ about, at }, i) => ({
    _id: `crowd:${fan}:${i}`,
    fan,
    at: new Date(at),
    owner: '',
    ownedAt: new Date(at),
    reply: null,
    about,
    doneAt: new Date(at),
    tries: 1,
  }));

/** What marketers ask for first, so that nothing is empty on the first day. */
const exampleSegments: { id: string; name: string; rule: Rule }[] = [
  {
    id: 'jiangzhe-women-hotels',
    name: '江浙、問過酒店的女生',
    rule: {
      all: [
        { leaf: 'region', regions: ['浙江', '江蘇'] },
        { leaf: 'attribute', name: '性別', values: ['女', '女士'] },
        { leaf: 'asked', days: 30, topic: 'hotels', times: 1 },
      ],
    },
  },
  { id: 'new-this-week', name: '這週新來的', rule: { leaf: 'followed-within', days: 7 } },
  {
    id: 'sleeping',
    name: '睡著了：關注三個月以上，六十天沒說話',
    rule: {
      all: [
        { leaf: 'followed-before', days: 90 },
        { leaf: 'silent', days: 60 },
      ],
    },
  },
  { id: 'window-open', name: '現在可以發客服消息', rule: { leaf: 'window' } },
  {
    id: 'no-gender',
    name: '性別未知、常來的',
    rule: {
      all: [
        { leaf: 'unknown', name: '性別' },
        { leaf: 'seen', days: 30 },
      ],
    },
  },
];

/** Once, on fresh data: what an operator changed of them stays. */
export async function bringExampleSegments(segments: Segments): Promise<void> {
  const there = new Set((await segments.list()).map(({ _id }) => _id));
  for (const one of exampleSegments) if (!there.has(one.id)) await segments.save({ ...one, by: '示例' });
}

/** How the fake platform knows somebody of the crowd. */
export const crowdName = (n: number): string => `路人 ${n}`;

/** The day counts from its morning, so that a second start on the same day invents the same people. */
export const morningOf = (at: number): number => Date.parse(`${beijingDay(at)}T00:00:00+08:00`);
