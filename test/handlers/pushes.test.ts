import { type Definition, definition } from '../../src/domain/pushes/push';
import { simulatedAccount } from '../../src/simulator/account';
import { createTown, type Town, type TownFan } from '../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
});
afterAll(() => town.close());

const rowOf = async (fan: TownFan) => {
  const { subscribers, reach } = town.services;
  const key = subscribers.fanOf(fan.openid);
  return { key, reach: (await reach.of([key])).get(key), her: await subscribers.load(key) };
};
const ran = async (more: Partial<Record<keyof Definition, unknown>> & { id: string }) => {
  const { pushes, people } = town.services;
  await people.rebuild();
  await pushes.save(
    definition.parse({ name: more.id, class: 'marketing', audience: { to: '30 天內來過' }, ...more }),
    '小王',
  );
  expect(await pushes.findings(more.id)).toEqual([]);
  await pushes.start(more.id, '小王');
  await town.settled();
  return pushes.status(more.id);
};
const words = (text: string) => ({
  routes: ['customer'],
  cap: { most: 0, days: 7 },
  content: { customer: { kind: 'text', text } },
});

test('who wants no pushes has none, is answered all the same, and may want them again', async () => {
  const lin = await town.follower('林');
  expect(await lin.says('別再推送')).toContain('不再推給你了');
  expect(await lin.says('我的資料')).toContain('推送：不要（回覆「恢復推送」再收）');
  expect(await lin.says('杭州天氣')).toContain('杭州');
  expect(await ran({ id: 'quiet', ...words('周末去哪裡？') })).toMatchObject({
    people: 1,
    counts: { skipped: 1, reasons: { quiet: 1 } },
  });
  expect(await ran({ id: 'service', class: 'service', ...words('你的行程改了時間。') })).toMatchObject({
    counts: { sent: 1 },
  });
  expect(await lin.says('可以恢復推送嗎')).toContain('不想收了，回覆「不要推送」');
  expect(await ran({ id: 'again', ...words('周末去哪裡？') })).toMatchObject({ counts: { sent: 1 } });
  expect(await lin.says('我的資料')).not.toContain('推送：不要');
  for (const sentence of ['不要再给我推送了', '你們別再發廣告了'])
    expect(await lin.says(sentence)).toContain('想再收');
  await lin.leaves();
});

test('WeChat’s report of a mass send is kept, though it comes from nobody we know', async () => {
  const { pushes, reach, subscribers } = town.services;
  for (const name of ['梅', '柏']) await town.follower(name);
  await ran({ id: 'mass', routes: ['mass'], content: { mass: { kind: 'text', text: '十二月的新路線' } } });
  await town.sim.settled();
  expect(await pushes.massOf('mass')).toMatchObject([
    { people: 2, report: { status: 'send success', sent: 2 } },
  ]);

  // A send in WeChat's own console, which its helper tells of.
  const { openid, ...finished } = {
    openid: 'oMassSendHelper',
    MsgType: 'event',
    Event: 'MASSSENDJOBFINISH',
    MsgID: 990_001,
    Status: 'send success',
    TotalCount: 2,
    FilterCount: 2,
    SentCount: 2,
    ErrorCount: 0,
  };
  const CreateTime = Math.floor(town.clock.now() / 1_000);
  const account = simulatedAccount.originalId;
  await town.sim.callbacks.deliver(
    { ToUserName: account, FromUserName: openid, CreateTime, ...finished },
    openid,
  );
  await town.settled();
  const sends = await reach.massOf('2026-11');
  expect(sends).toContainEqual(
    expect.objectContaining({ _id: '990001', by: '後台', report: expect.objectContaining({ sent: 2 }) }),
  );
  expect(await subscribers.load(subscribers.fanOf(openid))).toBeUndefined();
});

test('a report of a template message is kept with its delivery, and is no visit of hers', async () => {
  const { pushes } = town.services;
  const mei = await town.fan('梅');
  await town.turn({ hours: 3 });
  const before = (await rowOf(mei)).her?.seenAt;
  const status = await ran({
    id: 'template',
    class: 'service',
    routes: ['template'],
    content: {
      template: { templateId: 'tpl-trip', fields: { thing1: '杭州一日', time2: '2026-12-01 09:00' } },
    },
  });
  expect(status.counts.sent).toBe(status.people);
  await town.sim.settled();
  await town.settled();
  const { pid, seenAt } = (await rowOf(mei)).her ?? {};
  const reached = [];
  for await (const some of pushes.reached('template')) reached.push(...some);
  expect(reached.map((one) => one.pid)).toContain(pid);
  expect(seenAt).toEqual(before);
  expect(await town.services.subscribers.backSince(reached)).toBe(0);
  await mei.says('杭州天氣');
  await town.settled();
  expect(await town.services.subscribers.backSince(reached)).toBe(1);
});

test('a notice goes once for each time that she granted it', async () => {
  const bo = await town.fan('柏');
  await bo.whole.grants('tpl-notice');
  await town.settled();
  expect((await rowOf(bo)).reach?.notices).toEqual({ 'tpl-notice': 1 });
  const content = { notice: { templateId: 'tpl-notice', fields: { thing1: '杭州一日' } } };
  const notice = { class: 'service', routes: ['notice'], content, cap: { most: 0, days: 7 } };
  const first = await ran({ id: 'notice', ...notice });
  expect(first.counts).toMatchObject({ sent: 1, reasons: { notice: first.people - 1 } });
  expect((await ran({ id: 'notice-2', ...notice })).counts.sent).toBe(0);
});

test('who declines one offer keeps what she granted before; who switches it off has none', async () => {
  const ci = await town.follower('慈');
  await ci.whole.grants('tpl-notice');
  await town.settled();
  const tells = async (event: string, whole: string) => {
    const head = { ToUserName: simulatedAccount.originalId, FromUserName: ci.openid, MsgType: 'event' };
    const List = { TemplateId: 'tpl-notice', SubscribeStatusString: 'reject' };
    const CreateTime = Math.floor(town.clock.now() / 1_000);
    await town.sim.callbacks.deliver({ ...head, CreateTime, Event: event, [whole]: { List } }, ci.openid);
    await town.settled();
    return (await rowOf(ci)).reach?.notices;
  };
  expect(await tells('subscribe_msg_popup_event', 'SubscribeMsgPopupEvent')).toEqual({ 'tpl-notice': 1 });
  expect(await tells('subscribe_msg_change_event', 'SubscribeMsgChangeEvent')).toEqual({ 'tpl-notice': 0 });
});
