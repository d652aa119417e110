import type { Connection } from 'mongoose';
import { createSubscribers, type Subscriber } from '../../../src/domain/subscribers/subscribers';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
beforeAll(async () => {
  db = await database.connect();
});
afterAll(() => database.drop());

const now = Date.parse('2026-11-22T04:00:00Z');
const said = (by: string) => [{ by, reply: { kind: 'text' as const, text: by }, effects: [] }];

test('when one change in a group comes too late, none is certain, and whose was written finds it kept, once', async () => {
  const clock = { now: () => now, day: () => '2026-11-22' };
  const subscribers = createSubscribers({ db, dataKey: 'k', appId: 'a', clock, placeOf: () => undefined });
  const [lin, mei] = await Promise.all([subscribers.meet('oLin'), subscribers.meet('oMei')]);
  const change = ({ _id, v }: Subscriber, by: string) => subscribers.change(_id, v, { said: said(by) });
  expect(await change(mei, 'm1')).toBe(true);

  expect(await Promise.all([change(lin, 'l1'), change(lin, 'l2'), change(mei, 'm2')])).not.toContain(true);

  const after = await Promise.all([lin, mei].map(({ _id }) => subscribers.load(_id)));
  expect(after).toMatchObject([
    { v: 1, said: said('l1'), seenAt: new Date(now) },
    { v: 1, said: said('m1') },
  ]);
});

test('a stranger is who is nobody: not who follows, and not who left and comes back as the same', async () => {
  const clock = { now: () => now, day: () => '2026-11-22' };
  const subscribers = createSubscribers({ db, dataKey: 'k', appId: 'a', clock, placeOf: () => undefined });
  const [jun, bo, he] = await Promise.all(['oJun', 'oBo', 'oHe'].map((openid) => subscribers.meet(openid)));
  await subscribers.remove(bo!._id, new Date(now), () => now + 86_400_000);
  await subscribers.remove(he!._id, new Date(now));
  expect(await subscribers.strangers([jun!.pid, bo!.pid, he!.pid, 'nobody'])).toEqual([he!.pid, 'nobody']);
});
