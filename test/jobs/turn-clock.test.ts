import { erase } from '../../src/domain/subscribers/subscribers.jobs';
import { housekeeping } from '../../src/jobs/housekeeping';
import { beijingDay, startOfBeijingDay } from '../../src/kit/beijing';
import { createRig, type Rig } from '../support/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.db.collection('timers').deleteMany({});
});
afterAll(() => rig.close());

const day = 86_400_000;

test('turning the clock over days runs each day’s work on its own day, in order', async () => {
  const { timers } = rig.app.services;
  const today = startOfBeijingDay(beijingDay(rig.clock.now()));
  // The later one is armed first; housekeeping arms that of the next day itself.
  const first = today + day + 4 * 3_600_000;
  const on = (n: number) => beijingDay(today + n * day);
  await timers.arm({
    id: `housekeeping::${on(1)}`,
    dueAt: new Date(first),
    job: housekeeping,
    data: { on: on(1) },
  });
  const steps: string[] = [];
  await rig.app.turn(today + 5 * day, (at) => void steps.push(`${beijingDay(at)} ${rig.clock.day()}`));
  expect(steps.slice(0, 4)).toEqual([1, 2, 3, 4].map((n) => `${on(n)} ${on(n)}`));
  const rows = await rig.rows<{ cause: string; state: string; at: Date }>('outbox', {
    cause: /^housekeeping/,
  });
  expect(rows.map((row) => [row.cause, row.state, beijingDay(row.at.getTime())]).toSorted()).toEqual(
    [1, 2, 3, 4].map((n) => [`housekeeping::${on(n)}`, 'done', on(n)]),
  );
  expect(rig.clock.now()).toBeGreaterThanOrEqual(today + 5 * day);
});

test('a timer that was taken back, and one that is armed twice, fire never and once', async () => {
  const { timers } = rig.app.services;
  const dueAt = new Date(rig.clock.now() + 60_000);
  const arm = (id: string) =>
    timers.arm({ id, dueAt, job: erase, data: { fan: 'nobody', pid: '', upTo: 0 } });
  await arm('taken:back:1');
  await arm('armed:twice:1');
  await arm('armed:twice:1');
  await timers.disarm('taken:back:1');
  await rig.app.turn(rig.clock.now() + 120_000);
  await arm('armed:twice:1');
  await rig.app.turn(rig.clock.now() + 120_000);
  expect(await rig.count('outbox', { cause: 'armed:twice:1' })).toBe(1);
  expect(await rig.count('outbox', { cause: 'taken:back:1' })).toBe(0);
});
