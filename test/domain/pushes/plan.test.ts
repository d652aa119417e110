import { planOf } from '../../../src/domain/pushes/plan';
import type { Content, PushRow, RouteName } from '../../../src/domain/pushes/push';
import { massRoute } from '../../../src/domain/pushes/routes/mass';
import type { AnyRoute } from '../../../src/domain/pushes/routes/route';
import { tellPlan } from '../../../src/domain/pushes/tell-plan';
import { hourMs, momentAt } from '../../../src/kit/beijing';

const unasked = () => Promise.reject(new Error('nothing is sent here'));
const mass: AnyRoute = massRoute({ mass: { sendTo: unasked, preview: unasked }, mediaId: unasked });
const rations = { talk: 5, tap: 3, massPerMonth: 4 };
const now = momentAt('2026-11-30 23:00');

/** People who had all of November's mass messages; of December's one was sent by hand. */
const house: Parameters<typeof planOf>[0] = {
  routes: new Map<RouteName, AnyRoute>([['mass', mass]]),
  reach: {
    of: async (fans: string[]) =>
      new Map(
        fans.map((fan) => [fan, { mass: ['1', '2', '3', '4'].map((id) => ({ id, month: '2026-11' })) }]),
      ),
    byHand: async (month: string) => (month === '2026-12' ? 1 : 0),
  } as never,
  standing: async () => new Map(),
  here: async (pids) => pids.map((pid) => ({ pid, fan: pid, script: 'hant' as const })),
  moment: async () => ({ at: now, month: '2026-11', rations, byHand: 0 }),
  values: async () => new Map(),
};
const words = (text: string): Content => ({ mass: { kind: 'text', text } });
const push = {
  _id: 'winter',
  routes: ['mass'],
  class: 'marketing',
  cap: { most: 0, days: 7 },
  content: words('冬天'),
  variants: [
    { name: 'B', share: 30, content: words('雪') },
    { name: 'C', share: 30, content: words('冰') },
  ],
  quiet: { from: '00:00', to: '00:00' },
} satisfies Partial<PushRow>;
const sample = Array.from({ length: 300 }, (_, i) => `p${i}`);
const planned = (at: number, people = sample.length) =>
  planOf(house, { push, audience: { people, exact: true, error: 0, of: people }, sample, at, perSecond: 50 });

test('mass messages are those of the month for which it is set, also those by hand', async () => {
  expect(await planned(now)).toMatchObject({
    byRoute: {},
    byReason: { month: 300 },
    massLeftAfter: { 0: 300 },
  });
  expect(await planned(now + 10 * hourMs)).toMatchObject({
    byRoute: { mass: 300 },
    byReason: {},
    massLeftAfter: { 2: 300 },
  });
});

test('each variant of each piece is a mass call, and a day has a hundred', async () => {
  const december = now + 10 * hourMs;
  const calls = async (people: number) =>
    Math.round((await planned(december, people)).sendingMs / (hourMs / 3_240));
  expect(await calls(10_000)).toBe(3);
  expect(await calls(10_001)).toBe(6);
  expect(await planned(december, 330_000)).toMatchObject({ days: 1 }); // 99
  expect(await planned(december, 340_000)).toMatchObject({ days: 2 }); // 102
});

test('the pace is told as that of one worker', async () => {
  const told = tellPlan(push, await planned(now + 10 * hourMs), 50).join('\n');
  expect(told).toContain('一個發送程式每秒最多 50 條');
});
