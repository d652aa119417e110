import { housekeeping } from '../../src/jobs/housekeeping';
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
    await services.prizes.awards.award({ id: 'q', prizes: [prize] }, won, { told: true });
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
