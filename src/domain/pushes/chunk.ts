import { createHash } from 'node:crypto';
import { AppError } from '../../errors';
import { dayMs } from '../../kit/beijing';
import { type Clock, monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Pacer } from '../../kit/pacer';
import type { Script } from '../../kit/text';
import { createGroup } from '../../store/group';
import { isWechatError } from '../../wechat/api/errors';
import { unsentBy } from '../../wechat/api/outcome';
import type { Reach } from '../rations';
import type { ReachLedger } from '../reach/reach';
import type { Batch, Deliveries, Delivery, Settled, Taken } from './deliveries';
import { fill } from './fill';
import type { Gate, Slots } from './gate';
import type { Content, PushRow, RouteName } from './push';
import type { Reason } from './reasons';
import type { AnyRoute, Came, Moment, Recipient, Standing } from './routes/route';

/** Somebody of the audience who is here. */
export type Here = { pid: string; fan: string; script: Script };

/** What sending needs of the house. */
export type Sending = {
  deliveries: Deliveries;
  reach: ReachLedger;
  clock: Clock;
  routes: ReadonlyMap<RouteName, AnyRoute>;
  /** Those of the pids that are somebody's now. */
  here: (pids: string[]) => Promise<Here[]>;
  /** The openids of those of them who are still here: asked in the moment before each call. */
  openids: (pids: string[]) => Promise<Map<string, string>>;
  /** Consents that a route needs. */
  standing: (pids: string[]) => Promise<Map<string, Omit<Standing, 'reach'>>>;
  moment: () => Promise<Moment>;
  /** What the words' variables are for these people. */
  values: (people: readonly Here[], names: readonly string[]) => Promise<Map<string, Record<string, string>>>;
  /** The tracked link of the n-th address of a push, hers. */
  linkTo: (push: string, n: number, pid: string) => string;
  /** WeChat is out of order: nothing of this push goes out for a while. */
  brake: (push: string, said: { afterMs: number; reason: string }) => Promise<void>;
  /** One got through. */
  unbrake: (push: string) => Promise<void>;
  /** A piece of a braked push is over, and nobody in it could be asked: the next piece may be at once. */
  unasked: (chunk: Taken) => Promise<void>;
  /** Too much of it fails for one reason: it stops by itself. */
  trip: (push: string, why: string) => Promise<void>;
  /** Notices when a push fails for no reason of theirs; one for each push that this process sends. */
  meterOf: (push: string) => Meter;
  /** The media id under which WeChat has a picture now. */
  mediaId: (image: { mediaId: string } | { file: string }) => Promise<string>;
  gate: (push: string) => Promise<Gate>;
  slots: Slots;
  pacer: Pacer;
  /** Whether the lease of the piece is certainly ours. */
  holds: () => boolean;
  /** For so many people at a time it is looked up what they need, before their turn: what goes out within a second or so. */
  ahead: number;
};

type Job = { chunk: Taken; push: PushRow; probe: boolean };

/** WeChat's refusals that are about her alone: no sign that something is wrong with the push. */
const abouther = new Set([40003, 43004, 43019, 43101, 45015, 45047, 48002, 49003, 70000]);
/** Of the last so many of a push in one process, this many that failed for no reason of theirs stop it. */
const budget = { of: 100, most: 20 };
/** Of one key; WeChat bears ten. */
const mostTries = 6;

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

/** What is still `sending` here was given to a mass send, and WeChat may have it. */
function cancelled(row: Delivery, { batches = [] }: Taken): Settled {
  if (row.state === 'pending') return { row, to: 'skipped', reason: 'cancelled' satisfies Reason };
  if (batches.find(({ key }) => key === row.key)?.msgId !== undefined) return { row, to: 'handed' };
  return { row, to: 'unknown', reason: '取消時回應還沒有來；不知道微信收下沒有' };
}

type Work = {
  house: Sending;
  chunk: Taken;
  push: PushRow;
  /** Of a braked push: until one call was made. */
  probe: boolean;
  asked: boolean;
  people: ReadonlyMap<string, Here>;
  moment: Moment;
  values: ReadonlyMap<string, Record<string, string>>;
};

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

const firstRoute = ({ routes }: Pick<PushRow, 'routes'>): RouteName => routes[0] as RouteName;

export async function standingsOf(
  { reach, standing }: Pick<Sending, 'reach' | 'standing'>,
  people: readonly Here[],
): Promise<Map<string, Standing>> {
  const [reaches, consents] = await Promise.all([
    reach.of(people.map(({ fan }) => fan)),
    standing(people.map(({ pid }) => pid)),
  ]);
  return new Map(
    people.map(({ pid, fan }) => [
      pid,
      { reach: reaches.get(fan) ?? {}, ...(consents.get(pid) ?? { sms: false, mail: false }) },
    ]),
  );
}

/** The first of the routes from `row.route` on that is open to her, else one that opens at another hour; else why the last is shut. */
export function wayFor(
  { routes }: Pick<Sending, 'routes'>,
  push: Pick<PushRow, 'routes' | 'class' | 'cap' | 'content' | 'variants'>,
  row: Pick<Delivery, 'route' | 'variant'>,
  her: Standing,
  moment: Moment,
): { route: RouteName } | { reason: Reason } {
  const general = shutToAll(push, her.reach, moment);
  if (general) return { reason: general };
  let reason: Reason = 'window';
  let waits: RouteName | undefined;
  for (const name of push.routes.slice(push.routes.indexOf(row.route))) {
    const route = routes.get(name);
    const content = contentOf(push, row, name);
    if (!route || !content) continue;
    const shut = route.shut(her, moment, content as never);
    if (!shut && !outOfHours(route, moment.at)) return { route: name };
    if (!shut) waits ??= name;
    reason = shut ?? reason;
  }
  return waits ? { route: waits } : { reason };
}

const shutDays = 30 * dayMs;
function shutToAll(push: Pick<PushRow, 'class' | 'cap'>, reach: Reach, { at }: Moment): Reason | undefined {
  if (reach.shut && at - reach.shut.at < shutDays) return 'shut';
  if (push.class === 'marketing' && reach.quiet) return 'quiet';
  const { most, days } = push.cap;
  if (most > 0 && (reach.pushes ?? []).filter((one) => one.at >= at - days * dayMs).length >= most)
    return 'cap';
  return undefined;
}

/** Beijing hours. */
const outOfHours = ({ hours }: AnyRoute, at: number): boolean => {
  if (!hours) return false;
  const hour = new Date(at + 8 * 3_600_000).getUTCHours();
  return hour < hours[0] || hour >= hours[1];
};

/** The words of a route: her variant's, else the push's. */
export const contentOf = (
  push: Pick<PushRow, 'content' | 'variants'>,
  { variant }: Pick<Delivery, 'variant'>,
  route: RouteName,
): Content[RouteName] =>
  push.variants.find(({ name }) => name === variant)?.content[route] ?? push.content[route];

/** Always the same for one person and push. What the shares leave over gets the push's own words. */
export function variantOf(
  { _id, variants }: Pick<PushRow, '_id' | 'variants'>,
  pid: string,
): string | undefined {
  if (variants.length === 0) return undefined;
  const at = createHash('sha256').update(`${_id}\n${pid}`).digest().readUInt32BE(0) % 100;
  let sum = 0;
  return variants.find(({ share }) => (sum += share) > at)?.name;
}

/** Who may have gone since she was looked up is looked up again. */
const freshMs = 2_000;

/** `client_msg_id`, `clientmsgid`: 22 characters. */
const keyOf = (...parts: (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22);

const takingOf = ({ house, push }: Work, takes: ReturnType<AnyRoute['takes']>) => ({
  push: push._id,
  at: house.clock.now(),
  takes,
  evenQuiet: push.class === 'service',
  ...(push.cap.most > 0
    ? { cap: { most: push.cap.most, since: house.clock.now() - push.cap.days * dayMs } }
    : {}),
});

/** What a push took of these people is theirs again. */
async function giveBack(
  { house, push, people, moment }: Pick<Work, 'house' | 'push' | 'people' | 'moment'>,
  some: readonly Delivery[],
): Promise<void> {
  for (const { takes, pids } of byTaking({ house, push, moment }, some)) {
    const fans = pids.flatMap((pid) => people.get(pid)?.fan ?? []);
    if (fans.length > 0) await house.reach.refund(fans, push._id, takes);
  }
}

/** People by what their route takes. */
function byTaking(
  { house, push, moment }: Pick<Work, 'house' | 'push' | 'moment'>,
  some: readonly Delivery[],
): Iterable<{ takes: ReturnType<AnyRoute['takes']>; pids: string[] }> {
  const groups = new Map<string, { takes: ReturnType<AnyRoute['takes']>; pids: string[] }>();
  for (const row of some) {
    const content = contentOf(push, row, row.route);
    const takes = house.routes.get(row.route)?.takes(content as never, moment) ?? {
      kind: 'nothing' as const,
    };
    const key = JSON.stringify(takes);
    const known = groups.get(key) ?? { takes, pids: [] };
    known.pids.push(row.pid);
    groups.set(key, known);
  }
  return groups.values();
}

async function valuesOf(house: Sending, push: PushRow, people: ReadonlyMap<string, Here>) {
  const names = variableNamesOf(push);
  return names.length === 0
    ? new Map<string, Record<string, string>>()
    : house.values([...people.values()], names);
}

/** Names of variables in all words of a push. */
export function variableNamesOf(push: Pick<PushRow, 'content' | 'variants'>): string[] {
  const text = JSON.stringify([push.content, push.variants]);
  return [
    ...new Set(
      Array.from(text.matchAll(/\{([^{}|"\\\n]{1,20})(?:\|[^{}]{0,40})?\}/gu), ([, name = '']) =>
        name.trim(),
      ),
    ),
  ];
}

/** The content as she reads it; `missing` a value for which nothing stands in. */
export function written(
  { house, push, values }: Pick<Work, 'push' | 'values'> & { house: Pick<Sending, 'linkTo'> },
  route: AnyRoute,
  row: Pick<Delivery, 'variant' | 'pid'>,
  script?: Script,
): { content: NonNullable<Content[RouteName]> } | { missing: string } {
  const content = contentOf(push, row, route.name) as NonNullable<Content[RouteName]>;
  const words: string[] = [];
  for (const text of route.words(content as never)) {
    const filled = fill(text, {
      values: values.get(row.pid) ?? {},
      ...(script ? { script } : {}),
      anchors: route.anchors,
      link: (url) => house.linkTo(push._id, push.links.indexOf(url), row.pid),
    });
    if ('missing' in filled) return filled;
    words.push(filled.text);
  }
  return { content: route.withWords(content as never, words) };
}

/** One after the other, so many at once. `passedOn`: rows that go on by a route for many. */
async function sendEach(
  work: Work,
  rows: Delivery[],
): Promise<{ stopped: boolean; waits: boolean; passedOn: Delivery[] }> {
  const { house, push, chunk, probe } = work;
  const { slots, pacer, deliveries, holds } = house;
  const now = house.clock.now();
  const isOpen = ({ route }: Delivery) => !outOfHours(house.routes.get(route) as AnyRoute, now);
  const queue = rows.filter(isOpen);
  let waits = queue.length < rows.length;
  const passedOn: Delivery[] = [];
  const flying = new Set<Promise<void>>();
  const meter = house.meterOf(push._id);
  const readied = new Map<string, Promise<Ready>>();
  const fresh = createGroup<Delivery, Ready>({ ...quick, run: (some) => getReady(work, some) });
  const marks = createGroup<Delivery, boolean>({
    ...quick,
    async run(some) {
      const ours = await deliveries.mark(some, chunk.epoch);
      return some.map(({ _id }) => ours.has(_id));
    },
  });
  const ends = createGroup<Settled, void>({
    ...quick,
    async run(some) {
      await deliveries.settle(some);
      crashPoint('push-noted');
      return some.map(() => undefined);
    },
  });

  /** What the next need is asked for while those before them are on their way. */
  function lookAhead(row: Delivery): void {
    const next = [row, ...queue.slice(0, house.ahead)].filter(({ _id }) => !readied.has(_id));
    if (readied.has(row._id) && next.length < house.ahead / 2) return;
    const all = getReady(work, next);
    for (const [i, { _id }] of next.entries()) {
      const ready = all.then((some) => some[i] as Ready);
      ready.catch(() => {}); // told to whose turn it is, should it come
      readied.set(_id, ready);
    }
  }

  async function one(row: Delivery): Promise<void> {
    const early = await readied.get(row._id);
    readied.delete(row._id);
    const way = early && monotonicMs() - early.at < freshMs ? early : await fresh.add(row);
    if (way.kind === 'not') {
      if (way.reason === 'variable') await giveBack(work, [row]);
      return ends.add({ row, to: 'skipped', reason: way.reason });
    }
    if (way.kind === 'elsewhere') return onBy(row, way.route);
    if (outOfHours(way.route, house.clock.now())) {
      waits = true;
      return giveBack(work, [row]);
    }
    // Ours by now, and perhaps somebody else's in this moment: whoever has it judges it.
    if (!(await marks.add(row)) || !holds()) return;
    crashPoint('push-marked');
    work.asked = true;
    const outcome = await way.route.send(way.to, way.content as never, keyOf(push._id, row.pid));
    crashPoint('push-sent');
    meter.add(outcome, isHers(way.route, outcome));
    await came(row, way, outcome);
  }

  /** By another route. */
  async function onBy(row: Delivery, route: RouteName): Promise<void> {
    await ends.add({ row, to: 'pending', route });
    const again = { ...row, route, state: 'pending' as const };
    if (house.routes.get(route)?.together) passedOn.push(again);
    else queue.push(again);
  }

  async function came(
    row: Delivery,
    { to, route }: Extract<Ready, { kind: 'go' }>,
    outcome: Came,
  ): Promise<void> {
    switch (outcome.kind) {
      case 'sent':
        await ends.add({ row, to: 'sent', ...(outcome.msgId === undefined ? {} : { msgId: outcome.msgId }) });
        if (push.brake && route.feature) await house.unbrake(push._id);
        return;
      case 'refused': {
        await giveBack(work, [row]);
        const { errcode } = outcome;
        if (errcode !== null)
          await house.reach.correct(to.fan, { code: errcode, at: work.moment.at, ...templateIn(work, row) });
        if (errcode !== null && push.brake) await house.unbrake(push._id); // WeChat itself is in order again
        const next = isHers(route, outcome) ? await nextWay(work, row, to) : undefined;
        if (next) return onBy(row, next);
        await ends.add({ row, to: 'failed', reason: outcome.reason });
        return;
      }
      case 'later':
        await giveBack(work, [row]);
        await ends.add({ row, to: 'pending' });
        await house.brake(push._id, outcome);
        return;
      case 'withdrawn':
        await giveBack(work, [row]);
        await ends.add({ row, to: 'skipped', reason: outcome.reason });
        return;
      case 'unknown': {
        const may = route.againMs > 0 && Date.now() - (row.firstAt?.getTime() ?? Date.now()) < route.againMs;
        if (may && (row.tries ?? 0) < mostTries) {
          await ends.add({ row, to: 'pending' });
          queue.push({ ...row, tries: (row.tries ?? 0) + 1, firstAt: row.firstAt ?? new Date() });
          return;
        }
        await ends.add({ row, to: 'unknown', reason: outcome.reason });
      }
    }
  }

  let lookedAt = -Infinity;
  let gate: Gate = 'stop';
  async function mayGo(): Promise<boolean> {
    if (monotonicMs() - lookedAt > 200) {
      gate = await house.gate(push._id);
      lookedAt = monotonicMs();
    }
    return (gate === 'go' || (probe && gate !== 'stop')) && holds();
  }

  let stopped = false;
  const failed: unknown[] = [];
  while (!stopped && failed.length === 0) {
    if (queue.length === 0) {
      if (flying.size === 0) break;
      await Promise.race(flying); // it may pass one on
      continue;
    }
    await slots.take();
    await pacer.take();
    // Not before: a slow WeChat keeps us waiting here, and it may be cancelled meanwhile.
    const may = await mayGo().catch(async (error: unknown) => {
      slots.give();
      await Promise.all(flying);
      throw error;
    });
    if (!may) {
      slots.give();
      stopped = true;
      break;
    }
    const row = queue.shift() as Delivery;
    lookAhead(row);
    const flight = one(row)
      .catch((error: unknown) => void failed.push(error))
      .finally(() => {
        slots.give();
        flying.delete(flight);
      });
    flying.add(flight);
    if (!probe) continue;
    await flight;
    stopped = work.asked;
  }
  // Nobody takes this piece up while one of its calls is out.
  await Promise.all(flying);
  if (failed.length > 0) throw failed[0];
  return { stopped, waits, passedOn };
}

const quick = { breathMs: 5, maxAgeMs: 60_000, maxWaiting: 20_000, maxGroup: 500 };

/** `at`: monotonic ms of the look-up. */
type Ready = { at: number } & (
  | { kind: 'go'; route: Extract<AnyRoute, { together?: undefined }>; to: Recipient; content: unknown }
  | { kind: 'elsewhere'; route: RouteName }
  | { kind: 'not'; reason: Reason }
);

/** Shortly before the calls: what they take is taken, and who has gone is found out. Asked twice it takes once. */
async function getReady(work: Work, some: Delivery[]): Promise<Ready[]> {
  const { house, people, moment } = work;
  const at = monotonicMs();
  const [openids, taken] = await Promise.all([
    house.openids(some.map(({ pid }) => pid)),
    takeAll(work, some),
  ]);
  const refused = some.filter(({ pid }) => openids.has(pid) && !taken.has(pid));
  const standing = await standingsOf(
    house,
    refused.flatMap(({ pid }) => people.get(pid) ?? []),
  );
  return some.map((row): Ready => {
    const her = people.get(row.pid);
    const openid = openids.get(row.pid);
    if (!her || openid === undefined) return { at, kind: 'not', reason: 'left' };
    if (!taken.has(row.pid)) {
      const way = wayFor(house, work.push, row, standing.get(row.pid) as Standing, moment);
      if ('reason' in way) return { at, kind: 'not', reason: way.reason };
      // It looks open, and was not when it was asked for: somebody else took it in between.
      return way.route === row.route
        ? { at, kind: 'not', reason: 'used' }
        : { at, kind: 'elsewhere', route: way.route };
    }
    const route = house.routes.get(row.route) as Extract<AnyRoute, { together?: undefined }>;
    const filled = written(work, route, row, her.script);
    if ('missing' in filled) return { at, kind: 'not', reason: 'variable' };
    return { at, kind: 'go', route, to: { ...her, openid }, content: filled.content };
  });
}

/** Takes what each route needs of these people; those who had it. */
async function takeAll(work: Work, some: readonly Delivery[]): Promise<Set<string>> {
  const { house, people } = work;
  const had = new Set<string>();
  for (const { takes, pids } of byTaking(work, some)) {
    const fans = new Map(
      pids.flatMap((pid) => (people.has(pid) ? [[people.get(pid)?.fan ?? '', pid] as const] : [])),
    );
    for (const fan of await house.reach.take([...fans.keys()], takingOf(work, takes)))
      had.add(fans.get(fan) ?? '');
  }
  return had;
}

const templateIn = ({ push }: Work, row: Delivery): { template?: string } => {
  const content = contentOf(push, row, row.route);
  return content && 'templateId' in content ? { template: content.templateId } : {};
};

/** The route after the one that refused her. */
async function nextWay(work: Work, row: Delivery, her: Recipient): Promise<RouteName | undefined> {
  const { house, push, moment } = work;
  const next = push.routes[push.routes.indexOf(row.route) + 1];
  if (!next) return undefined;
  const standing = await standingsOf(house, [her]);
  const way = wayFor(house, push, { ...row, route: next }, standing.get(her.pid) as Standing, moment);
  return 'route' in way ? way.route : undefined;
}

/** A refusal that is about her alone. A provider of texts or mails that will not have her number or address gives no code. */
const isHers = ({ name }: AnyRoute, outcome: Came): boolean =>
  outcome.kind === 'refused' &&
  (outcome.errcode === null ? name === 'sms' || name === 'mail' : abouther.has(outcome.errcode));

export type Meter = { add(outcome: Came, isHers: boolean): void };

/** Notices when a push fails for no reason of theirs, however its pieces are cut. */
export function createMeter(trip: (why: string) => Promise<void>): Meter {
  let last: (string | undefined)[] = [];
  return {
    add(outcome, hers) {
      const isFault = outcome.kind === 'unknown' || (outcome.kind === 'refused' && !hers);
      last.push(isFault ? outcome.reason : undefined);
      if (last.length > budget.of) last.shift();
      const faults = last.filter((one) => one !== undefined);
      if (faults.length < budget.most) return;
      const why = `最近 ${last.length} 次發送有 ${faults.length} 次出錯：${faults.at(-1)}`;
      last = []; // whoever lets it go on begins anew
      void trip(why).catch(() => {});
    },
  };
}

/** Those whose route says the same to many, in one call for each variant. For how long it rests when it is not over, ms. */
async function sendTogether(work: Work, rows: Delivery[]): Promise<number> {
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
