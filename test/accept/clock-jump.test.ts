import { housekeeping } from '../../src/jobs/housekeeping';
import { monotonicMs } from '../../src/kit/clock';
import { until } from '../support/processes';
import { answersOf, createRig, type Rig } from '../support/rig';

const minutes = 60_000;
const moments = (Date as { now(): number }).now;

let rig: Rig;
let aheadMs = 0;
/** The wall clock of all processes here, set by a test; the database keeps its own. */
const setWall = (ms: number) => {
  aheadMs = ms;
};
beforeAll(async () => {
  const RealDate = Date;
  class SetDate extends RealDate {
    constructor(...parts: [number | string | Date] | []) {
      super(...(parts.length === 0 ? ([moments() + aheadMs] as [number]) : parts));
    }
    static override now = () => moments() + aheadMs;
  }
  globalThis.Date = SetDate as DateConstructor;
  rig = await createRig({ webs: 2, workers: 1 });
});
afterEach(() => setWall(0));
afterAll(() => rig.close());

/** Waits by the monotonic clock: the other one is what is tested. */
const sentTo = async (openid: string, count: number): Promise<string[]> => {
  const giveUpAt = monotonicMs() + 15_000;
  while (rig.sentTo(openid).length < count && monotonicMs() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return rig.sentTo(openid);
};

test.each([-10 * minutes, 10 * minutes, -60 * minutes])(
  'D8: with the clock set by %d ms every callback is answered at once, and what goes out beside it goes out once',
  async (ms) => {
    const lin = await rig.follower(`林 ${ms}`);
    await lin.says('多說 前');
    setWall(ms);
    const openids = Array.from({ length: 30 }, rig.openid);
    const answers = await Promise.all(
      openids.map(async (openid) => answersOf(await rig.deliver(rig.text(openid, `做 鐘${ms}`), openid))),
    );
    expect(answers).toEqual(openids.map(() => [`做好 鐘${ms}`]));
    expect(await rig.count('enquiries', { words: `鐘${ms}` })).toBe(30);
    await lin.says('多說 後');
    expect(await sentTo(lin.openid, 4)).toEqual(['前 二', '前 三', '後 二', '後 三']);
    expect(await rig.count('inbox', { open: true })).toBe(0);
  },
);

test('D8: a timer that has fired does not fire again when the clock is set back before it', async () => {
  const { timers } = rig.app.services;
  const on = '2026-01-01';
  setWall(10 * minutes);
  const dueAt = new Date(Date.now() - 1_000);
  await timers.arm({ id: `housekeeping::${on}`, dueAt, job: housekeeping, data: { on } });
  await until(async () => (await rig.count('timers', { _id: `housekeeping::${on}`, state: 'fired' })) === 1, {
    what: 'it fires',
  });
  setWall(0);
  await timers.arm({ id: `housekeeping::${on}`, dueAt, job: housekeeping, data: { on } });
  expect(await timers.fireDue()).toEqual([]);
  expect(await rig.count('outbox', { cause: `housekeeping::${on}` })).toBe(1);
});

test('D8: what a process with a clock five minutes ahead left is taken up by one whose clock is right', async () => {
  setWall(5 * minutes);
  const lin = await rig.follower('快五分');
  const { subscribers, outbox } = rig.app.services;
  const cause = { id: 'ahead', fan: subscribers.fanOf(lin.openid) };
  await outbox.add(cause, [{ kind: 'tell', reply: { kind: 'text', text: '沒有人提醒' } }]);
  setWall(0);
  expect(await sentTo(lin.openid, 1)).toEqual(['沒有人提醒']);
});
