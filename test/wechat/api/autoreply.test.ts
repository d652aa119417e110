import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchOldReplies, readAutoreply } from '../../../src/wechat/api/autoreply';
import { createMedia } from '../../../src/wechat/api/media';
import { type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const text = (path: string): string => readFileSync(join(__dirname, '../../..', path), 'utf8');

test('both answers are asked and read together', async () => {
  server.answers['/cgi-bin/get_current_autoreply_info'] = text('test/fixtures/wechat/autoreply.json');
  server.answers['/cgi-bin/get_current_selfmenu_info'] = text('test/fixtures/wechat/selfmenu.json');
  const old = await fetchOldReplies(server.client());
  expect(old.rules[0]).toEqual({
    name: '退改',
    createdAt: new Date(1_741_053_600_000),
    mode: 'all',
    words: [
      { kind: 'contains', word: '退款' },
      { kind: 'exact', word: '改期' },
    ],
    replies: [
      { kind: 'text', text: '出发前 7 天以上全额退。' },
      { kind: 'image', mediaId: 'temporary-media-1' },
    ],
  });
  expect(old.clicks.map(({ path, reply }) => [path, reply.kind])).toEqual([
    ['去哪玩/怎么报名', 'text'],
    ['去哪玩/本月', 'news'],
    ['客服', 'image'],
  ]);
  expect(old.onFollow).toEqual({ kind: 'text', text: '欢迎关注!' });
  expect(old.otherwise).toBeUndefined();
});

test.each(['src/simulator/sample/autoreply.json', 'src/simulator/sample/selfmenu.json'])(
  '%s can be read',
  (path) => {
    const old = readAutoreply(JSON.parse(text(path)));
    expect(old.rules.length + old.clicks.length).toBeGreaterThan(4);
  },
);

test('an account that never set up anything has no rules', () => {
  const nothing = { rules: [], clicks: [] };
  expect(readAutoreply({ is_add_friend_reply_open: 0, is_autoreply_open: 0 })).toEqual(nothing);
  expect(readAutoreply({ is_menu_open: 0 })).toEqual(nothing);
});

test.each([
  ['something else', { errcode: 40001 }, 'neither an answer of'],
  ['a list', [], 'neither an answer of'],
  [
    'a rule without words',
    { keyword_autoreply_info: { list: [{ rule_name: 'x', create_time: 1, reply_list_info: [] }] } },
    'keyword_autoreply_info.list.0.keyword_list_info',
  ],
])('%s is refused with the place', (_name, json, place) => {
  expect(() => readAutoreply(json)).toThrow(place);
});

test('a temporary picture becomes a permanent one', async () => {
  server.answers['/cgi-bin/media/get'] = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'image/png' });
    response.end(Buffer.from('PNG'));
  };
  server.answers['/cgi-bin/material/add_material'] = { media_id: 'permanent', url: 'http://mmbiz.qpic.cn/x' };
  const media = createMedia({ client: server.client() });
  expect(await media.keep('image', 'temporary')).toBe('permanent');
  const [upload] = server.calls('/cgi-bin/material/add_material');
  expect(upload?.query.get('type')).toBe('image');
  expect(upload?.body).toContain('filename="image.png"');
});
