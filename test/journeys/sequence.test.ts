import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSequence } from '../../src/domain/pushes/sequences/read-sequence';
import { startSampleQuiz } from '../../src/domain/quiz/workbook/sample';
import { momentAt } from '../../src/kit/beijing';
import { root } from '../../src/kit/root';
import { createTown, type Town, type TownFan } from '../support/town';

const quizId = 'yizhandaodi';
const sample = (file: string) => readFileSync(join(root, 'src/simulator/sample', file));
let town: Town;
beforeAll(async () => {
  town = await createTown({ at: '2026-11-23T10:00' });
  const { campaigns, tickets } = town.services;
  const file = { name: 'quiz.json', bytes: sample('quiz.json') };
  await startSampleQuiz({ campaigns, tickets, takenBy: () => undefined, file });
});
afterAll(() => town.close());

async function begin(name: string): Promise<void> {
  const { sequences } = town.services;
  const { _id } = await sequences.bring(
    readSequence(JSON.parse(sample(`sequences/${name}.json`).toString())),
    '小王',
  );
  expect(await sequences.findings(_id)).toEqual([]);
  await sequences.start(_id, '小王');
}

/** Answers so many questions rightly, whatever the order in which she sees the options. */
async function answersRightly(fan: TownFan, questions: number): Promise<void> {
  const { subscribers, quiz, projector, people } = town.services;
  for (let n = 0; n < questions; n++) {
    const her = await subscribers.load(subscribers.fanOf(fan.openid));
    const hers = quiz.hers({ plays: {}, playing: undefined, ...her?.talk });
    const open = hers?.play.open;
    const question = hers?.quiz.questions.find((one) => one.id === open?.q);
    const place = question?.right === undefined ? 0 : (open?.order.indexOf(question.right) ?? 0);
    await town.turn({ minutes: 1 });
    await fan.says('ABCDEF'.charAt(place));
  }
  await projector.catchUp(quizId);
  await people.rebuild();
}

const got = (fan: TownFan, words: string): number => fan.inbox.filter((text) => text.includes(words)).length;

test('who stopped at level 2 is reminded a day later and once more; who went on is not', async () => {
  await begin('level');
  const [lin, mei] = [await town.follower('林'), await town.follower('梅')];
  for (const fan of [lin, mei]) {
    await fan.says('一戰到底');
    await answersRightly(fan, 5);
  }
  await town.turn({ minutes: 12 });
  await town.settled();
  await answersRightly(mei, 5);
  await town.turn(momentAt('2026-11-24 10:00'));
  expect([got(lin, '停在第 2 關'), got(mei, '停在第 2 關')]).toEqual([0, 0]);
  await town.turn(momentAt('2026-11-24 12:00'));
  await town.settled();
  expect([got(lin, '停在第 2 關'), got(mei, '停在第 2 關')]).toEqual([1, 0]);
  // Twenty hours later it is night: it waits for eight in the morning.
  await town.turn(momentAt('2026-11-25 07:55'));
  expect(got(lin, '第 2 關還等著你')).toBe(0);
  await town.turn(momentAt('2026-11-25 08:10'));
  await town.settled();
  expect(got(lin, '第 2 關還等著你')).toBe(1);
  expect((await town.services.sequences.report('level-2')).versions).toMatchObject([
    {
      came: 2,
      done: 1,
      left: { stop: 1 },
      steps: [
        { waiting: 0, fed: 1, counts: { sent: 1 } },
        { waiting: 0, fed: 1, counts: { sent: 1 } },
      ],
    },
  ]);
});

test('a birthday is remembered at nine, once, and by nobody else', async () => {
  const { attributes, subscribers } = town.services;
  await begin('birthday');
  const [bo, wu] = [await town.follower('柏'), await town.follower('吳')];
  for (const [fan, value] of [
    [bo, '1990-11-27'],
    [wu, '11-28'],
  ] as const) {
    const pid = (await subscribers.load(subscribers.fanOf(fan.openid)))?.pid as string;
    await attributes.set({ pid, name: '生日', value, source: 'test', consent: 'yes' });
  }
  await town.turn(momentAt('2026-11-26 12:00'));
  for (const fan of [bo, wu]) await fan.says('杭州天氣');
  await town.settled();
  await town.turn(momentAt('2026-11-27 08:55'));
  expect(got(bo, '生日快樂')).toBe(0);
  await town.turn(momentAt('2026-11-27 09:05'));
  await town.settled();
  expect([got(bo, '生日快樂'), got(wu, '生日快樂')]).toEqual([1, 0]);
  await town.turn(momentAt('2026-11-28 09:05'));
  await town.settled();
  expect([got(bo, '生日快樂'), got(wu, '生日快樂')]).toEqual([1, 1]);
});

test('a clock that is turned over weeks stops a few times a day only', async () => {
  const stops: number[] = [];
  const from = town.clock.now();
  const until = from + 14 * 86_400_000;
  await town.app.turn(until, (at) => void stops.push(at));
  // Midnight, the daily work, the look behind it, and what real time armed meanwhile.
  expect(stops.length).toBeLessThan(14 * 20);
});
