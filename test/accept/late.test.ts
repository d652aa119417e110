import { allWork, gates } from '../support/gates';
import { until } from '../support/processes';
import { answersOf, createRig, type Rig } from '../support/rig';

let rig: Rig;
beforeAll(async () => {
  gates.slowMs = 6_000;
  rig = await createRig({ webs: 2 });
});
afterAll(() => rig.close());

test('C9: what takes 6 seconds is answered success in time, and said once by customer message', async () => {
  const fans = await Promise.all(Array.from({ length: 20 }, (_, i) => rig.follower(`慢${i}`)));
  const deeds = await Promise.all(fans.map((fan, i) => fan.says(`慢 ${i}號`)));
  const deliveries = deeds.flatMap(({ outcome }) => outcome.wire.deliveries);
  expect(deliveries).toHaveLength(20);
  expect(deeds.flatMap(({ outcome }) => answersOf(outcome))).toEqual(Array(20).fill('success'));
  expect(Math.max(...deliveries.map((one) => one.ms))).toBeLessThan(4_500);
  await until(async () => (await rig.count('inbox', { open: true })) === 0, { what: 'all were answered' });
  await rig.drain();
  expect(fans.map((fan) => rig.sentTo(fan.openid))).toEqual(fans.map((_, i) => [`慢慢做好 ${i}號`]));
  expect([...allWork().values()].every((runs) => runs === 1)).toBe(true);
});

test('C9: when her window is shut the late reply is the first of her next reply', async () => {
  const fan = await rig.follower('窗關了');
  await fan.says('回聲 在'); // opens a window
  const slow = fan.says('等 關窗');
  await until(() => gates.held('關窗') === 1, { what: 'the handler runs' });
  expect(answersOf((await slow).outcome)).toEqual(['success']);
  gates.open('關窗');
  await until(async () => (await rig.count('inbox', { open: true })) === 0, { what: 'it was answered' });
  await rig.shutWindow(fan.openid);
  await rig.drain();
  expect(rig.sentTo(fan.openid)).toEqual([]);
  expect((await fan.says('回聲 好了嗎')).seen).toEqual({ kind: 'text', text: '等到 關窗\n\n好了嗎' });
  expect((await fan.says('回聲 還有嗎')).seen).toEqual({ kind: 'text', text: '還有嗎' });
});

test('copies of a late callback are answered success by every process, and it is worked on once', async () => {
  const fan = await rig.follower('三份');
  const message = rig.text(fan.openid, '等 三份');
  fan.state.windows.message = { until: rig.clock.now() + 3_600_000, left: 5 };
  const storm = rig.deliver(message, fan.openid, { storm: true });
  const answers = answersOf(await storm);
  expect(answers).toEqual(['success', 'success', 'success']);
  const copy = rig.deliver(message, fan.openid);
  gates.open('三份');
  expect(answersOf(await copy)).toEqual(['success']);
  await rig.drain();
  expect(rig.sentTo(fan.openid)).toEqual(['等到 三份']);
});

test('a copy that comes while the first is late gets no second reply', async () => {
  const fan = await rig.follower('遲來');
  const message = rig.text(fan.openid, '等 遲來');
  fan.state.windows.message = { until: rig.clock.now() + 3_600_000, left: 5 };
  expect(answersOf(await rig.deliver(message, fan.openid))).toEqual(['success']);
  // One copy for each process; both wait when the reply is ready.
  const copies = Promise.all([rig.deliver(message, fan.openid), rig.deliver(message, fan.openid)]);
  setTimeout(() => gates.open('遲來'), 300);
  expect((await copies).flatMap(answersOf)).toEqual(['success', 'success']);
  await rig.drain();
  expect(rig.sentTo(fan.openid)).toEqual(['等到 遲來']);
});

test('what a late reply was followed by is said after it', async () => {
  const fan = await rig.follower('順序');
  const slow = fan.says('慢慢多說 順序');
  expect(answersOf((await slow).outcome)).toEqual(['success']);
  gates.open('順序');
  await until(async () => (await rig.count('inbox', { open: true })) === 0, { what: 'it was answered' });
  await rig.drain();
  expect(rig.sentTo(fan.openid)).toEqual(['順序 一', '順序 二', '順序 三']);
});
