import type { Connection } from 'mongoose';
import { createDays, type Days } from '../../../src/domain/days/days';
import { createLeavings, type Leavings } from '../../../src/domain/subscribers/leavings';
import { beijingDay, momentAt } from '../../../src/kit/beijing';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let days: Days;
let leavings: Leavings;
let now = momentAt('2026-11-24T04:00');
/** Who is here: since when, and by which code. */
let here: { at: string; scene: string }[] = [];
const clock = { now: () => now, day: (at = now) => beijingDay(at) };

beforeAll(async () => {
  db = await database.connect();
  leavings = createLeavings({ db });
  const followedBy = async (from: number, to: number) => {
    const found = new Map<string, number>();
    for (const { at, scene } of here)
      if (momentAt(at) >= from && momentAt(at) < to) found.set(scene, (found.get(scene) ?? 0) + 1);
    return found;
  };
  days = createDays({
    db,
    clock,
    subscribers: {
      count: async () => here.length,
      countFollowed: async (from, to) =>
        [...(await followedBy(from, to)).values()].reduce((a, b) => a + b, 0),
      followedBy,
      leavings,
    },
    messages: async () => 7,
    answers: async () => 2,
  });
});
afterAll(() => database.drop());

const leaves = async (at: string, when: string) => {
  const her = here.find((one) => one.at === at);
  here = here.filter((one) => one !== her);
  await leavings.count(
    { followedAt: new Date(momentAt(at)), channel: { first: her?.scene ?? '' } },
    new Date(momentAt(when)),
  );
};

test('a day is counted once, with those who followed and left on it', async () => {
  now = momentAt('2026-11-02T09:00');
  await days.upkeep.warm();
  here = [
    { at: '2026-11-02T10:00', scene: 'lobby' },
    { at: '2026-11-02T11:00', scene: 'lobby' },
    { at: '2026-11-08T12:00', scene: '' },
    { at: '2026-11-08T23:59', scene: 'door' },
  ];
  await leaves('2026-11-02T11:00', '2026-11-02T20:00');
  now = momentAt('2026-11-09T04:00');
  await days.keep();
  await days.keep();
  const kept = await days.of(['2026-11-01', '2026-11-02', '2026-11-08', '2026-11-09']);
  expect(kept.get('2026-11-01')).toMatchObject({ joined: 0, left: 0, partial: true });
  expect(kept.get('2026-11-02')).toMatchObject({ joined: 2, left: 1, messages: 7, answers: 2 });
  expect(kept.get('2026-11-02')).not.toHaveProperty('partial');
  expect(kept.get('2026-11-08')).toMatchObject({ joined: 2, left: 0 });
  expect(kept.has('2026-11-09')).toBe(false);
});

test('a week is told when all who followed in it have been here so long', async () => {
  now = momentAt('2026-11-14T12:00');
  await leaves('2026-11-08T12:00', '2026-11-14T12:00');
  const cohort = async () => (await days.cohorts()).find(({ week }) => week === '2026-11-02');
  expect(await cohort()).toMatchObject({ joined: 4, left: 2, partial: false });
  expect((await cohort())?.kept[0]).toBeUndefined();
  now = momentAt('2026-11-15T12:00');
  expect((await cohort())?.kept.slice(0, 2)).toEqual([0.5, undefined]);
  await leaves('2026-11-02T10:00', '2026-11-15T12:00'); // after her first week, before the end of her second
  now = momentAt('2026-11-22T12:00');
  expect((await cohort())?.kept.slice(0, 3)).toEqual([0.5, 0.25, undefined]);
});

test('of a code: who stayed a week, of those who could have', async () => {
  expect(await days.stays('2026-11-01', '2026-11-30')).toEqual([
    { scene: 'lobby', joined: 2, left: 2, week: { of: 2, kept: 1 }, month: { of: 0, kept: 0 } },
    { scene: 'door', joined: 1, left: 0, week: { of: 1, kept: 1 }, month: { of: 0, kept: 0 } },
  ]);
  expect(await days.stays('2026-11-03', '2026-11-30')).toHaveLength(1);
});

test('in a house that has people already, leavings count from tomorrow on', async () => {
  await db.collection<{ _id: string }>('cursors').deleteOne({ _id: 'days' });
  await days.upkeep.warm();
  expect(await days.wholeSince()).toBe('2026-11-23');
});
