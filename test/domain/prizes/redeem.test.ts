import type { Connection } from 'mongoose';
import { newRedeemCode, readRedeemCode, showRedeemCode } from '../../../src/domain/prizes/codes';
import { isElsewhere, tellRedeemed } from '../../../src/domain/prizes/redeem';
import { awardTold, prize, prizeStage, quizWith, won } from './stage';

const stage = prizeStage();
let db: Connection;
let app: ReturnType<typeof stage.on>;
const tea = prize({
  id: 'tea',
  kind: 'coupon',
  name: '下午茶券',
  validUntil: Date.parse('2026-12-31T23:59:59+08:00'),
});
const quiz = quizWith(tea);
const counter = { by: '阿明', at: '西湖茶館' };

beforeAll(async () => {
  db = await stage.open();
});
beforeEach(async () => {
  stage.turnTo('2026-11-22');
  await stage.database.clear();
  app = stage.on(db);
  await app.tickets.stock('quiz', tea);
});
afterAll(() => stage.database.drop());

const couponOf = async (unit: string) => {
  const award = await awardTold(app.awards, quiz, won(unit, { prize: 'tea' }));
  return { id: award._id, code: showRedeemCode(award.redeem ?? '') };
};

test('a coupon is used once, with where and by whom; the second time it says when it was', async () => {
  const { code, id } = await couponOf('10');
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  const answers = await Promise.all(Array.from({ length: 4 }, () => app.redeem(code, counter)));
  expect(answers.filter(({ kind }) => kind === 'used')).toHaveLength(1);
  expect(answers.filter(({ kind }) => kind === 'already')).toHaveLength(3);
  const again = await app.redeem(code, { by: '小紅', at: '別處' });
  expect(tellRedeemed(again)).toMatch(/^已經用過了：2026-11-22 12:0\d 在 西湖茶館，由 阿明 核銷。$/);
  expect(await app.awards.read(id)).toMatchObject({ state: 'used', used: { by: '阿明', where: '西湖茶館' } });
});

test('a use that was a mistake is taken back once, with why, and the coupon can be used again until it ends', async () => {
  const { code, id } = await couponOf('10');
  const back = (reason: string) => app.awards.takeBackUse(id, { by: '小紅', reason });
  expect(await back('沒有用過')).toMatchObject({ kind: 'refused', why: 'state' });
  await app.redeem(code, counter);
  const twice = await Promise.all([back('掃錯了'), back('掃錯了')]);
  expect(twice.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'same']);
  const award = await app.awards.read(id);
  expect(award).toMatchObject({ state: 'told' });
  expect(award).not.toHaveProperty('used');
  expect(award?.history.filter(({ reason }) => reason)).toMatchObject([
    {
      by: '小紅',
      reason: expect.stringMatching(/^撤回核銷：掃錯了（原來：2026-11-22 12:\d\d 西湖茶館，阿明）$/),
    },
  ]);
  expect(await app.redeem(code, { by: '小紅', at: '湖心亭' })).toMatchObject({ kind: 'used' });
  await back('又錯了');
  const annulled = await couponOf('11');
  await app.awards.annul(annulled.id, { by: '小紅', reason: '撤回核銷：寫錯了' });
  expect(await app.awards.takeBackUse(annulled.id, { by: '小紅', reason: '掃錯了' })).toMatchObject({
    kind: 'refused',
  });
  stage.turnTo('2027-01-01');
  expect(await app.redeem(code, counter)).toMatchObject({ kind: 'expired' });
});

test('a code is read as a person writes it', async () => {
  const { code } = await couponOf('10');
  const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
  expect(await app.redeem(` ${typed} `, counter)).toMatchObject({ kind: 'used' });
});

test.each([
  ['「%」', 'brackets'],
  ['\u200b%\u2060', 'signs that nobody sees'],
  ['<%>', 'brackets of another kind'],
  ['%|', 'a line of a table'],
  ['券碼 %（西湖茶館）', 'the words around it'],
])('a code that was pasted as %s is found (%s)', async (around) => {
  const { code } = await couponOf('10');
  expect(readRedeemCode(around.replace('%', code))).toBe(code.replaceAll('-', ''));
  expect(readRedeemCode([...code].join('\u200d'))).toBe(code.replaceAll('-', ''));
});

test('expired, void and waiting coupons are told apart and not used', async () => {
  const [late, off, held] = [await couponOf('1'), await couponOf('2'), await couponOf('3')];
  await app.awards.annul(off.id, { by: 'amy', reason: '重複' });
  expect(await app.redeem(off.code, counter)).toMatchObject({ kind: 'void' });
  await app.awards.wait('quiz', 'p3', '作答太快');
  expect(await app.redeem(held.code, counter)).toMatchObject({ kind: 'waits' });
  stage.turnTo('2027-01-01');
  expect(await app.redeem(late.code, counter)).toMatchObject({ kind: 'expired' });
  await app.awards.expire(late.id);
  expect(tellRedeemed(await app.redeem(late.code, counter))).toBe('已過期：有效期到 2026-12-31 23:59。');
});

test('A7: of 500 guesses at once five are looked at, and who guessed waits while others go on', async () => {
  const { code } = await couponOf('10');
  const answers = await Promise.all(Array.from({ length: 500 }, () => app.redeem(newRedeemCode(), counter)));
  expect(answers.filter(({ kind }) => kind === 'unknown').length).toBeLessThanOrEqual(10);
  expect(answers.filter(({ kind }) => kind === 'tooMany').length).toBeGreaterThanOrEqual(490);
  expect(await app.redeem(code, { by: '小紅', at: '別處' })).toMatchObject({ kind: 'used' });
});

test('redeem codes hold 60 random bits, and nothing that cannot be one is looked up', () => {
  const codes = new Set(Array.from({ length: 20_000 }, newRedeemCode));
  expect(codes.size).toBe(20_000);
  for (let at = 0; at < 12; at++) expect(new Set([...codes].map((code) => code.charAt(at))).size).toBe(32);
  for (const typed of ['', 'ABC', 'ABCD-EFGH-JKMU', '你好', 'A'.repeat(10_000), '{"$ne":""}'])
    expect(readRedeemCode(typed)).toBeUndefined();
});

test('a code is looked at without being used, and a wrong look counts as a wrong code', async () => {
  const { code, id } = await couponOf('10');
  expect(await app.look(code, counter)).toMatchObject({ kind: 'valid', award: { _id: id } });
  expect(await app.awards.read(id)).toMatchObject({ state: 'told' });
  await app.redeem(code, counter);
  expect(await app.look(code, counter)).toMatchObject({ kind: 'already' });
  expect(await app.redeemedBy('阿明', { since: stage.clock.now() - 60_000 })).toMatchObject([{ _id: id }]);
  expect(await app.redeemedBy('小紅', { since: 0 })).toEqual([]);
  const looks = await Promise.all(Array.from({ length: 8 }, () => app.look(newRedeemCode(), { by: '小紅' })));
  expect(looks.filter(({ kind }) => kind === 'unknown').length).toBeLessThanOrEqual(5);
  expect(await app.redeem(newRedeemCode(), { by: '小紅', at: '別處' })).toEqual({ kind: 'tooMany' });
});

test('a coupon for one place is refused at another only where that is asked for', async () => {
  const there = quizWith({ ...tea, id: 'there', usedAt: '西湖茶館、北山茶館' });
  await app.tickets.stock('quiz', there.prizes[0] as never);
  const { redeem: code = '' } = await awardTold(app.awards, there, won('1', { prize: 'there' }));
  const at = (place: string, onlyThere = true) => app.redeem(code, { by: '阿明', at: place, onlyThere });
  expect(await at('機場店')).toMatchObject({ kind: 'elsewhere' });
  expect(isElsewhere({ what: there.prizes[0] as never }, '北山茶館')).toBe(false);
  expect(isElsewhere({ what: there.prizes[0] as never }, '北山茶館二樓')).toBe(false);
  expect(isElsewhere({ what: tea }, '機場店')).toBe(false);
  expect(await at('機場店', false)).toMatchObject({ kind: 'used', award: { used: { where: '機場店' } } });
});
