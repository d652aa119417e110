import { definition } from '../../src/domain/pushes/push';
import { createTown, type Town } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
});
afterAll(() => town.close());

const pushOf = (more: object) =>
  definition.parse({
    class: 'marketing',
    audience: { to: '30 天內來過' },
    routes: ['customer'],
    content: { customer: { kind: 'text', text: '周末去哪裡？回覆「攻略」看看。' } },
    ...more,
  });

test('a push to who wrote to us: all are accounted for, and each has it once', async () => {
  const { pushes, people } = town.services;
  const lin = await town.follower('林');
  const mei = await town.follower('梅');
  await town.follower('柏');
  await lin.says('杭州天氣');
  await mei.says('杭州天氣');
  await town.settled();
  await people.rebuild();
  await pushes.save(pushOf({ id: 'weekend', name: '周末' }), '小王');
  expect(await pushes.findings('weekend')).toEqual([]);
  expect(await pushes.plan('weekend')).toMatchObject({ byRoute: { customer: 2 }, byReason: { window: 1 } });
  await pushes.start('weekend', '小王');
  await town.settled();
  expect(await pushes.status('weekend')).toMatchObject({
    state: 'finished',
    people: 3,
    waiting: 0,
    counts: { sent: 2, skipped: 1, reasons: { window: 1 } },
  });
  const got = (name: string) =>
    town.sim
      .fan(name)
      .inbox()
      .filter((text) => text.includes('周末去哪'));
  expect([got('林'), got('梅'), got('柏')].map((all) => all.length)).toEqual([1, 1, 0]);
});
