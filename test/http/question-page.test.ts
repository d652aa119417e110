import supertest from 'supertest';
import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { pages } from '../../src/http/h5/pages';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { createPages } from '../../src/render/pages';
import { aPrize, aQuestion, aQuiz, beijing } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
let get: (url: string) => supertest.Test;

const options = ['斷橋', '蘇堤', '<img src=x onerror=alert(1)>', '"楊公堤"'];
const picture = 'https://pictures.example.com/a.jpg?x=1&y=2';
const quiz = aQuiz({
  title: '看圖說湖',
  keywords: ['看圖'],
  timerSeconds: 30,
  sponsors: [{ id: 'book', name: '湖邊書店', words: '翻過這一頁，還有湖光。' }],
  questions: [
    aQuestion('bridge', { text: '圖裡是哪裡？', options, picture, sponsor: 'book', explanation: '不會先說' }),
    aQuestion('flash', { options, picture }),
  ],
  prizes: [aPrize('quick', { kind: 'first', question: 'flash', at: beijing('2026-11-22 10:00:00') })],
});

beforeAll(async () => {
  talk = await createTalk(database);
  const { tickets, draws, campaigns } = talk.services;
  await stageRehearsal({ db: await database.connect(), tickets, draws, content: quiz });
  await campaigns.load();
  const log = createLog({ level: 'silent', name: 'http' });
  const { handler } = createHttp({
    callback: () => {},
    pages,
    services: talk.services,
    fill: createPages().page,
    verifyFolder: '',
    ready: async () => [],
    script: 'hant',
    log,
  });
  get = (url) => supertest(handler).get(url.replace('https://wx.xiaoyi.example.com', ''));
});
afterAll(() => database.drop());

async function cardOf(fan: ReturnType<Talk['fan']>, says: string) {
  await fan.says(says);
  const reply = fan.last()?.reply;
  if (reply?.kind !== 'news') throw new Error('no card');
  const card = reply.articles[0];
  if (!card) throw new Error('no article');
  return card;
}
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');

test('a question with a picture is a card, and its page shows picture and options in her own order', async () => {
  for (const fan of Array.from({ length: 4 }, () => talk.fan())) {
    const card = await cardOf(fan, '看圖');
    expect(card).toMatchObject({ title: '第 1 題：圖裡是哪裡？', picUrl: picture });
    const { plays = {}, playing } = (await fan.row()).talk;
    const { order = [] } = talk.services.quiz.hers({ plays, playing })?.play.open ?? {};
    const { status, text, headers } = await get(card.url);
    expect(status).toBe(200);
    expect(text.match(/<li>.*<\/li>/g)).toEqual(
      order.map(
        (index, i) => `<li><b>${'ABCD'[i]}</b><span>${escaped(options[index] as string)}</span></li>`,
      ),
    );
    expect(text).toContain(`<img class="picture" src="${escaped(picture)}"`);
    expect(text).toContain('限 30 秒');
    expect(text).toContain('翻過這一頁，還有湖光。');
    expect(text).not.toContain('不會先說');
    expect(text).not.toMatch(/right|onerror=alert\(1\)>/);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'nonce-[\w-]+'; img-src https:/,
    );
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
  }
});

test('who writes in Simplified reads the page in Simplified', async () => {
  const card = await cardOf(talk.fan(), '看图');
  expect(card.title).toBe('第 1 题：图里是哪里？');
  const { text } = await get(card.url);
  expect(text).toContain('<html lang="zh-Hans">');
  expect(text).toContain('图里是哪里？');
  expect(text).toContain('回到对话，回复选项的字母作答');
});

test('a link of another order, question or making shows nothing', async () => {
  const { url } = await cardOf(talk.fan(), '看圖');
  const page = await get(url);
  expect(page.status).toBe(200);
  for (const changed of [
    url.replace(/order=(\d)(\d)/, 'order=$2$1'),
    url.replace('/bridge', '/flash'),
    url.replace(/n=1/, 'n=2'),
    url.replace(/sign=./, 'sign=-'),
    url.replace(/sign=.*/, ''),
    `${url}&sign=x`,
  ]) {
    expect(changed).not.toBe(url);
    const { status, text } = await get(changed);
    expect([status, text]).toEqual([404, '這一題已經看不到了，請回到對話裡。']);
  }
});

test('what WeChat adds to a shared link does no harm', async () => {
  const { url } = await cardOf(talk.fan(), '看圖');
  expect((await get(`${url}&from=singlemessage&isappinstalled=0`)).status).toBe(200);
});

test('the page of a 搶答題 is called so', async () => {
  const fan = talk.fan();
  const card = await cardOf(fan, '搶答');
  expect(card.title).toMatch(/^搶答題：/);
  expect((await get(card.url)).text).toContain('看圖說湖 · 搶答題');
});
