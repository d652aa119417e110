import { pushMonth } from '../support/push-month';
import { createTown } from '../support/town';

/** A month's worth of pushes, over the end of one; in full `npm run chaos -- push-month`. */
test('a month of pushes to people who come and go: WeChat never once has to say that somebody may get no more', async () => {
  const town = await createTown({ at: '2026-11-24T09:00', settings: { PUSH_PER_SECOND: '5000' } });
  try {
    const month = await pushMonth(town, { people: 40, count: 24, days: 12, seed: 'small' });
    expect(month).toMatchObject({ pushes: 24, refused: {}, wrong: [] });
    expect(month.mostMass).toBe(4);
    expect(month.sent).toBeGreaterThan(100);
  } finally {
    await town.close();
  }
}, 300_000);
