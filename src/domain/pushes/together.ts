import { crashPoint } from '../../kit/crash-point';
import type { Batch, Delivery, Settled } from './deliveries';
import type { Reason } from './reasons';
import type { AnyRoute } from './routes/route';
import { keyOf, type Work } from './sending';
import { giveBack, takeAll } from './taking';
import { standingsOf, wayFor, written } from './ways';

/** Those whose route says the same to many, in one call for each variant. For how long it rests when it is not over, ms. */
export async function sendTogether(work: Work, rows: Delivery[]): Promise<number> {
  let restMs = 0;
  // What was asked under a key before is asked again for the same people.
  const again = grouped(
    rows.filter(({ state }) => state === 'sending'),
    ({ key = '' }) => key,
  );
  for (const [key, some] of again)
    if (await mayGoTogether(work)) restMs = Math.max(restMs, await askAgain(work, some, key));
  const fresh = grouped(
    rows.filter(({ state }) => state === 'pending'),
    ({ variant = '' }) => variant,
  );
  for (const some of fresh.values())
    if (await mayGoTogether(work)) restMs = Math.max(restMs, await sendBatch(work, some));
  return restMs;
}

async function mayGoTogether({ house, push, probe, asked }: Work): Promise<boolean> {
  const gate = await house.gate(push._id);
  return (gate === 'go' || (probe && !asked && gate !== 'stop')) && house.holds();
}

type TogetherRoute = Extract<AnyRoute, { together: true }>;
const togetherRouteOf = ({ house }: Work, [first]: Delivery[]): TogetherRoute | undefined => {
  const route = first && house.routes.get(first.route);
  return route?.together ? route : undefined;
};

async function sendBatch(work: Work, members: Delivery[]): Promise<number> {
  const { house, push, chunk } = work;
  const { deliveries } = house;
  const route = togetherRouteOf(work, members);
  if (!route) return 0;
  const taken = await takeAll(work, members);
  const openids = await house.openids(members.map(({ pid }) => pid));
  const go = members.filter(({ pid }) => openids.has(pid) && taken.has(pid));
  await settleOthers(
    work,
    members.filter((row) => !go.includes(row)),
    openids,
  );
  if (go.length < 2) {
    await giveBack(work, go);
    await settleOthers(work, go, openids, 'two');
    return 0;
  }
  const batches = (chunk.batches ??= []);
  const key = keyOf(push._id, chunk.run, chunk.n, chunk.epoch, batches.length);
  const batch: Batch = { key, firstAt: new Date(), people: go.length };
  if (!(await deliveries.addBatch(chunk, batch))) return 0;
  batches.push(batch);
  await deliveries.mark(go, chunk.epoch, key);
  crashPoint('push-mass-marked');
  return carryOut(work, { route, batch, openids, members: go, isFirst: true });
}

/** WeChat may have had it: it is asked again under the same key, as long as WeChat knows that. */
async function askAgain(work: Work, members: Delivery[], key: string): Promise<number> {
  const { house, chunk } = work;
  const { deliveries } = house;
  const route = togetherRouteOf(work, members);
  const batch = chunk.batches?.find((one) => one.key === key);
  const ids = members.map(({ _id }) => _id);
  const end = async (how: Pick<Delivery, 'state' | 'reason'>): Promise<number> => {
    await deliveries.settleAll(ids, chunk.epoch, how);
    return 0;
  };
  if (batch?.msgId !== undefined) return end({ state: 'handed' });
  if (!route || !batch || Date.now() - batch.firstAt.getTime() >= route.againMs)
    return end({ state: 'unknown', reason: '回應斷了，隔太久不能再問；不知道微信收下沒有' });
  const openids = await house.openids(members.map(({ pid }) => pid));
  if (openids.size < 2)
    return end({ state: 'unknown', reason: '回應斷了，名單裡的人又走了，不能再問；不知道微信收下沒有' });
  return carryOut(work, { route, batch, openids, members, isFirst: false });
}

async function carryOut(
  work: Work,
  given: {
    route: TogetherRoute;
    batch: Batch;
    openids: ReadonlyMap<string, string>;
    members: Delivery[];
    isFirst: boolean;
  },
): Promise<number> {
  const { house, push, chunk } = work;
  const { deliveries, reach } = house;
  const { route, batch, openids, members, isFirst } = given;
  const { key } = batch;
  const [first] = members;
  const filled = written(work, route, { pid: '', ...(first?.variant ? { variant: first.variant } : {}) });
  if ('missing' in filled) throw new Error('a mass message has no variables'); // refused when it was written
  if (!house.holds()) return 0;
  work.asked = true;
  const outcome = await route.sendAll(
    members.flatMap(({ pid }) => openids.get(pid) ?? []),
    filled.content as never,
    key,
  );
  crashPoint('push-mass-sent');
  const ids = members.map(({ _id }) => _id);
  switch (outcome.kind) {
    case 'accepted': {
      await reach.massSent({
        _id: outcome.msgId || key,
        at: new Date(work.moment.at),
        by: 'push',
        people: ids.length,
        push: push._id,
      });
      // Who has gone since was in the list that WeChat had before, and not in the one that it takes only now.
      const gone = outcome.again ? [] : members.filter(({ pid }) => !openids.has(pid));
      await deliveries.settle(gone.map((row) => ({ row, to: 'skipped', reason: 'left' satisfies Reason })));
      await deliveries.noteBatch(chunk, key, { msgId: outcome.msgId || key });
      await deliveries.settleAll(ids, chunk.epoch, { state: 'handed' });
      if (push.brake) await house.unbrake(push._id);
      return 0;
    }
    case 'refused':
      await giveBack(work, members);
      await deliveries.settleAll(ids, chunk.epoch, { state: 'failed', reason: outcome.reason });
      await house.trip(push._id, `群發被拒絕：${outcome.reason}`);
      return 0;
    case 'later':
      // Nothing of it is with WeChat for certain: its people wait as before.
      if (isFirst && !outcome.asksAgain) {
        await giveBack(work, members);
        await deliveries.unmark(ids, chunk.epoch);
        await deliveries.dropBatch(chunk, key);
      } else await deliveries.noteBatch(chunk, key, { why: outcome.reason });
      await house.brake(push._id, outcome);
      return 0; // the brake says when
    case 'unknown':
      // WeChat wants a minute between two of the same key.
      return 65_000;
  }
}

function grouped<Row>(rows: readonly Row[], by: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(by(row), [...(groups.get(by(row)) ?? []), row]);
  return groups;
}

/** Who is not among those to whom it goes: gone, or without a ration any more; another route may be open. */
async function settleOthers(
  work: Work,
  rows: Delivery[],
  openids: ReadonlyMap<string, string>,
  otherwise: Reason = 'month',
): Promise<void> {
  if (rows.length === 0) return;
  const { house, people, moment, push } = work;
  const standing = await standingsOf(
    house,
    rows.flatMap(({ pid }) => people.get(pid) ?? []),
  );
  await house.deliveries.settle(
    rows.map((row): Settled => {
      const her = standing.get(row.pid);
      if (!her || !openids.has(row.pid)) return { row, to: 'skipped', reason: 'left' };
      const next = push.routes[push.routes.indexOf(row.route) + 1];
      const way = wayFor(house, push, { ...row, route: next ?? row.route }, her, moment);
      return 'route' in way && way.route !== row.route
        ? { row, to: 'pending', route: way.route }
        : { row, to: 'skipped', reason: 'reason' in way ? way.reason : otherwise };
    }),
  );
}
