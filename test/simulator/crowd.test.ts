import { momentAt } from '../../src/kit/beijing';
import { simulatedAccount } from '../../src/simulator/account';
import { bringCrowd, bringExampleSegments, invent } from '../../src/simulator/crowd';
import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

const now = momentAt('2026-11-22 00:00');
const { appId } = simulatedAccount;

test('the same people are invented every time, and nothing of them is later than now', async () => {
  const cities = [
    {
      id: 'hangzhou',
      name: '杭州',
      nameHans: '杭州',
      region: '浙江',
      aliases: [],
      point: { lng: 120, lat: 30 },
    },
  ];
  for (let n = 0; n < 200; n++) {
    const one = invent(n, { appId, now, cities });
    expect(invent(n, { appId, now, cities })).toEqual(one);
    expect(Math.max(one.followedAt, one.seenAt, ...one.asks.map(({ at }) => at))).toBeLessThanOrEqual(now);
    expect(one.seenAt).toBeGreaterThanOrEqual(one.followedAt);
  }
});

test('a crowd that is brought twice is there once, has examples to count, and its books agree', async () => {
  const talk = await createTalk(database, { at: '2026-11-22T10:00' });
  const db = await database.connect();
  const { people, segments, stages, points } = talk.services;
  for (let i = 0; i < 2; i++) await bringCrowd({ db, appId, now, services: talk.services }, 0, 400);
  await people.rebuild();
  await stages.run();
  for (let i = 0; i < 2; i++) await bringExampleSegments(segments);
  expect(await people.count()).toBe(400);
  const all = await segments.list();
  expect(all).toHaveLength(5);
  for (const { rule } of all) expect((await segments.count(rule)).of).toBe(400);
  const buyers = await segments.count(await segments.readText('買過至少 1 次'));
  expect(buyers.people).toBeGreaterThan(10);
  expect(await points.audit()).toEqual([]);
});
