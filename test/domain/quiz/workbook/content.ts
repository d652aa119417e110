import type { Prize } from '../../../../src/domain/prizes/prize';
import type { Question, QuizContent } from '../../../../src/domain/quiz/definition';

export const beijing = (moment: string): number => Date.parse(`${moment.replace(' ', 'T')}:00+08:00`);

export const question = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  kind: 'single',
  text: `第 ${id} 題：西湖在哪裡？`,
  options: ['杭州', '蘇州', '揚州', '南京'],
  right: 0,
  difficulty: 2,
  ...more,
});

export const prize = (id: string, more: Partial<Prize> = {}): Prize => ({
  id,
  name: '登機箱',
  kind: 'goods',
  priceFen: 29_900,
  quantity: 2,
  way: { kind: 'floor', floors: [88, 188] },
  claimDays: 15,
  conditions: '無',
  delivery: '包郵寄到中國內地，領取後十五個工作日內寄出',
  perDay: 1,
  perPerson: 1,
  ...more,
});

/** A quiz that passes every check. */
export const content = (more: Partial<QuizContent> = {}): QuizContent => ({
  id: 'autumn',
  title: '秋天一戰到底',
  intro: '每天十題。',
  keywords: ['秋天一戰到底'],
  startsAt: beijing('2026-12-01 09:00'),
  endsAt: beijing('2026-12-07 21:00'),
  opensAt: '08:00',
  closesAt: '22:00',
  perDay: 10,
  pointsPerAnswer: 10,
  firstBonus: 5,
  levels: [
    { n: 1, questions: 5, pass: 3 },
    { n: 2, questions: 5, pass: 4 },
  ],
  rules: '一、每天最多十題，答對一題 10 分。二、中獎後十五天內領取。',
  organiser: '某某旅行社有限公司',
  contact: '400-000-0000',
  forfeiture: '十五天內沒有領取視為放棄，獎品退回庫存。',
  sponsors: [{ id: 'banri', name: '半日茶鋪' }],
  audience: 'all',
  staff: [],
  questions: Array.from({ length: 80 }, (_, i) => question(`q${i + 1}`)),
  prizes: [prize('bag')],
  ...more,
});
