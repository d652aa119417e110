import * as fc from 'fast-check';
import type { Order, Wish } from '../../../src/bot/understanding/things';
import { createUnderstanding } from '../../../src/bot/understanding/understanding';
import { writeWish } from '../../../src/bot/understanding/write';
import { momentAt } from '../../../src/kit/beijing';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());

const at = momentAt('2026-11-22 10:00');
const cityNames = ['杭州', '上海', '北京', '吉林市', '香港', '大理', '台北'];
const city = fc.constantFrom(...cityNames).map((name) => {
  const found = talk.services.cities.find(name);
  if (found.kind !== 'one') throw new Error(name);
  return found.city;
});
const orders: Order[] = ['cheapest', 'dearest', 'earliest', 'latest', 'fastest'];
const day = fc
  .integer({ min: 0, max: 400 })
  .map((n) => new Date(Date.UTC(2026, 10, 22 + n)).toISOString().slice(0, 10));
const days = fc.tuple(day, day).map(([a, b]) => (a < b ? { on: a, until: b } : { on: b, until: a }));
const bounds = (from: number, to: number) =>
  fc.oneof(
    fc.integer({ min: from, max: to }).map((min) => ({ min })),
    fc.integer({ min: from, max: to }).map((max) => ({ max })),
    fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to })).map(([a, b]) => ({
      min: Math.min(a, b),
      max: Math.max(a, b),
    })),
  );
const hour = fc.integer({ min: 0, max: 23 }).map((one) => `${String(one).padStart(2, '0')}:30`);

const wishes = fc.record(
  {
    city,
    trip: fc.boolean(),
    other: city,
    days,
    time: fc.tuple(hour, hour).map(([a, b]) => ({ from: a < b ? a : b, to: a < b ? b : a })),
    yuan: bounds(50, 9_999),
    stars: bounds(1, 5),
    order: fc.constantFrom(...orders),
    kind: fc.constantFrom('高鐵' as const, '動車' as const, '普快' as const),
    near: fc.constant('me' as const),
    page: fc.integer({ min: 2, max: 40 }),
  },
  { requiredKeys: ['trip', 'city', 'other'] },
);

test.each(['天氣', '酒店', '景點', '列車', '攻略', '美食'])(
  'a wish for 「%s」 is read back from its own words',
  async (name) => {
    const understanding = createUnderstanding(talk.rules.topics, talk.services);
    const topic = talk.rules.topics.find((one) => one.name === name);
    if (!topic) throw new Error(name);
    await fc.assert(
      fc.asyncProperty(wishes, async ({ trip, other, ...things }) => {
        const ways = trip && other.id !== things.city.id ? { from: things.city, to: other } : {};
        const all: Wish = { ...things, ...ways };
        if (all.near) delete (all as Partial<typeof all>).city;
        const wish = Object.fromEntries(
          Object.entries(all).filter(([thing]) => (topic.takes as readonly string[]).includes(thing)),
        ) as Wish;
        if (wish.from) delete wish.city;
        const text = writeWish(topic, wish);
        const { wants } = await understanding.understand(text, { at, before: async () => undefined });
        const [want] = wants;
        const read = { ...want?.wish };
        if (wish.from) delete read.city;
        expect([text, want?.topic.name, read, want?.rest]).toEqual([text, name, wish, '']);
      }),
      { numRuns: 300 },
    );
  },
);
