import { momentAt } from '../../../src/kit/beijing';
import { openConsole, type TestConsole } from '../../support/console';
import { unclassed } from '../../support/fields';
import { createTown, type Town, type TownFan } from '../../support/town';

type Agent = Awaited<ReturnType<TestConsole['as']>>;

let town: Town;
let house: TestConsole;
let mei: Agent;
let hua: Agent;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
  house = openConsole(town);
  mei = await house.as('agent');
  hua = await house.as('agent');
});
afterAll(async () => {
  await house.close();
  await town.close();
});

const services = () => town.services;
let n = 0;
const once = () => `once-${++n}`;
/** Somebody who asked for a person, and her conversation. */
async function waiting(name: string): Promise<{ fan: TownFan; id: string; pid: string }> {
  const fan = await town.follower(name);
  await fan.says('人工');
  await town.settled();
  const pid = await pidOf(fan);
  return { fan, pid, id: await conversationOf(pid) };
}
async function pidOf(fan: TownFan): Promise<string> {
  const her = await services().subscribers.load(services().subscribers.fanOf(fan.openid));
  return her?.pid ?? '';
}
async function conversationOf(pid: string): Promise<string> {
  const { rows } = await services().desk.list({ pid, show: 'all', me: '' });
  return rows[0]?._id ?? '';
}
async function claimed(name: string) {
  const who = await waiting(name);
  await mei.does(`/desk/${who.id}/claim`);
  await town.settled();
  return who;
}
const says = (agent: Agent, id: string, words: string, key = once()) =>
  agent.does(`/desk/${id}/answer`, { words, once: key });
const linesOf = async (agent: Agent, id: string) =>
  (await agent.reads(`/desk/${id}/now`)).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

test('she asks for a person, one comes, the bot is silent until it is over', async () => {
  const lin = await town.follower('小琳');
  expect(await lin.says('人工')).toContain('已經請同事過來了');
  // Waiting, she is answered by the bot.
  expect(await lin.says('杭州天氣')).toContain('杭州天氣');
  const pid = await pidOf(lin);
  const id = await conversationOf(pid);
  const list = await mei.reads('/desk');
  expect(list).toContain(`/desk/${id}`);
  expect(list).toContain('等人接');

  expect(await mei.does(`/desk/${id}/claim`)).toMatchObject({ to: `/desk/${id}` });
  await town.settled();
  expect(lin.inbox.at(-1)).toContain('同事來了');

  // What is sent within five seconds may be counted as sent after her words.
  await town.turn({ minutes: 1 });
  for (const words of ['杭州天氣', 'A', '一戰到底', '房間能加床嗎']) expect(await lin.says(words)).toBe('');
  expect(await lin.sends({ image: true })).toBe('');
  expect(await lin.clicks('AGENT')).toContain('現在是同事在和你談');
  const seen = await linesOf(mei, id);
  expect(seen).toContain('房間能加床嗎');
  expect(seen).toContain('還可以發 5 條');

  expect(await says(mei, id, '可以加一張，每晚 80 元。')).toEqual({ said: '發了。' });
  await town.settled();
  expect(lin.inbox.at(-1)).toBe('可以加一張，每晚 80 元。');
  expect(await linesOf(mei, id)).toContain('還可以發 4 條');

  // The button pressed twice says it once.
  await says(mei, id, '要訂嗎？', 'twice');
  await says(mei, id, '要訂嗎？', 'twice');
  await town.settled();
  expect(lin.inbox.filter((words) => words === '要訂嗎？')).toHaveLength(1);

  for (const words of ['第三條', '第四條', '第五條'])
    expect(await says(mei, id, words)).toEqual({ said: '發了。' });
  const refused = await says(mei, id, '第六條');
  expect(refused.refused).toContain('讓我們發 5 條，已經用完了');
  await town.settled();
  expect(lin.inbox).not.toContain('第六條');
  // It waits for her next words instead, and costs nothing.
  expect(await mei.does(`/desk/${id}/keep`, { words: '第六條', once: once() })).toMatchObject({
    said: '留好了，她下次說話就讀到。',
  });
  expect(await linesOf(mei, id)).toContain('等她開口');
  await town.turn({ minutes: 1 });
  expect(await lin.says('好的')).toBe('第六條');
  expect(await linesOf(mei, id)).toContain('還可以發 5 條');

  expect(await mei.does(`/desk/${id}/close`)).toMatchObject({ to: '/desk' });
  await town.settled();
  expect(lin.inbox.at(-1)).toContain('小藝回來了');
  expect(await lin.says('滿意')).toContain('轉告同事');
  expect(await lin.says('杭州天氣')).toContain('杭州天氣');
  expect(await mei.reads('/desk?show=closed')).toContain('她說滿意');
  expect(await says(mei, id, '還在嗎')).toMatchObject({ refused: expect.stringContaining('已經結束了') });
});

test('two agents claim her at once: one has her, and the other is told who', async () => {
  const { id } = await waiting('阿蓮');
  const [a, b] = await Promise.all([mei.does(`/desk/${id}/claim`), hua.does(`/desk/${id}/claim`)]);
  const refused = [a, b].filter((one) => one.refused);
  expect(refused).toHaveLength(1);
  const winner = a.refused ? hua : mei;
  const loser = a.refused ? mei : hua;
  expect(refused[0]?.refused).toContain(`${winner.name}已經在和她談了`);
  expect((await says(loser, id, '我也在')).refused).toContain(winner.name);
  expect((await loser.does(`/desk/${id}/close`)).refused).toContain(winner.name);

  expect(await winner.does(`/desk/${id}/hand-over`, { to: loser.id })).toMatchObject({ said: '轉過去了。' });
  expect(await says(loser, id, '換我來')).toEqual({ said: '發了。' });
  expect((await says(winner, id, '還有')).refused).toContain(loser.name);
  const marketer = await house.as('marketer');
  const wrong = await loser.does(`/desk/${id}/hand-over`, { to: marketer.id });
  expect(wrong.fields).toHaveProperty('to');
});

test('back in the line she is answered by the bot, and the next one takes her up', async () => {
  const { fan, id } = await claimed('小滿');
  expect(await fan.says('杭州天氣')).toBe('');
  await mei.does(`/desk/${id}/release`);
  await town.settled();
  expect(fan.inbox.at(-1)).toContain('同事要離開一下');
  expect(await fan.says('杭州天氣')).toContain('杭州天氣');
  await hua.does(`/desk/${id}/claim`);
  expect(await fan.says('杭州天氣')).toBe('');
});

test('her own words end it, waiting or open, and a second 「人工」 is the same line', async () => {
  const { fan, id, pid } = await waiting('小雲');
  await fan.says('人工');
  expect(await conversationOf(pid)).toBe(id);
  expect(await fan.says('退出人工')).toContain('不等了');
  expect(await fan.says('退出人工')).toContain('現在沒有同事在和你談');
  await fan.says('轉人工');
  const next = await conversationOf(pid);
  expect(next).not.toBe(id);
  await mei.does(`/desk/${next}/claim`);
  expect(await fan.says('杭州天氣')).toBe('');
  expect(await fan.says('退出人工')).toContain('小藝回來了');
  // At once, whatever is still to be settled behind.
  expect(await fan.says('杭州天氣')).toContain('杭州天氣');
  expect(await linesOf(mei, next)).toContain('她說退出');
});

test('copies of her words while it is open are one message for the agent, and silence for her', async () => {
  const { fan, id } = await claimed('小禾');
  await mei.does(`/desk/${id}/keep`, { words: '留著的話', once: once() });
  await fan.says('只說一次', { storm: true });
  await town.settled();
  const messages = (await linesOf(mei, id)).split('只說一次').length - 1;
  expect(messages).toBe(1);
  expect(fan.inbox.filter((words) => words === '留著的話')).toHaveLength(1);
});

test('half an hour without a word of either, and the bot is back, saying so', async () => {
  const { fan, id } = await claimed('小靜');
  await town.turn({ minutes: 20 });
  expect(await fan.says('在嗎')).toBe('');
  await town.turn({ minutes: 20 });
  expect(await fan.says('還在嗎')).toBe('');
  await town.turn({ minutes: 31 });
  expect(fan.inbox.at(-1)).toContain('小藝回來了');
  expect(await fan.says('杭州天氣')).toContain('杭州天氣');
  expect(await linesOf(mei, id)).toContain('半小時沒人說話');
});

test('two sentences in a row that nobody understands call a person', async () => {
  const fan = await town.follower('小葉');
  await fan.says('嘰哩咕嚕嘩啦嘩啦呼');
  await fan.says('杭州天氣');
  expect(await fan.says('嘰哩咕嚕嘩啦嘩啦呼')).not.toContain('請同事來看');
  expect(await fan.says('烏魯木碌啪啦啪啦')).toContain('請同事來看');
  const id = await conversationOf(await pidOf(fan));
  const html = await mei.reads(`/desk/${id}`);
  expect(html).toContain('連著兩句沒聽懂');
  expect(html).toContain('小藝沒聽懂她的');
  expect(html).toContain('烏魯木碌啪啦啪啦');
  expect(await fan.says('唏哩嘩啦咕咚咕咚')).not.toContain('請同事來看');
});

test('nobody comes in ten minutes of service hours: an alarm, until somebody does', async () => {
  const { id } = await waiting('小米');
  for (const { _id, state } of (await services().desk.list({ show: 'waiting', me: '' })).rows)
    if (state === 'waiting' && _id !== id) await mei.does(`/desk/${_id}/close`);
  const raised = async () => (await services().alarms.open()).filter(({ cause }) => cause === 'desk-waiting');
  await town.turn({ minutes: 9 });
  expect(await raised()).toHaveLength(0);
  await town.turn({ minutes: 2 });
  expect((await raised())[0]?.text).toContain('超過 10 分鐘');
  await mei.does(`/desk/${id}/claim`);
  expect(await raised()).toHaveLength(0);
});

test('one of us begins: without a window the words wait for hers', async () => {
  const fan = await town.follower('阿遠');
  await fan.says('你好');
  const pid = await pidOf(fan);
  await town.turn({ hours: 50 });
  expect(await mei.reads(`/desk/with/${pid}`)).toContain('過了 48 小時');
  const { to = '' } = await mei.does(`/desk/with/${pid}/take`);
  const id = to.replace('/desk/', '');
  expect(await says(mei, id, '你的獎品到了')).toMatchObject({
    refused: expect.stringContaining('過了 48 小時'),
  });
  await mei.does(`/desk/${id}/keep`, { words: '你的獎品到了', once: once() });
  await town.settled();
  const read = await fan.says('在嗎');
  expect(read).toContain('同事來了');
  expect(read).toContain('你的獎品到了');
  expect(await fan.says('太好了')).toBe('');
  expect((await hua.does(`/desk/with/${pid}/take`)).refused).toContain(mei.name);
});

test('notes and canned answers', async () => {
  const { id } = await waiting('小筆');
  expect(await mei.does(`/desk/${id}/note`, { words: '要無菸房' })).toMatchObject({ said: '記下了。' });
  expect(await mei.reads(`/desk/${id}`)).toContain('要無菸房');

  expect(await mei.reads('/desk/answers')).toContain('還沒有常用回覆');
  await mei.does('/desk/answers/new', { title: '加床', words: '每晚 80 元。' });
  expect((await mei.does('/desk/answers/new', { title: '加床', words: '不' })).fields).toHaveProperty(
    'title',
  );
  expect((await mei.does('/desk/answers/new', { title: '空的', words: ' ' })).fields).toHaveProperty('words');
  await mei.does(`/desk/${id}/claim`);
  expect(await mei.reads(`/desk/${id}`)).toContain('<option value="每晚 80 元。"');
  const [canned] = await services().desk.answers.list();
  await mei.does(`/desk/answers/${canned?._id}`, { title: '加床費', words: '每晚 90 元。' });
  expect(await mei.reads(`/desk/answers/${canned?._id}`)).toContain('每晚 90 元。');
  await mei.does(`/desk/answers/${canned?._id}/remove`, { reason: '過時了' });
  expect(await services().desk.answers.list()).toEqual([]);
});

test('wrong words are refused at their field', async () => {
  const { id } = await claimed('小錯');
  expect((await says(mei, id, '  ')).fields).toHaveProperty('words');
  expect((await says(mei, id, '長'.repeat(601))).fields).toHaveProperty('words');
  expect(
    (await mei.does(`/desk/${id}/keep`, { words: '長'.repeat(301), once: once() })).fields,
  ).toHaveProperty('words');
  expect((await mei.get('/desk/no-such-conversation')).status).toBe(404);
});

test('the list filters, goes on, counts the week and exports with its filter', async () => {
  const { id } = await claimed('小表');
  await says(mei, id, '好的');
  expect(await mei.reads('/desk?show=mine')).toContain(`/desk/${id}`);
  expect(await hua.reads('/desk?show=mine')).not.toContain(`/desk/${id}`);
  expect(await mei.reads(`/desk?show=all&agent=${mei.id}&way=answered`)).toContain(`/desk/${id}`);
  expect(await mei.reads('/desk?show=all&to=2026-11-22')).toContain('沒有符合條件的');
  const seen: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor; first = false) {
    const { rows, next } = await services().desk.list({ me: '', limit: 2, cursor });
    seen.push(...rows.map(({ _id }) => _id));
    cursor = next;
  }
  const { rows } = await services().desk.list({ me: '', limit: 100 });
  expect(seen).toEqual(rows.map(({ _id }) => _id));
  const states = rows.map(({ state }) => state);
  expect(states).toEqual(states.toSorted().toReversed());
  expect(states).toContain('open');

  const week = await mei.reads('/desk/week');
  expect(week).toContain(mei.name);
  expect(week).toContain('way=answered');
  const { to = '' } = await mei.does('/desk/export', { show: 'all', agent: mei.id });
  await house.worked();
  expect(await mei.reads(to)).toContain('段對話');
});

test('what was left outside service hours is listed until it is answered', async () => {
  const fan = await town.follower('小夜');
  await town.turn(momentAt('2026-11-27T22:30'));
  await fan.says('人工');
  await fan.says('能寄存行李嗎');
  await fan.says('13800001111');
  const list = await mei.reads('/desk/enquiries');
  expect(list).toContain('能寄存行李嗎');
  expect(list).toContain('138****1111');
  expect(list).not.toContain('13800001111');
  const [, id = ''] = /\/desk\/enquiries\/([\w-]{20,})/.exec(list) ?? [];
  expect(await mei.reads(`/desk/enquiries/${id}`)).toContain('13800001111');
  const marketer = await house.as('marketer');
  expect(await marketer.reads(`/desk/enquiries/${id}`)).not.toContain('13800001111');
  await mei.does(`/desk/enquiries/${id}/answered`);
  expect((await hua.does(`/desk/enquiries/${id}/answered`)).refused).toContain(mei.name);
  expect(await mei.reads('/desk/enquiries')).not.toContain('能寄存行李嗎');
  expect(await mei.reads('/desk/enquiries?show=done')).toContain('能寄存行李嗎');
  await hua.does(`/desk/enquiries/${id}/reopen`);
  expect(await mei.reads('/desk/enquiries')).toContain('能寄存行李嗎');
  const { to = '' } = await mei.does('/desk/enquiries/export', { show: 'open' });
  await house.worked();
  expect(await mei.reads(to)).toContain('1 則留話');
});

test('who may not is refused', async () => {
  const { id } = await waiting('小界').catch(() => ({ id: '' }));
  const analyst = await house.as('analyst');
  for (const path of ['/desk', `/desk/${id || 'x'}`, '/desk/enquiries', '/desk/answers'])
    expect((await analyst.get(path)).status).toBe(403);
  const marketer = await house.as('marketer');
  expect((await marketer.get('/desk')).status).toBe(200);
  expect((await marketer.post('/desk/x/claim')).status).toBe(403);
  expect((await marketer.post('/desk/x/answer', { words: '好', once: 'x' })).status).toBe(403);
});

test('she leaves: the conversation and its words go, and her copy had them before', async () => {
  await town.turn(momentAt('2026-11-28T10:00'));
  const { fan, id, pid } = await claimed('小別');
  await says(mei, id, '臨別的話');
  await town.settled();
  const fanKey = services().subscribers.fanOf(fan.openid);
  const copy = JSON.stringify(await services().upkeep.copy({ fan: fanKey, pid }));
  expect(copy).toContain('臨別的話');
  expect(copy).not.toContain(mei.id);
  expect(await unclassed(town.app.db)).toEqual([]);
  await fan.leaves();
  await town.settled();
  expect((await mei.get(`/desk/${id}`)).status).toBe(404);
  const { conversationWords = [] } = await services().upkeep.copy({ fan: fanKey, pid });
  expect(conversationWords).toEqual([]);
  await fan.follows();
  expect(await fan.says('杭州天氣')).toContain('杭州天氣');
});

test('a claim that was cut off is carried out by the sweeper', async () => {
  const { fan, id } = await waiting('小斷');
  await town.app.db.collection<{ _id: string }>('conversations').updateOne(
    { _id: id },
    {
      $set: {
        state: 'open',
        agent: mei.id,
        movedAt: new Date(town.clock.now()),
        turn: 1,
        todo: { turn: 1, say: 'desk-came' },
      },
    },
  );
  await services().desk.upkeep.sweep();
  await town.settled();
  expect(fan.inbox.at(-1)).toContain('同事來了');
  expect(await fan.says('杭州天氣')).toBe('');
});
