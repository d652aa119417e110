import { createTown, type Town } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown({ sample: false });
});
afterAll(() => town.close());

test('every call of the program is counted, and its one token lies sealed in the database', async () => {
  const { client, db } = town.app;
  await Promise.all(Array.from({ length: 3 }, () => client.get('/cgi-bin/getcallbackip')));
  await client.get('/cgi-bin/user/info', { openid: 'nobody' }).catch(() => undefined);
  const { quota } = town.services;
  await quota.drained();
  expect(await quota.list(town.clock.day())).toEqual([
    { path: '/cgi-bin/getcallbackip', n: 3, refused: 0, errors: {} },
    { path: '/cgi-bin/stable_token', n: 1, refused: 0, errors: {} },
    { path: '/cgi-bin/user/info', n: 1, refused: 1, errors: { 40003: 1 } },
  ]);
  const [token] = await db.collection('tokens').find().toArray();
  expect(token).toMatchObject({ sealed: expect.any(String), until: expect.any(Date) });
  expect(JSON.stringify(token)).not.toContain('SIM_S_');
});

test('a yes to a subscription notice, and its delivery, disturb nobody', async () => {
  const lin = await town.follower('Lin');
  const before = lin.inbox.length;
  const deed = await lin.whole.grants('N1');
  expect(deed.seen).toBeUndefined();
  expect(deed.outcome.wire.deliveries.map(({ status }) => status)).toEqual([200]);
  await town.app.client.post('/cgi-bin/message/subscribe/bizsend', {
    touser: lin.openid,
    template_id: 'N1',
    data: { thing1: { value: '出發提醒' } },
  });
  await town.settled();
  expect(lin.inbox.slice(before)).toEqual(['thing1:出發提醒']);
});
