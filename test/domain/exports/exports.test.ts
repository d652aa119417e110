import { Writable } from 'node:stream';
import ExcelJS from 'exceljs';
import type { Connection } from 'mongoose';
import type { PointsRow } from '../../../src/domain/exports/columns';
import { tellFilter } from '../../../src/domain/exports/exports';
import { courierColumns } from '../../../src/domain/exports/parcels';
import { askedStateNames } from '../../../src/domain/prizes/award-filter';
import { tellMorning, tellSponsor } from '../../../src/domain/reports/reports';
import { readCell } from '../../../src/sheets/read-cell';
import { readTable } from '../../../src/sheets/read-table';
import { openXlsx } from '../../../src/sheets/read-xlsx';
import { plainCell, safeCell } from '../../../src/sheets/safe-cells';
import { awardTold, prize, prizeStage, quizWith, won } from '../prizes/stage';

const stage = prizeStage();
let db: Connection;
let app: ReturnType<typeof stage.on>;
const cup = prize({ sponsor: 'lake', quantity: 1_000 });
const tea = prize({ id: 'tea', kind: 'coupon', name: '下午茶券', sponsor: 'tea', usedAt: '茶館' });
const quiz = quizWith(cup, tea);
const form = {
  name: '王小明',
  phone: '13800001111',
  address: '浙江省杭州市西湖區靈隱路 1 號',
  consent: 'v1',
};

beforeAll(async () => {
  db = await stage.open();
});
beforeEach(async () => {
  stage.turnTo('2026-11-22');
  await stage.database.clear();
  app = stage.on(db);
  for (const one of quiz.prizes) await app.tickets.stock('quiz', one);
});
afterAll(() => stage.database.drop());

/** Keeps what is written, as a file would. */
function sink() {
  const parts: Buffer[] = [];
  const out = new Writable({
    highWaterMark: 1_024,
    write(part: Buffer, _encoding, done) {
      parts.push(part);
      setImmediate(done);
    },
  });
  return { out, bytes: () => Buffer.concat(parts) };
}
const claimed = async (unit: string, more: object = {}) => {
  const { _id } = await awardTold(app.awards, quiz, won(unit));
  await app.claims.submit({ award: _id, pid: `p${unit}`, form: { ...form, ...more } });
  return _id;
};
async function csvOf(filter: object, full: boolean) {
  const { out, bytes } = sink();
  await app.exports.winners(filter, { format: 'csv', out, by: 'amy', full });
  return (await readTable({ name: 'x.csv', bytes: bytes() })).rows.map(({ cells }) => cells);
}

const payloads = [
  ...['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t=', '\r=', '\n=', '\0=', '\u0001='].flatMap((start) => [
    `${start}1+1`,
    `${start}cmd|' /C calc'!A0`,
    `${start}HYPERLINK("http://evil.example","x")`,
    start,
  ]),
  ...[' =1', '\u00a0=1', '\u3000@SUM(1)', '\uFEFF=1', '\u200b=1', '+86 13800001111', '-5', '=1,"x"\r\n=2'],
];

test.each(payloads)('K16: %j is no formula in a sheet', (payload) => {
  const cell = String(safeCell(payload));
  expect(cell.startsWith("'")).toBe(true);
  // oxlint-disable-next-line no-control-regex
  expect(cell).not.toMatch(/[\u0000\u0001]/);
});

test('K16: our own numbers stay numbers, harmless text stays as it is, and what comes back loses only our mark', () => {
  for (const value of [-5, 0, 99.5, '王小明', "O'Brien", '1-2-3', '杭州=好', ''])
    expect(safeCell(value)).toBe(value);
  expect(safeCell(Number.NaN)).toBe('');
  expect(plainCell(safeCell('+86'))).toBe('+86');
  expect(plainCell("'t Hof")).toBe("'t Hof");
  expect(safeCell('好'.repeat(40_000))).toHaveLength(32_000);
});

test('K16: hostile names and addresses are exported whole and harmless, as CSV and as a workbook', async () => {
  stage.names.set('p1', '=1+1');
  await claimed('1', { name: "=cmd|'/C calc'!A0", address: '@SUM(1+1)*cmd, "北京"' });
  const { out, bytes } = sink();
  await app.exports.winners({}, { format: 'csv', out, by: 'amy', full: true });
  expect(bytes().subarray(0, 3).toString('hex')).toBe('efbbbf');
  const [row] = (await readTable({ name: 'x.csv', bytes: bytes() })).rows;
  expect(row?.cells).toMatchObject({
    名字: "'=1+1",
    收件人: "'=cmd|'/C calc'!A0",
    地址: `'@SUM(1+1)*cmd, "北京"`,
    '單價（元）': '99',
  });
  const book = sink();
  await app.exports.winners({}, { format: 'xlsx', out: book.out, by: 'amy', full: true });
  const read = new ExcelJS.Workbook();
  await read.xlsx.load(book.bytes() as unknown as ExcelJS.Buffer);
  const cells: ExcelJS.CellValue[] = [];
  for (const sheet of read.worksheets)
    sheet.eachRow((line) => line.eachCell(({ value }) => cells.push(value)));
  expect(cells).toContain("'=1+1");
  expect(cells).toContain(99);
  expect(cells.filter((value) => typeof value === 'object' && value !== null)).toEqual([]);
});

test('K16: what a workbook takes for an escape is written so that every reader reads it as it was', async () => {
  const name = '_x003D_7+8';
  const address = '_x0040_x0041_ 號 _X003d_ _x005F_ a_xb';
  stage.names.set('p1', name);
  await claimed('1', { name, address });
  const told = { 名字: name, 收件人: name, 地址: address };
  expect(await csvOf({}, true)).toMatchObject([told]);

  const winners = sink();
  await app.exports.winners({}, { format: 'xlsx', out: winners.out, by: name, full: true });
  const { sheets } = await openXlsx({ name: 'x.xlsx', bytes: winners.bytes() });
  const written = JSON.stringify(sheets);
  expect(written).toContain('_x005F_x003D_7+8');
  expect(written).toContain('_x005F_x0040_x005F_x0041_ 號 _x005F_X003d_ _x005F_x005F_ a_xb');
  expect(written).not.toMatch(/"_x003D_/);
  expect((await readTable({ name: 'x.xlsx', bytes: winners.bytes() })).rows[0]?.cells).toMatchObject(told);

  await app.courier.approve({}, 'amy');
  const parcels = sink();
  const columns = courierColumns([
    [name, 'name'],
    ['地址', 'address'],
  ]);
  await app.exports.courier({}, columns, { format: 'xlsx', out: parcels.out, by: 'amy' });
  const table = await readTable({ name: 'x.xlsx', bytes: parcels.bytes() });
  expect(table.rows[0]?.cells).toEqual({ [name.toLowerCase()]: name, 地址: address });

  const points = sink();
  async function* rows(): AsyncGenerator<PointsRow> {
    yield { pid: 'p1', points: 1, right: 1, answered: 1, days: 1, level: 1 };
  }
  await app.exports.points('quiz', rows(), { format: 'xlsx', out: points.out, by: 'amy', full: true });
  expect((await readTable({ name: 'x.xlsx', bytes: points.bytes() })).rows[0]?.cells).toMatchObject({
    名字: name,
  });
});

test('K16: a formula that an escape brought in does not leave as one', async () => {
  expect(safeCell(readCell({ value: '_x003D_7+8' }).text)).toBe("'=7+8");
});

test('masked exports show neither name nor phone nor address nor code; full ones do, and both are kept with their taker', async () => {
  await claimed('1');
  const tea1 = await awardTold(app.awards, quiz, won('2', { prize: 'tea' }));
  const masked = JSON.stringify(await csvOf({ campaign: 'quiz' }, false));
  for (const secret of ['王小明', '13800001111', '靈隱路', tea1.redeem ?? ''])
    expect(masked).not.toContain(secret);
  expect(masked).toContain('138****1111');
  const full = JSON.stringify(await csvOf({ campaign: 'quiz' }, true));
  for (const plain of ['王小明', '13800001111', '靈隱路']) expect(full).toContain(plain);
  expect(await app.exports.taken('quiz')).toMatchObject([
    { what: 'winners', by: 'amy', full: true, rows: 2 },
    { what: 'winners', by: 'amy', full: false, rows: 2 },
  ]);
});

test('who took what is told in words', async () => {
  const { out, bytes } = sink();
  await app.exports.winners(
    { campaign: 'quiz', state: 'sent' },
    { format: 'xlsx', out, by: 'amy', full: false },
  );
  const read = new ExcelJS.Workbook();
  await read.xlsx.load(bytes() as unknown as ExcelJS.Buffer);
  const cells: ExcelJS.CellValue[] = [];
  for (const sheet of read.worksheets)
    sheet.eachRow((line) => line.eachCell(({ value }) => cells.push(value)));
  expect(cells).toContain('活動 quiz、狀態 已寄出');
  expect(tellFilter({ campaign: 'x', prize: 'y', group: 'won' }, askedStateNames)).toBe(
    '活動 x、獎品 y、分群 won',
  );
});

test('exports filter by prize, sponsor, state and day', async () => {
  await claimed('1');
  await awardTold(app.awards, quiz, won('2', { on: '2026-11-23' }));
  await awardTold(app.awards, quiz, won('3', { prize: 'tea' }));
  const ids = async (filter: object) => (await csvOf(filter, false)).map((cells) => cells['編號']);
  expect(await ids({ prize: 'tea' })).toEqual(['quiz/tea/3']);
  expect(await ids({ sponsor: 'lake' })).toEqual(['quiz/cup/1', 'quiz/cup/2']);
  expect(await ids({ state: 'claimed' })).toEqual(['quiz/cup/1']);
  expect(await ids({ day: '2026-11-23', campaign: 'quiz' })).toEqual(['quiz/cup/2']);
  expect(await ids({ campaign: 'other' })).toEqual([]);
});

test('points are exported in the order they come, numbered, 20,000 of them without holding them all', async () => {
  let waiting = 0;
  async function* rows(): AsyncGenerator<PointsRow> {
    for (let n = 0; n < 20_000; n++) {
      waiting = n;
      yield { pid: `p${n}`, points: 20_000 - n, right: 1, answered: 2, days: 3, level: 4 };
    }
  }
  let most = 0;
  let lines = 0;
  const out = new Writable({
    write(part: Buffer, _encoding, done) {
      lines += part.toString().split('\r\n').length - 1;
      most = Math.max(most, waiting - lines);
      setImmediate(done);
    },
  });
  const { rows: count } = await app.exports.points('quiz', rows(), {
    format: 'csv',
    out,
    by: 'amy',
    full: true,
  });
  expect(count).toBe(20_000);
  expect(lines).toBe(20_001);
  expect(most).toBeLessThan(5_000);
});

test('an export whose reader went away fails, and is kept as begun', async () => {
  await claimed('1');
  const out = new Writable({ write: (_part, _encoding, done) => done(new Error('disk full')) });
  await expect(
    app.exports.winners({ campaign: 'quiz' }, { format: 'csv', out, by: 'amy', full: false }),
  ).rejects.toThrow('disk full');
  const [kept] = await app.exports.taken('quiz');
  expect(kept).toMatchObject({ by: 'amy' });
  expect(kept?.rows).toBeUndefined();
});

test('to the courier and back: approved parcels go out, tracking numbers come in, bad lines are told, fans are told', async () => {
  for (const unit of ['1', '2', '3']) await claimed(unit);
  await app.courier.approve({ _id: { $in: ['quiz/cup/1', 'quiz/cup/2'] } }, 'amy');
  const { out, bytes } = sink();
  expect(
    (await app.exports.courier({ campaign: 'quiz' }, courierColumns(), { format: 'xlsx', out, by: 'amy' }))
      .rows,
  ).toBe(2);
  const parcels = await readTable({ name: 'x.xlsx', bytes: bytes() });
  expect(parcels.rows.map(({ cells }) => cells)).toMatchObject([
    { 訂單號: 'quiz/cup/1', 收件人: '王小明', 收件人電話: '13800001111', 物品名稱: '保溫杯', 數量: '1' },
    { 訂單號: 'quiz/cup/2' },
  ]);
  const unfilled = await app.courier.readTracking(parcels, { by: 'amy' });
  expect(unfilled.problems.map(({ message }) => message)).toEqual(['運單號是空的', '運單號是空的']);
  const back = [
    '客户订单号,运单号,快递公司',
    'quiz/cup/1,SF1234567890,顺丰',
    'quiz/cup/2,1.23E+14,顺丰',
    'quiz/cup/3,SF1234567891,顺丰',
    'quiz/cup/9,SF1234567892,顺丰',
    'quiz/cup/1,SF1234567893,顺丰',
    'quiz/cup/2,,顺丰',
  ].join('\n');
  const table = () => readTable({ name: 'back.csv', bytes: Buffer.from(back) });
  const result = await app.courier.readTracking(await table(), { by: 'amy' });
  expect(result).toMatchObject({ sent: 1, same: 0 });
  expect(result.problems.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
  expect(result.problems[0]?.message).toContain('科學記號');
  expect(await app.awards.read('quiz/cup/1')).toMatchObject({
    state: 'sent',
    sent: { courier: '顺丰', tracking: 'SF1234567890' },
  });
  expect(await app.courier.readTracking(await table(), { by: 'amy' })).toMatchObject({ sent: 0, same: 1 });
  const jobs = await db.collection<{ _id: string }>('outbox').find({ _id: /sent/ }).toArray();
  expect(jobs).toMatchObject([
    { effect: { job: 'award-tell', data: { award: 'quiz/cup/1', what: 'sent' } } },
  ]);
  const headless = await readTable({ name: 'x.csv', bytes: Buffer.from('a,b\n1,2') });
  expect((await app.courier.readTracking(headless, { by: 'amy' })).problems).toHaveLength(2);
});

test('a number that was registered wrongly is corrected when that is asked for: she is told again, the old one is kept', async () => {
  const id = await claimed('1');
  await app.courier.approve({ campaign: 'quiz' }, 'amy');
  const bring = async (number: string, correct: boolean) => {
    const bytes = Buffer.from(`訂單號,快遞單號,快遞公司\n${id},${number},順豐\n`);
    return app.courier.readTracking(await readTable({ name: 'x.csv', bytes }), { by: 'amy', correct });
  };
  await bring('SF1111111111', false);
  const refused = await bring('SF2222222222', false);
  expect(refused).toMatchObject({ sent: 0, corrected: 0, problems: [{ line: 2 }] });
  expect(refused.problems[0]?.message).toMatch(/已經登記為 順豐 SF1111111111，沒有改動；.*--correct/);

  for (const corrected of [1, 0])
    expect(await bring('SF2222222222', true)).toMatchObject({ corrected, same: 1 - corrected, problems: [] });
  expect(await bring('SF3333333333', true)).toMatchObject({ corrected: 1 });
  const award = await app.awards.read(id);
  expect(award).toMatchObject({ state: 'sent', sent: { tracking: 'SF3333333333' } });
  expect(award?.history.flatMap(({ reason }) => reason ?? [])).toEqual([
    '單號更正，原來是 順豐 SF1111111111',
    '單號更正，原來是 順豐 SF2222222222',
  ]);
  const jobs = await db
    .collection<{ _id: string }>('outbox')
    .find({ _id: /sent/ })
    .sort({ _id: 1 })
    .toArray();
  expect(jobs.map(({ _id }) => _id)).toEqual(['', '_2', '_3'].map((n) => `award_${id}_sent${n}_01`));

  await app.awards.move(id, 'done', { by: 'amy' });
  expect((await bring('SF4444444444', true)).problems[0]?.message).toContain('已經完成');
});

test('a tracking number that a spreadsheet took for a number is refused by its line, with the cure', async () => {
  const id = await claimed('1');
  await app.courier.approve({ campaign: 'quiz' }, 'amy');
  const book = new ExcelJS.Workbook();
  book.addWorksheet('x').addRows([
    ['訂單號', '快遞單號', '快遞公司'],
    [id, 773_123_456_789_012_000, '順豐'],
  ]);
  const table = await readTable({ name: 'x.xlsx', bytes: Buffer.from(await book.xlsx.writeBuffer()) });
  const { sent, problems } = await app.courier.readTracking(table, { by: 'amy' });
  expect({ sent, problems }).toMatchObject({ sent: 0, problems: [{ line: 2 }] });
  expect(problems[0]?.message).toContain('設成「文字」');
});

test('of columns that might be meant the one named like ours is read, and two alike are asked about', async () => {
  const id = await claimed('1');
  await app.courier.approve({ campaign: 'quiz' }, 'amy');
  const back = (head: string, ...cells: string[]) =>
    readTable({ name: 'back.csv', bytes: Buffer.from(`${head}\n${cells.join(',')}\n`) });
  const alike = await back(
    '編號,訂單編號,客戶訂單號,快遞單號,快遞公司',
    '1',
    id,
    'X',
    'SF1234567890',
    '順豐',
  );
  expect(await app.courier.readTracking(alike, { by: 'amy' })).toMatchObject({
    sent: 0,
    problems: [{ line: 1, message: '「訂單編號」「客戶訂單號」分不出該讀哪一欄，請只留一欄' }],
  });
  const serial = await back('編號,訂單號,單號,快遞單號,快遞公司', '1', id, '9', 'SF1234567890', '順豐');
  expect(await app.courier.readTracking(serial, { by: 'amy' })).toMatchObject({ sent: 1, problems: [] });
});

test('the courier’s columns filled in, the exported file goes straight back', async () => {
  await claimed('1');
  await app.courier.approve({ campaign: 'quiz' }, 'amy');
  const { out, bytes } = sink();
  await app.exports.courier({ campaign: 'quiz' }, courierColumns(), { format: 'csv', out, by: 'amy' });
  const filled = await readTable({ name: 'x.csv', bytes: bytes() });
  for (const { cells } of filled.rows) Object.assign(cells, { 快遞公司: '順豐', 快遞單號: 'SF1234567890' });
  expect(await app.courier.readTracking(filled, { by: 'amy' })).toMatchObject({ sent: 1, problems: [] });
});

test('the morning page and a sponsor’s page count what happened', async () => {
  const whole = {
    ...quiz,
    title: '與小藝一戰到底',
    sponsors: [{ id: 'lake', name: '西湖酒店' }],
    kind: 'quiz',
    game: {
      questions: [
        {
          id: 'q1',
          kind: 'single' as const,
          text: '?',
          options: ['a', 'b'],
          right: 0,
          difficulty: 1 as const,
          sponsor: 'lake',
        },
      ],
    },
  };
  await claimed('1');
  await awardTold(app.awards, quiz, won('2'));
  const coupon = await awardTold(app.awards, quiz, won('3', { prize: 'tea' }));
  await app.redeem(coupon.redeem ?? '', { by: '阿明', at: '茶館' });
  await app.awards.annul((await awardTold(app.awards, quiz, won('4')))._id, {
    by: 'amy',
    reason: '重複',
  });
  await db
    .collection('rounds')
    .insertMany(['a', 'b'].map((pid) => ({ quiz: 'quiz', pid, on: '2026-11-22', answered: 5, flash: 1 })));
  await db.collection<{ _id: string }>('answers').insertOne({
    _id: 'quiz/1',
    quiz: 'quiz',
    a: [
      { pid: 'a', q: 'q1', ok: true },
      { pid: 'b', q: 'q1', ok: false },
      { pid: 'b', q: 'q2', ok: true },
    ],
  } as { _id: string });
  const morning = await app.reports.morning('2026-11-22', [whole]);
  expect(morning).toMatchObject({
    newFollowers: 7,
    campaigns: [
      {
        players: 2,
        answers: 12,
        given: 3,
        couponsUsed: 1,
        unclaimed: 1,
        soonLost: 0,
        toApprove: 1,
        toSend: 0,
        short: 0,
      },
    ],
  });
  expect(tellMorning(morning)).toContain('玩家 2 人，答題 12 次');
  const sponsor = await app.reports.sponsor(whole, 'lake');
  expect(sponsor).toMatchObject({ name: '西湖酒店', questions: 1, answers: 2, right: 1, players: 2 });
  expect(sponsor.prizes).toEqual([
    {
      prize: 'cup',
      name: '保溫杯',
      promised: 1_000,
      left: 998,
      given: 3,
      open: 1,
      toSend: 1,
      sent: 0,
      used: 0,
      expired: 0,
      void: 1,
      valueFen: 19_800,
    },
  ]);
  expect(tellSponsor(sponsor)).toContain('答對率 50%');
});
