import type { Prize, Way } from '../../../src/domain/prizes/prize';
import type { Question, Quiz } from '../../../src/domain/quiz/definition';
import type { Entry } from '../../../src/domain/quiz/log/floors';

/** Business ms of a Beijing time, `2026-11-21 09:00:00`. */
export const beijing = (when: string): number => Date.parse(`${when.replace(' ', 'T')}+08:00`);

export const aQuestion = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  kind: 'single',
  text: `題目 ${id}`,
  options: ['甲', '乙', '丙', '丁'],
  right: 0,
  explanation: `說明 ${id}`,
  difficulty: 1,
  ...more,
});

export const aPrize = (id: string, way: Way, more: Partial<Prize> = {}): Prize => ({
  id,
  name: `獎品 ${id}`,
  kind: 'goods',
  priceFen: 1_000,
  quantity: 1,
  claimDays: 7,
  way,
  ...more,
});

/** A running quiz of 21 to 27 November 2026, around the clock, with 20 questions. */
export const aQuiz = (more: Partial<Quiz> = {}): Quiz => ({
  id: 'q',
  title: '一戰到底',
  intro: '',
  keywords: ['一戰到底'],
  startsAt: beijing('2026-11-21 00:00:00'),
  endsAt: beijing('2026-11-27 23:59:59'),
  opensAt: '00:00',
  closesAt: '24:00',
  perDay: 10,
  pointsPerAnswer: 10,
  firstBonus: 5,
  levels: [{ n: 1, questions: 5, pass: 3 }],
  rules: '',
  organiser: '',
  contact: '',
  forfeiture: '',
  sponsors: [],
  audience: 'all',
  staff: [],
  questions: Array.from({ length: 20 }, (_, i) => aQuestion(`t${i + 1}`)),
  prizes: [],
  state: 'running',
  version: 1,
  pauses: [],
  ...more,
});

export const anEntry = (pid: string, q: string, more: Partial<Entry> = {}): Entry => {
  const on = more.on ?? '2026-11-21';
  return {
    k: `q:${pid}:${on}:${q}`,
    pid,
    on,
    q,
    choice: 0,
    ok: true,
    points: 10,
    by: `m-${pid}-${on}-${q}`,
    took: 5_000,
    level: 1,
    ...more,
  };
};

/** What the compliance gate asks of every quiz, and a day of ten questions. */
export const announced = {
  opensAt: '00:00',
  closesAt: '24:00',
  perDay: 10,
  pointsPerAnswer: 10,
  firstBonus: 5,
  levels: [{ n: 1, questions: 5, pass: 3 }],
  rules: '一、每天最多十題，答對一題 10 分，每天第一題另加 5 分。二、中獎後七天內領取。',
  organiser: '某某旅行社有限公司',
  contact: '400-000-0000',
  forfeiture: '七天內沒有領取視為放棄，獎品退回庫存。',
  sponsors: [],
  audience: 'all' as const,
  staff: [],
};
