import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
beforeEach(() => talk.turnClockTo('2026-11-22T10:00'));
afterAll(() => database.drop());

test('sights with hours, tickets and the day they were checked, in pages', async () => {
  const fan = talk.fan();
  const said = await fan.says('杭州景點');
  expect(said).toMatch(/^杭州景點（6 處）\n\n1\. /);
  expect(said).toMatch(/\n開放：.+\n門票：.+（10月20日）\n/);
  expect(said).toContain('以景區公告為準');
  expect(await fan.says('更多')).toMatch(/\n6\. /);
  expect(await talk.fan().clicks('SIGHTS')).toMatch(/^想逛哪座城市？/);
});

test.each(['幫助', '帮助', 'HELP', '你好', '？', '😀'])('「%s」 shows what one can ask', async (said) => {
  expect(await talk.fan().says(said)).toMatch(/^你好，我是小[藝艺]/);
});

test('the script she asked for stays, whatever she types', async () => {
  const fan = talk.fan();
  expect(await fan.says('简体')).toMatch(/^好的，之后都用简体/);
  expect(await fan.says('杭州天氣')).toMatch(/^杭州天气/);
  expect(await fan.says('繁体')).toMatch(/^好的，之後都用繁體/);
  expect(await fan.says('杭州天气')).toMatch(/^杭州天氣/);
  expect(await fan.clicks('SCRIPT')).toContain('之后都用简体');
  expect(await fan.clicks('SCRIPT')).toContain('之後都用繁體');
});

test('in service hours she is put into the line, once, and may leave it', async () => {
  const fan = talk.fan();
  expect(await fan.says('人工')).toMatch(/^已經請同事過來了。/);
  expect(await fan.says('人工')).toMatch(/^已經請同事過來了。/);
  talk.turnClockTo('2026-11-22T10:01');
  expect(await talk.fan().says('人工')).toMatch(/你前面還有 1 位/);
  expect(await fan.says('退出人工')).toMatch(/^好，不等了/);
  expect(await fan.says('滿意')).not.toContain('轉告');
  expect(await fan.clicks('AGENT')).toBe('同事都在。回覆「人工」，馬上為你轉接。');
});

test('where people answer in WeChat itself she is handed over', async () => {
  const elsewhere = await createTalk(database, { settings: { DESK: 'wechat' } });
  const fan = elsewhere.fan();
  await fan.says('人工');
  expect(fan.last()?.reply).toEqual({ kind: 'transfer' });
});

test('outside them her words and number are kept, once answered', async () => {
  talk.turnClockTo('2026-11-22T22:30');
  const fan = talk.fan();
  expect(await fan.clicks('AGENT')).toMatch(/^同事的上班時間是每天 09:00 到 21:00/);
  expect(await fan.says('想訂兩間房，能加床嗎')).toMatch(/手機號/);
  expect(await fan.says('杭州天氣')).toMatch(/^杭州天氣[^]+（還差手機號，回覆「繼續」接著填）$/);
  expect(await fan.says('1234567')).toMatch(/不像手機號/);
  expect(await fan.says('138-0000-1111')).toMatch(/^記下了，每天 09:00 上班後會打 13800001111 給你/);
  const [kept] = await talk.services.enquiries.newest(1);
  expect(kept).toMatchObject({
    pid: (await fan.row()).pid,
    words: '想訂兩間房，能加床嗎',
    phone: '13800001111',
  });
});

test('she can call the form off', async () => {
  talk.turnClockTo('2026-11-22T22:30');
  const fan = talk.fan();
  await fan.says('人工');
  expect(await fan.says('取消')).toMatch(/^好的，先不填了/);
  expect(await fan.says('杭州天氣')).not.toContain('繼續');
});

test('a new fan is welcomed once in a life', async () => {
  const fan = talk.fan();
  expect(await fan.follows()).toMatch(/^歡迎！我是小藝/);
  expect(await fan.follows()).toMatch(/^又見面了/);
});

test('who comes by a code of ours reads that channel’s words', async () => {
  expect(await talk.fan().follows('station-hangzhou')).toMatch(/^剛到杭州？/);
  expect(await talk.fan().follows('nobody-knows')).toMatch(/^歡迎！/);
  const fan = talk.fan();
  await fan.follows();
  expect(await fan.scans('hotel-lobby')).toMatch(/^歡迎入住！/);
  expect(await fan.scans('nobody-knows')).toMatch(/^又見面了/);
});

test('when she leaves, what she said is to be erased, and nothing is answered', async () => {
  const fan = talk.fan();
  const { pid, _id } = await fan.row();
  const { reply, effects } = await fan.does({ kind: 'leave' });
  const at = Date.parse('2026-11-22T10:00:00+08:00');
  expect(reply).toBeNull();
  expect(effects).toEqual([{ kind: 'later', job: 'erase', data: { fan: _id, pid, upTo: at, leftAt: at } }]);
});

test('what cannot be read gets a kind word; recognised speech is taken as said', async () => {
  const fan = talk.fan();
  const voice = { kind: 'voice', mediaId: 'm', format: 'amr' } as const;
  expect(await fan.sends({ kind: 'image', picUrl: 'https://a.example/p', mediaId: 'm' })).toMatch(
    /^照片收到了/,
  );
  expect(await fan.sends(voice)).toMatch(/^聲音收到了/);
  expect(await fan.sends({ ...voice, recognition: '杭州天气。' })).toMatch(/^杭州天/);
  expect(await fan.sends({ kind: 'video', mediaId: 'm', thumbMediaId: 't' })).toMatch(/^視頻收到了/);
  expect(await fan.sends({ kind: 'link', title: 't', description: 'd', url: 'https://a.example' })).toMatch(
    /^連結收到了/,
  );
});

test('a city alone is met with what one can ask about it', async () => {
  const fan = talk.fan();
  expect(await fan.says('杭州')).toBe(
    '浙江杭州，想看什麼？\n1. 杭州攻略\n2. 杭州天氣\n3. 杭州酒店\n4. 杭州景點\n（回覆數字就行）',
  );
  expect(await fan.says('２')).toMatch(/^杭州天氣/);
  expect(await fan.says('台灣')).toMatch(/^說的是哪一座城市？\n1\. 中國台灣/);
  expect(await talk.fan().says('杭洲')).toBe('這句我沒聽懂，你是想說：\n1. 杭州\n（回覆數字就行）');
});

test('a miss is counted, without anybody’s numbers', async () => {
  const fan = talk.fan();
  expect(await fan.says('呱呱呱 13800001111')).toMatch(/^這句我還不會答/);
  // What only one person typed is kept as a hash.
  expect(await talk.services.misses.top(9)).toEqual([]);
  expect(await talk.fan().says('呱呱呱 13900002222')).toMatch(/^這句我還不會答/);
  expect((await talk.services.misses.top(1))[0]).toMatchObject({ n: 2, sample: '呱呱呱 ###########' });
});

test('events that nobody typed are not answered', async () => {
  const { reply } = await talk.fan().does({ kind: 'view', url: 'https://a.example' });
  expect(reply).toBeNull();
});
