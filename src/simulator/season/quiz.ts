import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../kit/root';

const dayMs = 86_400_000;
/** Business ms of a Beijing moment, `2026-12-01 09:00`. */
export const beijing = (moment: string): number => Date.parse(`${moment.replace(' ', 'T')}:00+08:00`);
export const momentOf = (at: number): string =>
  new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');

export const firstDay = '2026-12-01';
/** The n-th day of the season, from 0; days after the end too. */
export const dayOf = (n: number): string => momentOf(beijing(`${firstDay} 12:00`) + n * dayMs).slice(0, 10);

export const quizId = 'season';
export const keyword = '一戰到底';
export const timerSeconds = 30;
export const perDay = 6;
export const flashAt = (day: number): number => beijing(`${dayOf(day)} 20:00`);
export const drawAt = (days: number): string => `${dayOf(days)} 20:00`;

type Bank = {
  quiz: object;
  questions: { id: string; kind: string; text: string; options: string[]; right?: number }[];
};
export type SeasonPrize = {
  id: string;
  name: string;
  sponsor: string;
  kind: 'goods' | 'code' | 'coupon' | 'points';
  quantity: number;
  way: Record<string, unknown> & { kind: string };
  points?: number;
  perQuiz?: number;
};

/**
 * A quiz as a marketer would write it for so many fans and days, with the questions of the sample. Stock is cut so that some
 * of it runs out. As JSON for `npm run quiz -- import`.
 */
export function seasonQuiz({ fans, days, staff }: { fans: number; days: number; staff: string[] }) {
  const bank = JSON.parse(readFileSync(join(root, 'src/simulator/sample/quiz.json'), 'utf8')) as Bank;
  const asked = bank.questions.filter(({ id }) => !id.startsWith('qiangda'));
  const every = Math.max(10, Math.round(fans / 20));
  const expected = fans * days * 3;
  const codes = (prize: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prize.toUpperCase()}-${String(i + 1).padStart(5, '0')}`);
  const floors = [7, 77, 177, 777, 1_777, 3_777, 7_777, 17_777].filter((floor) => floor <= expected);
  const flashPrizes: SeasonPrize[] = Array.from({ length: days }, (_, day) => ({
    id: `first-${day + 1}`,
    name: `第${day + 1}天搶答獎`,
    sponsor: ['yunjiao', 'manche', 'shiguang'][day % 3] as string,
    kind: (['goods', 'coupon', 'code'] as const)[day % 3] as SeasonPrize['kind'],
    quantity: 1,
    way: { kind: 'first', question: asked[20 + day]?.id, at: `${dayOf(day)} 20:00` },
    perQuiz: 1,
  }));
  const prizes: SeasonPrize[] = [
    {
      id: 'lucky',
      name: '二十吋登機箱',
      sponsor: 'yunjiao',
      kind: 'goods',
      quantity: floors.length,
      way: { kind: 'floor', floors },
      perQuiz: 1,
    },
    {
      id: 'every',
      name: '現泡茶一杯券',
      sponsor: 'banri',
      kind: 'coupon',
      quantity: Math.ceil((expected / every) * 0.6),
      way: { kind: 'floor', every },
      perQuiz: 2,
    },
    {
      id: 'ends66',
      name: '六六大順',
      sponsor: 'banri',
      kind: 'points',
      quantity: Math.ceil(expected / 80),
      points: 66,
      way: { kind: 'floor', endings: ['66'] },
      perQuiz: 3,
    },
    {
      id: 'ends8',
      name: '電子明信片',
      sponsor: 'shiguang',
      kind: 'code',
      quantity: Math.ceil(fans / 10),
      way: { kind: 'floor', endings: ['28', '88'] },
      perQuiz: 1,
    },
    ...flashPrizes,
    {
      id: 'daily',
      name: '每日前三名',
      sponsor: 'banri',
      kind: 'points',
      quantity: 3 * days,
      points: 100,
      way: { kind: 'ranking', board: 'daily', from: 1, to: 3 },
    },
    {
      id: 'top',
      name: '雙肩旅行背包',
      sponsor: 'yunjiao',
      kind: 'goods',
      quantity: 10,
      way: { kind: 'ranking', board: 'final', from: 1, to: 10 },
      perQuiz: 1,
    },
    {
      id: 'next',
      name: '客棧平日一晚券',
      sponsor: 'manche',
      kind: 'coupon',
      quantity: 10,
      way: { kind: 'ranking', board: 'final', from: 11, to: 20 },
      perQuiz: 1,
    },
    {
      id: 'rounds',
      name: '旅行手帳兌換碼',
      sponsor: 'shiguang',
      kind: 'code',
      quantity: Math.ceil(fans / 4),
      way: { kind: 'participation', rounds: Math.min(3, days) },
      perQuiz: 1,
    },
    {
      id: 'inrow',
      name: '連日答題積分',
      sponsor: 'banri',
      kind: 'points',
      quantity: fans,
      points: 50,
      way: { kind: 'participation', daysInRow: Math.max(2, Math.min(3, days)) },
      perQuiz: 1,
    },
    {
      id: 'stay',
      name: '客棧兩晚雙人券',
      sponsor: 'manche',
      kind: 'coupon',
      quantity: 5,
      way: {
        kind: 'draw',
        reserves: 5,
        condition: { rounds: 1 },
        publicValue: 'drand 第 5000000 輪',
        at: drawAt(days),
      },
      perQuiz: 1,
    },
    {
      id: 'album',
      name: '旅行相冊',
      sponsor: 'shiguang',
      kind: 'goods',
      quantity: 10,
      way: {
        kind: 'draw',
        reserves: 10,
        condition: { level: 1, points: 60 },
        publicValue: 'drand 第 5000000 輪',
        at: drawAt(days),
      },
      perQuiz: 1,
    },
  ];
  const codePrizes = prizes.filter(({ kind }) => kind === 'code');
  const content = {
    ...bank,
    questions: asked,
    quiz: {
      ...bank.quiz,
      id: quizId,
      title: '七日一戰到底',
      keywords: [keyword],
      startsAt: `${firstDay} 09:00`,
      endsAt: `${dayOf(days - 1)} 21:30`,
      perDay,
      timerSeconds,
      levels: [
        { n: 1, questions: 3, pass: 2 },
        { n: 2, questions: 5, pass: 3 },
        { n: 3, questions: 6, pass: 4 },
        { n: 4, questions: 6, pass: 5 },
      ],
      staff,
    },
    prizes: prizes.map((prize) => ({
      ...prize,
      priceFen: 10_000,
      claimDays: 3,
      conditions: '無',
      delivery: '包郵寄到中國內地，領取後十五個工作日內寄出',
      ...(prize.kind === 'coupon'
        ? { usedAt: '各門市，出示短碼', validUntil: `${dayOf(days + 20)} 23:59` }
        : {}),
    })),
    codes: Object.fromEntries(codePrizes.map(({ id, quantity }) => [id, codes(id, quantity)])),
  };
  return { content, prizes, answers: answersOf(bank) };
}

/** What people know who know it: the right option by the words of the question. */
const answersOf = (bank: Bank): Map<string, string | undefined> =>
  new Map(
    bank.questions.map(({ text, options, right }) => [
      text,
      right === undefined ? undefined : options[right],
    ]),
  );
