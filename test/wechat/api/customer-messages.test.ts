import { type CustomerMessage, createCustomerMessages } from '../../../src/wechat/api/customer-messages';
import type { SendOutcome } from '../../../src/wechat/api/outcome';
import type { Reply } from '../../../src/wechat/protocol/reply';
import { hangUp, type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const sendPath = '/cgi-bin/message/custom/send';
const bodies = () => server.calls(sendPath).map((call): unknown => JSON.parse(call.body));

test.each<[string, Reply | CustomerMessage, object]>([
  ['a text', { kind: 'text', text: '杭州 22°C' }, { msgtype: 'text', text: { content: '杭州 22°C' } }],
  ['a picture', { kind: 'image', mediaId: 'm1' }, { msgtype: 'image', image: { media_id: 'm1' } }],
  ['a voice', { kind: 'voice', mediaId: 'm1' }, { msgtype: 'voice', voice: { media_id: 'm1' } }],
  [
    'a video',
    { kind: 'video', mediaId: 'm1', title: '夜車', thumbMediaId: 't1' },
    { msgtype: 'video', video: { media_id: 'm1', thumb_media_id: 't1', title: '夜車' } },
  ],
  [
    'music',
    { kind: 'music', thumbMediaId: 't1', url: 'https://example.com/a.mp3' },
    {
      msgtype: 'music',
      music: {
        musicurl: 'https://example.com/a.mp3',
        hqmusicurl: 'https://example.com/a.mp3',
        thumb_media_id: 't1',
      },
    },
  ],
  [
    'one article',
    {
      kind: 'news',
      articles: [{ title: '攻略', url: 'https://example.com/1', picUrl: 'https://example.com/1.jpg' }],
    },
    {
      msgtype: 'news',
      news: {
        articles: [{ title: '攻略', url: 'https://example.com/1', picurl: 'https://example.com/1.jpg' }],
      },
    },
  ],
  [
    'several articles, as one text of links',
    {
      kind: 'news',
      articles: [
        { title: '一', url: 'https://example.com/1' },
        { title: '二', url: 'https://example.com/2' },
      ],
    },
    {
      msgtype: 'text',
      text: { content: '<a href="https://example.com/1">一</a>\n\n<a href="https://example.com/2">二</a>' },
    },
  ],
  [
    'a menu of answers',
    { kind: 'msgmenu', head: '滿意嗎?', items: [{ id: '101', text: '滿意' }], tail: '謝謝' },
    {
      msgtype: 'msgmenu',
      msgmenu: { head_content: '滿意嗎?', list: [{ id: '101', content: '滿意' }], tail_content: '謝謝' },
    },
  ],
  [
    'a card of a mini-program',
    { kind: 'miniprogram', title: '訂房', appId: 'wx1', path: 'pages/room?id=1', thumbMediaId: 't1' },
    {
      msgtype: 'miniprogrampage',
      miniprogrampage: { title: '訂房', appid: 'wx1', pagepath: 'pages/room?id=1', thumb_media_id: 't1' },
    },
  ],
  [
    'a published article',
    { kind: 'article', articleId: 'a1' },
    { msgtype: 'mpnewsarticle', mpnewsarticle: { article_id: 'a1' } },
  ],
])('%s goes out in the shape WeChat documents', async (_name, message, body) => {
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', message)).toEqual({ kind: 'sent' });
  expect(bodies()).toEqual([{ touser: 'o1', ...body }]);
});

test('a hand-over to an agent is refused without asking WeChat, because only a passive reply can do it', async () => {
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', { kind: 'transfer' })).toMatchObject({ kind: 'refused', errcode: null });
  expect(server.seen).toHaveLength(0);
});

test.each<[number, SendOutcome['kind'], string]>([
  [45015, 'refused', '回覆時限已過，或對方已取消關注'],
  [45047, 'refused', '給這位用戶的客服消息條數用完'],
  [43004, 'refused', '對方沒有關注'],
  [48002, 'refused', '對方關閉了消息接收'],
  [40003, 'refused', 'openid 不對，或不屬於本號'],
  [987654, 'refused', '微信拒絕了請求（未收錄的錯誤碼）'],
  [-1, 'later', '微信系統繁忙'],
  [45009, 'later', '今天的調用次數用完'],
  [45011, 'later', '這一分鐘的調用太多'],
])('the code %i means %s, with a plain reason', async (errcode, kind, reason) => {
  server.answers[sendPath] = { errcode, errmsg: 'no rid: 1-2-3' };
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', { kind: 'text', text: '你好' })).toMatchObject({ kind, reason });
  expect(bodies()).toHaveLength(1);
});

test('when the connection breaks after the request, the outcome is unknown and nothing is sent again', async () => {
  server.answers[sendPath] = hangUp;
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', { kind: 'text', text: '你好' })).toMatchObject({ kind: 'unknown' });
  expect(bodies()).toHaveLength(1);
});

test('where somebody redirects us elsewhere nothing was sent, and it is not about her', async () => {
  server.answers[sendPath] = (_seen, response) => {
    response.writeHead(302, { location: 'https://login.example.com' });
    response.end();
  };
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', { kind: 'text', text: '你好' })).toMatchObject({ kind: 'later' });
});

test('while no token can be had nothing is wrong with her: the message may go later', async () => {
  server.answers['/cgi-bin/stable_token'] = {
    errcode: 40164,
    errmsg: 'invalid ip 192.0.2.1, not in whitelist',
  };
  const messages = createCustomerMessages({ client: server.client() });
  expect(await messages.send('o1', { kind: 'text', text: '你好' })).toEqual({
    kind: 'later',
    afterMs: 60_000,
    reason: '本機 IP 不在公眾號的白名單裡',
  });
});

test('typing is shown when WeChat allows it, and its refusal disturbs nobody', async () => {
  const messages = createCustomerMessages({ client: server.client() });
  const path = '/cgi-bin/message/custom/typing';
  expect(await messages.typing('o1')).toBe(true);
  expect(JSON.parse(server.calls(path)[0]?.body ?? '')).toEqual({ touser: 'o1', command: 'Typing' });
  server.answers[path] = { errcode: 45080, errmsg: 'api freq out of limit' };
  expect(await messages.typing('o1', false)).toBe(false);
});
