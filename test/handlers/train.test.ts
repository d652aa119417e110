import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
beforeAll(async () => {
  talk = await createTalk(database);
});
beforeEach(() => talk.turnClockTo('2026-11-22T10:00'));
afterAll(() => database.drop());

const times = (said: string) => [...said.matchAll(/^[A-Z]?\d+ (\d\d:\d\d)–/gm)].map(([, time]) => time ?? '');

test('today means the trains that still leave, with stations, price, and that they are invented', async () => {
  const said = await talk.fan().says('杭州到上海');
  expect(said).toMatch(/^杭州到上海，11月22日（週日）還有 \d+ 班\n/);
  expect(said).toMatch(/^G\d+ \d\d:\d\d–\d\d:\d\d 杭州東→上海虹橋 ¥\d+$/m);
  expect(times(said).every((time) => time > '10:00')).toBe(true);
  expect(said).toMatch(
    /以上是示例車次，並非實際班次，購票以 <a href="https:\/\/www\.12306\.cn">12306<\/a> 為準。$/,
  );
});

test.each(['杭州到上海 明天 高鐵', '明天杭州到上海的高铁', '杭州去上海明天高鐵', '明天從杭州到上海 高鐵票'])(
  '「%s」',
  async (asked) => {
    const said = await talk.fan().says(asked);
    expect(said).toMatch(/^杭州到上海，11月23日（[週周]一）共 \d+ 班高[鐵铁]\n/);
    expect(said).not.toMatch(/^K/m);
  },
);

test('a weekday is the next one, by the Beijing day', async () => {
  talk.turnClockTo('2026-11-23T00:30');
  expect(await talk.fan().says('杭州到上海今天')).toContain('11月23日（週一）還有');
  expect(await talk.fan().says('杭州到上海週五')).toContain('11月27日（週五）共');
});

test('late in the evening all have left, and tomorrow is offered', async () => {
  talk.turnClockTo('2026-11-22T23:50');
  expect(await talk.fan().says('杭州到上海')).toMatch(/的都開走了。回覆「杭州到上海明天」看明天的/);
});

test('many trains come in pages', async () => {
  const db = await database.connect();
  const rows = db.collection<{ _id: string }>('trains');
  const one = await rows.findOne({ from: 'hangzhou', to: 'shanghai' } as object);
  const more = Array.from({ length: 12 }, (_, i) => ({ ...one, _id: `more/${i}`, departs: `20:${10 + i}` }));
  await rows.insertMany(more);
  const fan = talk.fan();
  const first = times(await fan.says('杭州到上海 今天'));
  const second = times(await fan.says('更多'));
  const third = times(await fan.says('更多'));
  expect(first).toHaveLength(8);
  expect([...first, ...second, ...third]).toEqual([...first, ...second, ...third].toSorted());
  expect(await fan.says('更多')).toMatch(/^剛才說的已經是全部了/);
  await rows.deleteMany({ _id: { $in: more.map((row) => row._id) } });
});

test('kind words where there is nothing to ride', async () => {
  const fan = talk.fan();
  expect(await fan.says('杭州到杭州')).toMatch(/^杭州到杭州，原地就是。/);
  expect(await fan.says('杭州到三亞')).toContain('沒有查到直達的車次');
  expect(await fan.says('杭州到上海2026-11-01')).toMatch(/^11月1日已經過了/);
  expect(await fan.says('杭州到上海軟臥')).toMatch(/^「軟臥」我這裡查不到，先按其他條件找。/);
  expect(await fan.clicks('TRAINS')).toMatch(/^從哪裡到哪裡？/);
});

test.each([
  ['看到你真好', 'talk'],
  ['我到上海了', 'otherwise'],
  ['收到，謝謝', 'talk'],
])('「%s」 is not about trains', async (said, by) => {
  const fan = talk.fan();
  await fan.says(said);
  expect(fan.last()?.by).toBe(`handlers/${by}.ts`);
});

test('a misspelt city is guessed once, said as such, with the day kept', async () => {
  const said = await talk.fan().says('杭洲到上海明天');
  expect(said).toMatch(/^你是說「杭州到上海2026-11-23列車」吧？\n\n杭州到上海，11月23日/);
});

test('another kind of train, another day: named only where there are any', async () => {
  const db = await database.connect();
  const rows = db.collection<{ _id: string }>('trains');
  const one = await rows.findOne({ from: 'hangzhou', to: 'shanghai' } as object);
  const alone = {
    ...one,
    _id: 'alone',
    from: 'hangzhou',
    to: 'sanya',
    runs: [1],
    departs: '08:00',
    kind: '直達',
  };
  await rows.insertOne(alone);
  talk.turnClockTo('2026-11-22T10:00');
  const fan = talk.fan();
  const hint = await fan.says('杭州到三亞 明天 高鐵');
  expect(hint).toContain('沒有查到直達的高鐵車次。換個車種試試，回覆「杭州到三亞2026-11-23」');
  expect(await fan.says('杭州到三亞2026-11-23')).toMatch(/共 1 班\n/);
  expect(await fan.says('杭州到三亞 今天 高鐵')).not.toContain('換個車種');
  talk.turnClockTo('2026-11-23T10:00');
  expect(await fan.says('杭州到三亞')).toMatch(/都開走了。\n/);
  await rows.deleteOne({ _id: 'alone' });
});
