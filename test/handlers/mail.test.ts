import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { pages } from '../../src/http/h5/pages';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { createPages } from '../../src/render/pages';
import { testDatabase } from '../support/database';
import { buttonOf, linksIn } from '../support/mails';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
const dataDir = mkdtempSync(join(tmpdir(), 'xiaoyi-mails-'));
let talk: Talk;
let http: Parameters<typeof supertest>[0];
beforeAll(async () => {
  talk = await createTalk(database, { settings: { DATA_DIR: dataDir } });
  http = createHttp({
    callback: () => {},
    pages,
    services: talk.services,
    fill: createPages().page,
    verifyFolder: '',
    ready: async () => [],
    script: 'hant',
    log: createLog({ level: 'silent', name: 'http' }),
  }).handler;
});
afterAll(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true });
});
beforeEach(() => talk.turnClockTo('2026-11-22T10:00'));

type Fan = ReturnType<Talk['fan']>;
const path = (url: string) => url.replace('https://wx.xiaoyi.example.com', '');
const get = (url: string) => supertest(http).get(path(url));

/** What her last words left to a worker. */
async function work(fan: Fan): Promise<void> {
  for (const effect of fan.last()?.effects ?? [])
    if (effect.kind === 'later')
      await talk.services.upkeep.jobs.get(effect.job)?.run(talk.services as never, effect.data);
}

async function asks(fan: Fan, address: string): Promise<string> {
  await fan.says('綁定信箱');
  await fan.says('同意');
  const said = await fan.says(address);
  await work(fan);
  return said;
}

/** The mails to an address, as the simulator keeps them, oldest first by name. */
function mailsTo(address: string): string[] {
  const folder = join(dataDir, 'mails');
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .filter((mail) => mail.includes(`To: ${address}`));
}
async function bound(address: string) {
  const fan = talk.fan();
  await asks(fan, address);
  const links = linksIn(mailsTo(address)[0] ?? '');
  const button = buttonOf((await get(links.confirm)).text);
  await get(button);
  return { fan, links, button, pid: (await fan.row()).pid };
}

test('an address is bound by the button behind the link in its mail, and shown masked', async () => {
  const fan = talk.fan();
  expect(await fan.says('綁定郵箱')).toMatch(/^郵箱只用來.*可以嗎？/s);
  expect(await fan.says('好')).toContain('你的郵箱是？');
  expect(await fan.says('lin@')).toContain('name@example.com');
  expect(await fan.says('我的是 Lin.Mei＠Example.com 謝謝')).toContain('寄到 lin.mei@example.com 了');
  await work(fan);
  await work(fan); // a job may run twice
  const mails = mailsTo('lin.mei@example.com');
  expect(mails).toHaveLength(1);
  const { confirm, stop } = linksIn(mails[0] ?? '');
  expect(mails[0]?.replaceAll(/\r\n\s+/g, ' ')).toContain(`List-Unsubscribe: <${stop}>`);
  expect(await fan.says('我的信箱')).toContain('還沒有綁定郵箱');

  const page = await get(confirm);
  expect(page.status).toBe(200);
  expect(page.text).toContain('l***@example.com');
  expect(page.text).not.toMatch(/lin\.mei|<script|<form/);
  expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  expect(await fan.says('我的信箱')).toContain('還沒有綁定郵箱');

  const button = buttonOf(page.text);
  expect((await get(button)).text).toContain('綁定好了');
  expect((await get(button)).text).toContain('綁定好了');
  expect(await fan.says('我的信箱')).toContain('l***@example.com');
  const { pid, _id } = await fan.row();
  const { mailBindings } = await talk.services.upkeep.copy({ pid, fan: _id });
  const consent = expect.stringContaining('2026-11');
  expect(mailBindings).toMatchObject([{ address: 'lin.mei@example.com', source: 'link', consent }]);
});

test('a program that looks ahead confirms nothing', async () => {
  const fan = talk.fan();
  await asks(fan, 'scanner@example.com');
  const button = buttonOf((await get(linksIn(mailsTo('scanner@example.com')[0] ?? '').confirm)).text);
  expect((await supertest(http).head(path(button))).status).toBe(405);
  for (const [name, value] of [
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Purpose', 'prefetch'],
    ['X-Purpose', 'preview'],
  ] as const)
    expect((await get(button).set(name, value)).status).toBe(405);
  expect(await fan.says('我的信箱')).toContain('還沒有綁定郵箱');
});

test('a link lasts 48 hours, and one that is not ours leads nowhere', async () => {
  const fan = talk.fan();
  await asks(fan, 'late@example.com');
  const { confirm } = linksIn(mailsTo('late@example.com')[0] ?? '');
  for (const other of [
    `${confirm}x`,
    confirm.replace('/look/', '/do/'),
    confirm.replace('confirm.', 'stop.'),
  ])
    expect((await get(other)).status).toBe(404);
  talk.turnClockTo('2026-11-24T09:59');
  expect((await get(confirm)).status).toBe(200);
  talk.turnClockTo('2026-11-24T10:01');
  const { status, text } = await get(confirm);
  expect([status, text]).toEqual([404, expect.stringContaining('已經失效')]);
});

test('who does not agree is asked for no address', async () => {
  const fan = talk.fan();
  await fan.says('綁定信箱');
  expect(await fan.says('不同意')).toContain('郵箱不記');
  expect(fan.last()?.effects).toEqual([]);
});

test('three a day of one person, and to one address', async () => {
  const fan = talk.fan();
  for (const n of [1, 2, 3]) expect(await asks(fan, `n${n}@example.com`)).toContain('寄到');
  expect(await asks(fan, 'n4@example.com')).toContain('明天再試');
  for (const _ of [1, 2, 3]) expect(await asks(talk.fan(), 'one@example.com')).toContain('寄到');
  expect(await asks(talk.fan(), 'one@example.com')).toContain('明天再試');
  talk.turnClockTo('2026-11-23T10:00');
  expect(await asks(fan, 'n4@example.com')).toContain('寄到');
});

test('「解除信箱」 lets it go, and the old link binds it no more', async () => {
  const { fan, button, pid } = await bound('mei@example.com');
  expect(await talk.services.mails.audience.facts([{ pid, fan: '' }])).toEqual(
    new Map([[pid, { tokens: ['mail'] }]]),
  );
  expect(await fan.says('解除信箱')).toContain('m***@example.com 已經刪除');
  await work(fan);
  expect((await get(button)).status).toBe(404);
  expect(await fan.says('我的信箱')).toContain('還沒有綁定郵箱');
  expect(mailsTo('mei@example.com')).toEqual([]);
});

test('an address is one person’s: a second one is told so', async () => {
  await bound('shared@example.com');
  const other = talk.fan();
  await asks(other, 'shared@example.com');
  const texts = await Promise.all(
    mailsTo('shared@example.com').map(async (mail) => {
      const { text } = await get(linksIn(mail).confirm);
      return (await get(buttonOf(text))).text;
    }),
  );
  expect(texts.filter((text) => text.includes('綁定在另一個微信上'))).toHaveLength(1);
});

test('the reader of a mail ends them all', async () => {
  const { fan, links } = await bound('enough@example.com');
  const { text } = await get(links.stop);
  expect(text).toContain('不再收我們的信？');
  expect(await fan.says('我的信箱')).toContain('e***@example.com');
  expect((await get(buttonOf(text))).text).toContain('不會再寄信給你');
  expect(await fan.says('我的信箱')).toContain('還沒有綁定郵箱');
  expect(await asks(talk.fan(), 'enough@example.com')).toContain('不再收我們的信');
});

test('when she is erased, nothing of her address is left', async () => {
  const { fan, pid, links } = await bound('gone@example.com');
  const { _id } = await fan.row();
  await talk.services.upkeep.erase({ fan: _id, pid, upTo: new Date(talk.services.clock.now()) });
  expect(mailsTo('gone@example.com')).toEqual([]);
  const db = await database.connect();
  for (const { name } of (await db.db?.listCollections().toArray()) ?? [])
    if (name.startsWith('mail'))
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain('gone@');
  expect((await get(links.confirm)).status).toBe(404);
});

/** Somebody who wants promotional mails, and the last one that she got. */
async function wanting(address: string) {
  const { fan, pid } = await bound(address);
  await fan.says('訂閱郵件');
  expect(await fan.says('同意')).toContain('訂好了');
  return { fan, pid, sends: () => sends(pid, address) };
}
async function sends(pid: string, address: string, id = `autumn/${pid}`) {
  const { mails } = talk.services;
  const words = '桂花開了 <b>&\n真的\n\n 三家酒店八折';
  const written = mails.writePush({ address, subject: '週末去杭州\n好嗎', words, script: 'hant' });
  const outcome = await mails.sendPush({ id, pid, address, ...written });
  const mail = mailsTo(address).find((one) => one.includes('List-Unsubscribe-Post')) ?? '';
  return { outcome, mail, written };
}
const segment = async (sentence: string): Promise<string[]> => {
  const { people, segments } = talk.services;
  await people.rebuild();
  return (await segments.sample(await segments.readText(sentence))).map((one) => one._id);
};

test('promotional mails are a consent of their own: asked, kept with its words, ended in chat', async () => {
  const { mails } = talk.services;
  const { fan, pid } = await bound('promo@example.com');
  expect(await fan.says('我的郵箱')).toContain('想收優惠郵件，回覆「訂閱郵件」');
  expect((await mails.forPush([pid])).size).toBe(0);
  expect(await fan.says('訂閱郵件')).toMatch(/^優惠郵件只寄.*可以嗎？/s);
  expect(await fan.says('不同意')).toContain('不寄優惠郵件');
  await fan.says('訂閱優惠郵件');
  expect(await fan.says('好')).toContain('p***@example.com');
  expect(await fan.says('訂閱郵件')).toContain('訂好了');
  expect(await fan.says('我的郵箱')).toContain('優惠郵件訂著');
  expect(await mails.forPush([pid, 'nobody'])).toEqual(
    new Map([[pid, { address: 'promo@example.com', hash: expect.any(String) }]]),
  );
  expect(await segment('訂閱了郵件')).toEqual([pid]);
  expect(await fan.says('我的資料')).toContain('優惠郵件訂閱：1 條');
  const { _id } = await fan.row();
  const { mailConsents } = await talk.services.upkeep.copy({ pid, fan: _id });
  const consent = expect.stringContaining('（郵件 2026-11）');
  expect(mailConsents).toEqual([{ _id: pid, at: new Date('2026-11-22T10:00+08:00'), consent }]);

  for (const said of ['退訂郵件', '不要再給我發郵件了'])
    expect(await fan.says(said)).toContain('優惠郵件停了');
  expect((await mails.forPush([pid])).size).toBe(0);
  expect(await segment('訂閱了郵件')).toEqual([]);
  expect(await fan.says('我的郵箱')).toContain('p***@example.com');
  expect((await sends(pid, 'promo@example.com')).outcome).toBe('withdrawn');
});

test('who has bound no address is told how', async () => {
  expect(await talk.fan().says('订阅邮件')).toContain('先说「绑定邮箱」');
});

test('a promotional mail has its paragraphs escaped, and two ways out: a page with a button, and one click', async () => {
  const { fan, pid, sends: send } = await wanting('button@example.com');
  const { outcome, mail, written } = await send();
  expect(outcome).toBe('sent');
  expect(written.subject).toBe('週末去杭州 好嗎');
  expect(written.text).toContain('桂花開了 <b>&\n真的\n\n三家酒店八折\n\n—\n小藝旅行\n');
  expect(written.html).toContain('桂花開了 &lt;b&gt;&amp;\n真的</p>');
  const { push } = linksIn(mail);
  expect(mail.replaceAll(/\r\n\s+/g, ' ')).toContain(`List-Unsubscribe: <${push}>`);

  const page = await get(push);
  expect(page.text).toContain('不再收優惠信？');
  expect((await talk.services.mails.forPush([pid])).size).toBe(1);
  for (const _ of [1, 2]) expect((await get(buttonOf(page.text))).text).toContain('不會再寄優惠信給你');
  expect((await talk.services.mails.forPush([pid])).size).toBe(0);
  expect(await fan.says('我的郵箱')).toContain('想收優惠郵件');
});

test('her mail program ends them by one click; any other address, or link, does nothing', async () => {
  const { pid, sends: send } = await wanting('click@example.com');
  const other = await wanting('other@example.com');
  const { push } = linksIn((await send()).mail);
  const { stop } = linksIn(mailsTo('click@example.com').find((one) => linksIn(one).stop) ?? '');
  const post = (url: string) =>
    supertest(http).post(path(url)).type('form').send('List-Unsubscribe=One-Click');
  for (const wrong of [`${push}x`, stop, push.replace('push.', 'stop.'), push.replace('/look/', '/do/')])
    expect((await post(wrong)).status).toBe(404);
  expect((await talk.services.mails.forPush([pid])).size).toBe(1);
  for (const _ of [1, 2]) {
    const { status, text } = await post(push);
    expect([status, text]).toEqual([200, '']);
  }
  expect([...(await talk.services.mails.forPush([pid, other.pid])).keys()]).toEqual([other.pid]);
});

test('a consent is for the address that she had: with another, or with none, it is gone', async () => {
  const { mails } = talk.services;
  const { fan, pid } = await wanting('first@example.com');
  await asks(fan, 'second@example.com');
  await get(buttonOf((await get(linksIn(mailsTo('second@example.com')[0] ?? '').confirm)).text));
  expect((await mails.forPush([pid])).size).toBe(0);
  expect(await fan.says('訂閱郵件')).toContain('可以嗎');
  await fan.says('同意');
  expect((await mails.forPush([pid])).get(pid)?.address).toBe('second@example.com');
  await fan.says('解除郵箱');
  await work(fan);
  expect((await mails.forPush([pid])).size).toBe(0);
  expect((await talk.services.upkeep.copy({ pid, fan: '' }))['mailConsents']).toEqual([]);
});

test('who ends all mails gets no promotional ones, and erased she leaves none behind', async () => {
  const { mails, upkeep, clock } = talk.services;
  const { pid } = await wanting('all@example.com');
  const { stop } = linksIn(mailsTo('all@example.com')[0] ?? '');
  await get(buttonOf((await get(stop)).text));
  expect((await mails.forPush([pid])).size).toBe(0);

  const { fan, pid: gone, sends: send } = await wanting('erased@example.com');
  await send();
  expect(mailsTo('erased@example.com')).toHaveLength(2);
  const { _id } = await fan.row();
  await upkeep.erase({ fan: _id, pid: gone, upTo: new Date(clock.now()) });
  expect(mailsTo('erased@example.com')).toEqual([]);
  expect((await upkeep.copy({ pid: gone, fan: _id }))['mailConsents']).toEqual([]);
});

test('an account of somebody’s without a mail server says so, and asks for nothing', async () => {
  const real = await createTalk(database, {
    settings: {
      WECHAT_APP_ID: 'wx0123456789abcdef',
      WECHAT_APP_SECRET: 'secret',
      WECHAT_TOKEN: 'token123',
    },
  });
  expect(real.services.mails.connected).toBe(false);
  expect(await real.fan().says('綁定信箱')).toContain('還沒有接通');
});

test('it is understood in other words and in Simplified', async () => {
  const fan = talk.fan();
  expect(await fan.says('绑定信箱')).toMatch(/^邮箱只用来/);
  expect(await talk.fan().says('我想綁定一下我的郵箱')).toMatch(/^郵箱只用來/);
  for (const said of ['幫我解除一下郵箱', '請取消綁定我的郵箱'])
    expect(await talk.fan().says(said)).toContain('你沒有綁定郵箱');
});
