import { createRig, type Rig } from '../support/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const busy = (times: number) =>
  rig.sim.knobs.set({ path: '/cgi-bin/message/custom/send', failBefore: { errcode: 45009 }, times });
const causesOf = async (openid: string) =>
  (await rig.rows<{ cause: string }>('outbox', { fan: rig.app.services.subscribers.fanOf(openid) })).map(
    (row) => row.cause,
  );
const states = async (openid: string) =>
  (
    await rig.db
      .collection('outbox')
      .find({ fan: rig.app.services.subscribers.fanOf(openid) }, { sort: { _id: 1 } })
      .toArray()
  ).map((row) => row['state'] as string);
const due = () =>
  rig.db.collection('outbox').updateMany({ state: 'pending' }, { $set: { dueAt: new Date(0) } });

test('what is told beside the reply goes out in the order in which it was said', async () => {
  const lin = await rig.follower('順');
  await lin.says('多說 順');
  const [cause] = await causesOf(lin.openid);
  await Promise.all([rig.app.relay(cause as string), rig.app.relay(cause as string)]);
  await rig.drain();
  expect(rig.sentTo(lin.openid)).toEqual(['順 二', '順 三']);
});

test('when WeChat puts the first off, the second waits for it', async () => {
  const lin = await rig.follower('等');
  busy(1);
  await lin.says('多說 等');
  const [cause] = await causesOf(lin.openid);
  await rig.app.relay(cause as string);
  await rig.app.relay(cause as string);
  expect(rig.sentTo(lin.openid)).toEqual([]);
  expect(await states(lin.openid)).toEqual(['pending', 'pending']);
  await due();
  await rig.app.relay(cause as string);
  expect(rig.sentTo(lin.openid)).toEqual(['等 二', '等 三']);
});

test('while one process sends the first, another does not send the second', async () => {
  const lin = await rig.follower('兩家');
  await lin.says('多說 兩家');
  const [cause] = await causesOf(lin.openid);
  const first = await rig.app.services.outbox.take(`${cause}_01`);
  expect(first?.state).toBe('sending');
  await rig.app.relay(cause as string);
  expect(rig.sentTo(lin.openid)).toEqual([]);
});

test('what WeChat puts off costs nothing of her ration', async () => {
  const lin = await rig.follower('配額');
  await rig.app.services.reach.drained();
  busy(1);
  await lin.says('多說 配額');
  const { reach, subscribers } = rig.app.services;
  const fan = subscribers.fanOf(lin.openid);
  const left = async () => (await reach.of([fan])).get(fan)?.sends ?? [];
  await reach.drained();
  const before = await left();
  const [cause] = await causesOf(lin.openid);
  await rig.app.relay(cause as string);
  expect(await left()).toEqual(before);
});

test('of one message she gets five in two days, and the rest in her mailbox', async () => {
  const lin = await rig.follower('五條');
  await rig.shutWindow(lin.openid);
  delete lin.state.windows.follow;
  const { outbox, subscribers, reach } = rig.app.services;
  await lin.says('回聲 開窗');
  await reach.drained();
  const fan = subscribers.fanOf(lin.openid);
  const tells = Array.from({ length: 7 }, (_, i) => ({
    kind: 'tell' as const,
    reply: { kind: 'text' as const, text: `第${i + 1}條` },
  }));
  await outbox.add({ id: 'seven', fan }, tells);
  await rig.app.relay('seven');
  expect(rig.sentTo(lin.openid)).toEqual([1, 2, 3, 4, 5].map((n) => `第${n}條`));
  expect((await lin.says('回聲 還有嗎')).seen).toEqual({ kind: 'text', text: '第6條\n\n第7條\n\n還有嗎' });
});

test('what WeChat refuses goes to her mailbox', async () => {
  const lin = await rig.follower('被拒');
  await lin.says('多說 被拒');
  lin.state.windows = {};
  await rig.drain();
  expect(rig.sentTo(lin.openid)).toEqual([]);
  expect((await lin.says('回聲 在')).seen).toEqual({ kind: 'text', text: '被拒 二\n\n被拒 三\n\n在' });
});

test('a card that is refused, and words as long as a reply, wait in her mailbox whole', async () => {
  const lin = await rig.follower('信箱');
  await lin.says('回聲 在');
  const { outbox, subscribers } = rig.app.services;
  await rig.shutWindow(lin.openid);
  const article = { title: '第 2 題', description: '得到「茶杯」', url: 'https://xiaoyi.example/q' };
  await outbox.add({ id: 'long', fan: subscribers.fanOf(lin.openid) }, [
    { kind: 'tell', reply: { kind: 'news', articles: [article] } },
    { kind: 'tell', reply: { kind: 'text', text: `${'長'.repeat(660)}完` } },
  ]);
  await rig.app.relay('long');
  const next = [await lin.says('回聲 一'), await lin.says('回聲 二'), await lin.says('回聲 三')]
    .map(({ seen }) => (seen?.kind === 'text' ? seen.text : ''))
    .join('\n');
  expect(next).toContain('第 2 題\n得到「茶杯」\nhttps://xiaoyi.example/q');
  expect(next.match(/長/g)).toHaveLength(660);
  expect(next).toContain('完');
});

test('an answer of WeChat that is lost is not sent again', async () => {
  const lin = await rig.follower('不明');
  rig.sim.knobs.set({ path: '/cgi-bin/message/custom/send', failAfter: { reset: true }, times: 1 });
  await lin.says('多說 不明');
  await rig.drain();
  expect(rig.sentTo(lin.openid)).toEqual(['不明 二', '不明 三']);
  expect(await states(lin.openid)).toEqual(['unknown', 'done']);
});
