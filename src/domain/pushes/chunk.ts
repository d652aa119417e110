import { createHash } from 'node:crypto';
import { type Clock, monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import type { Pacer } from '../../kit/pacer';
import type { Script } from '../../kit/text';
import { createGroup } from '../../store/group';
import type { Reach } from '../rations';
import type { ReachLedger } from '../reach/reach';
import type { Deliveries, Delivery, Settled, Taken } from './deliveries';
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
  brake: (push: string, said: { afterMs: number; reason: string; code: number | null }) => Promise<void>;
  /** One got through. */
  unbrake: (push: string) => Promise<void>;
  /** Too much of it fails for one reason: it stops by itself. */
  trip: (push: string, why: string) => Promise<void>;
  gate: (push: string) => Promise<Gate>;
  slots: Slots;
  pacer: Pacer;
  /** Whether the lease of the piece is certainly ours. */
  holds: () => boolean;
};

type Job = { chunk: Taken; push: PushRow; probe: boolean };

/** WeChat's refusals that are about her alone: no sign that something is wrong with the push. */
const abouther = new Set([40003, 43004, 43019, 43101, 45015, 45047, 48002, 49003, 70000]);
/** Of the last so many of a piece, this many that failed for no reason of hers stop the push. */
const budget = { of: 100, most: 20 };
const mostTries = 3;

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
    await deliveries.settle(
      rows.map((row) => ({ row, to: 'skipped', reason: 'cancelled' satisfies Reason })),
    );
    await deliveries.close(chunk);
    return 0;
  }
  const work = { house, chunk, push, people, moment, values: await valuesOf(house, push, people) };
  const alone = rows.filter(({ route }) => !house.routes.get(route)?.together);
  const left = await sendEach(work, alone, probe);
  const together = [...rows.filter((row) => house.routes.get(row.route)?.together), ...left.passedOn];
  const restMs = left.stopped || probe ? 0 : await sendTogether(work, together);
  crashPoint('push-chunk-sent');
  const closed = await deliveries.close(chunk);
  crashPoint('push-chunk-closed');
  return closed ? 0 : restMs;
}

type Work = {
  house: Sending;
  chunk: Taken;
  push: PushRow;
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
  const known = await deliveries.of(push._id, chunk.ids);
  const has = new Set(known.map(({ pid }) => pid));
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
  return [...known, ...made].filter(
    ({ state, route }) => state === 'pending' || (state === 'sending' && routes.get(route)?.together),
  );
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

/** The first of the routes from `row.route` on that is open to her; else why the last is shut. */
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
  for (const name of push.routes.slice(push.routes.indexOf(row.route))) {
    const route = routes.get(name);
    const content = contentOf(push, row, name);
    if (!route || !content) continue;
    const shut = outOfHours(route, moment.at) ? 'hours' : route.shut(her, moment, content as never);
    if (!shut) return { route: name };
    reason = shut;
  }
  return { reason };
}

const shutDays = 30 * 86_400_000;
function shutToAll(push: Pick<PushRow, 'class' | 'cap'>, reach: Reach, { at }: Moment): Reason | undefined {
  if (reach.shut && at - reach.shut.at < shutDays) return 'shut';
  if (push.class === 'marketing' && reach.quiet) return 'quiet';
  const { most, days } = push.cap;
  if (most > 0 && (reach.pushes ?? []).filter((one) => one.at >= at - days * 86_400_000).length >= most)
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

/** `client_msg_id`, `clientmsgid`: 22 characters. */
const keyOf = (...parts: (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22);

const takingOf = ({ push, moment }: Work, takes: ReturnType<AnyRoute['takes']>) => ({
  push: push._id,
  at: moment.at,
  takes,
  evenQuiet: push.class === 'service',
  ...(push.cap.most > 0
    ? { cap: { most: push.cap.most, since: moment.at - push.cap.days * 86_400_000 } }
    : {}),
});

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
  probe: boolean,
): Promise<{ stopped: boolean; passedOn: Delivery[] }> {
  const { house, push } = work;
  const { slots, pacer, deliveries, holds } = house;
  const queue = [...rows];
  const passedOn: Delivery[] = [];
  const flying = new Set<Promise<void>>();
  const meter = createMeter(async (why) => house.trip(push._id, why));
  const ready = createGroup<Delivery, Ready>({ ...quick, run: (some) => getReady(work, some) });
  const ends = createGroup<Settled, void>({
    ...quick,
    async run(some) {
      await deliveries.settle(some);
      crashPoint('push-noted');
      return some.map(() => undefined);
    },
  });

  async function one(row: Delivery): Promise<void> {
    const way = await ready.add(row);
    crashPoint('push-marked');
    if (way.kind === 'lost') return;
    if (way.kind === 'not') {
      await ends.add({ row, to: 'skipped', reason: way.reason });
      return;
    }
    if (way.kind === 'elsewhere') return onBy(row, way.route);
    const outcome = await way.route.send(way.to, way.content as never, keyOf(push._id, row.pid));
    crashPoint('push-sent');
    meter.add(outcome);
    await came(row, way, outcome);
  }

  /** By another route. */
  async function onBy(row: Delivery, route: RouteName): Promise<void> {
    await ends.add({ row, to: 'pending', route });
    const again = { ...row, route, state: 'pending' as const };
    if (house.routes.get(route)?.together) passedOn.push(again);
    else queue.push(again);
  }

  async function came(row: Delivery, { to, route }: Ready & { kind: 'go' }, outcome: Came): Promise<void> {
    switch (outcome.kind) {
      case 'sent':
        await ends.add({ row, to: 'sent', ...(outcome.msgId === undefined ? {} : { msgId: outcome.msgId }) });
        if (push.brake) await house.unbrake(push._id);
        return;
      case 'refused': {
        await house.reach.refund([to.fan], push._id);
        const { errcode } = outcome;
        if (errcode !== null)
          await house.reach.correct(to.fan, { code: errcode, at: work.moment.at, ...templateIn(work, row) });
        const next = errcode !== null && abouther.has(errcode) ? await nextWay(work, row, to) : undefined;
        if (next) return onBy(row, next);
        await ends.add({ row, to: 'failed', reason: outcome.reason });
        return;
      }
      case 'later':
        await house.reach.refund([to.fan], push._id);
        await ends.add({ row, to: 'pending' });
        await house.brake(push._id, { ...outcome, code: null });
        return;
      case 'withdrawn':
        await house.reach.refund([to.fan], push._id);
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

  let asked = -Infinity;
  let stopped = false;
  for (;;) {
    const row = queue.shift();
    if (!row) {
      if (flying.size === 0) break;
      await Promise.race(flying); // it may pass one on
      continue;
    }
    if (monotonicMs() - asked > 200) {
      const gate = await house.gate(push._id);
      asked = monotonicMs();
      stopped = gate !== 'go' && !(probe && gate !== 'stop');
    }
    if (stopped || !holds()) {
      stopped = true;
      break;
    }
    await slots.take();
    await pacer.take();
    const flight = one(row).finally(() => {
      slots.give();
      flying.delete(flight);
    });
    flight.catch(() => {}); // told below
    flying.add(flight);
    if (probe) {
      await flight;
      stopped = true;
      break;
    }
  }
  const ended = await Promise.allSettled(flying);
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return { stopped, passedOn };
}

const quick = { breathMs: 2, maxAgeMs: 60_000, maxWaiting: 20_000, maxGroup: 500 };

type Ready =
  | { kind: 'go'; route: Extract<AnyRoute, { together?: undefined }>; to: Recipient; content: unknown }
  | { kind: 'elsewhere'; route: RouteName }
  | { kind: 'not'; reason: Reason }
  /** The lease is somebody else's. */
  | { kind: 'lost' };

/** In the moment before the calls: they are marked, what they take is taken, and who has gone since is found out. */
async function getReady(work: Work, some: Delivery[]): Promise<Ready[]> {
  const { house, chunk, people, moment } = work;
  const pids = some.map(({ pid }) => pid);
  const [marked, openids, taken] = await Promise.all([
    house.deliveries.mark(some, chunk.epoch),
    house.openids(pids),
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
    if (!marked.has(row._id)) return { kind: 'lost' };
    if (!her || openid === undefined) return { kind: 'not', reason: 'left' };
    if (!taken.has(row.pid)) {
      const way = wayFor(house, work.push, row, standing.get(row.pid) as Standing, moment);
      if ('reason' in way) return { kind: 'not', reason: way.reason };
      // It looks open, and was not when it was asked for: somebody else took it in between.
      return way.route === row.route
        ? { kind: 'not', reason: 'used' }
        : { kind: 'elsewhere', route: way.route };
    }
    const route = house.routes.get(row.route) as Extract<AnyRoute, { together?: undefined }>;
    const filled = written(work, route, row, her.script);
    if ('missing' in filled) return { kind: 'not', reason: 'variable' };
    return { kind: 'go', route, to: { ...her, openid }, content: filled.content };
  });
}

/** Takes what each route needs of these people; those who had it. */
async function takeAll(work: Work, some: readonly Delivery[]): Promise<Set<string>> {
  const { house, people, moment, push } = work;
  const byTaking = new Map<string, { takes: ReturnType<AnyRoute['takes']>; pids: string[] }>();
  for (const row of some) {
    const content = contentOf(push, row, row.route);
    const takes = house.routes.get(row.route)?.takes(content as never, moment) ?? {
      kind: 'nothing' as const,
    };
    const key = JSON.stringify(takes);
    const known = byTaking.get(key) ?? { takes, pids: [] };
    known.pids.push(row.pid);
    byTaking.set(key, known);
  }
  const had = new Set<string>();
  for (const { takes, pids } of byTaking.values()) {
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

/** Notices when a push fails for no reason of theirs. */
function createMeter(trip: (why: string) => Promise<void>) {
  const last: (string | undefined)[] = [];
  let tripped = false;
  return {
    add(outcome: Came): void {
      const isFault =
        outcome.kind === 'unknown' ||
        (outcome.kind === 'refused' && !(outcome.errcode !== null && abouther.has(outcome.errcode)));
      last.push(isFault ? outcome.reason : undefined);
      if (last.length > budget.of) last.shift();
      const faults = last.filter((one) => one !== undefined);
      if (faults.length < budget.most || tripped) return;
      tripped = true;
      void trip(`最近 ${last.length} 次發送有 ${faults.length} 次出錯：${faults.at(-1)}`).catch(() => {});
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
  for (const [key, some] of again) restMs = Math.max(restMs, await sendBatch(work, some, key));
  const fresh = grouped(
    rows.filter(({ state }) => state === 'pending'),
    ({ variant = '' }) => variant,
  );
  for (const some of fresh.values()) restMs = Math.max(restMs, await sendBatch(work, some));
  return restMs;
}

async function sendBatch(work: Work, members: Delivery[], known?: string): Promise<number> {
  const { house, push, chunk, people } = work;
  const { deliveries, reach } = house;
  const [first] = members;
  const route = first && house.routes.get(first.route);
  if (!route?.together || (await house.gate(push._id)) !== 'go' || !house.holds()) return 0;
  const taken = await takeAll(work, members);
  const openids = await house.openids(members.map(({ pid }) => pid));
  const go = members.filter(({ pid }) => openids.has(pid) && taken.has(pid));
  await settleOthers(
    work,
    members.filter((row) => !go.includes(row)),
    openids,
  );
  const fans = go.flatMap(({ pid }) => people.get(pid)?.fan ?? []);
  if (go.length < 2) {
    await reach.refund(fans, push._id);
    await deliveries.settle(go.map((row) => ({ row, to: 'skipped', reason: 'two' satisfies Reason })));
    return 0;
  }
  const filled = written(work, route, { pid: '', ...(first?.variant ? { variant: first.variant } : {}) });
  if ('missing' in filled) throw new Error('a mass message has no variables'); // refused when it was written

  const batches = (chunk.batches ??= []);
  const key = known ?? keyOf(push._id, chunk.run, chunk.n, batches.length);
  const before = batches.find((one) => one.key === key);
  const batch = before ?? { key, firstAt: new Date(), people: go.length };
  if (!before) {
    if (!(await deliveries.addBatch(chunk, batch))) return 0;
    batches.push(batch);
  }
  if (!known) await deliveries.mark(go, chunk.epoch, key);
  crashPoint('push-mass-marked');
  const outcome = await route.sendAll(
    go.map(({ pid }) => openids.get(pid) ?? ''),
    filled.content as never,
    key,
  );
  crashPoint('push-mass-sent');
  const ids = go.map(({ _id }) => _id);
  switch (outcome.kind) {
    case 'accepted':
      await reach.massSent({
        _id: outcome.msgId || key,
        at: new Date(work.moment.at),
        by: 'push',
        people: ids.length,
        push: push._id,
      });
      await deliveries.noteBatch(chunk, key, { msgId: outcome.msgId || key });
      await deliveries.settleAll(ids, chunk.epoch, { state: 'handed' });
      if (push.brake) await house.unbrake(push._id);
      return 0;
    case 'refused':
      await reach.refund(fans, push._id);
      await deliveries.settleAll(ids, chunk.epoch, { state: 'failed', reason: outcome.reason });
      await house.trip(push._id, `群發被拒絕：${outcome.reason}`);
      return 0;
    case 'later':
      await deliveries.noteBatch(chunk, key, { why: outcome.reason });
      await house.brake(push._id, { ...outcome, code: null });
      return outcome.afterMs;
    case 'unknown':
      // WeChat wants a minute between two of the same key.
      if (Date.now() - batch.firstAt.getTime() < route.againMs) return 65_000;
      await deliveries.settleAll(ids, chunk.epoch, { state: 'unknown', reason: outcome.reason });
      return 0;
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
        : { row, to: 'skipped', reason: 'reason' in way ? way.reason : 'month' };
    }),
  );
}
