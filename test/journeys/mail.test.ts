import supertest from 'supertest';
import { buttonOf, linksIn, plainOf, startMailServer } from '../support/mails';
import { createTown, type Town, type TownFan } from '../support/town';

let server: Awaited<ReturnType<typeof startMailServer>>;
let town: Town;
const mailSettings = () => ({ MAIL_URL: server.url, MAIL_FROM: '小藝旅行 <mail@brand.example.com>' });
beforeAll(async () => {
  server = await startMailServer();
  town = await createTown({ settings: mailSettings() });
});
afterAll(async () => {
  await town.close();
  await server.close();
});
beforeEach(() => {
  server.mails.length = 0;
  Object.assign(server.says, { recipient: '250 ok', mail: '250 kept' });
});

async function asks(fan: TownFan, address: string, where = town): Promise<void> {
  for (const said of ['綁定郵箱', '同意']) await fan.says(said);
  expect(await fan.says(address)).toContain(`寄到 ${address} 了`);
  await where.settled();
}
const get = (url: string) => supertest(town.app.http.handler).get(new URL(url).pathname);
const scenes = (where = town) =>
  [...where.sim.world.scenes.values()].map(({ scene }) => scene).filter((scene) => scene.startsWith('mail:'));
const people = async (): Promise<number> => {
  const { segments, people: flat } = town.services;
  await flat.rebuild();
  return (await segments.count(await segments.readText('綁定了信箱'))).people;
};

test('from her chat to her mailbox and back: the link in the mail makes her part of a segment, and she leaves with it', async () => {
  const lin = await town.follower('Lin');
  await asks(lin, 'lin@example.com');
  expect(server.mails).toHaveLength(1);
  const [mail = ''] = server.mails;
  expect(mail).toMatch(/Content-Type: image\/svg\+xml.*Content-ID: <qrcode>/s);
  expect(await people()).toBe(0);
  const { text } = await get(linksIn(mail).confirm);
  expect((await get(buttonOf(text))).text).toContain('綁定好了');
  expect(await people()).toBe(1);
  expect(await lin.says('我的郵箱')).toContain('l***@example.com');

  await lin.leaves();
  await town.turn({ minutes: 10 });
  expect(await people()).toBe(0);
  expect((await get(linksIn(mail).confirm)).status).toBe(404);
});

test('the code in the mail brings a new follower, and the address is hers; after 48 hours it binds nothing', async () => {
  const mei = await town.follower('Mei');
  await asks(mei, 'mei@example.com');
  const [mail = ''] = server.mails;
  const { text } = await get(linksIn(mail).confirm);
  await get(buttonOf(text));
  const scene = scenes().at(-1) ?? '';
  expect([...scene].length).toBeLessThanOrEqual(64);

  const other = await town.fan('Mei at work');
  expect(await other.follows(scene)).toMatch(/^你好，我是小藝.*m\*\*\*@example\.com 已經綁定到你的微信/s);
  expect(await other.scans(scene)).toContain('已經綁定到你的微信');
  expect(await other.says('我的郵箱')).toContain('m***@example.com');
  expect(await mei.says('我的郵箱')).toContain('還沒有綁定郵箱');
  expect(await people()).toBe(1);

  const { services, clock } = town;
  const found = await services.subscribers.load(services.subscribers.fanOf(other.openid));
  expect(found?.channel).toEqual({ first: 'mail', last: 'mail' });
  await town.turn({ hours: 49 });
  expect(await services.mails.scanned(found?.pid ?? '', scene)).toBeUndefined();
  expect(await services.mails.scanned(found?.pid ?? '', `${scene.slice(0, -1)}-`)).toBeUndefined();
  expect(clock.now()).toBeGreaterThan(0);
});

test('an address that takes no mail is told to her, once', async () => {
  server.says.recipient = '550 no such mailbox';
  const an = await town.follower('An');
  await asks(an, 'nobody@example.com');
  expect(an.inbox.filter((said) => said.includes('確認信寄不到'))).toHaveLength(1);
});

test('where WeChat gives no code the mail goes without one', async () => {
  town.sim.knobs.set({ path: '/cgi-bin/qrcode/create', failBefore: { errcode: 45009 } });
  const yu = await town.follower('Yu');
  await asks(yu, 'yu@example.com');
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]).not.toContain('Content-ID');
  expect(plainOf(server.mails[0] ?? '')).not.toContain('二維碼');
});

test('a subscription account has no such codes, and asks WeChat for none', async () => {
  const small = await createTown({ settings: { ...mailSettings(), WECHAT_ACCOUNT_TYPE: 'subscription' } });
  try {
    await asks(await small.follower('Lin'), 'small@example.com', small);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).not.toContain('Content-ID');
    expect(scenes(small)).toEqual([]);
  } finally {
    await small.close();
  }
});
