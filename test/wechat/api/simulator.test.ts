import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { fetchOldReplies } from '../../../src/wechat/api/autoreply';
import { createWechatClient } from '../../../src/wechat/api/client';
import { createCustomerMessages } from '../../../src/wechat/api/customer-messages';
import { createMedia } from '../../../src/wechat/api/media';
import { createMenu } from '../../../src/wechat/api/menu';
import { createMenuTool } from '../../../src/wechat/api/menu-tool';
import { createQrcodes } from '../../../src/wechat/api/qrcodes';
import { createTags } from '../../../src/wechat/api/tags';
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

const clientOf = () =>
  createWechatClient({ baseUrl: stage.url, ...secrets, log: pino({ level: 'silent' }), backoffMs: 1 });
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

const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
