import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pushPointsInSource } from '../accept/crash-sweep';
import { createPushSweep } from '../accept/push-flows';
import { createPushStage, type Person, type PushStage, paths, words } from '../accept/push-stage';
import { keepKilling } from '../support/kill-loop';
import { until } from '../support/processes';
import type { Member, RigOptions } from '../support/rig';

const say = (name: string, figures: object) =>
  void process.stderr.write(`${name}: ${JSON.stringify(figures)}\n`);

const to = (list: string) => ({ audience: { to: `在名單「${list}」裡` } });
const template = { class: 'service', routes: ['template'], content: { template: words.template } };

/** Real processes: one web, and workers that send so much a second. */
async function withStage(
  options: RigOptions & { workers: number; perSecond: number },
  act: (stage: PushStage) => Promise<void>,
): Promise<void> {
  const { perSecond, ...rest } = options;
  const settings = { PUSH_PER_SECOND: String(perSecond), PUSH_IN_FLIGHT: '20', ...options.settings };
  const stage = await createPushStage({ real: true, ...rest, settings });
  try {
    await act(stage);
  } finally {
    await stage.close();
  }
}
const workersOf = ({ rig }: PushStage) => rig.living('worker');
const sendsSoFar = (stage: PushStage, path: string) => stage.rig.sim.effects.list(path).length;
const sentUpTo = (stage: PushStage, path: string, n: number) =>
  until(() => sendsSoFar(stage, path) >= n, { what: `${n} have gone out`, withinMs: 600_000 });

test(
  'S1, full: 20,000 template messages by four workers, one of them killed every 3 s: everybody has exactly one',
  () =>
    withStage({ workers: 4, perSecond: 150 }, async (stage) => {
      const people = await stage.crowd('s1', 20_000);
      await stage.begin(stage.pushOf({ id: 's1', ...to('s1'), ...template }));
      const from = Date.now();
      const killing = keepKilling(stage.rig, { role: 'worker', everyMs: 3_000 });
      await sentUpTo(stage, paths.template, 19_000);
      const kills = await killing.end();
      await stage.over('s1');
      const judged = await stage.judge('s1', people);
      say('S1', { kills, ms: Date.now() - from, ...judged });
      expect(judged).toMatchObject({ wrong: [], counts: { sent: 20_000 }, seen: 20_000 });
      expect(kills).toBeGreaterThan(5);
    }),
  600_000,
);

test(
  'S2, full: 20,000 customer messages through twenty kills: no one has two, and unknown are kills × 20 at most',
  () =>
    withStage({ workers: 4, perSecond: 40 }, async (stage) => {
      const people = await stage.crowd('s2', 20_000);
      await stage.begin(stage.pushOf({ id: 's2', ...to('s2') }));
      const from = Date.now();
      const killing = keepKilling(stage.rig, { role: 'worker', everyMs: 3_000 });
      await sentUpTo(stage, paths.customer, 19_000);
      const kills = await killing.end();
      await stage.over('s2');
      const judged = await stage.judge('s2', people);
      say('S2', { kills, ms: Date.now() - from, ...judged });
      expect(judged.wrong).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(20);
      expect(judged.counts.unknown).toBeLessThanOrEqual(kills * 20);
      expect(judged.counts.sent + judged.counts.unknown).toBe(20_000);
      const missed = await stage.services().pushes.missed('s2', { limit: 20_000 });
      expect(missed.filter(({ state, reason }) => state === 'unknown' && reason)).toHaveLength(
        judged.counts.unknown,
      );
    }),
  900_000,
);

test(
  'S3, full: 5,000 people, and the answer of every twentieth call is lost after it took effect',
  () =>
    withStage({ workers: 2, perSecond: 500 }, async (stage) => {
      const people = await stage.crowd('s3', 5_000);
      stage.every(20, { path: paths.template, failAfter: { reset: true } });
      await stage.begin(stage.pushOf({ id: 's3t', ...to('s3'), ...template }));
      await stage.over('s3t');
      const byTemplate = await stage.judge('s3t', people);
      stage.still();
      const from = stage.effectsSoFar();
      const lost = stage.every(20, { path: paths.customer, failAfter: { reset: true } });
      await stage.begin(stage.pushOf({ id: 's3c', ...to('s3') }));
      await stage.over('s3c');
      const byCustomer = await stage.judge('s3c', people, from);
      say('S3', { byTemplate, byCustomer, lost: lost() });
      expect(byTemplate).toMatchObject({ wrong: [], counts: { sent: 5_000, unknown: 0 }, seen: 5_000 });
      expect(byCustomer).toMatchObject({ wrong: [], counts: { unknown: lost() }, seen: 5_000 });
    }),
  600_000,
);

test(
  'S4, full: 35,000 people in four mass sends, with a crash between each call and its record: each is accepted once',
  () =>
    withStage({ workers: 0, perSecond: 100 }, async (stage) => {
      const people = await stage.crowd('s4', 35_000);
      await stage.begin(
        stage.pushOf({ id: 's4', ...to('s4'), routes: ['mass'], content: { mass: words.mass } }),
      );
      let crashes = 0;
      // What the one before has sent is asked again first: each crashes behind the call after that.
      for (const pass of [1, 2, 2, 2]) {
        const worker = await stage.rig.start('worker', ['push-mass-sent', pass]);
        await until(() => sendsSoFar(stage, paths.mass) > crashes, { what: 'it sends', withinMs: 180_000 });
        await pause(2_000);
        worker.dead = true;
        worker.kill();
        crashes++;
        await stage.wake();
      }
      await stage.rig.start('worker');
      await stage.over('s4');
      const judged = await stage.judge('s4', people);
      const accepted = stage.rig.sim.effects.list(paths.mass);
      say('S4', { crashes, accepted: accepted.length, ...judged });
      expect(judged).toMatchObject({ wrong: [], counts: { handed: 35_000 }, seen: 35_000 });
      expect(accepted).toHaveLength(4);
      const told = accepted.map(({ result }) => String((result as { msg_id: number }).msg_id));
      const kept = (await stage.pieces('s4')).flatMap(({ batches = [] }) =>
        batches.map(({ msgId }) => msgId),
      );
      expect(kept.toSorted()).toEqual(told.toSorted());
    }),
  900_000,
);

test(
  'S5, full: 10,000 people, and Redis loses everything twice',
  () =>
    withStage({ workers: 2, perSecond: 150 }, async (stage) => {
      const people = await stage.crowd('s5', 10_000);
      await stage.begin(stage.pushOf({ id: 's5', ...to('s5') }));
      const redis = new Redis(stage.rig.database.redisUrl);
      for (const n of [2_000, 6_000]) {
        await sentUpTo(stage, paths.customer, n);
        await redis.flushall();
      }
      redis.disconnect();
      await stage.over('s5');
      const judged = await stage.judge('s5', people);
      say('S5', judged);
      expect(judged).toMatchObject({ wrong: [], counts: { sent: 10_000 }, seen: 10_000 });
    }),
  600_000,
);

test(
  'S6, full: pause, resume, SIGTERM, restart, resume, cancel: nothing goes out two seconds after, and all adds up',
  () =>
    withStage({ workers: 2, perSecond: 100 }, async (stage) => {
      const people = await stage.crowd('s6', 10_000);
      const { pushes } = stage.services();
      const lateBy = (at: number) =>
        stage.rig.sim.effects.list(paths.customer).filter((one) => one.at > at + 2_000).length;
      await pushes.save(stage.pushOf({ id: 's6', ...to('s6') }), '小王');
      await pushes.start('s6', '小王');
      let early = 0;
      const over = new AbortController();
      const watching = (async () => {
        while (!over.signal.aborted) {
          const { state, waiting } = await pushes.status('s6');
          if (state === 'finished' && waiting > 0) early++;
          await pause(300);
        }
      })();
      await sentUpTo(stage, paths.customer, 1_500);
      await pushes.pause('s6', '小王');
      const pausedAt = stage.rig.clock.now();
      await pause(6_000);
      expect(lateBy(pausedAt)).toBe(0);
      await pushes.resume('s6', '小王');
      await sentUpTo(stage, paths.customer, 3_000);
      for (const worker of workersOf(stage)) {
        worker.dead = true;
        await worker.close(); // SIGTERM
      }
      const unsure = await stage.rig.count('deliveries', {
        push: 's6',
        state: { $in: ['sending', 'unknown'] },
      });
      await pushes.pause('s6', '小王');
      await stage.rig.start('worker');
      await stage.rig.start('worker');
      const before = sendsSoFar(stage, paths.customer);
      await pause(3_000);
      expect([unsure, sendsSoFar(stage, paths.customer) - before]).toEqual([0, 0]);
      await pushes.resume('s6', '小王');
      await sentUpTo(stage, paths.customer, 4_500);
      await pushes.cancel('s6', '小王');
      const cancelledAt = stage.rig.clock.now();
      await stage.over('s6');
      await pause(4_000);
      over.abort();
      await watching;
      const judged = await stage.judge('s6', people);
      say('S6', { early, ...judged });
      expect(lateBy(cancelledAt)).toBe(0);
      expect(judged).toMatchObject({ wrong: [], state: 'cancelled', counts: { unknown: 0 } });
      expect(early).toBe(0);
    }),
  600_000,
);

test(
  'S7, full: 10,000 people of whom 500 leave and 200 are erased meanwhile: none has one five seconds later',
  () =>
    withStage({ workers: 2, perSecond: 100 }, async (stage) => {
      const people = await stage.crowd('s7', 10_000);
      const goneAt = new Map<string, number>();
      const { subscribers, upkeep } = stage.services();
      const leave = async ({ openid }: Person) => {
        // WeChat itself would still take messages for her, so that all that goes to her is seen.
        await stage.rig.deliver(stage.rig.event(openid, 'unsubscribe'), openid);
        goneAt.set(openid, stage.rig.clock.now());
      };
      const erased = async ({ openid, fan, pid }: Person) => {
        const upTo = new Date(stage.rig.clock.now());
        await subscribers.remove(fan, upTo);
        goneAt.set(openid, stage.rig.clock.now());
        await upkeep.erase({ fan, pid, upTo });
      };
      await stage.begin(stage.pushOf({ id: 's7', ...to('s7') }));
      await sentUpTo(stage, paths.customer, 300);
      const leavers = people.filter((_, i) => i % 20 === 0);
      const others = people.filter((_, i) => i % 50 === 11);
      for (let i = 0; i < 500; i += 20)
        await Promise.all([
          ...leavers.slice(i, i + 20).map(leave),
          ...others.slice((i / 20) * 8, (i / 20) * 8 + 8).map(erased),
        ]);
      await stage.over('s7');
      const late = stage.rig.sim.effects
        .list(paths.customer)
        .filter(({ openid = '', at }) => at > (goneAt.get(openid) ?? Infinity) + 5_000);
      const judged = await stage.judge('s7', people);
      say('S7', { gone: goneAt.size, late: late.length, ...judged });
      expect(late).toEqual([]);
      expect(judged.wrong).toEqual([]);
      expect(judged.counts.skipped).toBeGreaterThan(100);
    }),
  600_000,
);

test(
  'S10, full: the token ends in the middle of a push, for eight processes: two are fetched at most',
  () =>
    withStage({ workers: 8, perSecond: 40 }, async (stage) => {
      const people = await stage.crowd('s10', 8_000);
      await stage.begin(stage.pushOf({ id: 's10', ...to('s10'), ...template }));
      await sentUpTo(stage, paths.template, 2_000);
      const fetches = stage.count('/cgi-bin/stable_token');
      stage.rig.sim.tokens.revokeAll();
      await stage.over('s10');
      const judged = await stage.judge('s10', people);
      say('S10', { fetches: fetches(), ...judged });
      expect(judged).toMatchObject({ wrong: [], counts: { sent: 8_000 }, seen: 8_000 });
      expect(fetches()).toBeLessThanOrEqual(2);
    }),
  600_000,
);

test(
  'D7, full: a worker that stands still for a minute while it holds pieces changes nothing when it wakes',
  () =>
    withStage({ workers: 2, perSecond: 50 }, async (stage) => {
      const people = await stage.crowd('d7', 3_000);
      await stage.begin(stage.pushOf({ id: 'd7', ...to('d7') }));
      await sentUpTo(stage, paths.customer, 400);
      const [sleeper] = workersOf(stage) as [Member];
      sleeper.signal?.('SIGSTOP');
      const stoppedAt = Date.now();
      await stage.over('d7');
      await pause(Math.max(0, stoppedAt + 60_000 - Date.now()));
      const before = await stage.judge('d7', people);
      const rows = await stage.rowsOf('d7');
      sleeper.signal?.('SIGCONT');
      await pause(8_000);
      const after = await stage.judge('d7', people);
      say('D7', after);
      expect(after.wrong).toEqual([]);
      // What lay in its sockets may still arrive; it had been told as unknown.
      expect(after.counts).toEqual(before.counts);
      expect(await stage.rowsOf('d7')).toEqual(rows);
      expect(after.counts.unknown).toBeLessThanOrEqual(20);
    }),
  600_000,
);

test('a crash at each point of pushes, at its first three passes of every flow that passes it', async () => {
  const sweep = await createPushSweep();
  let crashes = 0;
  try {
    const passing = await sweep.explore();
    for (const point of pushPointsInSource())
      for (const flow of passing.get(point) ?? [])
        for (const pass of [1, 2, 3]) {
          const crashed = await sweep.run(flow, point, pass).catch((error: unknown) => {
            throw new Error(`${flow.name}, at ${point}, pass ${pass}`, { cause: error });
          });
          if (!crashed) break; // it is not passed that often
          crashes++;
        }
  } finally {
    await sweep.close();
  }
  say('sweep of pushes', { crashes });
  expect(crashes).toBeGreaterThan(2 * pushPointsInSource().length);
}, 900_000);
