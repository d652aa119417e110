import type { Connection } from 'mongoose';
import type { Purchase } from '../../../src/domain/purchases/bring';
import { createPurchases, type Purchases } from '../../../src/domain/purchases/purchases';
import { purchaseTemplate } from '../../../src/domain/purchases/template';
import { beijingDay, dayNumber, momentAt } from '../../../src/kit/beijing';
import { tellProblem } from '../../../src/sheets/problems';
import { createIndexes } from '../../../src/store/indexes';
import { testDatabase } from '../../support/database';

const database = testDatabase();
let db: Connection;
let purchases: Purchases;
const now = momentAt('2026-11-22T10:00');
const clock = { now: () => now, day: (at = now) => beijingDay(at) };
const changed: string[][] = [];

beforeAll(async () => {
  db = await database.connect();
  purchases = createPurchases({
    db,
    clock,
    dataKey: 'key',
    changed: async (pids) => void changed.push(pids),
  });
  await createIndexes(db, purchases.upkeep.indexes);
});
afterEach(() => database.clear());
afterAll(() => database.drop());

const csv = (...lines: string[]) => ({
  name: 'shop.csv',
  bytes: Buffer.from(['手機號,訂單號,日期,金額（元）,品名,會員號,會員等級', ...lines].join('\n')),
});
const two = csv('13812345678,A1,2026-10-01,1280,杭州三日,V1,金卡', '138-1234-5678,A2,2026/11/3,560.5,,,');
const lin = { pid: 'lin', fan: 'f' };
const consent = { source: 'form:phone', consent: 'v1' };
const facts = async () => (await purchases.audience.facts([lin])).get('lin');
const erased = { fan: 'f', pid: 'lin', upTo: new Date(now) };
const counts = async () => {
  const { added, same, conflicts, members } = await purchases.importFile(two);
  return { added, same, conflicts, members };
};

test('a file brings purchases and members, and again it changes nothing', async () => {
  expect(await counts()).toEqual({ added: 2, same: 0, conflicts: 0, members: 1 });
  const before = await db.collection('purchases').find().toArray();
  expect(await counts()).toEqual({ added: 0, same: 2, conflicts: 0, members: 0 });
  expect(await db.collection('purchases').find().toArray()).toEqual(before);
});

test('no phone and no number of a member is kept anywhere', async () => {
  await purchases.importFile(csv('13812345678,A1,2026-10-01,1280,杭州三日,V0815,金卡'));
  await purchases.importFile(csv('13812345678,A1,2026-10-01,99,,V0815,金卡'));
  await purchases.bindPhone('lin', '13812345678', consent);
  const all = await Promise.all((await db.db?.collections())?.map((one) => one.find().toArray()) ?? []);
  expect(JSON.stringify(all)).toContain('杭州三日');
  expect(JSON.stringify(all)).not.toMatch(/13812345678|V0815/);
});

test('with dryRun nothing is written, and the counts say what would be', async () => {
  expect(await purchases.importFile(two, { dryRun: true })).toMatchObject({ added: 2, same: 0, members: 1 });
  expect(await db.collection('purchases').countDocuments()).toBe(0);
  expect(await db.collection('purchaseFiles').countDocuments()).toBe(0);
});

test('the same order with other values is listed once and not written, until somebody decides', async () => {
  await purchases.importFile(two);
  const other = csv('13812345678,A1,2026-10-01,1380,杭州三日,,');
  for (let n = 0; n < 2; n++)
    expect(await purchases.importFile(other)).toMatchObject({ added: 0, same: 0, conflicts: 1 });
  const [one, ...more] = await purchases.conflicts();
  expect(more).toEqual([]);
  expect([one?.told.fen, one?.kept.fen, one?.told.line]).toEqual([138_000, 128_000, 2]);
  await purchases.settle('A1', 'keep');
  await purchases.importFile(other);
  expect(await purchases.conflicts()).toEqual([]);
  expect((await db.collection<Purchase>('purchases').findOne({ _id: 'A1' }))?.fen).toBe(128_000);
  await expect(purchases.settle('A1', 'take')).rejects.toThrow('沒有要決定的衝突');
});

test('what a file tells otherwise can be taken', async () => {
  await purchases.bindPhone('lin', '13812345678', consent);
  await purchases.importFile(two);
  await purchases.importFile(csv('13812345678,A1,2026-10-01,1380,,,'));
  await purchases.settle('A1', 'take');
  expect((await facts())?.numbers?.['spentFen']).toBe(138_000 + 56_050);
  expect(await purchases.conflicts()).toEqual([]);
  expect(changed.at(-1)).toEqual(['lin']);
});

test('every bad cell is told, its line is left out, and the good ones count', async () => {
  const result = await purchases.importFile(
    csv(
      '12345,B1,2026-10-01,10,,,',
      '13812345678,B2,2026-13-01,十元,,,',
      '13812345678,B3,2026-12-24,10,,,',
      '13812345678,B4,,10,,,',
      '13812345678,,,,,,',
      '13812345678,B5,2026-10-01,10,,,金卡（舊）',
      '13812345678,B6,2026-10-01,10,,,',
      '13812345678,B7,2026-10-01,10,,,',
      '13812345678,B7,2026-10-01,20,,,',
    ),
  );
  expect(result).toMatchObject({ added: 1, total: 8 });
  const told = result.problems.map((one) => tellProblem(one, result.unit));
  expect(told).toEqual([
    '第 2 行 手機號 欄「12345」：不是手機號，請填 11 位的大陸手機號',
    '第 3 行 日期 欄「2026-13-01」：沒有這一天，請核對',
    '第 3 行 金額（元） 欄「十元」：不是金額，請填實付的元數，最多兩位小數，如 128.50',
    '第 4 行 日期 欄「2026-12-24」：還沒到，請填已經過去的日子（今天是 2026-11-22）',
    '第 5 行 日期 欄：空著；有訂單的一行，訂單號、日期、金額都要填',
    '第 6 行：沒有訂單，也沒有會員號或會員等級',
    '第 7 行 會員等級 欄「金卡（舊）」：裡不能有引號、括號、分號',
    '第 10 行 訂單號 欄「B7」：與第 9 行是同一張訂單，內容卻不同；一張訂單只寫一行，金額填整單的。這張訂單沒有讀',
  ]);
});

test('columns are found by what other systems call them, in either script; what is lacking or unclear is told', async () => {
  const named = (head: string, line: string) =>
    purchases.importFile({ name: 'x.csv', bytes: Buffer.from(`${head}\n${line}`) });
  expect(await named('订单编号,手机号码,下单日期,实付金额', 'C1,13812345678,2026-10-01,10')).toMatchObject({
    added: 1,
    total: 0,
  });
  expect((await named('手機號,訂單號,日期', '13812345678,C2,2026-10-01')).problems[0]?.message).toContain(
    '沒有金額（元）這一欄',
  );
  expect((await named('手機,電話,會員等級', '13812345678,,金卡')).added).toBe(0);
  expect((await named('手機,mobile,會員等級', '13812345678,,金卡')).problems[0]?.message).toContain(
    '只留一欄',
  );
  expect((await named('會員等級', '金卡')).problems[0]?.message).toContain('沒有手機號這一欄');
});

test('a binding finds what was bought before it, and a purchase the binding before it', async () => {
  await purchases.importFile(two);
  expect(await facts()).toBeUndefined();
  expect(await purchases.bindPhone('lin', '+86 138 1234 5678', consent)).toEqual({ kind: 'bound' });
  expect(changed.at(-1)).toEqual(['lin']);
  expect(await facts()).toEqual({
    tokens: ['bound:phone', 'buyer', 'member', 'member:金卡', 'phone-area:江苏'],
    numbers: { purchases: 2, spentFen: 184_050, boughtOn: dayNumber('2026-11-03') },
  });
  await purchases.importFile(csv('13812345678,A3,2026-11-20,100,,,白金卡'));
  expect(changed.at(-1)).toEqual(['lin']);
  expect(await facts()).toEqual({
    tokens: ['bound:phone', 'buyer', 'member', 'member:白金卡', 'phone-area:江苏'],
    numbers: { purchases: 3, spentFen: 194_050, boughtOn: dayNumber('2026-11-20') },
  });
  expect((await purchases.of('lin'))?.purchases.map(({ _id }) => _id)).toEqual(['A3', 'A2', 'A1']);
});

test('an old file that comes again does not undo the level that a newer one told', async () => {
  const at = (ms: number) =>
    createPurchases({
      db,
      clock: { ...clock, now: () => now + ms },
      dataKey: 'key',
      changed: async () => {},
    });
  await at(0).importFile(csv('13812345678,,,,,V1,金卡'));
  await at(1_000).importFile(csv('13812345678,,,,,V1,白金卡'));
  await at(2_000).importFile(csv('13812345678,,,,,V1,金卡'));
  await purchases.bindPhone('lin', '13812345678', consent);
  expect((await facts())?.tokens).toContain('member:白金卡');
});

test('a phone is one person’s; who binds another lets the first go', async () => {
  await purchases.bindPhone('lin', '13812345678', consent);
  expect(await purchases.bindPhone('mei', '13812345678', consent)).toEqual({ kind: 'taken' });
  await purchases.bindPhone('lin', '13900000000', consent);
  expect(await purchases.bindPhone('mei', '13812345678', consent)).toEqual({ kind: 'bound' });
  await expect(purchases.bindPhone('mei', '110', consent)).rejects.toThrow('這不是手機號');
});

test('erased, her purchases lead to nobody; bound again, they are hers again', async () => {
  await purchases.importFile(two);
  await purchases.bindPhone('lin', '13812345678', consent);
  await purchases.upkeep.erase(erased);
  await purchases.upkeep.erase(erased);
  expect(await facts()).toBeUndefined();
  expect(JSON.stringify(await db.collection('bindings').find().toArray())).toBe('[]');
  expect(await db.collection('purchases').countDocuments()).toBe(2);
  await purchases.bindPhone('mei', '13812345678', consent);
  expect((await purchases.audience.facts([{ pid: 'mei', fan: 'm' }])).get('mei')?.numbers).toMatchObject({
    purchases: 2,
  });
});

test('the template is read without a fault', async () => {
  const bytes = await purchaseTemplate(now);
  expect(await purchases.importFile({ name: 't.xlsx', bytes })).toMatchObject({
    total: 0,
    added: 2,
    members: 2,
  });
});
