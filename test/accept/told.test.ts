import { join } from 'node:path';
import { root } from '../../src/kit/root';
import { quizOfTheBurst } from '../domain/quiz/burst';
import { createQuizTable, type QuizTable, rightLetter } from '../support/quiz-table';
import { createRig, heard, type RigOptions } from '../support/rig';
import { createSweep } from './crash-sweep';

/** Every floor is a lucky one, and each prize has a name of its own. */
function luckyQuiz() {
  const quiz = quizOfTheBurst();
  const prizes = quiz.prizes.filter(({ id }) => id === 'every' || id === 'first0');
  return {
    ...quiz,
    prizes: prizes.map((prize) =>
      prize.id === 'every' ? { ...prize, quantity: 1_000, way: { kind: 'floor' as const, every: 1 } } : prize,
    ),
  };
}

const place: RigOptions = { handlers: join(root, 'handlers'), at: '2026-11-24T10:10' };

/** The right letter, as so many messages of one moment. */
function lettersAtOnce({ rig, screens, quiz }: QuizTable, fan: string, count = 2) {
  const shown = screens.get(fan);
  if (!shown) throw new Error(`${fan} has no question.`);
  const [letter] = rightLetter(quiz, shown);
  return Array.from({ length: count }, () => rig.deliver(rig.text(fan, letter), fan));
}

/** How often each prize of hers was named to her, once all is done and she has said something more. */
async function namings({ rig }: QuizTable, fan: string, told: string[]): Promise<number[]> {
  const next = heard(await rig.deliver(rig.text(fan, '幫助'), fan));
  const said = [...told, ...rig.sentTo(fan), ...next].join('\n');
  const [her] = await rig.rows<{ pid: string }>('subscribers', { openid: fan });
  const won = await rig.rows<{ what: { name: string } }>('awards', { pid: her?.pid });
  return won.map(({ what }) => said.split(`「${what.name}」`).length - 1);
}

test('two letters of one moment, to two processes: every prize is named once', async () => {
  const rig = await createRig({ ...place, webs: 2, workers: 1 });
  const table = await createQuizTable({ rig, quiz: luckyQuiz() });
  try {
    await table.open();
    const fans = Array.from({ length: 40 }, rig.openid);
    // Every fourth tries the 搶答題 that is open now.
    await Promise.all(fans.map((fan, i) => table.says(fan, i % 4 === 0 ? '搶答' : '一戰到底')));
    await rig.turnTo(rig.clock.now() + 10_000);
    const told = await Promise.all(
      fans.map(async (fan) => (await Promise.all(lettersAtOnce(table, fan))).flatMap(heard)),
    );
    await table.drain();
    await rig.drain();
    const counts = await Promise.all(fans.map((fan, i) => namings(table, fan, told[i] ?? [])));
    expect(counts.flat()).toEqual(Array(41).fill(1));
    expect(await rig.count('awards', { state: 'won' })).toBe(0);
  } finally {
    await table.close();
    await rig.close();
  }
});

test('who wins, reads of it and leaves at once is not told again when she is back', async () => {
  const rig = await createRig({ ...place, webs: 1 });
  const table = await createQuizTable({ rig, quiz: luckyQuiz() });
  try {
    await table.open();
    const fan = rig.openid();
    await table.says(fan, '一戰到底');
    await rig.turnTo(rig.clock.now() + 10_000);
    const [answer] = lettersAtOnce(table, fan, 1);
    const told = answer ? heard(await answer) : [];
    await rig.deliver(rig.event(fan, 'unsubscribe', { EventKey: '' }), fan);
    await rig.app.turn(rig.clock.now());
    await table.drain();
    await rig.turnTo(rig.clock.now() + 20_000);
    told.push(...heard(await rig.deliver(rig.event(fan, 'subscribe', { EventKey: '' }), fan)));
    await rig.drain();
    expect(await namings(table, fan, told)).toEqual([1]);
  } finally {
    await table.close();
    await rig.close();
  }
});

/** Where a process may die before it has said anything. */
const before: [string, number][] = [
  ['inbox-kept', 1],
  ['answers-appended', 1],
  ['award-written', 1],
  ['handler-ran', 1],
  ['talk-kept', 1],
  ['effects-kept', 1],
];
/** Here a reply may be kept already: it is a copy that hears it. */
const between: [string, number][] = [
  ['inbox-kept', 2],
  ['handler-ran', 2],
  ['talk-kept', 2],
  ['reply-kept', 1],
  ['reply-kept', 2],
];

describe.each([
  [3, [...before, ...between]],
  [1, before],
])(
  'a process dies while two letters of one moment, each sent at most %i times, are answered',
  (copies, at) => {
    let sweep: Awaited<ReturnType<typeof createSweep>>;
    let table: QuizTable;
    beforeAll(async () => {
      // A copy that hears what was kept must find the next process there, on a loaded machine too.
      sweep = await createSweep([], { ...place, callbacks: { gapMs: copies > 1 ? 3_000 : 1_000, copies } });
      table = await createQuizTable({ rig: sweep.rig, quiz: luckyQuiz() });
      await table.open();
    });
    afterAll(async () => {
      await table.close();
      await sweep.close();
    });

    test.each(at)('at %s, time %i: the prize is named once', async (point, pass) => {
      const crashed = await sweep.run(
        {
          name: 'she sends two letters at one moment',
          before: async (rig, fan) => {
            await table.says(fan, '一戰到底');
            await rig.turnTo(rig.clock.now() + 10_000);
          },
          deeds: (_, fan) => Promise.all(lettersAtOnce(table, fan)),
          after: async (rig, fan, delivered) => {
            await table.drain();
            await rig.drain();
            expect(await namings(table, fan, delivered.flatMap(heard))).toEqual([1]);
          },
        },
        point,
        pass,
      );
      expect(crashed).toBe(true);
    });
  },
);
