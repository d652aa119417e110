import type { Connection } from 'mongoose';
import type { Standing } from '../../../src/domain/stages/stages';
import { testDatabase } from '../../support/database';
import { createTalk, type Talk } from '../../support/talk';

const database = testDatabase();
let talk: Talk;
let db: Connection;
beforeAll(async () => {
  talk = await createTalk(database, { at: '2026-11-22T10:00' });
  db = await database.connect();
});
afterAll(() => database.drop());

const consent = { source: 'form:phone', consent: 'v1' };
const shop = (...lines: string[]) =>
  talk.services.purchases.importFile({
    name: 'shop.csv',
    bytes: Buffer.from(['手機號,訂單號,日期,金額（元）', ...lines].join('\n')),
  });
async function someone() {
  const fan = talk.fan();
  await fan.follows();
  const { pid, _id } = await fan.row();
  const known = { pid, fan: _id };
  await db
    .collection<{ _id: string }>('subscribers')
    .updateOne({ _id }, { $set: { following: true, followedAt: new Date('2026-11-20T04:00:00Z') } });
  await talk.services.people.refresh([known]);
  return { fan, pid, known };
}
const waysOf = async (pid: string) =>
  (await talk.services.stages.of(pid)).moves.map(({ from, to, on }) => `${from} ${to} ${on}`);
const flatOf = async (pid: string) => talk.services.people.read(pid);
const everything = async () =>
  Promise.all(
    ['stages', 'moves', 'people'].map((one) => db.collection(one).find().sort({ _id: 1 }).toArray()),
  );

test('an import moves those who bound the phone, at once; each move is kept, and the daily run adds none', async () => {
  const { stages, purchases, segments } = talk.services;
  const { pid } = await someone();
  await stages.run();
  expect(await waysOf(pid)).toEqual(['none found 2026-11-22']);

  await purchases.bindPhone(pid, '13811110001', consent);
  await shop('13811110001,S1,2026-11-01,100');
  await shop('13811110001,S1,2026-11-01,100', '13811110001,S2,2026-11-10,300');
  expect(await waysOf(pid)).toEqual([
    'none found 2026-11-22',
    'found bought 2026-11-22',
    'bought loyal 2026-11-22',
  ]);
  expect((await flatOf(pid))?.t).toContain('stage:loyal');
  const found = await segments.sample(
    await segments.readText('在階段忠誠；累計消費至少 400 元；30 天內買過'),
  );
  expect(found.map(({ _id }) => _id)).toEqual([pid]);

  const before = await waysOf(pid);
  expect(await stages.run()).toBe(0);
  await stages.run({ anew: true });
  expect(await waysOf(pid)).toEqual(before);
  const once = await everything();
  await stages.run({ anew: true });
  expect(await everything()).toEqual(once);
});

test('a day later who stays does not move; who looks again falls back by herself when her questions are old', async () => {
  const { stages, people } = talk.services;
  const { pid, known } = await someone();
  const ask = async (n: number) =>
    db.collection<{ _id: string }>('inbox').insertOne({
      _id: `${pid}${n}`,
      ...{ fan: known.fan, at: new Date('2026-11-22T02:00:00Z'), about: '杭州酒店' },
    });
  await ask(1);
  await ask(2);
  await people.refresh([known]);
  await stages.look([known]);
  expect((await stages.of(pid)).standing?.stage).toBe('considering');
  talk.turnClockTo('2026-12-21T10:00');
  await people.refresh([known]);
  await stages.look([known]);
  expect((await stages.of(pid)).standing).toMatchObject({ stage: 'considering', since: '2026-11-22' });
  talk.turnClockTo('2026-12-22T10:00');
  await people.refresh([known]);
  await stages.look([known]);
  expect((await waysOf(pid)).at(-1)).toBe('considering aware 2026-12-22');
  talk.turnClockTo('2026-11-22T10:00');
});

test('who was cut off after the move was written makes it no second time', async () => {
  const { stages, people, purchases } = talk.services;
  const { pid, known } = await someone();
  await stages.look([known]);
  const before = (await stages.of(pid)).standing;
  talk.turnClockTo('2026-11-22T10:01');
  await purchases.bindPhone(pid, '13811110002', consent);
  await shop('13811110002,S3,2026-11-01,100');
  await db.collection<Standing>('stages').replaceOne({ _id: pid }, before as Standing);
  talk.turnClockTo('2026-11-23T10:00');
  await people.refresh([known]);
  await stages.look([known]);
  expect(await waysOf(pid)).toEqual(['none found 2026-11-22', 'found bought 2026-11-22']);
  expect((await stages.of(pid)).standing).toMatchObject({ stage: 'bought', since: '2026-11-22' });
  expect((await flatOf(pid))?.t).toContain('stage:bought');
  talk.turnClockTo('2026-11-22T10:00');
});

test('moves are counted by day for good: rates stay as they were when she has left', async () => {
  const { stages, upkeep, people, purchases } = talk.services;
  await Promise.all(
    ['stages', 'moves', 'stageRuns', 'stageDays', 'people', 'subscribers'].map((one) =>
      db.collection(one).deleteMany({}),
    ),
  );
  talk.turnClockTo('2026-11-25T04:00');
  const all = await Promise.all([someone(), someone(), someone(), someone()]);
  await stages.run();
  talk.turnClockTo('2026-11-26T10:00');
  const [lin] = all;
  await purchases.bindPhone(lin?.pid ?? '', '13811110003', consent);
  await shop('13811110003,S4,2026-11-01,100');
  talk.turnClockTo('2026-11-27T04:00');
  await people.rebuild();
  await stages.run();
  const rates = await stages.rates('2026-11-26', '2026-11-26');
  expect(rates).toEqual([{ from: 'found', to: 'bought', people: 1, of: 4, rate: 0.25 }]);
  expect(await stages.rates('2026-11-25', '2026-11-27')).toEqual([
    { from: 'none', to: 'found', people: 4 },
    { from: 'found', to: 'bought', people: 1, of: 4, rate: 0.25 },
  ]);
  expect(await stages.counts()).toEqual({ found: 3, bought: 1 });

  await talk.services.subscribers.remove(lin?.known.fan ?? '', new Date('2026-11-27T04:00:00Z'));
  await upkeep.erase({
    fan: lin?.known.fan ?? '',
    pid: lin?.pid,
    upTo: new Date('2026-11-27T04:00:00Z'),
  });
  expect(await stages.of(lin?.pid ?? '')).toEqual({ standing: null, moves: [] });
  expect(await stages.rates('2026-11-26', '2026-11-26')).toEqual(rates);
  const left = JSON.stringify([await everything(), await db.collection('stageDays').find().toArray()]);
  expect(left).not.toContain(lin?.pid);
});

test('a row that was written while she was leaving goes with the next run; kept rows equal what is true', async () => {
  const { stages, people } = talk.services;
  await db
    .collection<{ _id: string }>('stages')
    .insertOne({ _id: 'gone', ...{ stage: 'found', since: '2026-11-27' } });
  await stages.run({ anew: true });
  expect((await stages.of('gone')).standing).toBeNull();
  for await (const one of people.differences()) expect(one).toBeUndefined();
});

test('a daily run that was cut off goes on where it stopped, and mends flat rows that do not show what was judged', async () => {
  const { stages } = talk.services;
  const flat = db.collection<{ _id: string; t: string[] }>('people');
  await stages.run({ anew: true });
  const whole = await everything();
  const [first, second, ...rest] = await flat.find().sort({ _id: 1 }).toArray();
  await flat.updateOne({ _id: second?._id ?? '' }, { $pull: { t: { $regex: /^stage:/ } } });
  await db
    .collection<{ _id: string }>('stageRuns')
    .updateOne({ _id: '2026-11-27' }, { $set: { after: first?._id, done: false } });
  expect(await stages.run()).toBe(rest.length + 1);
  expect(await everything()).toEqual(whole);
  expect(await stages.run()).toBe(0);
});
