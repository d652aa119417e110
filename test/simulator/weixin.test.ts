import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStage, type Stage, secrets } from './stage';

const minute = 60_000;
const hour = 60 * minute;

let stage: Stage;
beforeEach(async () => {
  stage = await createStage({
    agents: [{ kf_account: 'a@xiaoyi', kf_id: '1', status: 1, accepted_case: 0 }],
  });
  await stage.newToken();
});
afterEach(() => stage.close());

const follower = async (name = '小林') => {
  const fan = stage.sim.fan(name);
  await fan.follows();
  return fan;
};
const code = async (answer: Promise<Record<string, unknown>>) => (await answer)['errcode'] ?? 0;
const tokenBody = (more: object = {}) => ({
  grant_type: 'client_credential',
  appid: secrets.appId,
  secret: secrets.appSecret,
  ...more,
});

describe('access tokens', () => {
  test('the stable one stays the same until five minutes before its end, then a new one comes while the old lives on', async () => {
    const first = await stage.newToken();
    stage.passes(100 * minute);
    expect(await stage.newToken()).toBe(first);
    stage.passes(16 * minute);
    const second = await stage.newToken();
    expect(second).not.toBe(first);
    expect(await code(stage.get(`/cgi-bin/tags/get?access_token=${first}`))).toBe(0);
  });

  test('an expired one is 42001, a made-up one 40014, a missing one 41001, one replaced by force 40001', async () => {
    const old = await stage.newToken();
    const at = (token: string) =>
      fetch(`${stage.url}/cgi-bin/tags/get?access_token=${token}`).then((r) => r.json());
    expect(await at('made-up')).toMatchObject({ errcode: 40014, errmsg: expect.stringContaining('rid:') });
    expect(await at('')).toMatchObject({ errcode: 41001 });
    await stage.post('/cgi-bin/stable_token', tokenBody({ force_refresh: true }));
    expect(await at(old)).toMatchObject({ errcode: 40001 });
    const newer = await stage.newToken();
    stage.passes(2 * hour + 1);
    expect(await at(newer)).toMatchObject({ errcode: 42001 });
  });

  test('force is refused within 30 seconds of the last and after 20 a day', async () => {
    const force = () => code(stage.post('/cgi-bin/stable_token', tokenBody({ force_refresh: true })));
    expect(await force()).toBe(0);
    expect(await force()).toBe(45011);
    for (let n = 1; n < 20; n++) {
      stage.passes(31_000);
      expect(await force()).toBe(0);
    }
    stage.passes(31_000);
    expect(await force()).toBe(45009);
    stage.passes(24 * hour);
    expect(await force()).toBe(0);
  });

  test('the plain channel gives a new one each time, lets the last live five minutes, and never touches the stable one', async () => {
    const query = `grant_type=client_credential&appid=${secrets.appId}&secret=${secrets.appSecret}`;
    const plain = async () => String((await stage.get(`/cgi-bin/token?${query}`))['access_token']);
    const works = async (token: string) => {
      const response = await fetch(`${stage.url}/cgi-bin/tags/get?access_token=${token}`);
      return ((await response.json()) as { errcode?: number }).errcode ?? 0;
    };
    const stable = await stage.newToken();
    const first = await plain();
    const second = await plain();
    expect(second).not.toBe(first);
    expect([await works(first), await works(second), await works(stable)]).toEqual([0, 0, 0]);
    stage.passes(5 * minute + 1);
    expect([await works(first), await works(second), await works(stable)]).toEqual([42001, 0, 0]);
  });

  test('a wrong appid, secret or grant_type gets none', async () => {
    expect(await code(stage.post('/cgi-bin/stable_token', tokenBody({ appid: 'wx0' })))).toBe(40013);
    expect(await code(stage.post('/cgi-bin/stable_token', tokenBody({ secret: 'x' })))).toBe(40125);
    expect(await code(stage.post('/cgi-bin/stable_token', tokenBody({ grant_type: 'x' })))).toBe(40002);
  });
});

describe('customer messages', () => {
  test('five in 48 hours after her message, counted anew with the next one', async () => {
    const lin = await follower();
    await lin.says('你好');
    stage.passes(2 * minute);
    const codes = [];
    for (let n = 0; n < 6; n++) codes.push(await code(stage.tell(lin.openid, `第 ${n} 條`)));
    expect(codes).toEqual([0, 0, 0, 0, 0, 45047]);
    await lin.says('再來');
    expect(await code(stage.tell(lin.openid, '好'))).toBe(0);
    stage.passes(48 * hour);
    await stage.newToken();
    expect(await code(stage.tell(lin.openid, '遲了'))).toBe(45015);
    expect(lin.inbox().filter((one) => one.startsWith('第'))).toHaveLength(5);
  });

  test.each<[string, (fan: Awaited<ReturnType<typeof follower>>) => Promise<unknown>]>([
    ['a follow', async () => undefined],
    ['a menu tap', async (fan) => (stage.passes(2 * minute), fan.clicks('K'))],
    ['a scan', async (fan) => (stage.passes(2 * minute), fan.scans('store'))],
    [
      'a tap on a msgmenu, though it comes as text',
      async (fan) => (stage.passes(2 * minute), fan.says('一', { menuItem: '1' })),
    ],
  ])('three in one minute after %s', async (_what, act) => {
    const lin = await follower();
    await act(lin);
    const codes = [];
    for (let n = 0; n < 4; n++) codes.push(await code(stage.tell(lin.openid, '好')));
    expect(codes).toEqual([0, 0, 0, 45047]);
    stage.passes(minute + 1000);
    expect(await code(stage.tell(lin.openid, '好'))).toBe(45015);
  });

  test('none after a tap that opens a page, or from where she is', async () => {
    const lin = await follower();
    stage.passes(2 * minute);
    await stage.post('/cgi-bin/menu/create', {
      button: [{ name: '頁', type: 'view', url: 'https://e.com/' }],
    });
    await lin.taps('頁');
    await lin.arrives({ latitude: 31, longitude: 121, label: '' });
    expect(await code(stage.tell(lin.openid, '好'))).toBe(45015);
  });

  test('a reply to the callback costs nothing', async () => {
    stage.stub.answers(() => '好');
    const lin = await follower();
    for (let n = 0; n < 9; n++) await lin.says('你好');
    expect(await code(stage.tell(lin.openid, '還有'))).toBe(0);
  });

  test('one who left is 45015, a stranger 43004, nobody 40003', async () => {
    const lin = await follower();
    await lin.says('你好');
    await lin.leaves();
    expect(await code(stage.tell(lin.openid, '好'))).toBe(45015);
    expect(await code(stage.tell(stage.sim.fan('路人').openid, '好'))).toBe(43004);
    expect(await code(stage.tell('oNobody', '好'))).toBe(40003);
  });

  test('what is too long, empty, twice or unknown is refused and costs nothing of her allowance', async () => {
    const lin = await follower();
    await lin.says('你好');
    const send = (body: object) =>
      code(stage.post('/cgi-bin/message/custom/send', { touser: lin.openid, ...body }));
    const article = { title: 't', url: 'https://e.com/' };
    expect(await send({ msgtype: 'text', text: { content: '好'.repeat(683) } })).toBe(45002);
    expect(await send({ msgtype: 'text', text: { content: '' } })).toBe(44004);
    expect(await send({ msgtype: 'news', news: { articles: [article, article] } })).toBe(45008);
    expect(await send({ msgtype: 'image', image: { media_id: 'nope' } })).toBe(40007);
    expect(await send({ msgtype: 'poem' })).toBe(40008);
    expect(await code(stage.post('/cgi-bin/message/custom/send', '{"touser":'))).toBe(47001);
    expect(stage.sim.effects.list()).toEqual([]);
    for (let n = 0; n < 5; n++) expect(await code(stage.tell(lin.openid, '好'))).toBe(0);
  });

  test('a msgmenu, a card and an uploaded picture reach her', async () => {
    const lin = await follower();
    await lin.says('你好');
    const form = new FormData();
    form.set('media', new Blob([Buffer.from([1, 2, 3])], { type: 'image/png' }), 'a.png');
    const token = await stage.newToken();
    const uploaded = await fetch(`${stage.url}/cgi-bin/media/upload?access_token=${token}&type=image`, {
      method: 'POST',
      body: form,
    });
    const { media_id: mediaId } = (await uploaded.json()) as { media_id: string };
    const send = (body: object) =>
      code(stage.post('/cgi-bin/message/custom/send', { touser: lin.openid, ...body }));
    expect(await send({ msgtype: 'image', image: { media_id: mediaId } })).toBe(0);
    expect(
      await send({
        msgtype: 'msgmenu',
        msgmenu: { head_content: '滿意嗎', list: [{ id: '1', content: '滿意' }] },
      }),
    ).toBe(0);
    const [picture, menu] = lin.inbox();
    expect(menu).toBe('滿意嗎\n[滿意]');
    const address = /http\S+/.exec(picture ?? '')?.[0] ?? '';
    const seen = await fetch(address);
    expect([...Buffer.from(await seen.arrayBuffer())]).toEqual([1, 2, 3]);
    stage.passes(3 * 24 * hour);
    await stage.newToken();
    await lin.says('你好');
    expect(await send({ msgtype: 'image', image: { media_id: mediaId } })).toBe(40007);
  });

  test('「typing」 shows until something comes, needs a recent act, and is not repeated', async () => {
    const lin = await follower();
    const typing = (command: string) =>
      code(stage.post('/cgi-bin/message/custom/typing', { touser: lin.openid, command }));
    expect([await typing('Typing'), await typing('Typing'), await typing('Dance')]).toEqual([
      0, 45081, 45072,
    ]);
    await stage.tell(lin.openid, '好');
    expect(lin.state.typing).toBe(false);
  });
});

describe('faults to switch on', () => {
  test('an errcode before the effect leaves no effect, for as many calls as asked', async () => {
    const lin = await follower();
    stage.sim.knobs.set({ path: '/cgi-bin/message/custom/send', failBefore: { errcode: -1 }, times: 2 });
    expect([await code(stage.tell(lin.openid, 'a')), await code(stage.tell(lin.openid, 'b'))]).toEqual([
      -1, -1,
    ]);
    expect(await code(stage.tell(lin.openid, 'c'))).toBe(0);
    expect(lin.inbox()).toEqual(['c']);
  });

  test('a reset after the effect: she has the message and the caller an error', async () => {
    const lin = await follower();
    stage.sim.knobs.set({ path: '*', failAfter: { reset: true }, times: 1 });
    await expect(stage.tell(lin.openid, '好')).rejects.toThrow('fetch failed');
    expect(stage.sim.effects.list('/cgi-bin/message/custom/send')).toMatchObject([{ openid: lin.openid }]);
    expect(lin.inbox()).toEqual(['好']);
  });

  test('a status, a late answer and half a body', async () => {
    const lin = await follower();
    stage.sim.knobs.set({ path: '*', failBefore: { status: 502 }, times: 1 });
    await expect(stage.tell(lin.openid, 'a')).rejects.toThrow('JSON');
    stage.sim.knobs.set({ path: '*', body: 'half', times: 1 });
    await expect(stage.tell(lin.openid, 'b')).rejects.toThrow(/terminated|fetch failed|aborted/);
    stage.sim.knobs.set({ path: '*', latencyMs: 30, times: 1 });
    expect(await code(stage.tell(lin.openid, 'c'))).toBe(0);
    expect(lin.inbox()).toEqual(['b', 'c']);
  });

  test('effects stand in the file before the call is answered', async () => {
    await stage.close();
    const effectsFile = join(mkdtempSync(join(tmpdir(), 'effects-')), 'effects.jsonl');
    stage = await createStage({ effectsFile });
    await stage.newToken();
    const lin = await follower();
    await stage.tell(lin.openid, '好');
    const [line] = readFileSync(effectsFile, 'utf8').trim().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({
      path: '/cgi-bin/message/custom/send',
      openid: lin.openid,
      body: { text: { content: '好' } },
    });
  });
});

describe('the menu', () => {
  const create = (button: unknown) => code(stage.post('/cgi-bin/menu/create', { button }));
  const click = (name: string) => ({ name, type: 'click', key: 'K' });

  test('is told back as it was made, both ways of asking', async () => {
    const menu = [
      { name: '查', sub_button: [click('天氣'), { name: '站', type: 'view', url: 'https://e.com/' }] },
      click('幫助'),
    ];
    expect(await create(menu)).toBe(0);
    expect(await stage.get('/cgi-bin/menu/get')).toMatchObject({ menu: { button: menu } });
    expect(await stage.get('/cgi-bin/get_current_selfmenu_info')).toMatchObject({
      is_menu_open: 1,
      selfmenu_info: {
        button: [{ name: '查', sub_button: { list: [{ name: '天氣' }, { name: '站' }] } }, { name: '幫助' }],
      },
    });
    expect(await code(stage.get('/cgi-bin/menu/delete'))).toBe(0);
    expect(await code(stage.get('/cgi-bin/menu/get'))).toBe(46003);
  });

  test.each<[string, unknown, number]>([
    ['four buttons', [1, 2, 3, 4].map((n) => click(String(n))), 40016],
    ['six below one', [{ name: 'a', sub_button: [1, 2, 3, 4, 5, 6].map((n) => click(String(n))) }], 40023],
    ['a name of 18 bytes', [click('六個漢字太長')], 40018],
    ['a type nobody knows', [{ name: 'a', type: 'dance' }], 40017],
    ['a click without a key', [{ name: 'a', type: 'click' }], 40019],
    ['a key of 129 bytes', [{ name: 'a', type: 'click', key: 'k'.repeat(129) }], 40019],
    ['a link that is none', [{ name: 'a', type: 'view', url: 'e.com' }], 40055],
  ])('is refused with %s', async (_what, button, errcode) => {
    expect(await create(button)).toBe(errcode);
    expect(stage.sim.world.menu).toBeUndefined();
  });

  test('is refused when its names came as \\u escapes', async () => {
    const escaped = '{"button":[{"name":"\\u5e6b\\u52a9","type":"click","key":"H"}]}';
    expect(await code(stage.post('/cgi-bin/menu/create', escaped))).toBe(40033);
  });
});

describe('fans and tags', () => {
  test('are listed in pages, told by what WeChat still tells, and never by name', async () => {
    const lin = await follower();
    await stage.sim.fan('阿珍').scans('store_88');
    const page = await stage.get('/cgi-bin/user/get');
    expect(page).toMatchObject({ total: 2, count: 2, data: { openid: [lin.openid, expect.any(String)] } });
    const next = await stage.get(`/cgi-bin/user/get?next_openid=${String(page['next_openid'])}`);
    expect(next).toMatchObject({ total: 2, count: 0 });
    expect(next['data']).toBeUndefined();
    const info = await stage.get(`/cgi-bin/user/info?openid=${stage.sim.fan('阿珍').openid}`);
    expect(info).toMatchObject({
      subscribe: 1,
      subscribe_scene: 'ADD_SCENE_QR_CODE',
      qr_scene_str: 'store_88',
    });
    expect(info['nickname']).toBeUndefined();
    await lin.leaves();
    const gone = await stage.post('/cgi-bin/user/info/batchget', { user_list: [{ openid: lin.openid }] });
    expect(gone['user_info_list']).toEqual([{ subscribe: 0, openid: lin.openid, tagid_list: [] }]);
    expect(
      await code(stage.post('/cgi-bin/user/info/batchget', { user_list: Array(101).fill({ openid: 'o' }) })),
    ).toBe(40032);
  });

  test('a tag is made once, given to fifty at a time, at most twenty to a fan, and gone with its deletion', async () => {
    const lin = await follower();
    const make = (name: string) => stage.post('/cgi-bin/tags/create', { tag: { name } });
    const made = ((await make('熟客')) as { tag: { id: number } }).tag.id;
    expect(await code(make('熟客'))).toBe(45157);
    expect(await code(make('名'.repeat(31)))).toBe(45158);
    const give = (tagid: number, list = [lin.openid]) =>
      code(stage.post('/cgi-bin/tags/members/batchtagging', { openid_list: list, tagid }));
    expect(await give(made)).toBe(0);
    expect(await give(999)).toBe(45159);
    expect(await give(made, Array(51).fill(lin.openid))).toBe(40032);
    for (let n = 0; n < 19; n++) await give(((await make(`t${n}`)) as { tag: { id: number } }).tag.id);
    expect(await give(((await make('多')) as { tag: { id: number } }).tag.id)).toBe(45059);
    expect(await stage.get('/cgi-bin/tags/get')).toMatchObject({
      tags: expect.arrayContaining([{ id: made, name: '熟客', count: 1 }]),
    });
    expect(await code(stage.post('/cgi-bin/tags/delete', { tag: { id: 2 } }))).toBe(45058);
    await stage.post('/cgi-bin/tags/delete', { tag: { id: made } });
    const left = (await stage.post('/cgi-bin/tags/getidlist', { openid: lin.openid })) as {
      tagid_list: number[];
    };
    expect(left.tagid_list).toHaveLength(19);
    expect(left.tagid_list).not.toContain(made);
  });
});

describe('QR codes, tickets and the rest', () => {
  test('a code with a scene leads her in with that scene; bad ones are refused', async () => {
    const make = (action_name: string, scene: object, expire_seconds = 600) =>
      stage.post('/cgi-bin/qrcode/create', { action_name, expire_seconds, action_info: { scene } });
    const made = await make('QR_STR_SCENE', { scene_str: 'store_88' });
    await stage.sim.fan('小林').scans('store_88');
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({
      EventKey: 'qrscene_store_88',
      Ticket: made['ticket'],
    });
    expect(await code(make('QR_LIMIT_SCENE', { scene_id: 100_001 }))).toBe(40053);
    expect(await code(make('QR_STR_SCENE', { scene_str: '' }))).toBe(40053);
    expect(await code(make('QR_FUNNY', { scene_id: 1 }))).toBe(40052);
    expect(await code(make('QR_SCENE', { scene_id: 1 }, 2_592_001))).toBe(40035);
  });

  test('a subscription account has no codes, no notices and no mass send by list', async () => {
    await stage.close();
    stage = await createStage({ accountType: 'subscription' });
    await stage.newToken();
    const lin = await follower();
    const scene = { action_name: 'QR_SCENE', action_info: { scene: { scene_id: 1 } } };
    expect(await code(stage.post('/cgi-bin/qrcode/create', scene))).toBe(48001);
    const notice = { touser: lin.openid, template_id: 'T', data: {} };
    expect(await code(stage.post('/cgi-bin/message/template/send', notice))).toBe(48001);
    const mass = { touser: [lin.openid, 'o'], msgtype: 'text', text: { content: 'a' } };
    expect(await code(stage.post('/cgi-bin/message/mass/send', mass))).toBe(48001);
  });

  test('a ticket for pages stays the same for its two hours', async () => {
    const first = await stage.get('/cgi-bin/ticket/getticket?type=jsapi');
    expect(await stage.get('/cgi-bin/ticket/getticket?type=jsapi')).toMatchObject({
      ticket: first['ticket'],
    });
    stage.passes(2 * hour);
    await stage.newToken();
    expect((await stage.get('/cgi-bin/ticket/getticket?type=jsapi'))['ticket']).not.toBe(first['ticket']);
  });

  test('quotas count by Beijing day and can be cleared; a refusal can be looked up by its rid', async () => {
    const path = '/cgi-bin/message/mass/sendall';
    const left = async () => (await stage.post('/cgi-bin/openapi/quota/get', { cgi_path: path }))['quota'];
    await stage.post(path);
    expect(await left()).toEqual({ daily_limit: 100, used: 1, remain: 99 });
    await Promise.all(Array.from({ length: 99 }, () => stage.post(path)));
    const refused = await stage.post(path);
    expect(refused['errcode']).toBe(45009);
    const rid = /rid: (\S+)/.exec(String(refused['errmsg']))?.[1];
    expect(await stage.post('/cgi-bin/openapi/rid/get', { rid })).toMatchObject({
      request: { request_url: path },
    });
    await stage.post('/cgi-bin/clear_quota/v2', { appid: secrets.appId, appsecret: secrets.appSecret });
    expect(await code(stage.post(path))).toBe(45011);
    stage.passes(minute);
    expect(await code(stage.post(path))).toBe(40035);
    stage.passes(24 * hour);
    await stage.newToken();
    expect(await left()).toMatchObject({ used: 0 });
  });

  test('agents, addresses and the check of the callback answer in the known shapes', async () => {
    expect(await stage.get('/cgi-bin/customservice/getonlinekflist')).toMatchObject({
      kf_online_list: [{ kf_account: 'a@xiaoyi' }],
    });
    expect(await stage.get('/cgi-bin/getcallbackip')).toEqual({ ip_list: ['127.0.0.1'] });
    expect(await stage.post('/cgi-bin/callback/check', { action: 'all' })).toMatchObject({
      dns: [{}],
      ping: [{}],
    });
    expect(await code(stage.get('/cgi-bin/no/such/call'))).toBe(40066);
    expect(await code(stage.get('/cgi-bin/menu/create'))).toBe(43002);
  });
});

describe('notices and mass messages', () => {
  test('a notice reaches her once for its client_msg_id within ten minutes, and its end is reported', async () => {
    const lin = await follower();
    const send = (more: object = {}) =>
      stage.post('/cgi-bin/message/template/send', {
        touser: lin.openid,
        template_id: 'T1',
        data: { thing1: { value: '您中獎了' } },
        client_msg_id: 'once-1',
        ...more,
      });
    const first = await send();
    expect(await send()).toMatchObject({ errcode: 0, msgid: first['msgid'] });
    expect(lin.inbox()).toEqual(['thing1:您中獎了']);
    await stage.sim.settled();
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({
      Event: 'TEMPLATESENDJOBFINISH',
      MsgID: String(first['msgid']),
      Status: 'success',
    });
    stage.passes(10 * minute);
    await send();
    expect(lin.inbox()).toHaveLength(2);
    expect(await code(send({ data: { thing1: { value: '字'.repeat(21) } } }))).toBe(47003);
    await lin.leaves();
    expect(await code(send({ client_msg_id: 'x' }))).toBe(43004);
  });

  test('a mass message is accepted once a day for its clientmsgid and reaches each fan four times a month', async () => {
    const lin = await follower();
    await follower('阿珍');
    const send = (clientmsgid: string, content: string) =>
      stage.post('/cgi-bin/message/mass/sendall', {
        filter: { is_to_all: true },
        msgtype: 'text',
        text: { content },
        clientmsgid,
      });
    const first = await send('m1', '一');
    expect(await send('m1', '一')).toMatchObject({ errcode: 45065, msg_id: first['msg_id'] });
    for (const n of [2, 3, 4, 5]) expect(await code(send(`m${n}`, String(n)))).toBe(0);
    expect(lin.inbox()).toEqual(['一', '2', '3', '4']);
    await stage.sim.settled();
    expect(
      stage.stub.asked
        .map((one) => one.fields)
        .filter((one) => one['Event'] === 'MASSSENDJOBFINISH')
        .at(-1),
    ).toMatchObject({
      Status: 'send success',
      TotalCount: '2',
      FilterCount: '0',
    });
    expect(await stage.post('/cgi-bin/message/mass/get', { msg_id: first['msg_id'] })).toMatchObject({
      msg_status: 'SEND_SUCCESS',
    });
    expect(
      await code(
        stage.post('/cgi-bin/message/mass/send', {
          touser: [lin.openid],
          msgtype: 'text',
          text: { content: 'a' },
        }),
      ),
    ).toBe(40130);
    expect(await code(send('x'.repeat(33), 'a'))).toBe(45067);
  });

  test('all mass calls together are 60 a minute', async () => {
    const status = () => code(stage.post('/cgi-bin/message/mass/get', { msg_id: 1 }));
    for (let n = 0; n < 60; n++) expect(await status()).toBe(40059);
    expect(await code(stage.post('/cgi-bin/message/mass/speed/get'))).toBe(45011);
    stage.passes(minute);
    expect(await status()).toBe(40059);
  });

  test('a draft is listed until a mass send consumes it; a preview leaves it, and the same key again tells of the first', async () => {
    const lin = await follower();
    const older = stage.sim.world.draft('春天', '去哪裡');
    stage.sim.world.draft('夏天');
    const list = (more: object) => stage.post('/cgi-bin/draft/batchget', { offset: 0, count: 20, ...more });
    expect(await list({ count: 1 })).toMatchObject({
      total_count: 2,
      item_count: 1,
      item: [{ media_id: older, content: { news_item: [{ title: '春天' }, { title: '去哪裡' }] } }],
    });
    const article = { msgtype: 'mpnews', mpnews: { media_id: older } };
    const send = () =>
      stage.post('/cgi-bin/message/mass/sendall', {
        filter: { is_to_all: true },
        clientmsgid: 'm1',
        ...article,
      });
    expect(await code(stage.post('/cgi-bin/message/mass/preview', { touser: lin.openid, ...article }))).toBe(
      0,
    );
    const first = await send();
    expect(first).toMatchObject({ errcode: 0 });
    expect(await list({})).toMatchObject({ total_count: 1 });
    expect(await send()).toMatchObject({ errcode: 45065, msg_id: first['msg_id'] });
    expect(await code(stage.post('/cgi-bin/message/mass/preview', { touser: lin.openid, ...article }))).toBe(
      40007,
    );
  });

  test('each yes to a subscription notice is one notice; its end is reported by an event', async () => {
    const lin = await follower();
    const send = () =>
      stage.post('/cgi-bin/message/subscribe/bizsend', {
        touser: lin.openid,
        template_id: 'N1',
        data: { thing1: { value: '出發提醒' } },
      });
    expect(await code(send())).toBe(43101);
    await lin.grants('N1');
    await lin.grants('N1');
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({
      Event: 'subscribe_msg_popup_event',
      SubscribeMsgPopupEvent: { List: { TemplateId: 'N1', SubscribeStatusString: 'accept' } },
    });
    expect(await send()).toEqual({ errcode: 0, errmsg: 'ok' });
    await stage.sim.settled();
    expect(stage.stub.asked.at(-1)?.fields).toMatchObject({
      Event: 'subscribe_msg_sent_event',
      SubscribeMsgSentEvent: { List: { TemplateId: 'N1', ErrorCode: '0' } },
    });
    expect([await code(send()), await code(send())]).toEqual([0, 43101]);
    expect(lin.inbox()).toEqual(['thing1:出發提醒', 'thing1:出發提醒']);
  });
});
