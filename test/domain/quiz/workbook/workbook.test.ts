import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import * as fc from 'fast-check';
import { judge } from '../../../../src/domain/campaigns/gate/compliance';
import { asContent } from '../../../../src/domain/quiz/definition';
import { createQuizKind } from '../../../../src/domain/quiz/kind';
import { readQuizFile } from '../../../../src/domain/quiz/workbook/workbook';
import { sheets } from '../../../../src/domain/quiz/workbook/workbook-fields';
import { writeTemplate } from '../../../../src/domain/quiz/workbook/workbook-template';
import { root } from '../../../../src/kit/root';
import { createRender } from '../../../../src/render/render';
import { tellProblem } from '../../../../src/sheets/problems';
import { beijing } from './content';

const now = beijing('2026-11-22 10:00');

/** The template, changed by hand as a marketer would. */
async function workbook(change: (sheet: (name: string) => ExcelJS.Worksheet) => void = () => undefined) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.load((await writeTemplate(now)) as unknown as ExcelJS.Buffer);
  change((name) => {
    const sheet = book.getWorksheet(name);
    if (!sheet) throw new Error(`no sheet ${name}`);
    return sheet;
  });
  return { name: 'quiz.xlsx', bytes: Buffer.from(await book.xlsx.writeBuffer()) };
}

const json = (value: unknown) => ({ name: 'quiz.json', bytes: Buffer.from(JSON.stringify(value)) });

async function content(file: { name: string; bytes: Buffer }) {
  const reading = await readQuizFile(file);
  if (reading.kind === 'refused')
    throw new Error(reading.problems.map((problem) => tellProblem(problem)).join('\n'));
  return reading.content;
}
async function problems(file: { name: string; bytes: Buffer }): Promise<string[]> {
  const reading = await readQuizFile(file);
  return reading.kind === 'refused' ? reading.problems.map((problem) => tellProblem(problem)) : [];
}

/** Where a field stands in the template: a row of 「quiz」, a column of the others. */
const cellOf = (sheet: ExcelJS.Worksheet, heading: string, row = 2): ExcelJS.Cell => {
  if (sheet.name === 'quiz') {
    for (let line = 2; line <= sheet.rowCount; line++)
      if (sheet.getCell(line, 1).text === heading) return sheet.getCell(line, 2);
  }
  for (let column = 1; column <= sheet.columnCount; column++)
    if (sheet.getCell(1, column).text === heading) return sheet.getCell(row, column);
  throw new Error(`no ${heading}`);
};

/** A small quiz in JSON. */
const small = (): {
  quiz: Record<string, unknown>;
  questions: Record<string, unknown>[];
  prizes: Record<string, unknown>[];
} => ({
  quiz: {
    id: 'small',
    title: '小測',
    keywords: ['小測'],
    startsAt: '2026-12-01 09:00',
    endsAt: '2026-12-07 21:00',
    perDay: 5,
    pointsPerAnswer: 10,
    levels: [{ n: 1, questions: 5, pass: 3 }],
  },
  questions: [
    { id: 'q1', kind: 'single', text: '西湖在哪？', options: ['杭州', '蘇州'], right: 0, difficulty: 1 },
  ],
  prizes: [
    { id: 'p1', name: '背包', kind: 'goods', priceFen: 100, quantity: 1, way: { kind: 'floor', every: 100 } },
  ],
});

test('the template imports as it is, with nothing against it, and begins the next day', async () => {
  const reading = await readQuizFile({ name: 'template.xlsx', bytes: await writeTemplate(now) });
  if (reading.kind === 'refused')
    throw new Error(reading.problems.map((problem) => tellProblem(problem)).join('\n'));
  const codes = new Map([...reading.codes].map(([prize, list]) => [prize, list.length]));
  expect(judge(asContent(reading.content), createQuizKind(createRender()), { codes })).toEqual([]);
  expect(reading.content).toMatchObject({
    id: 'sample-2026-11-23',
    startsAt: beijing('2026-11-23 09:00'),
    endsAt: beijing('2026-11-29 22:00'),
    levels: [
      { n: 1, questions: 3, pass: 2 },
      { n: 2, questions: 4, pass: 3 },
    ],
    mix: { 1: 5, 2: 3, 3: 2 },
  });
  expect(new Set(reading.content.prizes.map(({ way }) => way.kind)).size).toBe(5);
  expect(new Set(reading.content.questions.map(({ kind }) => kind)).size).toBe(3);
});

const badCells: [sheet: string, heading: string, row: number, value: ExcelJS.CellValue, told: string][] = [
  [
    'quiz',
    '開始時間',
    0,
    '明天九點',
    'quiz 第 7 行 開始時間 欄「明天九點」：不是時間，請寫成 2026-11-01 08:00（北京時間）',
  ],
  [
    'quiz',
    '開始時間',
    0,
    '2026-11-31 09:00',
    'quiz 第 7 行 開始時間 欄「2026-11-31 09:00」：沒有這個時刻，請核對',
  ],
  ['quiz', '結束時間', 0, '2026-11-01 09:00', 'quiz 第 8 行 結束時間 欄「2026-11-01 09:00」：結束要晚於開始'],
  [
    'quiz',
    '關卡',
    0,
    '5-3',
    'quiz 第 14 行 關卡 欄「5-3」：讀不懂，請寫成 5/3|8/5（題數/過關題數），每關 1 到 100 題',
  ],
  ['quiz', '關卡', 0, '5/6', 'quiz 第 14 行 關卡 欄「5/6」：過關題數不能多於這一關的題數'],
  ['quiz', '每日題數', 0, 'abc', 'quiz 第 11 行 每日題數 欄「abc」：不是數字，請填 1 到 100 的整數'],
  ['quiz', '標題', 0, null, 'quiz 第 3 行 標題 欄：空著，請填標題'],
  [
    'questions',
    '題型',
    3,
    '填空',
    'questions 第 3 行 題型 欄「填空」：不認得，請填 單選、判斷、屬性 其中之一',
  ],
  ['questions', '答案', 2, 'E', 'questions 第 2 行 答案 欄「E」：不是這一題的選項，請填 A 到 C'],
  ['questions', '答案', 4, '也許', 'questions 第 4 行 答案 欄「也許」：不是這一題的選項，請填 A 到 B'],
  ['questions', '選項B', 2, null, 'questions 第 2 行 選項B 欄：空著，但後面還有選項；請從 A 起連著填'],
  ['questions', '選項C', 2, '杭州', 'questions 第 2 行 選項C 欄「杭州」：與前面的選項相同'],
  ['questions', '編號', 3, 'q001', 'questions 第 3 行 編號 欄「q001」：與第 2 行重複'],
  [
    'questions',
    '贊助商',
    2,
    '無此家',
    'questions 第 2 行 贊助商 欄「無此家」：贊助商表裡沒有它，請補上或改正',
  ],
  [
    'questions',
    '圖片',
    2,
    'x.jpg',
    'questions 第 2 行 圖片 欄「x.jpg」：不是圖片地址，請填 https:// 開頭的完整網址',
  ],
  [
    'sponsors',
    '標誌',
    2,
    'http://x.example/a.png',
    'sponsors 第 2 行 標誌 欄「http://x.example/a.png」：不是圖片地址，請填 https:// 開頭的完整網址',
  ],
  ['questions', '答案', 9, 'A', 'questions 第 9 行 答案 欄「A」：屬性題沒有對錯，請清空'],
  [
    'prizes',
    '單價（元）',
    2,
    '1,000',
    'prizes 第 2 行 單價（元） 欄「1,000」：不是金額，請填一份值多少元，最多兩位小數',
  ],
  ['prizes', '數量', 2, 1.5, 'prizes 第 2 行 數量 欄「1.5」：不是整數，請填 0 到 1000000 的整數'],
  ['prizes', '搶答題', 4, 'q999', 'prizes 第 4 行 搶答題 欄「q999」：題目表裡沒有這一題'],
  ['prizes', '樓層', 5, '88', 'prizes 第 5 行 樓層 欄「88」：這種獲獎方式用不到這一格，請清空'],
  ['prizes', '樓層', 2, null, 'prizes 第 2 行 樓層 欄：空著；樓層、每隔幾樓、樓層尾數至少填一個'],
  ['prizes', '樓層', 2, '88|x', 'prizes 第 2 行 樓層 欄「88|x」：裡有不是正整數的，請填樓層，用 | 分隔'],
  ['codes', '獎品', 2, 'none', 'codes 第 2 行 獎品 欄「none」：獎品表裡沒有它，請填那裡的編號或名稱'],
  [
    'codes',
    '兌換碼',
    3,
    'CARD-0001-AAAA',
    'codes 第 3 行 兌換碼 欄「CARD-0001-AAAA」：這個兌換碼出現了兩次，請刪去一個',
  ],
];
/** To open a file takes longer than to read it: each has many bad cells, but one of a line, since one may hide another. */
const badBooks: (typeof badCells)[] = [];
for (const bad of badCells) {
  const free = badBooks.find((book) => book.every(([sheet, , row]) => sheet !== bad[0] || row !== bad[2]));
  if (free) free.push(bad);
  else badBooks.push([bad]);
}

test.each(badBooks.map((book) => ({ book })))(
  'bad cells are told by their places: $book',
  async ({ book }) => {
    const file = await workbook((sheet) => {
      for (const [name, heading, row, value] of book) cellOf(sheet(name), heading, row).value = value;
    });
    expect(await problems(file)).toEqual(expect.arrayContaining(book.map(([, , , , told]) => told)));
  },
);

test('all that is wrong is told at once, up to 200 places, and the whole number', async () => {
  const bad = small();
  bad.quiz['perDay'] = 0;
  bad.questions = Array.from({ length: 300 }, (_, i) => ({
    id: `q${i}`,
    text: 'x'.repeat(201),
    options: ['a', 'b'],
    right: 5,
  }));
  const reading = await readQuizFile(json(bad));
  expect(reading).toMatchObject({ kind: 'refused' });
  if (reading.kind !== 'refused') return;
  expect(reading.problems).toHaveLength(200);
  expect(reading.total).toBeGreaterThanOrEqual(301);
});

test('what is wrong is told in the order of the sheets and their lines', async () => {
  const file = await workbook((sheet) => {
    cellOf(sheet('codes'), '獎品', 2).value = 'none';
    cellOf(sheet('prizes'), '數量', 3).value = 'x';
    cellOf(sheet('prizes'), '名稱', 2).value = { formula: '1+1', result: 2 };
    cellOf(sheet('questions'), '答案', 2).value = 'Z';
    cellOf(sheet('questions'), '題目', 3).value = 'x'.repeat(201);
  });
  expect((await problems(file)).map((told) => told.split(' ').slice(0, 3).join(' '))).toEqual([
    'questions 第 2',
    'questions 第 3',
    'prizes 第 2',
    'prizes 第 3',
    'codes 第 2',
  ]);
});

test('people of the staff may be given as an export shows them', async () => {
  const quiz = small();
  quiz.quiz['staff'] = ["'-Ab3", 'Cd4'];
  expect(await readQuizFile(json(quiz))).toMatchObject({ content: { staff: ['-Ab3', 'Cd4'] } });
});

test.each(['|', '｜', '，', ',', '、', '/', '／', ';', '；', '\n', '\r\n', '，\n', ' 、 ', '\u2028'])(
  'a list takes %j between its words, whichever list it is',
  async (sign) => {
    const quiz = small();
    const between = (...words: string[]) => words.join(sign);
    Object.assign(quiz.quiz, {
      staff: between('Ab-3', "'-Cd4", '_E5'),
      keywords: between('一戰到底', '開戰', '答題'),
    });
    const way = { kind: 'floor', floors: between('3', '1', '2'), endings: between('66', '88') };
    quiz.prizes[0] = { ...quiz.prizes[0], way };
    expect(await content(json(quiz))).toMatchObject({
      staff: ['Ab-3', '-Cd4', '_E5'],
      keywords: ['一戰到底', '開戰', '答題'],
      prizes: [{ way: { floors: [1, 2, 3], endings: ['66', '88'] } }],
    });
    if (/[/／]/.test(sign)) return; // has a meaning of its own there
    quiz.quiz['levels'] = between('5／3', '8/5');
    expect(await content(json(quiz))).toMatchObject({
      levels: [{ questions: 5 }, { questions: 8, pass: 5 }],
    });
  },
);

test('spaces stand between pids and between numbers, and belong to a word; thousands are not guessed', async () => {
  const quiz = small();
  Object.assign(quiz.quiz, {
    staff: 'Ab3 Cd4\u3000Ab3\u200b',
    keywords: '一戰 到底｜開戰',
    mix: '5：3：2',
  });
  const floors = (text: string) => {
    quiz.prizes[0] = { ...quiz.prizes[0], way: { kind: 'floor', floors: text } };
    return json(quiz);
  };
  expect(await content(floors('66 88'))).toMatchObject({
    staff: ['Ab3', 'Cd4'],
    keywords: ['一戰 到底', '開戰'],
    prizes: [{ way: { floors: [66, 88] } }],
  });
  expect(await content(floors('100，200，300'))).toMatchObject({
    prizes: [{ way: { floors: [100, 200, 300] } }],
  });
  expect(await problems(floors('1,100|1,200'))).toEqual([
    'prizes 第 1 行 floors 欄「1,100|1,200」：裡有不是正整數的，請填樓層，用 | 分隔',
  ]);
});

/** A cell as a spreadsheet keeps it: a number or a moment, and how it is shown. */
const kept = (sheet: string, heading: string, row: number, value: ExcelJS.CellValue, numFmt?: string) =>
  workbook((sheetOf) => {
    const one = cellOf(sheetOf(sheet), heading, row);
    one.value = value;
    // Of its own: cells of the template share theirs.
    one.style = { numFmt: numFmt ?? 'General' };
  });
const moment = (text: string) => new Date(`${text.replace(' ', 'T')}Z`);

test.each<[string, string, ExcelJS.CellValue, string | undefined, string]>([
  ['codes', '兌換碼', 1234, '00000000', '「B2」：這一格存的是 1234，顯示的卻是另一個樣子'],
  ['codes', '兌換碼', 12_345_678, undefined, '兌換碼 欄「12345678」：這一格是數字格'],
  ['questions', '編號', 7, undefined, '編號 欄「7」：這一格是數字格'],
  ['codes', '獎品', 7, '0', '獎品 欄「7」：這一格是數字格'],
  ['questions', '選項A', 0.5, '0%', '存的是 0.5，顯示的卻是另一個樣子（格式 0%）'],
  ['questions', '選項A', 0.5, '# ?/?', '存的是 0.5'],
  ['questions', '選項A', 7, '000', '存的是 7'],
  ['questions', '選項A', 12.7, '0', '存的是 12.7'],
  ['questions', '選項A', 12, '0"號"', '存的是 12'],
  ['questions', '選項A', 12_000, '0.00E+00', '存的是 12000'],
  ['questions', '選項A', moment('2026-01-02 00:00'), 'm/d', '「D2」：這一格被當成日期存了'],
  ['questions', '題目', moment('2026-01-02 00:00'), 'yyyy"年"m"月"', '這一格被當成日期存了'],
  ['quiz', '關卡', moment('2026-05-03 00:00'), 'm"月"d"日"', '「B14」：這一格被當成日期存了'],
  ['quiz', '編號', 2026, undefined, '編號 欄「2026」：這一格是數字格'],
])('%s %s: %j shown as %s is refused by its cell', async (sheet, heading, value, format, told) => {
  const found = await problems(await kept(sheet, heading, 2, value, format));
  expect(found.filter((one) => one.includes(told))).toHaveLength(1);
  expect(found[0]).toContain('設成「文字」');
});

test.each<[string, string, number, ExcelJS.CellValue, string | undefined, unknown]>([
  ['questions', '選項A', 2, 5, undefined, { questions: [{ options: ['5'] }] }],
  ['prizes', '單價（元）', 2, 1_299, '"¥"#,##0.00', { prizes: [{ priceFen: 129_900 }] }],
  ['prizes', '單價（元）', 2, 0.1 + 0.2, '0.00', { prizes: [{ priceFen: 30 }] }],
  [
    'quiz',
    '開始時間',
    0,
    moment('2026-12-01 00:00'),
    'yyyy/m/d h:mm',
    { startsAt: beijing('2026-12-01 00:00') },
  ],
  ['quiz', '開始時間', 0, '2026-12-01 09:00', '@', { startsAt: beijing('2026-12-01 09:00') }],
  [
    ...(['quiz', '結束時間', 0, moment('2026-12-31 23:59:59'), 'yyyy/m/d h:mm:ss'] as const),
    { endsAt: beijing('2026-12-31 23:59') + 59_000 },
  ],
  [
    'quiz',
    '結束時間',
    0,
    moment('2026-12-31 23:59:59'),
    'yyyy/m/d h:mm',
    { endsAt: beijing('2026-12-31 23:59') },
  ],
  ['quiz', '每日開放', 0, moment('1899-12-30 08:30'), 'h:mm', { opensAt: '08:30' }],
])(
  '%s %s, row %i: %j shown as %s is read as it is shown',
  async (sheet, heading, row, value, format, meant) => {
    const file = await kept(sheet, heading, row, value, format);
    const read = await readQuizFile(file);
    const told = read.kind === 'refused' ? read.problems.map((problem) => tellProblem(problem)) : [];
    expect(told.filter((one) => one.includes(heading))).toEqual([]);
    if (read.kind === 'read') expect(read.content).toMatchObject(shape(meant, read.content));
  },
);

/** Of a list only its first item is looked at, and of its options the first. */
const shape = (meant: unknown, whole: object): object =>
  Object.fromEntries(
    Object.entries(meant as object).map(([name, value]) => {
      const actual = (whole as Record<string, unknown>)[name];
      if (!Array.isArray(value)) return [name, value];
      const [first, ...rest] = actual as object[];
      return [name, typeof first === 'object' ? [shape(value[0], first), ...rest] : [value[0], ...rest]];
    }),
  );

test.each([
  ['yyyy/m/d h:mm:ss', '2026-12-31 23:59:59', beijing('2026-12-31 23:59') + 59_000],
  ['yyyy/m/d', '2026-12-31 23:59:59', beijing('2026-12-31 23:59')],
  ['yyyy/m/d', '2026-12-31 00:00', beijing('2026-12-31 23:59')],
  ['yyyy/m/d h:mm', '2026-12-31 00:00', beijing('2026-12-31 00:00')],
])('a coupon shown with %s as valid until %s is so until the 31st', async (format, value, until) => {
  const read = await content(await kept('prizes', '有效期至', 3, moment(value), format));
  expect(read.prizes.some(({ validUntil }) => validUntil === until)).toBe(true);
});

test('a hidden sheet is not read, which is said; one that is needed is asked for', async () => {
  const old = await workbook((sheet) => {
    sheet('quiz').workbook.addWorksheet('舊題目', { state: 'hidden' }).getCell('A1').value = 'x';
    sheet('sponsors').workbook.addWorksheet('題目', { state: 'veryHidden' }).getCell('A1').value = 'x';
  });
  expect(await readQuizFile(old)).toMatchObject({
    kind: 'read',
    remarks: [{ message: '隱藏的表沒有讀：舊題目、題目' }],
  });
  const hidden = await workbook((sheet) => {
    sheet('questions').state = 'hidden';
  });
  expect(await problems(hidden)).toContain('題目：這張表是隱藏的，沒有讀；請取消隱藏');
});

test.each([
  ['startsAt', '2026-13-01 09:00'],
  ['startsAt', '2026-12-01 25:00'],
  ['startsAt', '2026-12-01 09:60'],
  ['startsAt', '2026/2/30 09:00'],
  ['endsAt', '０２６-12-31'],
  ['opensAt', '25:00'],
  ['closesAt', '9:7'],
])('%s %s is no such time, and is told by its cell and once', async (field, text) => {
  const quiz = small();
  quiz.quiz[field] = text;
  expect(await problems(json(quiz))).toEqual([
    expect.stringMatching(
      new RegExp(`^quiz 第 1 行 ${field} 欄「${text}」：(沒有這個時刻|不是時間|不是時刻)`),
    ),
  ]);
});

test.each(['2026/12/1 9:00', '2026年12月1日 9:00', '2026.12.01 09:00:00', '２０２６／１２／１　９：００'])(
  'a moment may be written %s',
  async (text) => {
    const quiz = small();
    quiz.quiz['startsAt'] = text;
    expect((await content(json(quiz))).startsAt).toBe(beijing('2026-12-01 09:00'));
  },
);

test('numbers in full width are numbers', async () => {
  const quiz = small();
  Object.assign(quiz.quiz, { perDay: '５', levels: '５／３｜８／５', mix: '５：３：２' });
  const way = { kind: 'floor', floors: '８８，１８８', endings: '６６' };
  quiz.prizes[0] = { ...quiz.prizes[0], way };
  expect(await content(json(quiz))).toMatchObject({
    perDay: 5,
    levels: [{ questions: 5, pass: 3 }, { questions: 8 }],
    mix: { 1: 5, 2: 3, 3: 2 },
    prizes: [{ way: { floors: [88, 188], endings: ['66'] } }],
  });
});

test('all that is wrong with a line is told at once, and no fault is told of what depends on it', async () => {
  const quiz = small();
  Object.assign(quiz.quiz, { perDay: 0, startsAt: '2026-12-09 09:00' });
  const long = 'x'.repeat(500);
  quiz.questions = [
    { id: 'q1', text: long, options: ['杭州', '杭州'], right: 'F', sponsor: 'none' },
    { id: 'q2', text: '?', options: ['杭州', long, '蘇州'], right: 'C' },
    { id: 'q3', text: '?', kind: '填空', options: ['杭州', '蘇州'], attribute: 'home' },
    { id: 'q1', text: long, options: ['杭州', '蘇州'], right: 'A' },
  ];
  quiz.prizes = [
    { id: 'p1', name: long, kind: 'points', priceFen: 1, way: 'ranking', from: 3, to: 1, rounds: 2 },
    { id: 'p2', name: '券', kind: '票', way: '靠運氣', points: 5, floors: '1' },
  ];
  const codes = { p1: ['A-1'], p2: ['A-2', 'A\u200b'], none: ['A-1'] };
  expect((await problems(json({ ...quiz, codes }))).map((one) => one.split(/[「：]/)[0]?.trim())).toEqual([
    'quiz 第 1 行 perDay 欄',
    'quiz 第 1 行 endsAt 欄',
    'questions 第 1 行 text 欄',
    'questions 第 1 行 optionB 欄',
    'questions 第 1 行 right 欄',
    'questions 第 1 行 sponsor 欄',
    'questions 第 2 行 optionB 欄',
    'questions 第 3 行 kind 欄',
    'questions 第 4 行 text 欄',
    'questions 第 4 行 id 欄',
    'prizes 第 1 行 name 欄',
    'prizes 第 1 行 rounds 欄',
    'prizes 第 1 行 points 欄',
    'prizes 第 1 行 board 欄',
    'prizes 第 1 行 to 欄',
    'prizes 第 2 行 kind 欄',
    'prizes 第 2 行 way 欄',
    'codes 第 1 行 prize 欄',
    'codes 第 3 行 code 欄',
    'codes 第 4 行 prize 欄',
    'codes 第 4 行 code 欄',
  ]);
});

test('no fault is told in the words of a library', async () => {
  const odd = [{}, [], [[]], true, 1.5, 'x', { a: 1 }, [{ n: 'x' }], '\u0000', '-', '１月', 'Infinity'];
  for (const [sheet, { fields }] of Object.entries(sheets))
    for (const name of Object.keys(fields))
      for (const value of odd) {
        const quiz = { ...small(), sponsors: [{ id: 's', name: 's' }], codes: [{ prize: 'p1', code: 'c' }] };
        const target = (quiz as Record<string, unknown>)[sheet];
        Object.assign(Array.isArray(target) ? (target[0] as object) : (target as object), { [name]: value });
        const reading = await readQuizFile(json(quiz));
        const told = reading.kind === 'refused' ? reading.problems.map(({ message }) => message) : [];
        expect(told.filter((message) => !/\p{Script=Han}/u.test(message))).toEqual([]);
      }
});

test('letters in front of the options are taken off, and it is said where', async () => {
  const quiz = small();
  const options = ['A. 杭州', 'B. 餘杭', 'C. 航州'];
  quiz.questions[0] = { ...quiz.questions[0], options, right: 'B' };
  expect(await readQuizFile(json(quiz))).toMatchObject({
    content: { questions: [{ options: ['杭州', '餘杭', '航州'], right: 1 }] },
    remarks: [{ sheet: 'questions', line: 1, column: 'optionA', value: 'A. 杭州' }],
  });
  const file = await workbook((sheet) => {
    for (const letter of 'ABC')
      cellOf(sheet('questions'), `選項${letter}`).value = `${letter}、地方${letter}`;
  });
  expect(await readQuizFile(file)).toMatchObject({
    remarks: [{ sheet: 'questions', line: 2, column: '選項A', value: 'A、地方A' }],
  });
  expect((await content(file)).questions[0]?.options).toEqual(['地方A', '地方B', '地方C']);
  expect(await readQuizFile(json(small()))).toMatchObject({ remarks: [] });
});

test('letters stay where an option between them is empty, which is told', async () => {
  const quiz = small();
  quiz.questions[0] = { id: 'q1', text: '西湖在哪？', optionA: 'A. 杭州', optionC: 'B. 蘇州', right: 'A' };
  expect(await problems(json(quiz))).toEqual([
    'questions 第 1 行 optionB 欄：空著，但後面還有選項；請從 A 起連著填',
  ]);
});

test('formulas, unknown sheets and columns, a sheet that is missing, cells without a heading', async () => {
  const file = await workbook((sheet) => {
    cellOf(sheet('questions'), '題目').value = { formula: '1+1', result: 2 };
    sheet('questions').getCell('Z3').value = '多的';
    sheet('prizes').getCell(1, 2).value = '名字';
    sheet('quiz').getCell('A3').value = '大標題';
    const { workbook: book } = sheet('quiz');
    book.addWorksheet('獎品2').getCell('A1').value = 'x';
    book.removeWorksheet('sponsors');
  });
  const told = (await problems(file)).join('\n');
  expect(told).toMatch(/questions 第 2 行「\w+2」：這一格是公式/);
  expect(told).toContain('questions 第 3 行「多的」：這一格上面沒有欄名');
  expect(told).toContain('prizes 第 1 行「名字」：不認得這一欄');
  expect(told).toContain('quiz 第 3 行「大標題」：不認得這個欄位');
  expect(told).toContain('獎品2：不認得這張表');
  // A column that is missing is told once, and a wrong line is not told again where others name it.
  expect(told.match(/名稱 欄/g)).toHaveLength(1);
  expect(told).not.toMatch(/題目 欄|codes/);
  expect(
    await problems(await workbook((sheet) => sheet('prizes').workbook.removeWorksheet('prizes'))),
  ).toContain('獎品：沒有這張表，請補上');
});

test('sheets and headings may be Chinese of either script or the English names', async () => {
  const plain = await content(await workbook());
  const renamed = await workbook((sheet) => {
    sheet('questions').name = '题目';
    sheet('prizes').name = '獎品';
    cellOf(sheet('题目'), '題型', 1).value = 'kind';
    cellOf(sheet('题目'), '解釋', 1).value = '解释';
    cellOf(sheet('题目'), '難度', 2).value = '1';
  });
  expect(await content(renamed)).toEqual(plain);
});

test('dates that Excel made dates of are read as Beijing time', async () => {
  const file = await workbook((sheet) => {
    const cell = cellOf(sheet('quiz'), '開始時間');
    cell.style = { ...cell.style, numFmt: 'yyyy-mm-dd hh:mm' };
    cell.value = new Date('2026-11-24T08:30:00Z');
  });
  expect((await content(file)).startsAt).toBe(beijing('2026-11-24 08:30'));
});

test('a code whose digits Excel has lost is refused, not imported', async () => {
  const file = await workbook((sheet) => {
    cellOf(sheet('codes'), '兌換碼').value = Number('123456789012345678');
  });
  expect((await problems(file)).join()).toContain('Excel 已改掉後面幾位');
});

test.each([1234, 12, new Date('2026-03-12T00:00:00Z'), true])(
  'a code that is no text but %p is refused by its cell, whatever it shows',
  async (value) => {
    const file = await workbook((sheet) => {
      const cell = cellOf(sheet('codes'), '兌換碼', 3);
      cell.style = { ...cell.style, numFmt: '00000000' };
      cell.value = value;
    });
    expect(await problems(file)).toEqual([
      expect.stringMatching(/^codes 第 3 行.*：這一格.*請把這一欄設成「文字」/),
    ]);
  },
);

test.each([
  ['CARD-0001\u200b', 'U+200B'],
  ['\u202aCARD-0002\u202c', 'U+202A、U+202C'],
  ['CARD\u00a00003', 'U+00A0'],
  ['CARD\u3164', 'U+3164'],
  ['CA\ufe0fRD', 'U+FE0F'],
  ['CA\u{e0041}RD', 'U+E0041'],
  ['CARD\n0004', 'U+000A'],
  ['1.23457E+17', '科學記號'],
  ['1,23457e+17', '科學記號'],
  ['１Ｅ＋17', '科學記號'],
  ['1.5E-07', '科學記號'],
  [' \u3000', '空著'],
])('the code %j is refused by its line: %s', async (code, why) => {
  const prizes = [{ ...small().prizes[0], id: 'card', kind: 'code' }];
  const found = await problems(json({ ...small(), prizes, codes: { card: ['CARD-1', code] } }));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain('codes 第 2 行 code 欄');
  expect(found[0]).toContain(why);
});

test('one code for two prizes would be two people’s, so it is refused', async () => {
  const prizes = ['card', 'pass'].map((id) => ({ ...small().prizes[0], id, kind: 'code' }));
  const codes = { card: ['CARD-1'], pass: ['CARD-1'] };
  expect((await problems(json({ ...small(), prizes, codes }))).join()).toContain(
    'codes 第 2 行 code 欄「CARD-1」：這個兌換碼出現了兩次',
  );
});

test('the prize of a code is named by its id or by its name, which must be one prize’s', async () => {
  const card = { ...small().prizes[0], kind: 'code' };
  const prizes = [
    { ...card, id: 'card', name: '明信片' },
    { ...card, id: 'pass', name: '門票' },
    { ...card, id: 'pass-2', name: '门票' },
  ];
  const read = (codes: unknown) => json({ ...small(), prizes, codes });
  const reading = await readQuizFile(read({ 明信片: ['A-1'], card: ['A-2'], 'pass-2': ['B-1'] }));
  expect(reading.kind === 'read' && Object.fromEntries(reading.codes)).toEqual({
    card: ['A-1', 'A-2'],
    'pass-2': ['B-1'],
  });
  expect(await problems(read({ 門票: ['B-2'] }))).toEqual([
    'codes 第 1 行 prize 欄「門票」：有兩種獎品叫這個名稱，請改填編號',
  ]);
});

test('a code with spaces, signs and letters of any script is taken', async () => {
  const prizes = [{ ...small().prizes[0], id: 'card', kind: 'code' }];
  const codes = [' ABC 123 ', '12E5', '00001234', '券-壹貳', 'E+17'];
  const reading = await readQuizFile(json({ ...small(), prizes, codes: { card: codes } }));
  expect(reading).toMatchObject({ kind: 'read' });
  expect(reading.kind === 'read' && reading.codes.get('card')?.[0]).toBe('ABC 123');
});

test('JSON holds the same as a workbook, its places named as JSON names them', async () => {
  const read = await content(json(small()));
  expect(read).toMatchObject({
    id: 'small',
    opensAt: '00:00',
    closesAt: '24:00',
    firstBonus: 0,
    prizes: [{ way: { kind: 'floor', every: 100 }, priceFen: 100 }],
  });
  const bad = small();
  bad.questions[0] = { ...bad.questions[0], right: 2, colour: 'red' };
  bad.prizes[0] = { ...bad.prizes[0], way: { kind: 'ranking', board: 'weekly', from: 3, to: 1 } };
  expect(await problems(json(bad))).toEqual([
    'questions 第 1 行 colour 欄：不認得這個欄位',
    'questions 第 1 行 right 欄「2」：不是這一題的選項，請填 A 到 B',
    'prizes 第 1 行 board 欄「weekly」：不認得，請填 日榜、總榜 其中之一',
    'prizes 第 1 行 to 欄「1」：不能小於「名次從」',
  ]);
});

const numeric = ['perDay', 'pointsPerAnswer', 'firstBonus', 'timerSeconds'];
const hostile = [-1, 1.5, '1e3', '０１', 'NaN', 2 ** 53, [], [1], {}, { $gt: 0 }, true, '1;2', 'Infinity'];
test.each(numeric)('%s takes whole numbers in its range and nothing else', async (field) => {
  for (const value of hostile) {
    const bad = small();
    bad.quiz[field] = value;
    expect([value, (await readQuizFile(json(bad))).kind]).toEqual([value, 'refused']);
  }
});
test.each(['quantity', 'priceFen', 'claimDays', 'perDay'])(
  'a prize’s %s takes whole numbers only',
  async (field) => {
    for (const value of hostile) {
      const bad = small();
      bad.prizes[0] = { ...bad.prizes[0], [field]: value };
      expect([value, (await readQuizFile(json(bad))).kind]).toEqual([value, 'refused']);
    }
  },
);

test('whatever JSON it is given, the answer is a quiz, a list of problems or one sentence', async () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.record({
      quiz: fc.jsonValue(),
      questions: fc.jsonValue(),
      prizes: fc.jsonValue(),
      codes: fc.jsonValue(),
    }),
    fc
      .tuple(fc.constantFrom('quiz', 'questions', 'prizes'), fc.string(), fc.jsonValue())
      .map(([sheet, field, value]) => {
        const quiz = small() as Record<string, unknown>;
        const target = quiz[sheet] as Record<string, unknown> | Record<string, unknown>[];
        Object.assign(Array.isArray(target) ? (target[0] as object) : target, { [field]: value });
        return quiz;
      }),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      try {
        const reading = await readQuizFile(json(value));
        expect(['read', 'refused']).toContain(reading.kind);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'Invalid' });
      }
    }),
    { numRuns: 300 },
  );
});

test('the sample quiz is whole: at least 60 questions with explanations, and codes for every code prize', async () => {
  const name = 'src/simulator/sample/quiz.json';
  const reading = await readQuizFile({ name, bytes: readFileSync(join(root, name)) });
  if (reading.kind === 'refused')
    throw new Error(reading.problems.map((problem) => tellProblem(problem)).join('\n'));
  expect(reading.content.questions.filter(({ explanation }) => explanation).length).toBeGreaterThanOrEqual(
    60,
  );
  for (const { id, kind, quantity } of reading.content.prizes)
    if (kind === 'code') expect(reading.codes.get(id)?.length).toBe(quantity);
});

test('docs/quiz.md explains every field', () => {
  const docs = readFileSync(join(root, 'docs/quiz.md'), 'utf8');
  const missing = Object.entries(sheets).flatMap(([sheet, { fields }]) =>
    Object.entries(fields)
      .filter(([name, { heading }]) => !docs.includes(`| ${heading} | \`${name}\` |`))
      .map(([name]) => `${sheet}.${name}`),
  );
  expect(missing).toEqual([]);
});
