import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Failure, Knob } from '../../../src/simulator/knobs';
import { fetchOldReplies } from '../../../src/wechat/api/autoreply';
import { type ClientOptions, createWechatClient } from '../../../src/wechat/api/client';
import { createCustomerMessages } from '../../../src/wechat/api/customer-messages';
import { createDrafts } from '../../../src/wechat/api/drafts';
import { createMass } from '../../../src/wechat/api/mass';
import { createMedia } from '../../../src/wechat/api/media';
import { createMenu } from '../../../src/wechat/api/menu';
import { createMenuTool } from '../../../src/wechat/api/menu-tool';
import { createNotices } from '../../../src/wechat/api/notices';
import { createQrcodes } from '../../../src/wechat/api/qrcodes';
import { createTags } from '../../../src/wechat/api/tags';
import { createTemplates } from '../../../src/wechat/api/templates';
import { createUsers } from '../../../src/wechat/api/users';
import { createStage, secrets } from '../../simulator/stage';

/** Our client against the simulated platform, which holds both to the same documents. */
let stage: Awaited<ReturnType<typeof createStage>>;
const readJson = (path: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../../..', path), 'utf8'));
const sample = (name: string) => readJson(`src/simulator/sample/${name}`);

beforeEach(async () => {
  stage = await createStage({ autoReplies: Object(sample('autoreply.json')) });
});
afterEach(() => stage.close());

const clientOf = (options: Partial<ClientOptions> = {}) =>
  createWechatClient({
    baseUrl: stage.url,
    ...secrets,
    log: pino({ level: 'silent' }),
    backoffMs: 1,
    ...options,
  });
const text = (words: string) => ({ kind: 'text' as const, text: words });
const sendPath = '/cgi-bin/message/custom/send';

async function fan() {
  const lin = stage.sim.fan('Lin');
  await lin.follows();
  await lin.says('你好');
  return lin;
}
/** The customer messages that WeChat took. */
const taken = () => stage.sim.effects.list(sendPath).length;

test('a fan who wrote can be sent five messages; the sixth is refused, and after 48 hours all are', async () => {
  const lin = await fan();
  const messages = createCustomerMessages({ client: clientOf() });
  // Following opened a window of its own, which closes first.
  stage.passes(61_000);
  for (let n = 0; n < 5; n++)
    expect(await messages.send(lin.openid, text(`第 ${n} 條`))).toEqual({ kind: 'sent' });
  expect(await messages.send(lin.openid, text('第 6 條'))).toMatchObject({ kind: 'refused', errcode: 45047 });
  stage.passes(48 * 3_600_000);
  expect(await messages.send(lin.openid, text('晚了'))).toMatchObject({ kind: 'refused', errcode: 45015 });
});

test('a send whose answer is lost is unknown, and WeChat took it once', async () => {
  const lin = await fan();
  const messages = createCustomerMessages({ client: clientOf() });
  stage.sim.knobs.set({ path: sendPath, failAfter: { reset: true } });
  expect(await messages.send(lin.openid, text('你好'))).toMatchObject({ kind: 'unknown' });
  expect(taken()).toBe(1);
});

test('tokens that another server made invalid, or that ended, are replaced without losing a message', async () => {
  const lin = await fan();
  const messages = createCustomerMessages({ client: clientOf() });
  expect(await messages.send(lin.openid, text('一'))).toEqual({ kind: 'sent' });
  stage.sim.tokens.revokeAll();
  expect(await messages.send(lin.openid, text('二'))).toEqual({ kind: 'sent' });
  stage.passes(3 * 3_600_000);
  expect(await messages.send(lin.openid, text('三'))).toEqual({ kind: 'sent' });
  expect(taken()).toBe(3);
});

test('the default menu is pushed, shown to fans, and nothing is left to push', async () => {
  const file = readJson('templates/menu.json');
  const claimed = Array.from(JSON.stringify(file).matchAll(/"key":"(\w+)"/g), ([, key]) => key ?? '');
  const tool = createMenuTool({
    menu: createMenu({ client: clientOf() }),
    tags: createTags({ client: clientOf() }),
    claimed,
  });
  const pushed = await tool.push(file);
  expect(pushed).toMatchObject({ done: true, problems: [] });
  expect(pushed.changes.length).toBeGreaterThan(3);
  expect(stage.sim.world.menu).toEqual(Object(file).button);
  expect(await tool.diff(file)).toEqual([]);
  expect((await tool.pull()).menu).toEqual(file);
});

test('old replies, a fan, a code and a picture are read as the platform tells them', async () => {
  const lin = await fan();
  const client = clientOf();
  expect((await fetchOldReplies(client)).rules.length).toBeGreaterThan(10);
  expect(await createUsers({ client }).info(lin.openid)).toMatchObject({ openid: lin.openid, follows: true });
  expect(await createQrcodes({ client }).create('store_88')).toMatchObject({ expiresInS: 2_592_000 });
  const picture = { name: 'a.png', type: 'image/png', bytes: Buffer.from(dot, 'base64') };
  const uploaded = await client.upload('/cgi-bin/media/upload', picture, { type: 'image' });
  const kept = await createMedia({ client }).keep('image', String(uploaded['media_id']));
  expect(kept).not.toBe(uploaded['media_id']);
});

const noWait = { take: async () => {} };
const massOf = () => createMass({ client: clientOf({ massPacer: noWait }) });
const listPath = '/cgi-bin/message/mass/send';

test.each<[string, Failure]>([
  ['a reset connection', { reset: true }],
  ['a gateway error', { status: 502 }],
])(
  'a mass send whose answer is lost by %s is asked again under its key, and reaches each person once',
  async (_name, failAfter) => {
    const lin = await fan();
    const zhen = stage.sim.fan('Zhen');
    await zhen.follows();
    const mass = massOf();
    stage.sim.knobs.set({ path: listPath, failAfter, times: 1 });
    const send = () => mass.sendTo([lin.openid, zhen.openid], text('春天'), 'push1/1');
    expect(await send()).toMatchObject({ kind: 'unknown' });
    const again = await send();
    expect(again).toMatchObject({ kind: 'accepted', again: true, msgId: expect.stringMatching(/^\d+$/) });
    expect(await mass.status(again.kind === 'accepted' ? again.msgId : '')).toBe('sent');
    expect(zhen.inbox()).toEqual(['春天']);
  },
);

test.each<[string, Partial<Knob>, object]>([
  ['half an answer', { body: 'half' }, { kind: 'unknown' }],
  ['a busy platform', { failBefore: { errcode: -1 } }, { kind: 'later', afterMs: 5_000 }],
  ['a used-up day', { failBefore: { errcode: 45009 } }, { kind: 'later', afterMs: 300_000 }],
  ['an administrator to be asked', { failBefore: { errcode: 89504 } }, { kind: 'confirm' }],
  ['a forbidden link', { failBefore: { errcode: 45052 } }, { kind: 'refused', errcode: 45052 }],
])('%s becomes one outcome of a mass send', async (_name, knob, outcome) => {
  const lin = await fan();
  stage.sim.knobs.set({ path: listPath, times: 1, ...knob });
  expect(await massOf().sendTo([lin.openid, lin.openid], text('春天'), 'k')).toMatchObject(outcome);
});

test('a draft goes to everybody once and is gone; the fifth mass message of a month reaches nobody', async () => {
  const lin = await fan();
  const mass = massOf();
  const drafts = createDrafts({ client: clientOf() });
  stage.sim.world.draft('春天', '去哪裡');
  const [draft] = (await drafts.list({ offset: 0, count: 20 })).drafts;
  expect(draft?.titles).toEqual(['春天', '去哪裡']);
  const article = { kind: 'article' as const, draftMediaId: draft?.mediaId ?? '' };
  expect(await mass.preview(lin.openid, article)).toMatchObject({ kind: 'sent' });
  expect(await mass.sendByTag('everybody', article, 'k1')).toMatchObject({ kind: 'accepted', again: false });
  expect(await mass.sendByTag('everybody', article, 'k1')).toMatchObject({ kind: 'accepted', again: true });
  expect(await mass.sendByTag('everybody', article, 'k2')).toMatchObject({ kind: 'refused', errcode: 40007 });
  expect(await drafts.list({ offset: 0, count: 20 })).toEqual({ total: 0, drafts: [] });
  for (const n of [2, 3, 4, 5])
    expect(await mass.sendByTag('everybody', text(`${n}`), `t${n}`)).toMatchObject({ kind: 'accepted' });
  expect(lin.inbox().filter((one) => /^\d$/.test(one))).toEqual(['2', '3', '4']);
});

test('a subscription notice goes once for each yes, and not to who never gave one', async () => {
  const lin = await fan();
  const notices = createNotices({ client: clientOf() });
  const notice = { templateId: 'N1', data: { thing1: '出發提醒' }, key: 'k' };
  expect(await notices.send(lin.openid, notice)).toMatchObject({ kind: 'refused', errcode: 43101 });
  await lin.grants('N1');
  expect(await notices.send(lin.openid, notice)).toEqual({ kind: 'sent' });
  expect(await notices.send(lin.openid, notice)).toMatchObject({ kind: 'refused', errcode: 43101 });
  expect(lin.inbox()).toContain('thing1:出發提醒');
});

test('a template message under one key reaches her once, though its first answer was lost', async () => {
  const lin = await fan();
  const templates = createTemplates({ client: clientOf() });
  const message = { templateId: 'T1', data: { thing1: '訂單已確認' }, key: 'order-7' };
  stage.sim.knobs.set({ path: '/cgi-bin/message/template/send', body: 'half', times: 1 });
  expect(await templates.send(lin.openid, message)).toMatchObject({ kind: 'unknown' });
  expect(await templates.send(lin.openid, message)).toMatchObject({
    kind: 'sent',
    msgId: expect.any(String),
  });
  expect(lin.inbox().filter((one) => one.includes('訂單已確認'))).toHaveLength(1);
});

test('a temporary picture can be sent for three days', async () => {
  const lin = await fan();
  const client = clientOf();
  const picture = { name: 'a.png', type: 'image/png', bytes: Buffer.from(dot, 'base64') };
  const { mediaId, expiresAt } = await createMedia({ client }).uploadTemporary('image', picture);
  expect(expiresAt.getTime() - stage.clock.now()).toBeGreaterThan(3 * 24 * 3_600_000 - 60_000);
  const mass = massOf();
  expect(await mass.preview(lin.openid, { kind: 'image', mediaId })).toMatchObject({ kind: 'sent' });
  stage.passes(3 * 24 * 3_600_000);
  expect(await mass.preview(lin.openid, { kind: 'image', mediaId })).toMatchObject({
    kind: 'refused',
    errcode: 40007,
  });
});

const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
