import { definition } from '../../../src/domain/pushes/push';
import { isShut, massLeft, messagesLeft, windowUntil } from '../../../src/domain/rations';
import { createReach } from '../../../src/domain/reach/reach';
import { momentAt } from '../../../src/kit/beijing';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

const database = testDatabase();
afterAll(() => database.drop());

const rations = { talk: 5, tap: 3, massPerMonth: 4 };
let now = momentAt('2026-11-22T10:00');
const clock = { now: () => now, day: () => '2026-11-22' };

async function ledger() {
  const db = await database.connect();
  const reach = createReach({ db, clock, rations });
  await createIndexes(db, reach.upkeep.indexes);
  return reach;
}
const left = async (reach: Awaited<ReturnType<typeof ledger>>, fan: string) =>
  messagesLeft((await reach.of([fan])).get(fan) ?? {}, now, rations);
const message = (push: string, keep = 2) => ({
  push,
  at: now,
  takes: { kind: 'message' as const, keep },
  evenQuiet: false,
});

test('a message of hers gives five, less what was sent since; one that is told late gives none that WeChat does not', async () => {
  const reach = await ledger();
  await reach.opened('lin', 'lin-pid', { talk: now });
  for (const id of ['a', 'b', 'c']) expect(await reach.spend('lin', id)).toBe(true);
  expect(await reach.spend('lin', 'c')).toBe(true); // again: it is taken still
  expect(await left(reach, 'lin')).toBe(2);
  // An older message, known only now, and the same one again.
  await reach.opened('lin', 'lin-pid', { talk: now - 60_000 });
  await reach.opened('lin', 'lin-pid', { talk: now });
  expect(await left(reach, 'lin')).toBe(2);
  now += 60_000;
  await reach.spend('lin', 'd');
  // What was promised about when she wrote counts as sent after.
  await reach.opened('lin', 'lin-pid', { talk: now });
  expect(await left(reach, 'lin')).toBe(4);
  await reach.refund(['lin'], 'd');
  expect(await left(reach, 'lin')).toBe(5);
  now += 48 * 3_600_000 - 120_000;
  expect(await left(reach, 'lin')).toBe(0);
  expect(await reach.spend('lin', 'e')).toBe(false);
});

test('fifty that want one of the last two at once: two have it', async () => {
  const reach = await ledger();
  await reach.opened('mei', 'mei-pid', { talk: now });
  for (const id of ['a', 'b', 'c']) await reach.spend('mei', id);
  const got = await Promise.all(Array.from({ length: 50 }, (_, i) => reach.spend('mei', `x${i}`)));
  expect(got.filter(Boolean)).toHaveLength(2);
});

test('pushes leave two of five for replies, take nothing of a tapped minute, and one push takes once', async () => {
  const reach = await ledger();
  await reach.opened('bo', 'bo-pid', { talk: now });
  await reach.opened('ci', 'ci-pid', { tap: now });
  const all = ['bo', 'ci', 'nobody'];
  for (const push of ['p1', 'p2', 'p2', 'p3', 'p4'])
    expect([push, [...(await reach.take(all, message(push)))]]).toEqual([push, push === 'p4' ? [] : ['bo']]);
  expect(await left(reach, 'bo')).toBe(2);
});

test('four mass messages a person and month, sent by hand or by us; and at most so many pushes in a week', async () => {
  const reach = await ledger();
  const mass = (push: string, byHand = 0) => ({
    push,
    at: now,
    takes: { kind: 'mass' as const, month: '2026-11', byHand },
    evenQuiet: false,
  });
  for (const push of ['m1', 'm2', 'm3']) expect((await reach.take(['di'], mass(push))).size).toBe(1);
  expect((await reach.take(['di'], mass('m4', 1))).size).toBe(0);
  expect((await reach.take(['di'], mass('m4'))).size).toBe(1);
  expect((await reach.take(['di'], mass('m4'))).size).toBe(1);
  expect((await reach.take(['di'], mass('m5'))).size).toBe(0);
  const december = { ...mass('m6'), takes: { kind: 'mass' as const, month: '2026-12', byHand: 0 } };
  expect(
    (await reach.take(['di'], { ...december, cap: { most: 5, since: now - 7 * 86_400_000 } })).size,
  ).toBe(1);
  expect(
    (await reach.take(['di'], { ...december, push: 'm7', cap: { most: 5, since: now - 1_000 } })).size,
  ).toBe(0);
  expect(massLeft((await reach.of(['di'])).get('di') ?? {}, '2026-12', rations)).toBe(3);
});

test('who wishes no pushes gets none but what she asked for; who leaves keeps only the count of the month', async () => {
  const reach = await ledger();
  await reach.opened('fu', 'fu-pid', { talk: now });
  await reach.wish('fu', 'fu-pid', true);
  expect((await reach.take(['fu'], message('p1'))).size).toBe(0);
  expect((await reach.take(['fu'], { ...message('p1'), evenQuiet: true })).size).toBe(1);
  await reach.take(['fu'], {
    push: 'm',
    at: now,
    takes: { kind: 'mass', month: '2026-11', byHand: 0 },
    evenQuiet: true,
  });
  await reach.upkeep.erase({ fan: 'fu', pid: 'fu-pid', upTo: new Date(now) });
  expect((await reach.upkeep.copy({ fan: 'fu', pid: 'fu-pid' })).reach).toEqual([
    { _id: 'fu', mass: [{ id: 'm', month: '2026-11' }], leftAt: new Date(now) },
  ]);
  // Back before the leave was carried out: her window stays.
  await reach.opened('fu', 'fu-pid', { talk: now + 1_000 });
  await reach.upkeep.erase({ fan: 'fu', pid: 'fu-pid', upTo: new Date(now) });
  expect((await reach.of(['fu'])).get('fu')).toMatchObject({ talk: now + 1_000 });
});

test('what WeChat says is believed, until she is here again', async () => {
  const reach = await ledger();
  await reach.opened('ge', 'ge-pid', { talk: now });
  await reach.correct('ge', { code: 45015, at: now - 1 }); // said of an older window
  expect(await left(reach, 'ge')).toBe(5);
  await reach.correct('ge', { code: 45047, at: now });
  expect(await left(reach, 'ge')).toBe(0);
  await reach.opened('ge', 'ge-pid', { talk: now + 1 });
  await reach.correct('ge', { code: 48002, at: now });
  expect((await reach.take(['ge'], message('p1'))).size).toBe(0);
  await reach.opened('ge', 'ge-pid', { talk: now + 2 });
  expect((await reach.take(['ge'], message('p1'))).size).toBe(1);
});

test('a window is open until its own end, and none whose messages are used up', () => {
  const sends = Array.from({ length: 5 }, (_, i) => ({ id: `${i}`, at: now - 60_000 }));
  const talk = now - 60_000;
  expect(windowUntil({ talk, tap: now, sends }, now, rations)).toBe(now + 45_000);
  expect(windowUntil({ talk, tap: now, sends: [] }, now, rations)).toBe(talk + 48 * 3_600_000 - 120_000);
  expect(windowUntil({ talk, sends }, now, rations)).toBeUndefined();
});

test('who takes nothing is asked again after thirty days, whoever counts them', async () => {
  const reach = await ledger();
  await reach.opened('jin', 'jin-pid', { talk: now });
  const at = now - 30 * 86_400_000;
  for (const [shutAt, shut] of [
    [at + 1, true],
    [at, false],
  ] as const) {
    await reach.correct('jin', { code: 48002, at: shutAt });
    expect(isShut((await reach.of(['jin'])).get('jin') ?? {}, now)).toBe(shut);
    expect((await reach.take(['jin'], message('p1'))).size).toBe(shut ? 0 : 1);
  }
});

test('a notice is sent as often as she granted it', async () => {
  const reach = await ledger();
  const notice = (push: string) => ({
    push,
    at: now,
    takes: { kind: 'notice' as const, template: 'T-1_x' },
    evenQuiet: false,
  });
  // The second is taken over: once all the same.
  for (const cause of ['c1', 'c2', 'c2'])
    await reach.granted('hu', 'hu-pid', ['T-1_x', 'no.template'], cause);
  expect((await reach.of(['hu'])).get('hu')?.notices).toEqual({ 'T-1_x': 2 });
  for (const [push, got] of [
    ['p1', 1],
    ['p1', 1],
    ['p2', 1],
    ['p3', 0],
  ] as const)
    expect((await reach.take(['hu'], notice(push))).size).toBe(got);
  await reach.granted('hu', 'hu-pid', ['T-1_x'], 'c3');
  await reach.revoked('hu', ['T-1_x']);
  expect((await reach.take(['hu'], notice('p3'))).size).toBe(0);
});

test('a notice that did not go after all is hers again, once; what else was taken under the name goes too', async () => {
  const reach = await ledger();
  const takes = { kind: 'notice' as const, template: 'T-1_x' };
  const notice = (push: string) => ({ push, at: now, takes, evenQuiet: false });
  await reach.granted('kai', 'kai-pid', ['T-1_x'], 'c1');
  await reach.opened('kai', 'kai-pid', { talk: now });
  await reach.take(['kai'], message('p0'));
  expect((await reach.take(['kai', 'liu'], notice('p1'))).size).toBe(1);
  for (let time = 0; time < 2; time++) await reach.refund(['kai', 'liu'], 'p1', takes);
  const rows = await reach.of(['kai', 'liu']);
  expect(rows.get('kai')).toMatchObject({
    notices: { 'T-1_x': 1 },
    sends: [{ id: 'p0' }],
    pushes: [{ id: 'p0' }],
  });
  expect(rows.get('kai')).not.toHaveProperty('mass');
  expect(rows.get('liu')?.notices?.['T-1_x'] ?? 0).toBe(0);
  for (const [push, got] of [
    ['p1', 1],
    ['p2', 0],
  ] as const)
    expect((await reach.take(['kai'], notice(push))).size).toBe(got);
});

test('what a silent follower wishes or grants is kept, though a push was counted to her before', async () => {
  const reach = await ledger();
  const nothing = { push: 'p1', at: now, takes: { kind: 'nothing' as const }, evenQuiet: false };
  await reach.take(['mo', 'ning', 'ou'], nothing);
  await reach.wish('mo', 'mo-pid', true);
  await reach.granted('ning', 'ning-pid', ['T-1_x'], 'c1');
  await reach.upkeep.forget((days) => new Date(now + (41 - days) * 86_400_000));
  const kept = await reach.of(['mo', 'ning', 'ou']);
  expect([...kept.keys()].toSorted()).toEqual(['mo', 'ning']);
  expect(kept.get('mo')).toMatchObject({ quiet: true, pushes: [{ id: 'p1' }] });
});

test('who writes within a minute of coming back, or of what WeChat said, is heard', async () => {
  const reach = await ledger();
  const writes = async (fan: string, at: number) => {
    reach.touch(fan, `${fan}-pid`, { talk: at });
    await reach.drained();
    return (await reach.of([fan])).get(fan)?.talk;
  };
  expect(await writes('pei', now)).toBe(now);
  await reach.upkeep.erase({ fan: 'pei', pid: 'pei-pid', upTo: new Date(now) });
  expect(await writes('pei', now + 1_000)).toBe(now + 1_000);
  // The leave was carried out by another process.
  await (await ledger()).upkeep.erase({ fan: 'pei', pid: 'pei-pid', upTo: new Date(now + 1_000) });
  reach.touch('pei', 'pei-pid', { tap: now + 2_000 });
  expect(await writes('pei', now + 3_000)).toBe(now + 3_000);

  expect(await writes('qin', now)).toBe(now);
  await reach.correct('qin', { code: 45015, at: now });
  expect(await writes('qin', now + 1_000)).toBe(now + 1_000);
  expect(await writes('qin', now + 2_000)).toBe(now + 1_000); // soon after: left out
});

test('a row that cannot be written is no refusal', async () => {
  const db = await database.connect();
  const reach = await ledger();
  await db.collection<{ _id: string; pushes: string }>('reach').insertOne({ _id: 'ru', pushes: 'broken' });
  const nothing = { push: 'p1', at: now, takes: { kind: 'nothing' as const }, evenQuiet: false };
  await expect(reach.take(['ru', 'si'], nothing)).rejects.toMatchObject({
    kind: 'Upstream',
    code: 'reach.not-taken',
  });
  await db.collection<{ _id: string }>('reach').deleteOne({ _id: 'ru' });
  expect((await reach.take(['ru', 'si'], nothing)).size).toBe(2);
});

test('the most that a setting or a push may allow is still counted', async () => {
  const db = await database.connect();
  const most = { talk: 10, tap: 10, massPerMonth: 10 };
  const reach = createReach({ db, clock, rations: most });
  await reach.opened('tao', 'tao-pid', { talk: now });
  const cap = { most: 10, since: now - 1_000 };
  const nothing = (push: string) => ({
    push,
    at: now,
    takes: { kind: 'nothing' as const },
    evenQuiet: false,
  });
  const mass = (push: string) => ({
    ...{ push, at: now, evenQuiet: false },
    takes: { kind: 'mass' as const, month: '2026-11', byHand: 0 },
  });
  for (let i = 1; i <= 13; i++) {
    expect([i, await reach.spend('tao', `s${i}`)]).toEqual([i, i <= 10]);
    expect([i, (await reach.take(['un'], { ...nothing(`p${i}`), cap })).size]).toEqual([i, i <= 10 ? 1 : 0]);
    expect([i, (await reach.take(['vi'], mass(`m${i}`))).size]).toEqual([i, i <= 10 ? 1 : 0]);
  }
  const push = {
    id: 'p',
    name: 'p',
    class: 'marketing',
    audience: { to: '全部' },
    routes: ['sms'],
    content: {},
  };
  expect(definition.safeParse({ ...push, cap: { most: 10, days: 7 } }).success).toBe(true);
  expect(definition.safeParse({ ...push, cap: { most: 11, days: 7 } }).success).toBe(false);
});
