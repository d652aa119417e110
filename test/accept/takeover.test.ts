import { planCrash } from '../../src/kit/crash-point';
import { gates } from '../support/gates';
import { until } from '../support/processes';
import { answersOf, createRig, heard, type Member, type Rig } from '../support/rig';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig({ webs: 2, callbacks: { gapMs: 300 } });
});
afterEach(() => rig.close());

const [first, second] = [0, 1];
const memberAt = (slot: number) => rig.slots[slot]?.member as Member;
/** To one process only. */
const tell = async (slot: number, fields: ReturnType<Rig['text']>, openid: string) => {
  const { url, body } = rig.sim.callbacks.prepare(fields, openid);
  url.port = String(rig.slots[slot]?.front.port);
  const response = await fetch(url, { method: 'POST', body }).catch(() => undefined);
  return response?.status;
};

test('a callback taken over after she said something else still has its effect, and says what it decided first', async () => {
  const openid = rig.openid();
  await rig.deliver(rig.text(openid, '回聲 在'), openid);
  await rig.deliver(rig.text(openid, '回聲 在'), openid);
  const gift = rig.text(openid, '第一次');
  planCrash('talk-kept', 1, () => {
    rig.kill(memberAt(first));
    throw new Error('It crashed here.');
  });
  expect(await tell(first, gift, openid)).not.toBe(200);
  await rig.mourn(memberAt(first));
  // She goes on before WeChat sends the first one again.
  expect(await tell(second, rig.text(openid, '聯絡'), openid)).toBe(200);
  expect(await tell(second, rig.text(openid, '林小姐'), openid)).toBe(200);
  const { url, body } = rig.sim.callbacks.prepare(gift, openid);
  url.port = String(rig.slots[second]?.front.port);
  expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
  const [row] = await rig.rows<{ reply: { text: string } }>('inbox', { 'reply.text': /禮物|送過/ });
  expect(row?.reply.text).toBe('送您一份禮物');
});

test('a callback that is answered as another process decided opens her window too', async () => {
  const openid = rig.openid();
  const message = rig.text(openid, '聯絡');
  planCrash('talk-kept', 1, () => {
    rig.kill(memberAt(first));
    throw new Error('It crashed here.');
  });
  expect(await tell(first, message, openid)).not.toBe(200);
  await rig.mourn(memberAt(first));
  const { app } = memberAt(second);
  await until(async () => (await tell(second, message, openid)) === 200, { what: 'a copy is answered' });
  await app?.services.reach.drained();
  const talk = message.CreateTime * 1_000;
  expect(await rig.rows('reach', {})).toEqual([expect.objectContaining({ talk })]);
});

test('a row that is kept while her own row cannot be read is taken up again', async () => {
  const openid = rig.openid();
  const message = rig.text(openid, '做 再來');
  const { subscribers } = rig.app.services;
  memberAt(first).mongo.loseAnswers(['find'], 1);
  expect(await tell(first, message, openid)).toBe(503);
  memberAt(first).mongo.restore();
  expect(await rig.count('inbox', { open: true })).toBe(1);
  await until(async () => (await tell(second, message, openid)) === 200, { what: 'a copy is answered' });
  expect(await rig.count('enquiries', { words: '再來' })).toBe(1);
  await subscribers.drained();
});

test('a handler that is still at work when another process took over says nothing more', async () => {
  const openid = rig.openid();
  const message = rig.text(openid, '等 兩頭');
  const slow = tell(first, message, openid);
  await until(() => gates.held('兩頭') === 1, { what: 'the handler runs' });
  await rig.db
    .collection<{ _id: string }>('processes')
    .updateOne({ _id: memberAt(first).boot }, { $set: { at: new Date(0) } });
  await memberAt(second).app?.services.processes.beat();
  const copy = tell(second, message, openid);
  await until(() => gates.held('兩頭') === 2, { what: 'the copy is worked on' });
  gates.open('兩頭');
  expect(await Promise.all([slow, copy])).toEqual([503, 200]);
  expect(await rig.count('enquiries', { words: '兩頭' })).toBe(1);
});

test('a row of nobody is answered by the sweeper, and after three vain tries put aside until somebody says again', async () => {
  const openid = rig.openid();
  await rig.deliver(rig.text(openid, '回聲 在'), openid);
  const { inbox, subscribers } = rig.app.services;
  const row = {
    fan: subscribers.fanOf(openid),
    at: new Date(),
    owner: '',
    ownedAt: new Date(0),
    open: true,
    tries: 4,
  };
  const body = '<xml>not a message</xml>';
  await rig.db.collection<{ _id: string }>('inbox').insertOne({ _id: 'poison', ...row, body } as never);
  await rig.app.sweeper.sweepInbox();
  expect((await inbox.quarantined()).map((one) => one._id)).toEqual(['poison']);
  await rig.app.sweeper.sweepInbox();
  expect(await inbox.undone()).toBe(0);
  expect(await inbox.replay('poison')).toBe(true);
  expect(await inbox.undone()).toBe(1);
});

test('two processes never answer one callback with different words', async () => {
  const openid = rig.openid();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const message = rig.text(openid, '第一次');
      return [await rig.deliver(message, openid, { storm: true }), await rig.deliver(message, openid)];
    }),
  );
  for (const [storm, again] of answers)
    expect(new Set([...answersOf(storm as never), ...answersOf(again as never)]).size).toBe(1);
  expect(
    answers
      .flat()
      .flatMap(heard)
      .filter((words) => words === '送您一份禮物'),
  ).toHaveLength(2);
  expect(await rig.count('enquiries', { words: 'gift' })).toBe(1);
});
