import { pushMonth } from '../support/push-month';
import { createTown } from '../support/town';

test('a month, 5,000 people, 40 pushes: WeChat never once has to say that somebody may get no more', async () => {
  const town = await createTown({
    at: '2026-11-10T09:00',
    settings: { PUSH_PER_SECOND: '5000', PUSH_APPROVAL_ABOVE: '100000' },
    wechat: { historyPerFan: 10 },
  });
  try {
    const month = await pushMonth(town, { people: 5_000, count: 40, days: 30, seed: 'full' });
    expect(month).toMatchObject({ pushes: 40, refused: {}, wrong: [] });
    expect(month.mostMass).toBeLessThanOrEqual(4);
    console.log(`${month.sent} sent; at most ${month.mostMass} mass messages a person and month`);
  } finally {
    await town.close();
  }
}, 3_600_000);
