import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Facts, facts, judge, rules } from '../../../src/domain/campaigns/gate/compliance';
import list from '../../../src/domain/campaigns/gate/compliance-rules.json';
import type { Prize } from '../../../src/domain/prizes/prize';
import { asContent, type QuizContent } from '../../../src/domain/quiz/definition';
import { createQuizKind } from '../../../src/domain/quiz/kind';
import { readQuizFile } from '../../../src/domain/quiz/workbook/workbook';
import { root } from '../../../src/kit/root';
import { createRender } from '../../../src/render/render';
import { beijing, content, prize, question } from '../quiz/workbook/content';

const kind = createQuizKind(createRender());
const judgeQuiz = (quiz: QuizContent, outside?: Facts) => judge(asContent(quiz), kind, outside);
const refusals = (quiz: QuizContent, codes = new Map<string, number>()) =>
  judgeQuiz(quiz, { codes })
    .filter(({ level }) => level === 'refuse')
    .map(({ rule }) => rule);
const warnings = (quiz: QuizContent) =>
  judgeQuiz(quiz)
    .filter(({ level }) => level === 'warn')
    .map(({ rule }) => rule);
const saying = (words: string) => content({ rules: `${content().rules}${words}` });
const withPrize = (more: Partial<Prize>) => content({ prizes: [prize('bag', more)] });
const draw = (more: object = {}): Prize['way'] => ({
  kind: 'draw',
  reserves: 1,
  condition: { rounds: 1 },
  publicValue: 'drand 第 5000000 輪',
  at: beijing('2026-12-08 20:00'),
  ...more,
});

const withFlash = (when: string, hours: Partial<QuizContent>, more: Partial<Prize> = {}) => {
  const way = { kind: 'first' as const, question: 'q1', at: beijing(when) };
  return content({ ...hours, prizes: [prize('bag', { way, quantity: 1, ...more })] });
};

const twoFlash = content({
  prizes: ['bag', 'cup'].flatMap((id) => withFlash('2026-12-02 12:00', {}, { id }).prizes),
});

test('a quiz with everything in it passes', () => {
  expect(refusals(content())).toEqual([]);
});

test.each<[string, QuizContent]>([
  ['organiser', content({ organiser: ' ' })],
  ['contact', content({ contact: '' })],
  ['period', content({ endsAt: content().startsAt })],
  ['rules', content({ rules: '好玩' })],
  ['forfeiture', content({ forfeiture: '' })],
  ['prize-name', withPrize({ name: '神秘大獎' })],
  ['prize-price', withPrize({ priceFen: 0 })],
  ['prize-quantity', withPrize({ quantity: 0 })],
  ['prize-too-high', withPrize({ priceFen: 5_000_001 })],
  ['draw-time', withPrize({ way: draw({ at: 0 }) })],
  ['draw-time', withPrize({ way: draw({ at: beijing('2026-12-07 21:00') }) })],
  ['draw-method', withPrize({ way: draw({ publicValue: '' }) })],
  ['claim-time', withPrize({ claimDays: 0 })],
  ['claim-conditions', withPrize({ conditions: '' })],
  ['delivery', withPrize({ delivery: '' })],
  ['coupon-terms', withPrize({ kind: 'coupon', usedAt: '各門市' })],
  ['first-time', withFlash('2026-12-08 09:00', {})],
  ['first-time', withFlash('2026-12-02 08:59', { opensAt: '09:00' })],
  ['first-time', withFlash('2026-12-02 21:00', { closesAt: '21:00' })],
  ['stock', withFlash('2026-12-02 12:00', {}, { quantity: 2 })],
  ['stock', twoFlash],
  ['stock', withPrize({ quantity: 1 })],
  ['stock', withPrize({ quantity: 9, way: { kind: 'ranking', board: 'final', from: 1, to: 10 } })],
  ['stock', withPrize({ quantity: 20, way: { kind: 'ranking', board: 'daily', from: 1, to: 3 } })],
  ['stock', withPrize({ kind: 'code', quantity: 2, way: { kind: 'participation', rounds: 3 } })],
])('%s is refused when it is missing or wrong, and nothing else', (rule, quiz) => {
  expect(refusals(quiz)).toEqual([rule]);
});

test('50,000 yuan is allowed, and codes that are enough, and daily ranks for each of seven days', () => {
  expect(refusals(withPrize({ priceFen: 5_000_000 }))).toEqual([]);
  const codes = withPrize({ kind: 'code', quantity: 2, way: { kind: 'participation', rounds: 3 } });
  expect(refusals(codes, new Map([['bag', 2]]))).toEqual([]);
  expect(refusals(codes, new Map([['bag', 1]]))).toEqual(['stock']);
  expect(
    refusals(withPrize({ quantity: 21, way: { kind: 'ranking', board: 'daily', from: 1, to: 3 } })),
  ).toEqual([]);
});

test('a refusal says where, why and quotes the words', () => {
  const [finding] = judgeQuiz(saying('關注本公眾號後才能看到答案！'));
  expect(finding).toMatchObject({ level: 'refuse', rule: 'follow-to-see-answer', where: '規則' });
  expect(finding?.reason).toContain('寫了「關注本公眾號後才能看到答案」');
  expect(finding?.reason).toContain('誘導關注');
});

test.each([
  ['follow-to-see-answer', '关注后即可查看答案。'],
  ['follow-to-see-answer', '想看解析請先關注我們。'],
  ['share-to-see-answer', '轉發到朋友圈後可看答案。'],
  ['share-to-see-answer', '答錯了？分享給好友才能繼續。'],
  ['share-for-another-try', '分享到朋友圈，可以再得一次機會。'],
  ['share-for-another-try', '邀請三位好友助力，多答五題。'],
  ['share-for-another-try', '集讚 20 個換獎品。'],
  ['share-for-another-try', '每邀請一人加 10 積分。'],
  ['no-change', '主辦方有權隨時修改活動規則。'],
  ['final-say', '本活動最終解釋權歸主辦方所有。'],
  ['gambling', '猜中了賠率更高。'],
  ['fraud-words', '百分之百中獎！'],
  ['fraud-words', '參加就有，人人有獎。'],
  ['fraud-words', '天天抽獎必中！'],
  ['fraud-words', '每日一抽，必中大獎。'],
  ['follow-to-see-answer', '想知道正確答案？關注我們！'],
  ['follow-to-see-answer', '先關注再看答案。'],
  ['follow-to-see-answer', '沒有關注的人看不到解析。'],
  ['share-to-see-answer', '轉發之後公布答案。'],
  ['share-for-another-try', '邀請 3 人參加即可抽獎。'],
  ['share-for-another-try', '拉新人入群送優惠券。'],
  ['no-change', '小藝保留隨時變更活動內容之權利。'],
  ['no-change', '本平台有權提前終止活動。'],
  ['share-for-another-try', '轉發朋友圈可多抽一次。'],
  ['share-for-another-try', '分享再抽一次！'],
  ['share-for-another-try', '邀請好友一起來，可再答 3 題。'],
  ['no-change', '主辦方可隨時修改，恕不另行通知。'],
  ['no-change', '我們可以隨時調整獎品。'],
  ['no-change', '活動如有變更，恕不另行通知。'],
])('%s: 「%s」 is refused', (rule, words) => {
  expect(refusals(saying(words))).toEqual([rule]);
});

test.each([
  '不需要關注也能看答案。',
  '看答案不需要關注，也不必分享。',
  '嚴禁以分享換機會。',
  '答完就看到答案和解釋。',
  '歡迎告訴朋友。',
  '一人一號，用程式代答取消資格。',
  '並非人人有獎。',
  '誠摯邀請您參加本次答題，贏取好禮。',
  '紅包中獎者會收到通知。',
  '禮包中含門票兩張。',
  '中途離開不必中斷遊戲。',
  '100% 中國製造。',
  '您有權隨時取消參加活動。',
  '用程式代答的，主辦方有權取消其資格並收回獎品。',
  '答完看答案，喜歡就關注我們。',
  '歡迎分享給朋友，明天再答一題。',
  '分享不會多抽一次。',
  '與家人分享旅途，每天答 5 題。',
  '未中獎者恕不另行通知。',
  '主辦方不得隨時修改規則。',
  '主辦方寄出前，您可隨時修改收件地址。',
  '名字可以隨時修改，不影響名次。',
])('「%s」 is nobody’s offence', (words) => {
  expect(refusals(saying(words))).toEqual([]);
});

test('ordinary words in questions are facts, but an inducement hides nowhere', () => {
  const asking = (text: string, explanation = '') =>
    content({ questions: [question('q1', { text, explanation })] });
  expect(
    refusals(asking('哪項國家級非遺與朋友分享茶禮有關？', '它曾獲最佳展示獎，邀請各國參加頒獎。')),
  ).toEqual([]);
  for (const words of ['分享到朋友圈再得一次機會', '轉發朋友圈可多抽一次'])
    expect(refusals(asking('西湖在哪？', words))).toEqual(['share-for-another-try']);
});

test('what a person must weigh is a warning, not a refusal', () => {
  expect(warnings(content({ intro: '全國第一的答題。' }))).toContain('absolute-words');
  expect(warnings(content({ questions: [question('q1')] }))).toContain('bank');
  expect(warnings(content())).toEqual(['personal-information']);
  expect(
    warnings(saying('地址電話僅用於寄送獎品，不滿十四歲請由監護人代為參加。個人信息活動後刪除。')),
  ).toEqual([]);
  expect(warnings(withPrize({ kind: 'money' }))).toContain('money');
});

test('every rule on the list is carried out and names a source that is on the list', () => {
  expect(
    rules
      .filter(({ kind }) => kind === 'fact')
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(Object.keys({ ...facts, ...kind.facts }).toSorted());
  for (const rule of rules) {
    expect(rule.sources.length).toBeGreaterThan(0);
    for (const source of rule.sources) expect(Object.keys(list.sources)).toContain(source);
    for (const words of [...(rule.words ?? []), ...(rule.questionWords ?? [])])
      expect(() => new RegExp(words, 'u')).not.toThrow();
  }
});

test('docs/quiz.md lists every rule and every source', () => {
  const docs = readFileSync(join(root, 'docs/quiz.md'), 'utf8');
  for (const { id, level, looksFor } of rules)
    expect(docs).toContain(`| \`${id}\` | ${level === 'refuse' ? '**拒絕**' : '提醒'} | ${looksFor} |`);
  for (const { title, date } of Object.values(list.sources)) expect(docs).toContain(`| ${title} | ${date} |`);
});

test('the sample quiz has nothing against it', async () => {
  const name = 'src/simulator/sample/quiz.json';
  const reading = await readQuizFile({ name, bytes: readFileSync(join(root, name)) });
  if (reading.kind === 'refused') throw new Error(JSON.stringify(reading.problems));
  const codes = new Map([...reading.codes].map(([id, all]) => [id, all.length]));
  expect(refusals(reading.content, codes)).toEqual([]);
});
