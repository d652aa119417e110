import { createMass, type MassContent, type MassOutcome } from '../../../src/wechat/api/mass';
import { hangUp, type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer({
    [listPath]: { errcode: 0, msg_id: 3_147_483_654, msg_data_id: 2_247_483_750 },
  });
});
afterEach(() => server.stop());

const listPath = '/cgi-bin/message/mass/send';
const tagPath = '/cgi-bin/message/mass/sendall';
const text: MassContent = { kind: 'text', text: '春天來了' };
const massOf = () => createMass({ client: server.client() });
const bodies = (path: string) => server.calls(path).map((call): unknown => JSON.parse(call.body));
const two = ['o1', 'o2'];

test.each<[MassContent, object, object]>([
  [
    text,
    { msgtype: 'text', text: { content: '春天來了' } },
    { msgtype: 'text', text: { content: '春天來了' } },
  ],
  [
    { kind: 'image', mediaId: 'm1' },
    { msgtype: 'image', images: { media_ids: ['m1'] } },
    { msgtype: 'image', image: { media_id: 'm1' } },
  ],
  [
    { kind: 'article', draftMediaId: 'd1' },
    { msgtype: 'mpnews', mpnews: { media_id: 'd1' }, send_ignore_reprint: 0 },
    { msgtype: 'mpnews', mpnews: { media_id: 'd1' }, send_ignore_reprint: 0 },
  ],
])(
  '%j goes out as documented, by list, by tag, to everybody and as a preview',
  async (content, sent, previewed) => {
    const mass = massOf();
    server.answers[tagPath] = { errcode: 0, msg_id: '9223372036854775807' };
    expect(await mass.sendTo(two, content, 'k1')).toEqual({
      kind: 'accepted',
      msgId: '3147483654',
      again: false,
    });
    expect(await mass.sendByTag({ tagId: 7 }, content, 'k2')).toMatchObject({ msgId: '9223372036854775807' });
    await mass.sendByTag('everybody', content, 'k3');
    expect(await mass.preview('o1', content)).toEqual({ kind: 'sent' });
    expect(bodies(listPath)).toEqual([{ touser: two, ...sent, clientmsgid: 'k1' }]);
    expect(bodies(tagPath)).toEqual([
      { filter: { is_to_all: false, tag_id: 7 }, ...sent, clientmsgid: 'k2' },
      { filter: { is_to_all: true }, ...sent, clientmsgid: 'k3' },
    ]);
    expect(bodies('/cgi-bin/message/mass/preview')).toEqual([{ touser: 'o1', ...previewed }]);
  },
);

test.each<[string, object, MassOutcome]>([
  [
    'already sent under this key',
    { errcode: 45065, errmsg: 'clientmsgid exist', msg_id: 9_876_543_210 },
    { kind: 'accepted', msgId: '9876543210', again: true },
  ],
  [
    'already sent, and WeChat does not say what',
    { errcode: 45065, errmsg: 'clientmsgid exist' },
    { kind: 'accepted', msgId: '', again: true },
  ],
  [
    'the same key too soon',
    { errcode: 45066 },
    { kind: 'later', afterMs: 60_000, reason: '同一群發編號重試太快' },
  ],
  ['too fast', { errcode: 42010 }, { kind: 'later', afterMs: 60_000, reason: '群發太快' }],
  [
    'the minute is full',
    { errcode: 45011 },
    { kind: 'later', afterMs: 60_000, reason: '這一分鐘的調用太多' },
  ],
  ['the day is full', { errcode: 45009 }, { kind: 'later', afterMs: 300_000, reason: '今天的調用次數用完' }],
  ['busy', { errcode: -1 }, { kind: 'later', afterMs: 5_000, reason: '微信系統繁忙' }],
  ['the administrator is asked', { errcode: 89504 }, { kind: 'confirm', reason: '群發要管理員確認' }],
  [
    'the administrator has not answered',
    { errcode: 89505 },
    { kind: 'confirm', reason: '群發等待管理員確認' },
  ],
  ['the period is used up', { errcode: 45028 }, { kind: 'refused', errcode: 45028, reason: '群發次數用完' }],
  ['no such draft', { errcode: 40007 }, { kind: 'refused', errcode: 40007, reason: '素材的類型或大小不對' }],
])('%s: one outcome, asked once', async (_name, answer, outcome) => {
  server.answers[listPath] = { errmsg: 'x rid: 1-2-3', ...answer };
  expect(await massOf().sendTo(two, text, 'k1')).toEqual(outcome);
  expect(server.calls(listPath)).toHaveLength(1);
});

test('a lost answer is unknown, and asking again under the same key tells what it was', async () => {
  server.answers[listPath] = hangUp;
  const mass = massOf();
  expect(await mass.sendTo(two, text, 'k1')).toMatchObject({ kind: 'unknown' });
  server.answers[listPath] = { errcode: 45065, errmsg: 'clientmsgid exist', msg_id: 5 };
  expect(await mass.sendTo(two, text, 'k1')).toEqual({ kind: 'accepted', msgId: '5', again: true });
});

test('too few or too many people, and a key that is none, are refused without asking', async () => {
  const mass = massOf();
  const many = Array.from({ length: 10_001 }, (_, n) => `o${n}`);
  for (const [openids, key] of [
    [['o1'], 'k1'],
    [many, 'k1'],
    [two, ''],
    [two, '鍵'.repeat(11)],
  ] as const)
    expect(await mass.sendTo(openids, text, key)).toMatchObject({ kind: 'refused', errcode: null });
  expect(server.seen).toHaveLength(0);
});

test('a subscription account is told why it may not send by list, and by tag it may', async () => {
  const account = { type: 'subscription', verified: true } as const;
  const mass = createMass({ client: server.client({ account }) });
  server.answers[tagPath] = { errcode: 0, msg_id: 1 };
  expect(await mass.sendTo(two, text, 'k1')).toEqual({
    kind: 'refused',
    errcode: null,
    reason: '按名單群發要已認證的服務號，本號是已認證的訂閱號。',
  });
  expect(server.seen).toHaveLength(0);
  expect(await mass.sendByTag('everybody', text, 'k1')).toMatchObject({ kind: 'accepted' });
});

test('how far a send is, and taking an article back', async () => {
  const mass = massOf();
  server.answers['/cgi-bin/message/mass/get'] = { msg_id: 5, msg_status: 'SENDING' };
  expect(await mass.status('3147483654')).toBe('sending');
  expect(bodies('/cgi-bin/message/mass/get')).toEqual([{ msg_id: 3_147_483_654 }]);
  expect(await mass.remove('9223372036854775807')).toEqual({ kind: 'sent' });
  expect(bodies('/cgi-bin/message/mass/delete')).toEqual([{ msg_id: '9223372036854775807' }]);
  server.answers['/cgi-bin/message/mass/delete'] = { errcode: 40065, errmsg: 'no' };
  expect(await mass.remove('5')).toMatchObject({ kind: 'refused', errcode: 40065 });
});
