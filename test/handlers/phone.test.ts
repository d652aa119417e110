import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
type Fan = ReturnType<Talk['fan']>;
beforeAll(async () => {
  talk = await createTalk(database);
});
afterAll(() => database.drop());
beforeEach(() => talk.turnClockTo('2026-11-22T10:00'));

async function says(fan: Fan, ...texts: string[]): Promise<string> {
  let told = '';
  for (const text of texts) told = await fan.says(text);
  return told;
}

/** What her phone got with the last reply: in the simulator it is a line of the chat. */
const message = (fan: Fan): string =>
  (fan.last()?.effects ?? [])
    .flatMap((one) => (one.kind === 'tell' && one.reply.kind === 'text' ? [one.reply.text] : []))
    .join();
const codeIn = (text: string): string => /驗證碼 (\d{6})/.exec(text)?.[1] ?? '';
const not = (code: string): string => (code === '000000' ? '000001' : '000000');

/** Asks for a code, and gives what she got. */
async function asks(fan: Fan, phone: string): Promise<string> {
  expect(await says(fan, '綁定手機', '同意', phone)).toContain(`尾號 ${phone.slice(-4)}`);
  return codeIn(message(fan));
}
const pidOf = async (fan: Fan): Promise<string> => (await fan.row()).pid;
const isBound = async (fan: Fan) => (await talk.services.purchases.of(await pidOf(fan))) !== undefined;

const bought = (phone: string, order: string) => ({
  name: `${order}.csv`,
  bytes: Buffer.from(
    `手機號,訂單號,日期,金額（元）,品名,會員號,會員等級\n${phone},${order},2026-10-01,1280,杭州三日,V${order},金卡`,
  ),
});

test('consent, phone, code: then what was imported before is hers, and a segment finds her', async () => {
  const { purchases, people, segments, subscribers } = talk.services;
  await purchases.importFile(bought('13800001111', 'A1'));
  const lin = talk.fan();
  const opened = await lin.says('綁定手機號');
  expect(opened).toContain('認出你在我們這裡買過的訂單');
  expect(opened).toContain('1. 同意\n2. 不同意');
  expect(await lin.says('同意')).toContain('要綁定的手機號');
  expect(await lin.says('我的是 138-0000-1111')).toContain('尾號 1111');
  expect(message(lin)).toMatch(/^〔簡訊〕【小藝旅行】驗證碼 \d{6}，10 分鐘內有效。.*拒收請回覆 R$/);
  const bound = await lin.says(codeIn(message(lin)));
  expect(bound).toContain('綁定好了，尾號 1111');
  expect(bound).toContain('買過的 1 筆訂單');
  expect(bound).toContain('等級：金卡');
  expect(await lin.says('我的資料')).toContain('手機綁定：1 條');

  const db = await database.connect();
  const pid = await pidOf(lin);
  expect(await db.collection('bindings').findOne({ pid })).toMatchObject({
    source: 'sms',
    consent: expect.stringContaining('2026-11'),
    at: new Date('2026-11-22T10:00+08:00'),
  });
  const rule = await segments.readText('買過至少 1 次');
  await people.refresh(await subscribers.known([pid]));
  expect((await segments.sample(rule)).map((one) => one._id)).toEqual([pid]);
  // Of the phone nothing is left but the keyed hash.
  for (const name of ['bindings', 'phoneCodes', 'phoneAsks', 'people'])
    expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain('13800001111');
  expect(JSON.stringify((await lin.row()).talk)).not.toContain('13800001111');
});

test('who does not agree is asked for no phone', async () => {
  const lin = talk.fan();
  expect(await says(lin, '綁定手機', '不同意')).toContain('什麼都沒有記下');
  expect(await lin.says('13800001112')).not.toContain('尾號');
  expect(message(lin)).toBe('');
});

test('only what can be the answer is taken: other words have their own answer, and she goes on', async () => {
  const lin = talk.fan();
  expect(await says(lin, '綁定手機', '同意', '1380000')).toContain('這裡有 7 位');
  expect(await lin.says('杭州天氣')).toContain('還差手機號');
  await lin.says('13800001113');
  const code = codeIn(message(lin));
  expect(await lin.says('杭州天氣')).toContain('還差驗證碼');
  expect(await lin.says('1234')).toContain('驗證碼是 6 位數字，這裡有 4 位');
  expect(await lin.says(`【小藝旅行】驗證碼 ${code}，10 分鐘內有效。`)).toContain('綁定好了');
});

test('a wrong code says how many tries are left; after five only another code helps', async () => {
  const lin = talk.fan();
  const code = await asks(lin, '13800001114');
  for (let left = 4; left > 0; left--)
    expect(await lin.says(not(code))).toContain(`驗證碼不對，請看看最新的那條簡訊，還可以試 ${left} 次`);
  expect(await lin.says(not(code))).toContain('作廢了');
  expect(await lin.says(code)).toContain('已經作廢');
  expect(await isBound(lin)).toBe(false);
  talk.turnClockTo('2026-11-22T10:01');
  expect(await lin.says('重發')).toContain('尾號 1114');
  expect(await lin.says(codeIn(message(lin)))).toContain('綁定好了');
});

test('a code lasts ten minutes; another comes by 「重發」, a minute after the last one at the soonest', async () => {
  const lin = talk.fan();
  const code = await asks(lin, '13800001115');
  talk.turnClockTo('2026-11-22T10:00:20');
  expect(await lin.says('沒收到')).toContain('請等 40 秒');
  talk.turnClockTo('2026-11-22T10:10');
  expect(await lin.says(code)).toContain('失效了');
  expect(await lin.says('重發')).toContain('尾號 1115');
  const next = codeIn(message(lin));
  expect(next).not.toBe(code);
  expect(await lin.says(next)).toContain('綁定好了');
});

test('five codes a day, and the last one still counts', async () => {
  const lin = talk.fan();
  await asks(lin, '13800001116');
  for (let minute = 1; minute < 5; minute++) {
    talk.turnClockTo(`2026-11-22T10:0${minute}`);
    expect(await lin.says('重發')).toContain('尾號 1116');
  }
  const code = codeIn(message(lin));
  talk.turnClockTo('2026-11-22T10:06');
  expect(await lin.says('重發')).toContain('次數用完了');
  expect(message(lin)).toBe('');
  expect(await lin.says(code)).toContain('綁定好了');
  const mei = talk.fan();
  expect(await says(mei, '綁定手機', '同意', '13800001116')).toContain('明天再說');
  expect(await mei.says('123456')).not.toContain('驗證碼');
  talk.turnClockTo('2026-11-23T10:00');
  expect(await asks(mei, '13800001116')).toMatch(/^\d{6}$/);
});

test('a wrong number is put right by 「綁定手機」 at once', async () => {
  const lin = talk.fan();
  await asks(lin, '13800001117');
  expect(await lin.says(await asks(lin, '13800001118'))).toContain('尾號 1118');
});

test('somebody else’s phone stays hers, until she lets it go', async () => {
  const [lin, eve] = [talk.fan(), talk.fan()];
  await lin.says(await asks(lin, '13800001119'));
  expect(await eve.says(await asks(eve, '13800001119'))).toContain('已經綁在另一個微信上');
  expect([await isBound(lin), await isBound(eve)]).toEqual([true, false]);
  expect(await lin.says('解除綁定')).toContain('要解除嗎');
  expect(await lin.says('不解除')).toContain('還綁著');
  expect(await says(lin, '解绑', '解除')).toContain('解除绑定了');
  expect(await lin.says('解除綁定')).toContain('還沒有綁定');
  expect(await eve.says(await asks(eve, '13800001119'))).toContain('綁定好了');
});

test('another phone takes the place of the first, and she is told before', async () => {
  const { purchases } = talk.services;
  await purchases.importFile(bought('13800001120', 'B1'));
  const lin = talk.fan();
  await lin.says(await asks(lin, '13800001120'));
  expect(await lin.says('更換手機號')).toContain('原來的就解開');
  expect(await lin.says('取消')).toContain('不填了');
  expect(await lin.says(await asks(lin, '13800001121'))).not.toContain('筆訂單');
  const { subscribers, people, segments } = talk.services;
  await people.refresh(await subscribers.known([await pidOf(lin)]));
  const found = await segments.sample(await segments.readText('買過至少 1 次'));
  expect(found.map((one) => one._id)).not.toContain(await pidOf(lin));
});

test.each([
  ['我想綁定一下我的手機號', '可以嗎'],
  ['怎么绑定手机', '可以吗'],
  ['不想綁定了，幫我解綁', '還沒有綁定'],
  ['訂閱簡訊', '號碼我沒有留著'],
  ['我想收優惠短信', '號碼我沒有留著'],
  ['退订短信', '优惠短信停了'],
  ['不要再給我發短信了', '優惠短信停了'],
  ['我不想收優惠短信了', '優惠短信停了'],
])('「%s」 is understood', async (said, told) => {
  expect(await talk.fan().says(said)).toContain(told);
});

test('she is erased with her phone, also one that she had not proven', async () => {
  const [lin, mei] = [talk.fan(), talk.fan()];
  await lin.says(await asks(lin, '13800001122'));
  await asks(mei, '13800001123');
  const db = await database.connect();
  for (const one of [lin, mei]) {
    const { pid, _id: fan } = await one.row();
    const copy = await talk.services.upkeep.copy({ fan, pid });
    expect(copy['phoneCodes']).toHaveLength(1);
    await talk.services.upkeep.erase({ fan, pid, upTo: new Date('2026-11-22T10:00+08:00') });
    for (const name of ['bindings', 'phoneCodes', 'phoneAsks'])
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain(pid);
  }
  expect(JSON.stringify(await db.collection('phoneCodes').find().toArray())).not.toContain('13800001123');
});

test('on a real account without a provider it says that it is not connected, and nothing leads there', async () => {
  const real = await createTalk(database, {
    settings: { WECHAT_APP_ID: 'wxabcdef0123456789', WECHAT_APP_SECRET: 'x' },
  });
  const lin = real.fan();
  expect(await lin.says('綁定手機')).toContain('這項服務還沒接上');
  expect(await lin.says('同意')).not.toContain('手機號');
  expect(await lin.says('幫助')).not.toContain('綁定手機');
  expect(await lin.says('解除綁定')).toContain('你還沒有綁定手機。');
  expect(await talk.fan().says('幫助')).toContain('綁定手機');
});

test('right after the code she may subscribe to promotional texts, and end them at once', async () => {
  const lin = talk.fan();
  const bound = await lin.says(await asks(lin, '13800001130'));
  expect(bound).toMatch(/想收優惠短信就回覆「訂閱短信」。.*退訂短信.*（短信 2026-11）/);
  expect(await lin.says('訂閱短信')).toContain('尾號 1130');
  const pid = await pidOf(lin);
  const { phones, people, segments, subscribers } = talk.services;
  expect(await phones.forPush([pid])).toEqual(new Map([[pid, '13800001130']]));
  const wanting = async () => {
    await people.refresh(await subscribers.known([pid]));
    return (await segments.sample(await segments.readText('訂閱了短信'))).map((one) => one._id);
  };
  expect(await wanting()).toEqual([pid]);
  expect(await lin.says('我的資料')).toContain('優惠短信訂閱：1 條');
  expect(await lin.says('退訂短信')).toContain('優惠短信停了');
  expect(await wanting()).toEqual([]);
  expect(await lin.says('訂閱短信')).toContain('說「綁定手機」驗證一次');
});

test('who lets go of her phone gets no promotional texts any more, and is offered none', async () => {
  const lin = talk.fan();
  await lin.says(await asks(lin, '13800001131'));
  await says(lin, '訂閱短信', '解除綁定', '解除');
  expect(await talk.services.phones.wantsPush(await pidOf(lin))).toBe('no');
});

test('where no promotional text is approved, nobody is offered one', async () => {
  const real = await createTalk(database, {
    settings: {
      ...{ WECHAT_APP_ID: 'wxabcdef0123456789', WECHAT_APP_SECRET: 'x', SMS_SECRET_ID: 'id' },
      ...{ SMS_SECRET_KEY: 'k', SMS_APP_ID: '1400006666', SMS_TEMPLATE_ID: '1', SMS_SIGNATURE: '小藝旅行' },
    },
  });
  expect(real.services.phones.pushAvailable).toBe(false);
  expect(await real.fan().says('訂閱短信')).toContain('還沒有開通');
});

test('in production no code is ever shown in chat', async () => {
  const lin = (await createTalk(database, { settings: { NODE_ENV: 'production' } })).fan();
  expect(await lin.says('綁定手機')).toContain('這項服務還沒接上');
});
