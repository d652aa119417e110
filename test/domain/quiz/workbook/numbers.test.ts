import ExcelJS from 'exceljs';
import { readQuizFile } from '../../../../src/domain/quiz/workbook/workbook';
import { type Field, sheets } from '../../../../src/domain/quiz/workbook/workbook-fields';
import { writeTemplate } from '../../../../src/domain/quiz/workbook/workbook-template';
import { beijing } from './content';

/** Q7: what is no whole number of a sensible size is refused in every field that takes one, and told by its place. */
const wrong: unknown[] = [
  -1,
  1.5,
  '1e3',
  '０１',
  'NaN',
  2 ** 53,
  [3],
  [3, 4],
  { $gt: 0 },
  true,
  '0x1F',
  '三',
];
/** What a cell of a workbook can hold of these. */
const wrongCells = wrong.filter(
  (one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean',
);

/** The fields that make a number of what is written there, whichever they are. */
const numeric = (Object.keys(sheets) as (keyof typeof sheets)[]).flatMap((sheet) =>
  Object.entries<Field>(sheets[sheet].fields)
    .filter(([name]) => !['startsAt', 'endsAt', 'at', 'validUntil'].includes(name))
    .filter(([, { cell }]) =>
      [7, 3].some(
        (value) =>
          typeof cell.safeParse(value).data === 'number' ||
          typeof cell.safeParse(String(value)).data === 'number',
      ),
    )
    .map(([name, field]) => ({ sheet, name, ...field })),
);

const small = () => ({
  quiz: {
    id: 'small',
    title: '小測',
    keywords: ['小測'],
    startsAt: '2026-12-01 09:00',
    endsAt: '2026-12-07 21:00',
    perDay: 5,
    pointsPerAnswer: 10,
    levels: [{ n: 1, questions: 5, pass: 3 }] as unknown,
  } as Record<string, unknown>,
  questions: [
    { id: 'q1', kind: 'single', text: '西湖在哪？', options: ['杭州', '蘇州'], right: 0 },
  ] as Record<string, unknown>[],
  prizes: [
    { id: 'p1', name: '背包', kind: 'goods', priceFen: 100, quantity: 1, way: 'floor', every: 100 },
  ] as Record<string, unknown>[],
});

async function told(file: { name: string; bytes: Buffer }): Promise<string[]> {
  const reading = await readQuizFile(file);
  return reading.kind === 'refused' ? reading.problems.map(({ sheet, column }) => `${sheet} ${column}`) : [];
}
const asJson = (value: unknown) => ({ name: 'quiz.json', bytes: Buffer.from(JSON.stringify(value)) });

/** One is a price, which has decimals; an answer may be a letter. */
const refuses = ({ name }: { name: string }, value: unknown): boolean =>
  !(name === 'priceYuan' && value === 1.5);

test('Q7: the fields that take numbers are these', () => {
  expect(numeric.map(({ sheet, name }) => `${sheet}.${name}`)).toEqual([
    'quiz.perDay',
    'quiz.pointsPerAnswer',
    'quiz.firstBonus',
    'quiz.timerSeconds',
    'questions.right',
    'prizes.priceYuan',
    'prizes.priceFen',
    'prizes.quantity',
    'prizes.every',
    'prizes.from',
    'prizes.to',
    'prizes.rounds',
    'prizes.daysInRow',
    'prizes.days',
    'prizes.score',
    'prizes.level',
    'prizes.reserves',
    'prizes.points',
    'prizes.claimDays',
    'prizes.perDay',
    'prizes.perQuiz',
  ]);
});

test.each(wrong)('Q7: %j in any of them is refused by name, from JSON', async (value) => {
  const quiz = small();
  const due: string[] = [];
  for (const field of numeric.filter((one) => refuses(one, value))) {
    const rows = { quiz: quiz.quiz, questions: quiz.questions[0], prizes: quiz.prizes[0] };
    (rows[field.sheet as keyof typeof rows] as Record<string, unknown>)[field.name] = value;
    due.push(`${field.sheet} ${field.name}`);
  }
  expect(await told(asJson(quiz))).toEqual(expect.arrayContaining(due));
});

test.each(wrongCells)('Q7: %j in any of them is refused by name, from a workbook', async (value) => {
  const book = new ExcelJS.Workbook();
  await book.xlsx.load((await writeTemplate(beijing('2026-11-22 10:00'))) as unknown as ExcelJS.Buffer);
  const due: string[] = [];
  for (const field of numeric.filter((one) => refuses(one, value))) {
    const sheet = book.worksheets.find(({ name }) => name === field.sheet) as ExcelJS.Worksheet;
    // On 「quiz」 a line of its own, on the others a column; the template leaves some of them out.
    const lines = Array.from({ length: 60 }, (_, i) => i + 1);
    const down = field.sheet === 'quiz';
    const at = (n: number) => (down ? sheet.getCell(n, 1) : sheet.getCell(1, n));
    const place =
      lines.find((n) => at(n).text === field.heading) ?? (down ? sheet.rowCount : sheet.columnCount) + 1;
    at(place).value = field.heading;
    (down ? sheet.getCell(place, 2) : sheet.getCell(2, place)).value = value as ExcelJS.CellValue;
    due.push(`${field.sheet} ${field.heading}`);
  }
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  const places = await told({ name: 'quiz.xlsx', bytes });
  // A number that a workbook cannot hold is refused by row and cell before anybody looks at columns.
  if (value === 2 ** 53) expect(places.length).toBe(due.length);
  else expect(places).toEqual(expect.arrayContaining(due));
});

test('Q7: nought is refused wherever none of something makes no sense', async () => {
  const takesNone = numeric.filter(({ cell }) => cell.safeParse(0).success).map(({ name }) => name);
  expect(takesNone).toEqual([
    'firstBonus',
    'right',
    'priceYuan',
    'priceFen',
    'quantity',
    'reserves',
    'claimDays',
  ]);
});

test.each<[string, 'quiz' | 'prizes', unknown]>([
  ...[
    '5/3.5',
    '5',
    '0/0',
    '5/6',
    '5/-1',
    '1e1/1',
    [{ questions: 1.5, pass: 1 }],
    [{ questions: '5', pass: 3 }],
    { 5: 3 },
    5,
  ].map((value): [string, 'quiz', unknown] => ['levels', 'quiz', value]),
  ...['5:3', '1.5:1:1', '0:0:0', '-1:2:3', { 1: -1 }, { 1: 1.5 }, { 4: 1 }, [5, 3, 2]].map(
    (value): [string, 'quiz', unknown] => ['mix', 'quiz', value],
  ),
  ...[0, -1, 1.5, '1e3', '０１', 2 ** 53, [1, 0], [[1]], { 1: 1 }].map(
    (value): [string, 'prizes', unknown] => ['floors', 'prizes', value],
  ),
  ...[-1, 1.5, '1e3', 2 ** 53, [[8]], { 1: 1 }].map((value): [string, 'prizes', unknown] => [
    'endings',
    'prizes',
    value,
  ]),
])('Q7: %s on %s: %j is refused', async (name, sheet, value) => {
  const quiz = small();
  Object.assign(sheet === 'quiz' ? quiz.quiz : (quiz.prizes[0] as object), { [name]: value });
  expect(await told(asJson(quiz))).toContain(`${sheet} ${name}`);
});
