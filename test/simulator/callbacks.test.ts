import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { createClock } from '../../src/kit/clock';
import { createSimulator } from '../../src/simulator/simulator';
import { words } from '../support/stub-account';
import { createStage, type Stage, secrets } from './stage';

describe('a fan of the simulator', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await createStage();
  });
  afterEach(() => stage.close());

  const follower = async (name = '小林') => {
    const fan = stage.sim.fan(name);
    await fan.follows();
    return fan;
  };

  test('reads the sealed reply of an account that opens and seals for itself', async () => {
    stage.stub.answers(({ fields }) => `你說了「${words(fields['Content'])}」`);
    const lin = await follower();
    const { seen } = await lin.says('天氣 <&> ]]> 好');
    expect(seen).toEqual({ kind: 'text', text: expect.stringContaining('你說了「天氣 <&> ]]> 好」') });
    expect(stage.stub.asked.at(-1)?.body).toMatch(/^<xml><ToUserName>.*<Encrypt>/);
    expect(stage.stub.asked.at(-1)?.body).not.toContain('天氣');
  });

  test('sends every kind of message with the fields WeChat gives it', async () => {
    const lin = await follower();
    const place = { latitude: 31.231706, longitude: 121.472644, label: '某路1號' };
    await lin.sends({ location: place });
    await lin.sends({ image: true });
    await lin.sends({ voice: { recognition: '杭州' } });
    await lin.sends({ video: true });
    await lin.sends({ link: { title: '題', description: '述', url: 'https://example.com/' } });
    await lin.says('選這個', { menuItem: '101' });
    const [location, image, voice, video, link, text] = stage.stub.asked.slice(1).map((one) => one.fields);
    expect(location).toMatchObject({
      MsgType: 'location',
      Location_X: '31.231706',
      Location_Y: '121.472644',
      Scale: '16',
    });
    expect(image).toMatchObject({
      MsgType: 'image',
      PicUrl: expect.stringMatching(/^http/),
      MediaId: expect.any(String),
    });
    expect(voice).toMatchObject({
      MsgType: 'voice',
      Format: 'amr',
      MediaId16K: expect.any(String),
      Recognition: '杭州',
    });
    expect(video).toMatchObject({ MsgType: 'video', ThumbMediaId: expect.any(String) });
    expect(link).toMatchObject({ MsgType: 'link', Title: '題', Url: 'https://example.com/' });
    expect(text).toMatchObject({ MsgType: 'text', Content: '選這個', bizmsgmenuid: '101' });
    const ids = stage.stub.asked.slice(1).map((one) => BigInt(words(one.fields['MsgId'])));
    expect(new Set(ids).size).toBe(6);
    expect(ids.every((id) => id > 2n ** 53n && id < 2n ** 63n)).toBe(true);
  });

  test('follows, scans, taps and leaves with the events WeChat sends', async () => {
    const lin = stage.sim.fan('小林');
    await lin.scans('store_88');
    await lin.scans('store_88');
    await lin.clicks('WEATHER');
    await lin.arrives({ latitude: 31.23, longitude: 121.47, label: '某路' });
    await lin.leaves();
    expect(stage.stub.asked.map((one) => [one.fields['Event'], one.fields['EventKey']])).toEqual([
      ['subscribe', 'qrscene_store_88'],
      ['SCAN', 'store_88'],
      ['CLICK', 'WEATHER'],
      ['LOCATION', undefined],
      ['unsubscribe', ''],
    ]);
    expect(stage.stub.asked[0]?.fields['Ticket']).toBe(stage.stub.asked[1]?.fields['Ticket']);
  });

  test('picks a location from the menu: the event first, then the message, which is what is answered', async () => {
    await stage.newToken();
    await stage.post('/cgi-bin/menu/create', {
      button: [{ name: '附近', type: 'location_select', key: 'NEAR' }],
    });
    stage.stub.answers(({ fields }) =>
      fields['MsgType'] === 'location' ? '附近有酒店' : { raw: 'success' },
    );
    const lin = await follower();
    const deed = await lin.taps('附近', {
      place: { latitude: 30.26, longitude: 120.15, label: '北山街', name: '斷橋' },
    });
    expect(deed?.seen).toEqual({ kind: 'text', text: '附近有酒店' });
    const [event, message] = stage.stub.asked.slice(-2).map((one) => one.fields);
    expect(event).toMatchObject({
      Event: 'location_select',
      EventKey: 'NEAR',
      SendLocationInfo: { Location_X: '30.26', Label: '北山街', Poiname: '斷橋' },
    });
    expect(message).toMatchObject({ MsgType: 'location', Location_X: '30.26' });
  });

  test('is told apart by time: the same tap twice never carries the same second', async () => {
    const lin = await follower();
    await lin.clicks('A');
    await lin.clicks('A');
    await lin.clicks('B');
    const [first, second, other] = stage.stub.asked.slice(-3).map((one) => Number(one.fields['CreateTime']));
    expect(second).toBeGreaterThan(first ?? Infinity);
    expect(other).toBeLessThanOrEqual(second ?? 0);
  });

  test('sees the banner after three deliveries without an answer, each one over a new signature', async () => {
    const lin = await follower();
    stage.stub.answers(() => ({ does: 'hang' }));
    const { seen, outcome } = await lin.says('在嗎');
    expect(seen?.kind).toBe('banner');
    expect(outcome.wire.deliveries.map((one) => one.error)).toEqual(
      Array.from({ length: 3 }, () => '0.2 秒內沒有回應'),
    );
    const copies = stage.stub.asked.slice(1);
    expect(new Set(copies.map((one) => one.fields['MsgId'])).size).toBe(1);
    expect(new Set(copies.map((one) => one.query.get('msg_signature'))).size).toBe(3);
  });

  test('is answered by the second delivery when the first one met a 503 and a reset', async () => {
    const lin = await follower();
    let n = 0;
    stage.stub.answers(() => {
      n++;
      if (n === 1) return { raw: 'busy', status: 503 };
      return n === 2 ? { does: 'reset' } : '來了';
    });
    const { seen, outcome } = await lin.says('在嗎');
    expect(seen).toEqual({ kind: 'text', text: '來了' });
    expect(outcome.wire.deliveries).toHaveLength(3);
  });

  test('in a storm sends all three copies at once and reads one answer', async () => {
    await stage.close();
    stage = await createStage({ callbacks: { timeoutMs: 5_000 } }); // on a busy machine the third comes late
    const lin = await follower();
    let open = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      release = resolve;
    });
    stage.stub.answers(async () => {
      most = Math.max(most, ++open);
      if (open === 3) release();
      await together;
      return '一次';
    });
    const { seen } = await lin.says('搶', { storm: true });
    expect(most).toBe(3);
    expect(seen).toEqual({ kind: 'text', text: '一次' });
    expect(lin.inbox()).toEqual(['一次']);
  });

  test('sees nothing, and no banner, when the account says success or nothing at all', async () => {
    const lin = await follower();
    stage.stub.answers(() => ({ raw: '' }));
    expect((await lin.says('喂')).seen).toBeUndefined();
    stage.stub.answers(() => ({ raw: 'success' }));
    expect((await lin.says('喂')).seen).toBeUndefined();
    expect(lin.inbox()).toEqual([]);
  });

  test('sees no banner where nothing could be shown: an unsubscribe or a link that failed', async () => {
    const lin = await follower();
    stage.stub.answers(() => ({ raw: 'oops', status: 500 }));
    expect((await lin.arrives({ latitude: 1, longitude: 1, label: '' })).seen).toBeUndefined();
    expect((await lin.leaves()).seen).toBeUndefined();
  });

  const article = (title: string) =>
    `<item><Title>${title}</Title><Description>d</Description><PicUrl></PicUrl><Url>https://e.com/${title}</Url></item>`;
  const news = (count: number, titles: string[]) =>
    `<MsgType>news</MsgType><ArticleCount>${count}</ArticleCount><Articles>${titles.map(article).join('')}</Articles>`;

  test.each<[string, { raw: string } | { inner: string }]>([
    ['plain XML in safe mode', { raw: '<xml><MsgType>text</MsgType><Content>hi</Content></xml>' }],
    ['JSON where XML is spoken', { raw: '{"MsgType":"text","Content":"hi"}' }],
    ['a page of HTML', { raw: '<!DOCTYPE html><html></html>' }],
    ['text that is empty', { inner: '<MsgType>text</MsgType><Content></Content>' }],
    ['text of 2049 bytes', { inner: `<MsgType>text</MsgType><Content>${'a'.repeat(2049)}</Content>` }],
    ['a kind nobody knows', { inner: '<MsgType>poem</MsgType><Content>hi</Content>' }],
    [
      'an image that was never uploaded',
      { inner: '<MsgType>image</MsgType><Image><MediaId>nope</MediaId></Image>' },
    ],
    ['a wrong count of articles', { inner: news(2, ['a']) }],
    ['two roots', { inner: '</xml><xml><MsgType>text</MsgType><Content>hi</Content>' }],
    ['an element that is not closed', { inner: '<MsgType>text</MsgType><Content>hi' }],
  ])('sees the banner instead of %s', async (_what, said) => {
    const lin = await follower();
    stage.stub.answers(() => said);
    const { seen, outcome } = await lin.says('喂');
    expect(seen?.kind).toBe('banner');
    expect(outcome.wire.deliveries).toHaveLength(1);
    expect(outcome.wire.remarks.join()).toMatch(/^失敗：./);
  });

  test('reads 2048 bytes of text, and one article to a message but eight to a tap', async () => {
    const lin = await follower();
    stage.stub.answers(() => '好'.repeat(682) + 'ab');
    expect((await lin.says('喂')).seen?.kind).toBe('text');
    const titles = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    stage.stub.answers(() => ({ inner: news(9, titles) }));
    const said = await lin.says('喂');
    expect(said.seen).toMatchObject({ kind: 'news', articles: [{ title: 'a' }] });
    expect(said.outcome.wire.remarks.join()).toContain('被丟掉');
    const tapped = await lin.clicks('NEWS');
    expect(tapped.seen).toMatchObject({
      kind: 'news',
      articles: titles.slice(0, 8).map((title) => ({ title })),
    });
  });

  test('cannot write, tap or leave before she follows, and cannot follow twice', async () => {
    const lin = stage.sim.fan('小林');
    expect(() => lin.says('喂')).toThrow('還沒有關注');
    expect(() => lin.leaves()).toThrow('還沒有關注');
    await lin.follows();
    expect(() => lin.follows()).toThrow('已經關注了');
  });

  test('keeps a bounded history, wires included', async () => {
    await stage.close();
    stage = await createStage({ historyPerFan: 10 });
    const lin = await follower();
    stage.stub.answers(() => '好');
    for (let n = 0; n < 12; n++) await lin.says(`第 ${n} 句`);
    expect(lin.chat()).toHaveLength(10);
    expect(lin.chat().at(-2)).toMatchObject({
      from: 'fan',
      body: { text: '第 11 句' },
      wire: { plain: expect.stringContaining('第 11 句') },
    });
  });

  test('has the same openid under the same name in another run', async () => {
    const other = await createStage();
    expect(other.sim.fan('小林').openid).toBe(stage.sim.fan('小林').openid);
    expect(stage.sim.fan('小林').openid).toMatch(/^o[A-Za-z0-9-]{27}$/);
    await other.close();
  });
});

test('without a key messages go in the open, and a sealed reply would be wrong', async () => {
  const stage = await createStage({ plain: true });
  stage.stub.answers(() => '你好');
  const lin = stage.sim.fan('小林');
  expect((await lin.follows()).seen).toEqual({ kind: 'text', text: '你好' });
  expect(stage.stub.asked[0]?.body).toContain('<MsgType><![CDATA[event]]></MsgType>');
  await stage.close();
});

test('compatible mode sends the plain fields beside the sealed ones', async () => {
  const stage = await createStage({ callbacks: { mode: 'compatible' } });
  await stage.sim.fan('小林').follows();
  expect(stage.stub.asked[0]?.body).toMatch(/<Event>.*<Encrypt>/);
  await stage.close();
});

test('the address is checked with an echostr, as the console does', async () => {
  const stage = await createStage();
  expect(await stage.sim.callbacks.verify()).toBe(true);
  await stage.close();
});

test('there is no simulator in production', () => {
  const clock = createClock();
  const log = pino({ level: 'silent' });
  const settings = {
    ...secrets,
    callbackUrl: 'http://127.0.0.1:1/wechat',
    account: 'gh_simulated01',
    clock,
    log,
  };
  expect(() => createSimulator({ ...settings, production: true })).toThrow('never run in production');
});

test('a world kept in a file is there in the next run', async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'world-')), 'world.json');
  const first = await createStage({ stateFile });
  await first.newToken();
  await first.post('/cgi-bin/menu/create', { button: [{ name: '天氣', type: 'click', key: 'W' }] });
  await first.sim.fan('小林').follows();
  await first.close();
  const second = await createStage({ stateFile });
  expect(second.sim.fan('小林').state.following).toBe(true);
  expect(second.sim.world.menu).toEqual([{ name: '天氣', type: 'click', key: 'W' }]);
  await second.close();
});
