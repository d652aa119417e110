import { definition } from '../../src/domain/pushes/push';
import { dayMs, hourMs } from '../../src/kit/beijing';
import { createChance } from '../../src/simulator/season/chance';
import type { Town } from './town';

/** Of WeChat's answers those that say: you should have known. */
const overSends = ['45015', '45047', '45028'];

/**
 * A month in which `people` fans write, tap, leave and come back as they please, while `count` pushes go by every route that has a
 * ration. What WeChat thought of it: refusals that we should have known beforehand, the most mass messages anybody got in a
 * Beijing month, and pushes whose account does not add up.
 */
export async function pushMonth(
  town: Town,
  { people, count, days, seed }: { people: number; count: number; days: number; seed: string },
) {
  const chance = createChance(seed);
  const { pushes, people: flat, reach } = town.services;
  const names = Array.from({ length: people }, (_, i) => `月${i}`);
  const faces = names.map((name) => town.sim.fan(name));
  for (const face of faces) await face.follows();
  // Marketers wake up once in a while, and then all at once.
  const burstDays = [0.07, 0.3, 0.4, 0.67, 0.83].map((share) => Math.floor(share * days));
  const burst = Math.ceil(count / burstDays.length / 3);
  const made: string[] = [];

  for (let day = 0; day < days; day++) {
    for (let hour = 0; hour < 24; hour += 6) {
      const now = chance.of(`${day}-${hour}`);
      for (let i = 0; i < Math.ceil(people / 20); i++) {
        const face = faces[now.between(0, people)] as (typeof faces)[number];
        if (!face.state.following) await face.follows();
        else if (now.is(0.03)) await face.leaves();
        else await face.says(now.oneOf(['你好', '幫助', '杭州天氣', '我的積分']));
      }
      await town.settled();
      const wanted = hour > 0 && burstDays.includes(day) ? Math.min(burst, count - made.length) : 0;
      for (let i = 0; i < wanted; i++) {
        const id = `month-${made.length}`;
        const routes = now.oneOf([['customer'], ['mass'], ['customer', 'mass'], ['mass', 'customer']]);
        await reach.drained();
        await flat.rebuild();
        await pushes.save(
          definition.parse({
            id,
            name: id,
            class: 'marketing',
            audience: { to: now.oneOf(['3650 天內來過', '2 天內來過', '現在可以發客服消息']) },
            routes,
            cap: { most: now.oneOf([0, 5]), days: 7 },
            quiet: { from: '00:00', to: '00:00' },
            content: {
              ...(routes.includes('customer')
                ? { customer: { kind: 'text', text: `第 ${made.length} 封` } }
                : {}),
              ...(routes.includes('mass') ? { mass: { kind: 'text', text: `第 ${made.length} 封` } } : {}),
            },
          }),
          'month',
        );
        await pushes.start(id, 'month');
        made.push(id);
        // Somebody writes while it goes out.
        await Promise.all([
          town.settled(),
          ...[1, 2, 3].map(async () => {
            const face = faces[now.between(0, people)] as (typeof faces)[number];
            if (face.state.following) await face.says('你好');
          }),
        ]);
      }
      await town.turn(town.clock.now() + 6 * hourMs);
    }
  }
  await town.turn(town.clock.now() + dayMs);
  await town.services.quota.drained();

  const wrong: string[] = [];
  const refused: Record<string, number> = {};
  for (const row of await town.app.db
    .collection<{ _id: string; errors?: Record<string, number> }>('apiCalls')
    .find()
    .toArray())
    for (const code of overSends)
      if (row.errors?.[code]) refused[code] = (refused[code] ?? 0) + row.errors[code];
  let sent = 0;
  for (const id of made) {
    const { state, people: all, waiting, counts } = await pushes.status(id);
    const sum = counts.sent + counts.handed + counts.failed + counts.skipped + counts.unknown;
    if (state !== 'finished' || waiting !== 0 || sum !== all || counts.failed + counts.unknown > 0)
      wrong.push(`${id}: ${JSON.stringify({ state, all, waiting, counts })}`);
    // Whom a mass message did not reach had had her four.
    for (const { people: given, report } of await pushes.massOf(id))
      if (report?.sent !== given) wrong.push(`${id}: given to ${given}, reached ${report?.sent}`);
    sent += counts.sent + counts.handed;
  }
  const months = town.sim.world.fans().flatMap((fan) => Object.values(fan.mass));
  return { pushes: made.length, sent, refused, wrong, mostMass: Math.max(0, ...months) };
}
