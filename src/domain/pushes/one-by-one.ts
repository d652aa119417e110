import { monotonicMs } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { createGroup } from '../../store/group';
import type { Delivery, Settled } from './deliveries';
import { isHers } from './meter';
import type { RouteName } from './push';
import type { Reason } from './reasons';
import type { AnyRoute, Came, Recipient, Standing } from './routes/route';
import { keyOf, mostTries, type Work } from './sending';
import { giveBack, takeAll } from './taking';
import { contentOf, nextWay, outOfHours, standingsOf, wayFor, written } from './ways';

/** One after the other, so many at once. `passedOn`: rows that go on by a route for many. */
export async function sendEach(
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
    if (readied.has(row._id) && readied.size > house.ahead / 2) return;
    const next = [row, ...queue.slice(0, house.ahead)].filter(({ _id }) => !readied.has(_id));
    if (next.length === 0) return;
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

  async function mayGo(): Promise<boolean> {
    const gate = await house.gate(push._id);
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

const templateIn = ({ push }: Work, row: Delivery): { template?: string } => {
  const content = contentOf(push, row, row.route);
  return content && 'templateId' in content ? { template: content.templateId } : {};
};

/** Who may have gone since she was looked up is looked up again. */
const freshMs = 2_000;
