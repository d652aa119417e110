import { definition } from '../../src/domain/pushes/push';
import { asContent } from '../../src/domain/quiz/definition';
import { playerGroups } from '../../src/domain/segments/players';
import { beijing, content, prize } from '../domain/quiz/workbook/content';
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

test('the follow-up of a quiz: its players are grouped, hear from us next morning by the route that is open, and who came back and used a coupon is known', async () => {
  const { campaigns, segments, pushes, people, subscribers, prizes, reach } = town.services;
  const tea = prize('tea', {
    kind: 'coupon',
    name: '下午茶券',
    usedAt: '茶館',
    validUntil: beijing('2026-12-31 21:00'),
    way: { kind: 'floor', floors: [1, 2, 3, 4, 5, 6] },
    quantity: 6,
  });
  await town.turn(beijing('2026-12-07 20:00'));
  const takenBy = () => undefined;
  const quiz = content({ prizes: [tea] });
  await campaigns.save({ content: asContent(quiz), by: 'ann' });
  expect(await campaigns.check({ id: quiz.id, by: 'ann', takenBy })).toMatchObject({ passed: true });
  await campaigns.start({ id: quiz.id, by: 'ann', takenBy });
  const names = ['甲', '乙', '丙', '丁', '戊', '己'];
  const fans = [];
  for (const name of names) fans.push(await town.follower(name));
  for (const fan of fans) await fan.says('秋天一戰到底');
  await town.turn({ minutes: 1 });
  for (const fan of fans) await fan.says('A');
  await town.turn(beijing('2026-12-07 21:10'));

  await people.rebuild();
  const [players] = await playerGroups(town.app.db, { id: quiz.id, title: quiz.title });
  if (!players) throw new Error('nobody played');
  await segments.save({ ...players, by: 'ann' });
  // Two of them have had all that may be said after their last words.
  const fanOf = (name: string) => subscribers.fanOf(town.sim.world.fan(name).openid);
  for (const name of ['戊', '己']) for (let i = 0; i < 5; i++) await reach.spend(fanOf(name), `${name}${i}`);

  const text = '{名字|朋友}，謝謝你來玩。下午茶券記得用：[怎麼去](https://example.com/tea)';
  await pushes.save(
    pushOf({
      id: 'thanks',
      name: '謝謝參加',
      audience: { to: players.id },
      routes: ['customer', 'mass'],
      at: '明天 9:30',
      content: {
        customer: { kind: 'text', text },
        mass: { kind: 'text', text: '謝謝你來玩，下午茶券記得用。' },
      },
    }),
    'ann',
  );
  expect((await pushes.start('thanks', 'ann')).state).toBe('scheduled');
  // Who leaves the segment, or the account, before its time.
  await fans[3]?.leaves();
  await town.turn(beijing('2026-12-08 09:29'));
  expect(await pushes.status('thanks')).toMatchObject({ state: 'scheduled', people: 0 });
  await town.turn(beijing('2026-12-08 10:00'));
  expect(await pushes.status('thanks')).toMatchObject({
    state: 'finished',
    people: 5,
    counts: { sent: 3, handed: 2, skipped: 0, failed: 0, unknown: 0 },
  });
  const told = (name: string) => town.sim.fan(name).inbox().at(-1) ?? '';
  expect(told('甲')).toMatch(/^朋友，谢谢你来玩|^朋友，謝謝你來玩/u);
  const link = /href="([^"]+)"/.exec(told('甲'))?.[1] ?? '';
  expect(link).toContain('/go/');
  expect(told('己')).toBe('謝謝你來玩，下午茶券記得用。');

  expect((await town.services.links.open(link.split('/go/')[1] ?? '')).url).toBe('https://example.com/tea');
  await fans[0]?.says('我的獎品');
  const award = await town.app.db
    .collection<{ redeem: string }>('awards')
    .findOne({ pid: (await subscribers.load(fanOf('甲')))?.pid });
  await prizes.redeem(award?.redeem ?? '', { by: '店員', at: '茶館' });
  await town.settled();
  let back = 0;
  let used = 0;
  for await (const some of pushes.reached('thanks')) {
    back += await subscribers.backSince(some);
    used += await prizes.awards.usedSince(some);
  }
  expect([back, used]).toEqual([1, 1]);
  expect(await pushes.byVariant('thanks')).toContainEqual(
    expect.objectContaining({ route: 'customer', people: 3, clicked: 1 }),
  );
});
