import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterwards } from '../../scripts/push/after';
import type { Asked, Values } from '../../scripts/push/command';
import { going } from '../../scripts/push/go';
import { making } from '../../scripts/push/make';
import { loadConfig } from '../../src/config';
import { root } from '../../src/kit/root';
import { simulatedAccount } from '../../src/simulator/account';
import { createTown, type Town } from '../support/town';

const dir = mkdtempSync(join(tmpdir(), 'push-'));
const sample = JSON.parse(readFileSync(join(root, 'src/simulator/sample/push.json'), 'utf8')) as object;
let town: Town;
let files = 0;

beforeAll(async () => {
  // Two processes: one that asks, as a command would, and one that is seen to run.
  town = await createTown({ at: '2026-11-23T10:00', workers: 1, settings: { PUSH_APPROVAL_ABOVE: '2' } });
  const lin = await town.follower('林');
  await lin.says('杭州天氣');
  await town.follower('梅');
  await town.settled();
  await town.services.people.rebuild();
});
afterAll(async () => {
  await town.close();
  rmSync(dir, { recursive: true });
});

/** What a command says, and with which code it ends. */
async function push(name: string, args: string[], more: Partial<Values> = {}) {
  const said: string[] = [];
  const hear = (line: unknown) => void said.push(String(line));
  const spies = [
    jest.spyOn(console, 'log').mockImplementation(hear),
    jest.spyOn(console, 'error').mockImplementation(hear),
  ];
  const values = {
    by: '小王',
    saidBy: '',
    to: [],
    reason: [],
    out: '',
    yes: false,
    watch: false,
    list: false,
    anyway: false,
    ...more,
  };
  const config = loadConfig({
    ...simulatedAccount.env(0),
    DATA_KEY: 'a key for towns, longer than thirty-two',
    PUSH_APPROVAL_ABOVE: '2',
  });
  const { services, clock } = town;
  try {
    const command = { ...making, ...going, ...afterwards }[name];
    const code = await command?.run({ services, clock, config, values, args } as unknown as Asked);
    return { code, said: said.join('\n') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function fileOf(json: object): string {
  const path = join(dir, `${++files}.json`);
  writeFileSync(path, JSON.stringify(json));
  return path;
}
const customer = { 客服消息: { kind: '文字', text: '{名字|朋友}，周末去哪裡？' } };
const simple = (id: string, more: object = {}) => ({
  id,
  name: '周末',
  class: '營銷',
  audience: { to: '30 天內來過' },
  routes: ['客服消息'],
  content: customer,
  ...more,
});

test('everybody is an audience; a segment that is not there is answered with those that are', async () => {
  const rule = await town.services.segments.readText('用繁體');
  await town.services.segments.save({ id: 'guests', name: '老客人', rule, by: '小王' });
  for (const to of ['所有人', '全部', 'everybody']) {
    const brought = await push('import', [fileOf(simple('all', { audience: { to } }))]);
    expect(brought).toMatchObject({ code: 0 });
    expect((await push('plan', ['all'])).said).toContain('對象 2 人');
  }
  const brought = await push('import', [fileOf(simple('all', { audience: { to: '老客戶' } }))]);
  expect(brought.said).toContain('對象：沒有分群「老客戶」；有的是：guests「老客人」');
  await expect(push('reach', ['老客戶'])).rejects.toThrow('沒有分群「老客戶」；有的是：guests');
  await expect(push('reach', ['三十天問過「酒店」'])).rejects.toThrow('看不懂');
});

test('from a file to a report: nothing goes out before --yes', async () => {
  const brought = await push('import', [fileOf(simple('weekend'))]);
  expect(brought).toEqual({
    code: 0,
    said: expect.stringContaining('weekend「周末」營銷，客服消息；草稿　第 1 版'),
  });
  expect((await push('plan', ['weekend'])).said).toContain(
    '對象 2 人：客服消息 1；這次收不到 1：客服窗口沒開：她 48 小時內沒說過話 1',
  );
  const dry = await push('start', ['weekend']);
  expect(dry.said).toContain('什麼都沒有發。真的開始：npm run push -- start weekend --yes');
  expect((await town.services.pushes.get('weekend')).state).toBe('draft');

  expect((await push('start', ['weekend'], { yes: true })).said).toContain('馬上發');
  await town.settled();
  const watched = await push('watch', ['weekend']);
  expect(watched).toEqual({
    code: 0,
    said: expect.stringContaining('名單 2 人：發出 1、交給群發 0、失敗 0'),
  });
  expect(watched.said).toContain('她 48 小時內沒說過話 1');
  const { said } = await push('report', ['weekend']);
  expect(said).toContain('名單 2 ＝ 發出 1 ＋ 交給群發 0 ＋ 失敗 0 ＋ 不明 0 ＋ 沒發 1 ＋ 還沒輪到 0');
  expect(said).toContain('發出之後回來過的 0 人');
  expect((await push('list', [])).said).toContain('weekend「周末」營銷，客服消息；發完了　2/2');
  await expect(push('resume', ['weekend'])).rejects.toThrow('現在是「發完了」，不能繼續');
});

test('whom it missed is listed, taken out under a name, and sent to again', async () => {
  const out = join(dir, 'missed.csv');
  const { said } = await push('missed', ['weekend'], { list: true, out });
  expect(said).toContain('沒收到的 1 人：');
  expect(said).toContain(`已寫好 ${out}：1 人。`);
  expect(readFileSync(out, 'utf8')).toMatch(/^\uFEFFpid,路線,原因\r?\n'?[\w-]{16},客服消息,客服窗口沒開/);
  expect(await town.app.db.collection('exports').findOne({ what: 'missed' })).toMatchObject({
    by: '小王',
    filter: { push: 'weekend' },
    rows: 1,
  });
  await expect(push('again', ['weekend', 'weekend-2'], { reason: ['太遠'] })).rejects.toThrow(
    '沒有人因為「太遠」沒收到；有的原因：客服窗口沒開',
  );
  const again = await push('again', ['weekend', 'weekend-2'], { reason: ['客服窗口'] });
  expect(again.said).toContain('「weekend」沒收到的 1 人（客服窗口沒開');
});

test('a file with faults changes nothing, and every fault is told', async () => {
  const bad = await push('import', [fileOf({ ...simple('bad'), routes: ['飛鴿'], colour: 'red' })]);
  expect(bad.code).toBe(1);
  expect(bad.said).toContain('routes.0 欄「飛鴿」：只能是：客服消息（customer）');
  expect(bad.said).toContain('不認得這個欄位「colour」');
  expect(bad.said).toContain('有 2 處要改，沒有導入。');
  await expect(push('show', ['bad'])).rejects.toThrow('沒有推送「bad」；有的是：');
});

test('what a push may not say is told when it is brought in, and when it is started', async () => {
  const content = { 模板消息: { templateId: 't', fields: { thing1: '好' } } };
  const brought = await push('import', [fileOf(simple('advert', { routes: ['模板消息'], content }))]);
  expect(brought).toEqual({ code: 1, said: expect.stringContaining('不能發營銷內容') });
  expect((await push('start', ['advert'])).code).toBe(1);
  await expect(push('start', ['advert'], { yes: true })).rejects.toThrow('還不能開始');
});

test('a big one waits for a second person, who is shown it first', async () => {
  await town.follower('柏');
  await town.settled();
  await town.services.people.rebuild();
  await push('import', [fileOf(simple('big', { at: '2026-11-25 09:00' }))]);
  expect((await push('start', ['big'])).said).toContain('超過 2 人：開始之後要第二個人同意才發');
  expect((await push('start', ['big'], { yes: true })).said).toContain('等第二個人同意');
  await expect(push('approve', ['big'], { yes: true })).rejects.toThrow(
    '寫過或送出過這個推送，要另一個人同意',
  );
  expect((await push('approve', ['big'])).said).toContain('要另一個人同意：approve big --by 她的名字');
  const shown = await push('approve', ['big'], { by: '阿珍', saidBy: '阿珍' });
  expect(shown.said).toContain('客服消息（文字）：{名字|朋友}，周末去哪裡？');
  expect(shown.said).toContain('這只是給你看的。同意：npm run push -- approve big --by 阿珍 --yes');
  expect((await push('approve', ['big'], { by: '阿珍', yes: true })).said).toContain(
    '排定了，2026-11-25 09:00',
  );
  await expect(push('pause', ['big'])).rejects.toThrow(
    '現在是「排定了」，不能暫停。還沒到時間；不發了就取消',
  );
  expect((await push('cancel', ['big'])).said).toContain('一條也沒有發出去');
  await expect(push('start', ['big'], { yes: true })).rejects.toThrow('取消了不能再開');
});

test('one of ours sees it first, found by pid, openid or name', async () => {
  await push('import', [fileOf(simple('shown'))]);
  await expect(push('test', ['shown'])).rejects.toThrow('發給誰看？npm run push -- test shown --to 人');
  await expect(push('test', ['shown'], { to: ['沒這人'] })).rejects.toThrow('不認得「沒這人」');
  const { code, said } = await push('test', ['shown'], { to: ['林'] });
  expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('客服消息：發出去了') });
  expect(town.sim.fan('林').inbox().at(-1)).toContain('朋友，周末去哪裡？');
});

test('a test-send shows every version, and its links are the plain addresses', async () => {
  const address = 'https://travel.example.com/b';
  const words = (text: string) => ({ 客服消息: { kind: '文字', text: `${text}[看](${address})` } });
  const variants = [{ name: '甲', share: 50, content: words('甲') }];
  await push('import', [fileOf(simple('versions', { content: words('原'), variants }))]);
  const [{ said }] = await Promise.all([push('test', ['versions'], { to: ['林'] }), town.settled()]);
  expect(said).toMatch(/^林（[\w-]{16}）　客服消息（其餘）：發出去了；客服消息「甲」：發出去了$/m);
  const two = town.sim.fan('林').inbox().slice(-2);
  for (const one of two) expect(JSON.stringify(one)).toContain(address);
  expect((await push('show', ['versions'])).said).toMatch(/試發的結果　[\w-]{16}　客服消息（其餘）：/);
});

test('one that reaches nobody does not start by mistake', async () => {
  await push('import', [fileOf(simple('nobody', { audience: { to: '沉默超過 30 天' } }))]);
  const planned = await push('plan', ['nobody']);
  expect(planned.said).toContain('現在發，一個人也收不到');
  expect(planned.said).not.toContain('要發：');
  expect((await push('start', ['nobody'])).code).toBe(1);
  const refused = await push('start', ['nobody'], { yes: true });
  expect(refused).toEqual({ code: 1, said: expect.stringContaining('start nobody --yes --anyway') });
  expect((await town.services.pushes.get('nobody')).state).toBe('draft');
});

test('what is set for the quiet hours is said to go after them', async () => {
  const content = { 群發: { kind: '文字', text: '好' } };
  const mass = { routes: ['群發'], content, at: '2026-11-30 23:00', audience: { to: '沉默超過 30 天' } };
  await push('import', [fileOf(simple('late', mass))]);
  const { said } = await push('start', ['late'], { yes: true });
  expect(said).toContain('排定了，2026-12-01 08:00（排的是 2026-11-30 23:00，22:00–08:00 免打擾）');
  expect(said).toContain('2026-12-01 08:00 發，還有 8 天（22:00–08:00 免打擾）');
  expect((await push('calendar', ['2026-12'])).said).toContain('2026-12-01　排定：late「周末」');
  expect((await push('cancel', ['late'])).said).toContain('還沒有圈定名單就取消了，誰也沒收到');
  expect((await push('missed', ['late'])).said).toContain('還沒有圈定名單就取消了');
  await expect(push('again', ['late', 'late-2'])).rejects.toThrow('還沒有圈定名單就取消了');
});

test('anybody may ask how far a segment can be reached', async () => {
  const { said } = await push('reach', ['30 天內來過']);
  expect(said).toContain('3 人：現在能發客服消息 1，其餘能群發 2');
  const silent = simple('silent', { audience: { to: '沉默超過 30 天' } });
  await push('import', [fileOf(silent)]);
  expect((await push('plan', ['silent'])).said).toContain('提醒：沉默超過 30 天的人，客服消息一個也到不了');
});

test('mass sends made by hand count in everybody’s month, once a day and time', async () => {
  const byHand = (...args: string[]) => push('by-hand', args);
  expect((await byHand('2026-11-20')).said).toContain('2026-11-20 在微信後台群發過 1 次');
  await byHand('2026-11-20');
  expect(await town.services.reach.byHand('2026-11')).toBe(1);
  await byHand('2026-11-20', '2');
  expect((await push('calendar', ['2026-11'])).said).toMatch(
    /2026-11-20　在微信後台發的（小王）　◀[^]*還能再收 2 條/,
  );
  await byHand('2026-11-20', '0');
  expect(await town.services.reach.byHand('2026-11')).toBe(0);
  await expect(byHand('2026-11-31')).rejects.toThrow('不是日子');
  await expect(byHand('2026-12-24')).rejects.toThrow('還沒有到');
  await expect(push('calendar', ['十一月'])).rejects.toThrow('要寫成 2026-11');
});

test('the sample is sound, and shows what it says by version and route', async () => {
  const brought = await push('import', [fileOf({ ...sample, id: 'sample' })]);
  expect(brought).toEqual({ code: 0, said: expect.stringContaining('草稿') });
  const { said } = await push('show', ['sample']);
  expect(said).toContain('其餘 50%　客服消息（文字）：{名字|朋友}，周末想去哪裡？');
  expect(said).toContain('「問句」50%　客服消息（文字）：');
  expect(said).toContain('免打擾：22:00–08:00；一個人 7 天最多 3 次；誤了半小時以上問人');
  await expect(push('import', [fileOf(simple('weekend'))])).rejects.toThrow('現在是「發完了」，不能再改');
});
