import { AppError } from '../../errors';
import { crashPoint } from '../../kit/crash-point';
import { isWechatError } from '../../wechat/api/errors';
import { unsentBy } from '../../wechat/api/outcome';
import type { Delivery, Settled, Taken } from './deliveries';
import { sendEach } from './one-by-one';
import type { Content, PushRow } from './push';
import type { Reason } from './reasons';
import type { Standing } from './routes/route';
import { type Here, mostTries, type Sending, type Work } from './sending';
import { giveBack } from './taking';
import { sendTogether } from './together';
import { firstRoute, standingsOf, variableNamesOf, variantOf, wayFor } from './ways';

type Job = { chunk: Taken; push: PushRow; probe: boolean };

/**
 * Sends a piece of an audience as far as it may: everybody has a row first, then each goes by the first of the push's routes that is
 * open to her. Answers for how long nobody need take it up again, ms.
 */
export async function sendChunk(house: Sending, { chunk, push, probe }: Job): Promise<number> {
  const { deliveries } = house;
  const people = new Map((await house.here(chunk.ids)).map((one) => [one.pid, one]));
  const moment = await house.moment();
  const rows = await prepared(house, { chunk, push, people, moment });
  if (push.state === 'cancelled') {
    // What was taken for them ahead of their turn. Of a mass send that may have gone out nothing is given back.
    await giveBack(
      { house, push, people, moment },
      rows.filter(({ state }) => state === 'pending'),
    );
    await deliveries.settle(rows.map((row) => cancelled(row, chunk)));
    await deliveries.close(chunk);
    return 0;
  }
  let ready: PushRow;
  try {
    ready = await withPictures(house, push);
  } catch (error) {
    // Before anybody is marked: nobody was sent anything.
    await heldBack(house, push, error);
    return emptyHandedMs;
  }
  const values = await valuesOf(house, push, people);
  const work: Work = { house, chunk, push: ready, probe, asked: false, people, moment, values };
  const alone = rows.filter(({ route }) => !house.routes.get(route)?.together);
  const left = await sendEach(work, alone);
  const together = [...rows.filter((row) => house.routes.get(row.route)?.together), ...left.passedOn];
  const restMs = left.stopped ? 0 : await sendTogether(work, together);
  crashPoint('push-chunk-sent');
  const closed = await deliveries.close(chunk);
  crashPoint('push-chunk-closed');
  if (closed && probe && !work.asked) await house.unasked(chunk);
  if (closed) return 0;
  // Who waits for an hour of the day, or for somebody else's piece, does not wait in a hot loop.
  return Math.max(restMs, left.waits ? waitsMs : 0, work.asked || left.stopped ? 0 : emptyHandedMs);
}

const waitsMs = 60_000;
const emptyHandedMs = 2_000;

/** Its pictures as WeChat knows them now. */
async function withPictures({ mediaId }: Sending, push: PushRow): Promise<PushRow> {
  const content = async (own: Content): Promise<Content> => {
    const shown = { ...own };
    if (own.customer?.kind === 'image')
      shown.customer = { kind: 'image', image: { mediaId: await mediaId(own.customer.image) } };
    if (own.mass?.kind === 'image')
      shown.mass = { kind: 'image', image: { mediaId: await mediaId(own.mass.image) } };
    return shown;
  };
  const variants: PushRow['variants'] = [];
  for (const one of push.variants) variants.push({ ...one, content: await content(one.content) });
  return { ...push, content: await content(push.content), variants };
}

/** It cannot be sent as it is: WeChat is out of order, or something of it is missing. */
async function heldBack(house: Sending, push: PushRow, error: unknown): Promise<void> {
  if (error instanceof AppError && !isWechatError(error)) return house.trip(push._id, error.message);
  const unsent = unsentBy(error);
  if (unsent.kind === 'refused') return house.trip(push._id, `圖片傳不上微信：${unsent.reason}`);
  return house.brake(push._id, { afterMs: 60_000, reason: `圖片傳不上微信：${unsent.reason}` });
}

async function valuesOf(house: Sending, push: PushRow, people: ReadonlyMap<string, Here>) {
  const names = variableNamesOf(push);
  return names.length === 0
    ? new Map<string, Record<string, string>>()
    : house.values([...people.values()], names);
}

/** What is still `sending` here was given to a mass send, and WeChat may have it. */
function cancelled(row: Delivery, { batches = [] }: Taken): Settled {
  if (row.state === 'pending') return { row, to: 'skipped', reason: 'cancelled' satisfies Reason };
  if (batches.find(({ key }) => key === row.key)?.msgId !== undefined) return { row, to: 'handed' };
  return { row, to: 'unknown', reason: '取消時回應還沒有來；不知道微信收下沒有' };
}

/** A row for everybody, by the first route that is open; those that a dead worker left at `sending` are judged. Those that wait. */
async function prepared(
  house: Sending,
  given: Pick<Work, 'chunk' | 'push' | 'people' | 'moment'>,
): Promise<Delivery[]> {
  const { deliveries, routes } = house;
  const { chunk, push, people, moment } = given;
  const all = await deliveries.of(push._id, chunk.ids);
  const has = new Set(all.map(({ pid }) => pid));
  // Who stands in two pieces, because she moved while they were written, is the other's.
  const known = all.filter(({ n }) => n === chunk.n);
  const fresh = chunk.ids.filter((pid) => !has.has(pid));
  const made = await rowsFor(house, { fresh, chunk, push, people, moment });
  await deliveries.expand(made);
  if (made.length > 0) crashPoint('push-expanded');

  const left: Settled[] = [];
  for (const row of known.filter(({ state }) => state === 'sending')) {
    const route = routes.get(row.route);
    const since = Date.now() - (row.firstAt?.getTime() ?? 0);
    if (route?.together) continue; // known by its key: asked again
    const again = route !== undefined && since < route.againMs && (row.tries ?? 0) < mostTries;
    left.push({
      row,
      to: again ? 'pending' : 'unknown',
      ...(again ? {} : { reason: '發送到一半，程式斷了；不知道她收到沒有' }),
    });
    row.state = again ? 'pending' : 'unknown';
  }
  if (left.length > 0) await deliveries.settle(left);
  // What was taken for them before is taken again, for the day and the window in which it is used.
  await giveBack(
    { house, push, people, moment },
    known.filter(({ state }) => state === 'pending'),
  );
  const place = new Map(chunk.ids.map((pid, i) => [pid, i]));
  return [...known, ...made]
    .filter(({ state, route }) => state === 'pending' || (state === 'sending' && routes.get(route)?.together))
    .toSorted((a, b) => (place.get(a.pid) ?? 0) - (place.get(b.pid) ?? 0));
}

async function rowsFor(
  house: Sending,
  given: Pick<Work, 'chunk' | 'push' | 'people' | 'moment'> & { fresh: string[] },
): Promise<Delivery[]> {
  const { chunk, push, people, moment, fresh } = given;
  const some = fresh.flatMap((pid) => people.get(pid) ?? []);
  const standing = await standingsOf(house, some);
  return fresh.map((pid): Delivery => {
    const variant = variantOf(push, pid);
    const row = {
      _id: `${push._id}/${pid}`,
      push: push._id,
      pid,
      n: chunk.n,
      epoch: chunk.epoch,
      ...(variant ? { variant } : {}),
    };
    const her = people.get(pid);
    const way = her
      ? wayFor(house, push, { ...row, route: firstRoute(push) }, standing.get(pid) as Standing, moment)
      : ({ reason: 'left' } as const);
    return 'route' in way
      ? { ...row, route: way.route, state: 'pending' }
      : {
          ...row,
          route: firstRoute(push),
          state: 'skipped',
          reason: way.reason,
          missed: true,
          at: new Date(moment.at),
        };
  });
}
