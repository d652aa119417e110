import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../src/app';
import { type Definition, definition } from '../../src/domain/pushes/push';
import { dayMs } from '../../src/kit/beijing';
import { noCrash, planCrash } from '../../src/kit/crash-point';
import { createLog } from '../../src/kit/log';
import { root } from '../../src/kit/root';
import type { Knob } from '../../src/simulator/knobs';
import { until } from '../support/processes';
import { createRig, type Member, type Rig, type RigOptions } from '../support/rig';

export const paths = {
  customer: '/cgi-bin/message/custom/send',
  template: '/cgi-bin/message/template/send',
  mass: '/cgi-bin/message/mass/send',
};
export const words = {
  customer: { kind: 'text', text: '周末去哪裡？' },
  mass: { kind: 'text', text: '周末去哪裡？' },
  template: { templateId: 'booked', fields: { thing1: '西湖一日遊' } },
} as const;

export type Person = { name: string; openid: string; fan: string; pid: string };
type Row = { pid: string; state: string; route: string; reason?: string; missed?: true; msgId?: string };
type Piece = {
  n: number;
  ids: string[];
  open?: true;
  epoch: number;
  batches?: { key: string; msgId?: string }[];
};

/**
 * Pushes to people of a rig. In a rig without workers nothing goes out by itself: `goOn` carries out what may go, in the process
 * that is there, so that a test knows what happened in which order.
 */
export async function createPushStage(options: RigOptions = {}) {
  const settings = {
    PUSH_APPROVAL_ABOVE: '1000000',
    PUSH_IN_FLIGHT: '20',
    PUSH_PER_SECOND: '5000',
    ...options.settings,
  };
  const rig = await createRig({ at: '2026-11-23T10:00', ...options, settings });
  const { db, sim, clock } = rig;
  let made = 0;

  // Where all others are processes of their own: from here pushes are written and looked at, and nothing is sent.
  const desk = options.real
    ? await createApp(rig.config, {
        mongoUri: rig.database.uri,
        redisUrl: rig.database.redisUrl,
        database: rig.database.name,
        role: 'web',
        clock,
        log: createLog({ level: 'silent', name: 'desk' }),
        handlersFolder: join(root, 'test', 'fixtures', 'handlers-accept'),
      })
    : undefined;
  await desk?.prepare();
  const services = () => (desk ?? rig.app).services;
  const pieces = (push: string) => rig.rows<Piece>('audiences', { push });
  const rowsOf = (push: string) => rig.rows<Row>('deliveries', { push });

  /** People who follow and wrote a moment ago, in a list of their own. */
  async function crowd(list: string, n: number): Promise<Person[]> {
    const { subscribers, segments } = services();
    const at = clock.now();
    const names = Array.from({ length: n }, () => `乘客${++made}`);
    sim.world.gather(names.map((name) => ({ name, wroteAt: at })));
    const some = names.map((name) => {
      const { openid } = sim.world.fan(name);
      return { name, openid, fan: subscribers.fanOf(openid) };
    });
    const listed = some.map(({ openid }) => ({ openid, followedAt: new Date(at - dayMs) }));
    for (let from = 0; from < n; from += 1_000)
      await subscribers.meetListed(listed.slice(from, from + 1_000));
    const rows = await rig.rows<{ openid: string; pid: string }>('subscribers', {
      _id: { $in: some.map(({ fan }) => fan) },
    });
    const pids = new Map(rows.map(({ openid, pid }) => [openid, pid]));
    const people = some.map((one) => ({ ...one, pid: pids.get(one.openid) ?? '' }));
    const reach = db.collection<{ _id: string; pid: string; talk: number }>('reach');
    await reach.insertMany(people.map(({ fan, pid }) => ({ _id: fan, pid, talk: at })));
    for (let from = 0; from < n; from += 1_000)
      await segments.addToList(list, people.slice(from, from + 1_000));
    return people;
  }

  const pushOf = (more: { id: string } & Record<string, unknown>): Definition =>
    definition.parse({
      name: '周末',
      class: 'marketing',
      routes: ['customer'],
      content: { customer: words.customer },
      cap: { most: 0, days: 7 },
      ...more,
    });

  /** Takes back what people were promised, and opens their windows: the next push finds them as the first did. */
  async function refill(people: readonly Person[]): Promise<void> {
    const at = clock.now();
    for (const { name } of people) sim.world.fan(name).windows.message = { until: at + 2 * dayMs, left: 5 };
    await db
      .collection<{ _id: string }>('reach')
      .updateMany(
        { _id: { $in: people.map(({ fan }) => fan) } },
        { $set: { talk: at }, $unset: { sends: 1, pushes: 1, mass: 1, quiet: 1, shut: 1 } },
      );
  }

  /** Leases of who is dead run out, and what rests has rested. */
  async function wake(): Promise<void> {
    const past = { $set: { until: new Date(0) } };
    await db.collection('audiences').updateMany({ until: { $exists: true } }, past);
    await db
      .collection('audiences')
      .updateMany({ notBefore: { $exists: true } }, { $unset: { notBefore: 1 } });
  }

  /** All that may go out at this business time, in this process. */
  const goOn = () => rig.app.turn(clock.now());

  /** How often each openid was given something by WeChat, of what was accepted from the n-th effect on. */
  function received(path: string, from = 0): Map<string, number> {
    const got = new Map<string, number>();
    for (const { n, body, result } of sim.effects.list(path)) {
      if (n <= from || (result as { repeated?: boolean }).repeated) continue;
      const { touser } = body as { touser: string | string[] };
      for (const openid of [touser].flat()) got.set(openid, (got.get(openid) ?? 0) + 1);
    }
    return got;
  }
  const effectsSoFar = () => sim.effects.list().at(-1)?.n ?? 0;

  /** I4, from what WeChat accepted and the rows. Shares no code with the pushes. */
  async function judge(push: string, people: readonly Person[], from = 0) {
    const rows = await rowsOf(push);
    const got = Object.values(paths).map((path) => received(path, from));
    const openids = new Map(people.map(({ pid, openid }) => [pid, openid]));
    const wrong: string[] = [];
    const say = (what: string) => wrong.length < 20 && wrong.push(what);
    const seen = people.filter(({ openid }) => got.some((one) => one.has(openid))).length;
    const counts = { sent: 0, handed: 0, failed: 0, unknown: 0, skipped: 0 };
    for (const { pid, state, reason } of rows) {
      const had = got.reduce((sum, one) => sum + (one.get(openids.get(pid) ?? '') ?? 0), 0);
      if (had > 1) say(`${pid}: ${had} messages`);
      if (state === 'sent' && had !== 1) say(`${pid}: sent, and WeChat accepted ${had}`);
      if (['failed', 'skipped'].includes(state) && had !== 0) say(`${pid}: ${state} ${reason}, and has one`);
      if (state === 'unknown' && !reason) say(`${pid}: unknown without a reason`);
      if (state in counts) counts[state as keyof typeof counts]++;
      else say(`${pid}: still ${state}`);
    }
    const status = await services().pushes.status(push);
    const sum = Object.values(counts).reduce((all, n) => all + n, 0);
    if (sum !== status.people) say(`${sum} accounted for of ${status.people}`);
    if (status.people !== people.length) say(`an audience of ${status.people}, not ${people.length}`);
    const { reasons: _, ...told } = status.counts;
    if (JSON.stringify(told) !== JSON.stringify(counts)) say(`told ${JSON.stringify(told)}`);
    return { wrong, counts, state: status.state, seen };
  }

  /** Its time has come: it begins, and nothing of it goes out yet. */
  async function fire(): Promise<void> {
    await rig.app.sweeper.fireTimers();
    await rig.drain();
  }

  /** Saves it and presses start. */
  async function begin(push: Definition): Promise<void> {
    await services().pushes.save(push, '小王');
    await services().pushes.start(push.id, '小王');
  }

  /** Until all has gone out, with a crash at each of these passes; every time another process takes over. */
  async function goOnThrough(crashes: [point: string, pass: number][]): Promise<number> {
    let kills = 0;
    for (const [point, pass] of crashes) {
      const [slot] = rig.slots as [Rig['slots'][number]];
      const victim: Member = slot.member;
      planCrash(point, pass, () => {
        rig.kill(victim);
        throw new Error('It crashed here.');
      });
      await Promise.race([goOn().catch(() => {}), victim.ended]);
      noCrash();
      if (!victim.dead) break;
      kills++;
      await rig.mourn(victim);
      await wake();
      await rig.replace(victim);
      await rig.drain();
    }
    await goOn();
    return kills;
  }

  const take = sim.knobs.take;
  let faults: { nth: number; knob: Knob; seen: number; hit: number }[] = [];
  const counted: { path: string; calls: number }[] = [];
  sim.knobs.take = (path) => {
    for (const one of counted) if (one.path === path) one.calls++;
    const fault = faults.find(({ knob }) => knob.path === path);
    if (!fault || ++fault.seen % fault.nth !== 0) return take(path);
    fault.hit++;
    return fault.knob;
  };

  return {
    rig,
    /** A fault for every n-th call of a path; how many there were. */
    every(nth: number, knob: Knob): () => number {
      const fault = { nth, knob, seen: 0, hit: 0 };
      faults.push(fault);
      return () => fault.hit;
    },
    /** How often a path was called since. */
    count(path: string): () => number {
      const one = { path, calls: 0 };
      counted.push(one);
      return () => one.calls;
    },
    /** No faults any more. */
    still(): void {
      faults = [];
      sim.knobs.clear();
    },
    services,
    crowd,
    pushOf,
    refill,
    wake,
    goOn,
    goOnThrough,
    fire,
    received,
    effectsSoFar,
    judge,
    begin,
    pieces,
    rowsOf,
    row: async (push: string) => services().pushes.get(push),
    /** The probe of a braked push is due. */
    async probe(push: string): Promise<void> {
      await db
        .collection<{ _id: string }>('pushes')
        .updateOne({ _id: push, brake: { $exists: true } }, { $set: { 'brake.until': new Date(0) } });
      await wake();
    },
    /** Everybody is accounted for. */
    over: (push: string, withinMs = 240_000): Promise<void> =>
      until(
        async () => {
          await pause(200);
          const row = await services().pushes.get(push);
          return row.frozen !== undefined && (await rig.count('audiences', { push, open: true })) === 0;
        },
        { what: `${push} is over`, withinMs },
      ),
    async close(): Promise<void> {
      await desk?.close();
      await rig.close();
    },
  };
}

export type PushStage = Awaited<ReturnType<typeof createPushStage>>;
