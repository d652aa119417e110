import { createTown, type Town } from '../support/town';

describe('a town', () => {
  let town: Town;
  beforeAll(async () => {
    town = await createTown();
  });
  afterAll(() => town.close());

  test('lets a new fan follow, ask, send where she is, and leave', async () => {
    const lin = await town.fan('Lin');
    expect(await lin.follows()).toContain('歡迎');
    expect(await lin.says('杭州天氣')).toContain('杭州');
    expect(await lin.isAt({ latitude: 30.2592, longitude: 120.1697 })).toMatch(/公里|公尺|米/);
    expect(await lin.leaves()).toBe('');
    expect(lin.inbox).toHaveLength(3);
  });

  test('tells three copies at once apart from three questions', async () => {
    const zhen = await town.follower('阿珍');
    const before = zhen.inbox.length;
    const deed = await zhen.whole.says('杭州天氣', { storm: true });
    const answers = deed.outcome.wire.deliveries.map((one) => one.status);
    expect(answers).toEqual([200, 200, 200]);
    expect(zhen.inbox).toHaveLength(before + 1);
    const rows = await town.app.db.collection('inbox').countDocuments({});
    await zhen.whole.says('杭州天氣');
    expect(await town.app.db.collection('inbox').countDocuments({})).toBe(rows + 1);
  });

  test('turns its clock through what is due', async () => {
    const before = town.clock.now();
    await town.turn({ days: 1, hours: 1 });
    expect(town.clock.now() - before).toBeGreaterThanOrEqual(25 * 3_600_000);
  });
});
