import { join } from 'node:path';
import { asContent } from '../../../../src/domain/quiz/definition';
import { root } from '../../../../src/kit/root';
import { answersOf, createRig, type Rig } from '../../../support/rig';
import { content, question } from '../workbook/content';

const at = (moment: string): number => Date.parse(`${moment}+08:00`);

let rig: Rig;
let quiz: ReturnType<typeof content>;
beforeEach(async () => {
  rig = await createRig({
    handlers: join(root, 'handlers'),
    at: '2026-11-24T10:00',
    callbacks: { gapMs: 1_000 },
  });
  quiz = content({
    keywords: ['一戰到底'],
    startsAt: at('2026-11-24T08:00'),
    endsAt: at('2026-11-24T22:00'),
    questions: Array.from({ length: 12 }, (_, i) => question(`q${i}`)),
  });
  const { campaigns } = rig.app.services;
  await campaigns.save({ content: asContent(quiz), by: 'Lin' });
  await campaigns.check({ id: quiz.id, by: 'Lin', takenBy: () => undefined });
  await campaigns.start({ id: quiz.id, by: 'Wang', takenBy: () => undefined });
});
afterEach(async () => {
  await failAnswers('off');
  await rig.close();
});

const admin = () => rig.db.getClient().db('admin');
/** What the server does with writes to this test's answer log. */
const failAnswers = (mode: string | object, how: object = {}) =>
  admin().command({
    configureFailPoint: 'failCommand',
    mode,
    data: { ...how, failCommands: ['insert'], namespace: `${rig.database.name}.answers` },
  });
const says = async (openid: string, words: string) =>
  answersOf(await rig.deliver(rig.text(openid, words), openid));

test('an answer that cannot be placed now is placed when WeChat sends it again, and no trouble is told', async () => {
  const lin = rig.openid();
  await says(lin, '一戰到底');
  await rig.turnTo(rig.clock.now() + 60_000);
  await failAnswers({ times: 50 }, { closeConnection: true });
  const heard = await says(lin, 'A');
  expect(heard[0]).toMatch(/^HTTP 5/);
  expect(heard.at(-1)).toContain('第 1 樓');
});

test('an answer that cannot be placed for a long time is not put out of the way: it is placed when that is over', async () => {
  const lin = rig.openid();
  await says(lin, '一戰到底');
  await rig.turnTo(rig.clock.now() + 60_000);
  await failAnswers('alwaysOn', { closeConnection: true });
  expect((await says(lin, 'A')).every((heard) => /^HTTP 5/.test(heard))).toBe(true);
  for (let sweep = 0; sweep < 4; sweep++) {
    await rig.app.services.processes.beat();
    await rig.app.sweeper.sweepInbox(-60_000);
  }
  await failAnswers('off');
  await rig.drain();
  expect(await rig.count('inbox', { quarantinedAt: { $exists: true } })).toBe(0);
  expect(await rig.rows('answers')).toMatchObject([{ seq: 1, a: [{ q: expect.any(String) }] }]);
});
