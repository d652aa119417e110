import { housekeeping } from '../../src/jobs/housekeeping';
import { awardTold } from '../domain/prizes/stage';
import { aPrize } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

/** Everything that is stored, without the claims, which have a retention of their own. */
async function storedOutsideClaims(): Promise<string> {
  const db = await database.connect();
  const parts: string[] = [];
  for (const collection of (await db.db?.collections()) ?? [])
    if (collection.collectionName !== 'claims') parts.push(JSON.stringify(await collection.find().toArray()));
  return parts.join('\n');
}

test('what she typed for a prize does not stay in what was last said to her, nor in a form she left open', async () => {
  const talk = await createTalk(database);
  const { services } = talk;
  const prize = aPrize('bag', { kind: 'floor', floors: [1] });
  const [kept, left] = [talk.fan(), talk.fan()];
  for (const [unit, fan] of [kept, left].entries()) {
    const { pid } = await fan.row();
    const won = { prize: 'bag', pid, on: '2026-11-22', why: 'floor' as const, unit: String(unit) };
    await awardTold(services.prizes.awards, { id: 'q', prizes: [prize] }, won);
    for (const words of ['領獎', '林小姐', '13800138000', '浙江省杭州市西湖區示例路 1 號'])
      await fan.says(words);
  }
  expect(await kept.says('同意')).toContain('記下了');
  expect(await storedOutsideClaims()).toContain('13800138000');
  talk.turnClockTo('2026-12-20T04:00');
  await housekeeping.run(services, { on: '2026-12-20' });
  expect(await storedOutsideClaims()).toContain('13800138000'); // thirty days, as for all that is said
  talk.turnClockTo('2026-12-24T04:00');
  await housekeeping.run(services, { on: '2026-12-24' });
  expect(await storedOutsideClaims()).not.toContain('13800138000');
  expect(await kept.says('獎品')).toContain('已登記');
});

test('what nobody could answer goes thirty days after it was last typed, what is left of a flood after a day', async () => {
  const talk = await createTalk(database);
  const { services } = talk;
  const db = await database.connect();
  talk.turnClockTo('2026-11-01T10:00');
  await services.misses.count('去火星', 'a');
  await services.misses.count('去月球', 'a');
  talk.turnClockTo('2026-11-20T10:00');
  await services.misses.count('去月球', 'a');
  const row = (id: string, day: string) => ({
    id,
    fan: 'her',
    at: new Date(`${day}T10:00:00+08:00`),
    body: id,
  });
  for (const [id, day, failed] of [
    ['flood', '2026-12-01', 'limited'],
    ['fresh flood', '2026-12-03', 'limited'],
    ['answered', '2026-12-01', undefined],
  ] as const) {
    const { owner } = await services.inbox.accept(row(id, day));
    await services.inbox.finish(id, owner, { reply: null, ...(failed ? { failed } : {}) });
  }
  talk.turnClockTo('2026-12-04T04:00');
  await housekeeping.run(services, { on: '2026-12-04' });
  expect(await db.collection('misses').countDocuments()).toBe(1);
  const left = await db.collection<{ _id: string }>('inbox').find().toArray();
  expect(left.map(({ _id }) => _id).toSorted()).toEqual(['answered', 'fresh flood']);
});
