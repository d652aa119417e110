import { asContent } from '../../src/domain/quiz/definition';
import { erase } from '../../src/domain/subscribers/subscribers.jobs';
import { quizOfTheBurst } from '../domain/quiz/burst';
import { rightLetter, shownIn } from '../support/quiz-table';
import { createTown, type Town, type TownFan } from '../support/town';

/** A4 and A5: what people try who want more than their share. */
const quiz = {
  ...quizOfTheBurst(),
  timerSeconds: 20,
  endsAt: Date.parse('2026-11-26T22:00:00+08:00'),
};
let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-24T12:10', sample: false });
  const { campaigns } = town.services;
  const content = {
    ...quiz,
    prizes: [
      ...quiz.prizes.map((one) =>
        one.kind === 'coupon' ? { ...one, validUntil: quiz.endsAt + 86_400_000 } : one,
      ),
      {
        ...quiz.prizes.find(({ id }) => id === 'ending'),
        id: 'joined',
        quantity: 50,
        way: { kind: 'participation', rounds: 1 },
      },
    ] as typeof quiz.prizes,
  };
  await campaigns.save({ content: asContent(content), by: 'Lin' });
  const { findings, passed } = await campaigns.check({ id: quiz.id, by: 'Lin', takenBy: () => undefined });
  if (!passed) throw new Error(JSON.stringify(findings));
  await campaigns.start({ id: quiz.id, by: 'Wang', takenBy: () => undefined });
});
afterAll(() => town.close());

/** Nothing falls due meanwhile. */
const wait = (ms: number) => town.clock.setOffset(town.clock.offset() + ms);

const pidOf = async (fan: TownFan): Promise<string> => {
  const { subscribers } = town.services;
  return (await subscribers.load(subscribers.fanOf(fan.openid)))?.pid ?? '';
};
const answersOf = async (fan: TownFan) => town.services.answerLog.of(quiz.id, await pidOf(fan));
const asked = async (fan: TownFan, words: string) => {
  const shown = shownIn(quiz, await fan.says(words));
  if (!shown) throw new Error('no question');
  wait(10_000);
  return shown;
};

test('A4: whoever walks through the options has given the first one, and nothing more', async () => {
  const lin = await town.follower('林');
  const shown = await asked(lin, '一戰到底');
  const [right] = rightLetter(quiz, shown);
  const others = [...shown.options.keys()].filter((letter) => letter !== right);
  const [wrong = 'F'] = others;
  await lin.says(wrong);
  // The next question may have fewer options than this one.
  for (const letter of [right, ...others.slice(1)])
    expect(await lin.says(letter)).toMatch(/看清題目再答|沒有這個選項/);
  const given = await answersOf(lin);
  expect(given.map(({ entry }) => [entry.q, entry.ok])).toEqual([[shown.question, false]]);
});

test('A4: the right option is not told before hers is stored, in whatever way she asks', async () => {
  const an = await town.follower('安');
  const shown = await asked(an, '一戰到底');
  const told = [
    await an.says('繼續'),
    await an.says('規則'),
    await an.says('我的積分'),
    await an.says('F'),
    await an.says('99B'),
  ];
  for (const words of told) expect(words).not.toMatch(/正確答案|就是它/);
  expect(await answersOf(an)).toEqual([]);
  expect(shownIn(quiz, told[0] as string)).toEqual(shown);
});

test('A4: an answer to a question that is not shown yet, or is over, is none', async () => {
  const bo = await town.follower('柏');
  const shown = await asked(bo, '一戰到底');
  const [right] = rightLetter(quiz, shown);
  expect(await bo.says(`2${right}`)).toContain('第 1 題');
  expect(await answersOf(bo)).toEqual([]);
  await bo.says(`1${right}`);
  wait(10_000);
  // The old question again, by its number.
  expect(await bo.says(`1${right}`)).toContain('第 2 題');
  expect(await answersOf(bo)).toHaveLength(1);
});

test('A4: an answer that comes three times at once is one, and all copies say the same', async () => {
  const ci = await town.follower('慈');
  const shown = await asked(ci, '一戰到底');
  const { outcome } = await ci.whole.says(rightLetter(quiz, shown)[0], { storm: true });
  expect(outcome.wire.deliveries).toHaveLength(3);
  expect(await answersOf(ci)).toHaveLength(1);
  expect(await ci.says('我的積分')).toContain('積分 15');
});

test('A4: a second after the deadline and its grace an answer counts for nothing, and not for the next question', async () => {
  const di = await town.follower('迪');
  const first = await asked(di, '一戰到底');
  wait(14_000);
  const late = await di.says(rightLetter(quiz, first)[0]);
  expect(late).toContain('第 2 題');
  expect(late).not.toContain('答對了');
  expect(await answersOf(di)).toEqual([]);
  wait(22_000);
  const second = shownIn(quiz, late);
  if (!second) throw new Error('no question');
  expect(await di.says(rightLetter(quiz, second)[0])).toContain('答對了');
});

test('a name that she took after coming back outlives what is still to be done about her leave', async () => {
  const gao = await town.follower('高');
  await asked(gao, '一戰到底');
  const [pid, leftAt] = [await pidOf(gao), town.clock.now()];
  await gao.leaves();
  wait(2_000);
  await gao.follows();
  await gao.says('改名 小高');
  const fan = town.services.subscribers.fanOf(gao.openid);
  await erase.run(town.services, { fan, pid, upTo: leftAt, leftAt });
  expect(await pidOf(gao)).toBe(pid);
  expect((await town.services.names.nameOf([pid])).get(pid)).toBe('小高');
});

test('A5: fifty times gone and back is one person: one welcome, one day of questions, one of each prize', async () => {
  const fei = await town.fan('飛');
  const first = await fei.follows();
  expect(first).toContain('歡迎！');
  const pids = new Set<string>();
  for (let n = 0; n < 50; n++) {
    // More than her day has questions.
    if (n < 12) {
      const shown = shownIn(quiz, await fei.says('一戰到底'));
      wait(10_000);
      if (shown) await fei.says(rightLetter(quiz, shown)[0]);
    }
    pids.add(await pidOf(fei));
    await fei.leaves();
    wait(2_000);
    expect(await fei.follows()).not.toContain('歡迎！');
  }
  expect(await fei.says('一戰到底')).toContain('題答完了');
  await town.settled();
  await town.app.services.projector.catchUp(quiz.id);
  const [pid = ''] = pids;
  expect(pids.size).toBe(1);
  const given = await answersOf(fei);
  expect(given).toHaveLength(quiz.perDay);
  // The bonus of the day's first answer, once.
  const earned = given.reduce((sum, { entry }) => sum + entry.points, 0);
  expect(earned).toBe(quiz.perDay * quiz.pointsPerAnswer + quiz.firstBonus);
  const awards = await town.services.prizes.awards.of(pid);
  expect(awards.filter(({ why }) => why === 'participation')).toHaveLength(1);
  expect(awards.filter(({ why }) => why === 'floor').length).toBeLessThanOrEqual(1);
  const prizes = awards.reduce((sum, { what }) => sum + (what.points ?? 0), 0);
  expect(await town.services.points.balance(pid)).toBe(earned + prizes);
});
