import { createNotices } from '../../../src/wechat/api/notices';
import { problemsOfFields } from '../../../src/wechat/api/template-fields';
import { createTemplates } from '../../../src/wechat/api/templates';
import { hangUp, type Server, startServer } from './server';

let server: Server;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const templatePath = '/cgi-bin/message/template/send';
const noticePath = '/cgi-bin/message/subscribe/bizsend';
const data = { thing1: '杭州兩日遊', time2: '15:01' };
const dataSent = { thing1: { value: '杭州兩日遊' }, time2: { value: '15:01' } };

test('a template message goes out as documented, and its id is exact', async () => {
  server.answers[templatePath] = '{"errcode":0,"errmsg":"ok","msgid":3248682510344192008}';
  const templates = createTemplates({ client: server.client() });
  const miniProgram = { appId: 'wx1', path: 'pages/a' };
  const message = { templateId: 'T1', url: 'https://example.com', miniProgram, data, key: 'k1' };
  expect(await templates.send('o1', message)).toEqual({ kind: 'sent', msgId: '3248682510344192008' });
  expect(JSON.parse(server.calls(templatePath)[0]?.body ?? '')).toEqual({
    touser: 'o1',
    template_id: 'T1',
    url: 'https://example.com',
    miniprogram: { appid: 'wx1', pagepath: 'pages/a' },
    data: dataSent,
    client_msg_id: 'k1',
  });
});

test('a subscription notice goes out as documented, and is sent though no id comes back', async () => {
  const notices = createNotices({ client: server.client() });
  const notice = { templateId: 'N1', page: 'https://example.com', data, key: 'k1' };
  expect(await notices.send('o1', notice)).toEqual({ kind: 'sent' });
  expect(JSON.parse(server.calls(noticePath)[0]?.body ?? '')).toEqual({
    touser: 'o1',
    template_id: 'N1',
    page: 'https://example.com',
    data: dataSent,
    client_msg_id: 'k1',
  });
});

test('refusals are told apart: about her, about the message, for a while, unknown', async () => {
  const client = server.client();
  const notices = createNotices({ client });
  const templates = createTemplates({ client });
  const notice = { templateId: 'N1', data, key: 'k1' };
  server.answers[noticePath] = { errcode: 43101, errmsg: 'user refuse to accept the msg' };
  expect(await notices.send('o1', notice)).toEqual({
    kind: 'refused',
    errcode: 43101,
    reason: '對方沒有訂閱，或訂閱次數用完',
  });
  server.answers[noticePath] = hangUp;
  expect(await notices.send('o1', notice)).toMatchObject({ kind: 'unknown' });
  server.answers[templatePath] = { errcode: 40249, errmsg: 'no marketing' };
  expect(await templates.send('o1', notice)).toMatchObject({ kind: 'refused', errcode: 40249 });
  server.answers[templatePath] = { errcode: 45009, errmsg: 'used up' };
  expect(await templates.send('o1', notice)).toMatchObject({ kind: 'later', afterMs: 300_000 });
});

test('an account that may not is told why, and nothing is sent', async () => {
  const client = server.client({ account: { type: 'service', verified: false } });
  const notice = { templateId: 'N1', data, key: 'k1' };
  for (const outcome of [
    await createNotices({ client }).send('o1', notice),
    await createTemplates({ client }).send('o1', notice),
  ])
    expect(outcome).toMatchObject({
      kind: 'refused',
      errcode: null,
      reason: expect.stringContaining('未認證'),
    });
  await expect(createTemplates({ client }).list()).rejects.toMatchObject({ kind: 'Forbidden' });
  expect(server.seen).toHaveLength(0);
});

test('templates are listed with the keys they want', async () => {
  const content = '项目:{{thing1.DATA}}\n时间:{{time2.DATA}}';
  server.answers['/cgi-bin/template/get_all_private_template'] = {
    template_list: [{ template_id: 'T1', title: '出行提醒', content, example: '', primary_industry: 'x' }],
  };
  server.answers['/wxaapi/newtmpl/gettemplate'] = {
    errcode: 0,
    data: [
      { priTmplId: 'N1', title: '一次', content, example: '例', type: 2 },
      { priTmplId: 'N2', title: '長期', content: '', example: '', type: 3 },
    ],
  };
  const client = server.client();
  const keys = ['thing1', 'time2'];
  expect(await createTemplates({ client }).list()).toEqual([
    { id: 'T1', title: '出行提醒', content, example: '', keys },
  ]);
  expect(await createNotices({ client }).list()).toMatchObject([
    { id: 'N1', keys, longTerm: false, example: '例' },
    { id: 'N2', keys: [], longTerm: true },
  ]);
});

test.each<[string, string]>([
  ['thing1', '字'.repeat(20)],
  ['number01', '12.50'],
  ['letter3', 'Abc'],
  ['symbol1', '￥'],
  ['character_string2', 'XY-2026-11-29'],
  ['time1', '15:01'],
  ['time1', '2026年10月1日 15:01~2026年10月1日 16:01'],
  ['date1', '2026年10月1日'],
  ['date1', '2026-10-01 ~ 2026-10-03'],
  ['amount1', '￥1234567890'],
  ['amount1', '99.50元'],
  ['phone_number1', '+86 138-0000-0000'],
  ['car_number1', '粤A8Z888挂'],
  ['name1', '歐陽小明'],
  ['name1', 'Alexander Hamilton'],
  ['phrase1', '已出發'],
  ['keyword1', '任何長度'.repeat(20)],
])('%s takes %j', (key, value) => {
  expect(problemsOfFields({ [key]: value })).toEqual([]);
});

test.each<[string, string, string]>([
  ['thing1', '字'.repeat(21), '最多 20 個字'],
  ['thing1', ' ', '是空的'],
  ['number1', '一百', '數字'],
  ['number1', '1'.repeat(33), '32 位'],
  ['letter1', '字', '字母'],
  ['symbol1', '！！！！！！', '5 個符號'],
  ['character_string1', '訂單1', '漢字'],
  ['time1', '明天下午', '15:01'],
  ['date1', '10月1日', '2026年10月1日'],
  ['amount1', '12345678901', '10 位'],
  ['phone_number1', '1'.repeat(18), '17 位'],
  ['car_number1', '粤A8Z888挂車隊', '8 位'],
  ['name1', '字'.repeat(11), '10 個漢字'],
  ['phrase1', '已經出發了嗎', '5 個漢字'],
])('%s does not take %j', (key, value, says) => {
  const [problem, ...others] = problemsOfFields({ [key]: value, thing9: '好' });
  expect(problem).toContain(`「${key}」`);
  expect(problem).toContain(says);
  expect(others).toEqual([]);
});
